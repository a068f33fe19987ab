import { defined } from '../../domain/defined.ts';
import { searchable, type TaskPosition } from '../../domain/tasks/list.ts';
import { isTerminal, TASK_STATUSES } from '../../domain/tasks/status.ts';
import { fromIso, toIso } from '../../domain/time.ts';
import type { TaskQuery } from '../../ports/task-store.ts';
import type { Item } from './attributes.ts';
import type { Table } from './table.ts';
import { PARENT_INDEX } from './tables.ts';
import { labelMark, positionOf, updatedKey } from './task-item.ts';
import {
  type IndexPartition,
  LIST_INDEXES,
  type ListIndex,
  partitionsOf,
  SHARDED_LISTS,
  shardedName,
  type TaskShards,
} from './task-shards.ts';

/** Positions in the list of an index, newest first, and where the next page begins. */
export type IndexPage = Readonly<{ positions: readonly TaskPosition[]; next?: TaskPosition }>;

/** How many entries one query looks at if a filter may pass over most of them; a query of a shard, its share of them. */
const FILTERED_PAGE = 400;
/** How many rounds of queries one call makes beyond the first: in each, the partitions that lag behind go on. */
const MORE_ROUNDS = 8;

/**
 * A page of the list, out of the partitions of an index that hold it. Each partition is in the order of the list; a
 * key counts as read once every partition has been read up to it, so that merging them loses and repeats nothing.
 */
export const readIndex = async (table: Table, query: TaskQuery, shards: TaskShards): Promise<IndexPage> => {
  const { index, hash, keys: wanted, filter } = planFor(query, shards);
  const partitions = wanted.map((partition) => partitionOf(table, query, { index, hash, partition, filter }));
  await Promise.all(partitions.map((partition) => partition.advance()));

  for (let round = 0; ; round += 1) {
    const open = partitions.filter((partition) => !partition.isDone());
    const horizon = newestOf(open.map((partition) => partition.frontier()));
    const keys = partitions
      .flatMap((partition) => partition.keys)
      .filter((key) => key >= horizon)
      .sort((a, b) => (a > b ? -1 : 1));
    if (keys.length > query.limit) {
      const page = keys.slice(0, query.limit);
      return pageOf(page, page.at(-1));
    }
    if (open.length === 0) return pageOf(keys);
    if (keys.length === query.limit || round === MORE_ROUNDS) return pageOf(keys, horizon);
    await Promise.all(
      open.filter(({ frontier }) => frontier() === horizon).map((partition) => partition.advance()),
    );
  }
};

const newestOf = (keys: readonly string[]): string => keys.toSorted().at(-1) ?? '';

const pageOf = (keys: readonly string[], next?: string): IndexPage => {
  const positions = new Map<string, TaskPosition>();
  // While a task moves between partitions, both may name it for a moment. The newer place is the right one.
  for (const position of keys.map(positionOf)) {
    if (!positions.has(position.task_id)) positions.set(position.task_id, position);
  }
  return { positions: [...positions.values()], ...(next === undefined ? {} : { next: positionOf(next) }) };
};

type Filter = Readonly<{ expressions: readonly string[]; names: Record<string, string>; values: Item }>;

type Plan = Readonly<{ index: string; hash: string; keys: readonly IndexPartition[]; filter: Filter }>;

/** The index that has to pass over the fewest entries, and what is left to be filtered in it. */
const planFor = (query: TaskQuery, { count, step }: TaskShards): Plan => {
  const { project_id, parent_id, task_type, statuses } = query;
  // Few tasks have a status that does not last, however many are stored.
  const fewByStatus = statuses !== undefined && !statuses.some(isTerminal);
  if (parent_id !== undefined) {
    const filter = filterOf(query, { byProject: true, byType: true, byStatus: true });
    return { index: PARENT_INDEX, hash: 'parent_id', keys: [{ key: parent_id, share: 1 }], filter };
  }
  const among = new Set(statuses ?? TASK_STATUSES);
  const planOn = (list: ListIndex, values: readonly string[], filter: Filter): Plan => {
    const { name, field, shard } = LIST_INDEXES[list];
    if (step < SHARDED_LISTS) {
      return { index: name, hash: field, keys: values.map((key) => ({ key, share: 1 })), filter };
    }
    const keys = values.flatMap((value) => {
      const found = list === 'status' ? new Set([value]) : among;
      const running = found.has('running');
      return partitionsOf(value, count, { running, others: found.size > (running ? 1 : 0) });
    });
    return { index: shardedName(list, count), hash: shard, keys, filter };
  };
  if (project_id !== undefined) {
    const filter = filterOf(query, { byType: true, byStatus: true });
    return planOn('project', [project_id], filter);
  }
  if (task_type !== undefined && !fewByStatus) {
    const filter = filterOf(query, { byType: false, byStatus: true });
    return planOn('type', [task_type], filter);
  }
  const filter = filterOf(query, { byType: true, byStatus: false });
  return planOn('status', [...among], filter);
};

