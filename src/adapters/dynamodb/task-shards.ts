import { createHash } from 'node:crypto';
import type { StoredTask } from '../../domain/tasks/task.ts';
import { type Item, text } from './attributes.ts';

/**
 * How the list indexes of a tasks table are partitioned. With a `count` above 1, the running tasks of a status, a project
 * or a type are spread over that many partitions, because they are the ones that change all the time. `count` is fixed
 * for a table. `step` is how far a table that began without shards has come: `SHARD_STEPS` if it began with them.
 */
export type TaskShards = Readonly<{ count: number; step: number }>;

export const UNSHARDED: TaskShards = { count: 1, step: 0 };

/** Of a table that begins sharded: enough for 5,000 updates a second, see docs/scale.md. */
export const DEFAULT_SHARDS = 16;
export const MAX_SHARDS = 64;

/** The steps from an unsharded table to a sharded one: three indexes are added, lists move over, three are removed. */
export const SHARD_STEPS = 7;
/** From this step on lists come from the sharded indexes, so every task must have its keys in them. */
export const SHARDED_LISTS = 4;

/** A table of this many shards from the beginning. */
export const shardedInto = (count: number): TaskShards =>
  count === 1 ? UNSHARDED : { count, step: SHARD_STEPS };

/**
 * The indexes that lists are read from. `field` is the key of the unsharded index, `shard` that of the sharded one;
 * `addedAt` and `removedAt` are the steps, since CloudFormation adds or removes only one index of a table in an update.
 */
export const LIST_INDEXES = {
  project: {
    name: 'ProjectIndex',
    field: 'project_id',
    shard: 'project_shard',
    addedAt: 2,
    removedAt: 6,
  },
  status: { name: 'StatusIndex', field: 'status', shard: 'status_shard', addedAt: 1, removedAt: 5 },
  type: { name: 'TypeIndex', field: 'task_type', shard: 'type_shard', addedAt: 3, removedAt: 7 },
} as const;

export type ListIndex = keyof typeof LIST_INDEXES;

/** The name of a sharded index ends with the number of shards, so that a table shows how it is partitioned. */
export const shardedName = (index: ListIndex, count: number): string => `${LIST_INDEXES[index].name}${count}`;

type Sharded = Pick<StoredTask, 'task_id' | 'status' | 'project_id' | 'task_type'>;

const shardOf = (taskId: string, count: number): number =>
  createHash('sha256').update(taskId).digest().readUInt32BE() % count;

/** The keys of a task in the sharded indexes; none if there are no such indexes. */
export const shardKeys = ({ task_id, status, project_id, task_type }: Sharded, count: number): Item => {
  if (count === 1) return {};
  const shard = status === 'running' ? `#${shardOf(task_id, count)}` : '';
  return {
    [LIST_INDEXES.status.shard]: text(`${status}${shard}`),
    [LIST_INDEXES.project.shard]: text(`${project_id}${shard}`),
    [LIST_INDEXES.type.shard]: text(`${task_type}${shard}`),
  };
};

/** A partition of an index. `share` is the part of the matching tasks that it holds, on average. */
export type IndexPartition = Readonly<{ key: string; share: number }>;

/** The partitions that hold the tasks of a value: those in `statuses`, or all. */
export const partitionsOf = (
  value: string,
  count: number,
  { running, others }: Readonly<{ running: boolean; others: boolean }>,
): readonly IndexPartition[] => [
  ...(others ? [{ key: value, share: 1 }] : []),
  ...(running
    ? Array.from({ length: count }, (_, shard) => ({ key: `${value}#${shard}`, share: 1 / count }))
    : []),
];

/** How a table is partitioned, by the names of its indexes. A table between two steps counts as at the earlier one. */
export const shardsIn = (indexNames: readonly string[]): TaskShards => {
  const count = indexNames
    .map((name) => Number(/^StatusIndex(\d+)$/.exec(name)?.[1] ?? 1))
    .find((n) => n > 1);
  if (count === undefined) return UNSHARDED;
  const has = (name: string) => indexNames.includes(name);
  const added = Object.values(LIST_INDEXES).filter(({ name }) => has(`${name}${count}`)).length;
  const removed = Object.values(LIST_INDEXES).filter(({ name }) => !has(name)).length;
  return { count, step: removed === 0 ? added : SHARDED_LISTS + removed };
};