const filterOf = (
  query: TaskQuery,
  {
    byProject = false,
    byType,
    byStatus,
  }: Readonly<{ byProject?: boolean; byType: boolean; byStatus: boolean }>,
): Filter => {
  const expressions: string[] = [];
  const names: Record<string, string> = {};
  const values: Item = {};
  if (byProject && query.project_id !== undefined) {
    names['#project'] = 'project_id';
    values[':project'] = { S: query.project_id };
    expressions.push('#project = :project');
  }
  if (byType && query.task_type !== undefined) {
    names['#type'] = 'task_type';
    values[':type'] = { S: query.task_type };
    expressions.push('#type = :type');
  }
  if (byStatus && query.statuses !== undefined) {
    names['#status'] = 'status';
    const choices = query.statuses.map((status, index) => {
      values[`:status${index}`] = { S: status };
      return `:status${index}`;
    });
    expressions.push(`#status IN (${choices.join(', ')})`);
  }
  if (query.q !== undefined && query.q !== '') {
    names['#name'] = 'search_name';
    values[':q'] = { S: searchable(query.q) };
    expressions.push('contains(#name, :q)');
  }
  for (const [index, [name, value]] of Object.entries(query.labels ?? {}).entries()) {
    names['#labels'] = 'label_marks';
    values[`:label${index}`] = { S: labelMark(name, value) };
    expressions.push(`contains(#labels, :label${index})`);
  }
  return { expressions, names, values };
};

type Partition = Readonly<{
  /** The sort keys found so far, newest first. */
  keys: readonly string[];
  /** The sort key up to which the partition has been read. */
  frontier(): string;
  isDone(): boolean;
  advance(): Promise<void>;
}>;

const partitionOf = (
  table: Table,
  query: TaskQuery,
  {
    index,
    hash,
    partition: { key: value, share },
    filter,
  }: Readonly<{ index: string; hash: string; partition: IndexPartition; filter: Filter }>,
): Partition => {
  const oldest = query.updated_since === undefined ? '0' : toIso(fromIso(query.updated_since));
  // Behind every time there is.
  const newest = query.after === undefined ? '~' : updatedKey(query.after);
  const isFiltered = filter.expressions.length > 0;
  // Twice its share: the tasks of a page are not spread evenly, and another round would cost more.
  const wanted = (isFiltered ? FILTERED_PAGE : query.limit) * (share < 1 ? 2 : 1);
  const keys: string[] = [];
  let from: Item | undefined;
  let done = oldest > newest;
  let frontier = newest;
  return {
    keys,
    frontier: () => frontier,
    isDone: () => done,
    async advance() {
      if (done) return;
      const page = await table.query({
        IndexName: index,
        KeyConditionExpression: '#hash = :hash AND #updated BETWEEN :oldest AND :newest',
        ...(isFiltered ? { FilterExpression: filter.expressions.join(' AND ') } : {}),
        ProjectionExpression: '#updated',
        ExpressionAttributeNames: { '#hash': hash, '#updated': 'updated_key', ...filter.names },
        ExpressionAttributeValues: {
          ':hash': { S: value },
          ':oldest': { S: oldest },
          ':newest': { S: newest },
          ...filter.values,
        },
        ScanIndexForward: false,
        // One for the entry at which the page before ended, one to know whether more follow.
        Limit: Math.ceil(share * wanted) + 2,
        ...defined({ ExclusiveStartKey: from }),
      });
      for (const item of page.items) {
        const key = item['updated_key']?.S;
        if (key !== undefined && key !== newest) keys.push(key);
      }
      from = page.from;
      const last = from?.['updated_key']?.S;
      if (last === undefined) done = true;
      else frontier = last;
    },
  };
};
