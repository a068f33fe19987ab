import { setTimeout as pauseFor } from 'node:timers/promises';
import { UpdateItemCommand } from '@aws-sdk/client-dynamodb';
import { type Item, text } from '../src/adapters/dynamodb/attributes.ts';
import { failedCondition } from '../src/adapters/dynamodb/errors.ts';
import { inParallel } from '../src/adapters/dynamodb/in-parallel.ts';
import { type TableOptions, tableOf } from '../src/adapters/dynamodb/table.ts';
import { positionOf, taskKey } from '../src/adapters/dynamodb/task-item.ts';
import { LIST_INDEXES, shardKeys } from '../src/adapters/dynamodb/task-shards.ts';
import { isJsonObject, type JsonObject } from '../src/domain/json.ts';
import { TASK_STATUSES, type TaskStatus } from '../src/domain/tasks/status.ts';
import { toIso } from '../src/domain/time.ts';
import type { Checkpoints } from '../src/ports/checkpoints.ts';
import type { Clock } from '../src/ports/clock.ts';

export type ShardBackfillOptions = Omit<TableOptions, 'random'> &
  Readonly<{
    /** The number of shards of the table. */
    count: number;
    clock: Clock;
    /** Of the same table: they keep how far the backfill has come. */
    checkpoints: Checkpoints;
    /** The most writes in a second; each also writes an entry of three indexes. */
    perSecond: number;
    onProgress?: (counts: BackfillCounts) => void;
  }>;

/** `seen` are tasks that were looked at, `filled` those that got their keys. */
export type BackfillCounts = Readonly<{ seen: number; filled: number }>;

const PAGE = 100;
const WIDTH = 4;
/** The clocks of functions may differ by so much. */
const CLOCK_SKEW_MS = 60_000;

const checkpointKey = (count: number): string => `shards#${count}`;

/** How far a backfill has come: where each status goes on, and until which update tasks are looked at. */
type Progress = Readonly<{ until: string; positions: Readonly<Record<string, string>>; isDone: boolean }>;

/**
 * Gives the tasks of an unsharded table their keys in the sharded indexes. Every function of the running system must
 * write the keys already: tasks that change meanwhile get them by that, and all others stay at their place in
 * `StatusIndex`, which is read from the oldest update to the newest. It can be interrupted and continues where it was.
 *
 * @throws MiyabiError `unavailable` where DynamoDB does not answer.
 */
export const backfillShards = async ({
  count,
  clock,
  checkpoints,
  perSecond,
  onProgress = () => {},
  pause = pauseFor,
  ...options
}: ShardBackfillOptions): Promise<BackfillCounts> => {
  const table = tableOf({ ...options, pause });
  const key = checkpointKey(count);
  let counts: BackfillCounts = { seen: 0, filled: 0 };

  const before = await checkpoints.read(key);
  let version = before?.version ?? 0;
  let progress = progressFrom(before?.value);
  if (progress === undefined || progress.isDone) {
    progress = { until: toIso(clock.now() + CLOCK_SKEW_MS), positions: {}, isDone: false };
  }
  const keep = async (next: Progress): Promise<void> => {
    await checkpoints.write(key, next, version);
    version += 1;
    progress = next;
  };
  await keep(progress);

  for (const status of TASK_STATUSES) {
    const { until } = progress;
    let from: Item | undefined;
    const start = progress.positions[status] ?? '0';
    do {
      const page = await table.query({
        IndexName: LIST_INDEXES.status.name,
        KeyConditionExpression: '#status = :status AND #updated BETWEEN :start AND :until',
        ProjectionExpression: '#updated, #project, #type',
        ExpressionAttributeNames: {
          '#status': 'status',
          '#updated': 'updated_key',
          '#project': 'project_id',
          '#type': 'task_type',
        },
        ExpressionAttributeValues: { ':status': text(status), ':start': text(start), ':until': text(until) },
        Limit: PAGE,
        ...(from === undefined ? {} : { ExclusiveStartKey: from }),
      });
      let filled = 0;
      await inParallel(page.items, WIDTH, async (entry) => {
        if (await fill(entry, status)) filled += 1;
      });
      counts = { seen: counts.seen + page.items.length, filled: counts.filled + filled };
      from = page.from;
      const last = page.items.at(-1)?.['updated_key']?.S;
      if (last !== undefined) {
        await keep({ ...progress, positions: { ...progress.positions, [status]: last } });
        onProgress(counts);
        await pause((1000 * page.items.length) / perSecond);
      }
    } while (from !== undefined);
  }
  await keep({ ...progress, isDone: true });
  return counts;

  /** False if the task has changed since, and so has its keys, or has them already. */
  async function fill(entry: Item, status: TaskStatus): Promise<boolean> {
    const { task_id } = positionOf(entry['updated_key']?.S ?? '');
    const project_id = entry['project_id']?.S ?? '';
    const task_type = entry['task_type']?.S ?? '';
    const keys = shardKeys({ task_id, status, project_id, task_type }, count);
    try {
      await table.send((client) =>
        client.send(
          new UpdateItemCommand({
            TableName: table.name,
            Key: taskKey(task_id),
            UpdateExpression: 'SET #status_shard = :s, #project_shard = :p, #type_shard = :t',
            ConditionExpression:
              '#status = :status AND #project = :project AND #type = :type AND (attribute_not_exists(#status_shard) OR #status_shard <> :s)',
            ExpressionAttributeNames: {
              '#status': 'status',
              '#project': 'project_id',
              '#type': 'task_type',
              '#status_shard': LIST_INDEXES.status.shard,
              '#project_shard': LIST_INDEXES.project.shard,
              '#type_shard': LIST_INDEXES.type.shard,
            },
            ExpressionAttributeValues: {
              ':status': text(status),
              ':project': text(project_id),
              ':type': text(task_type),
              ':s': keys[LIST_INDEXES.status.shard] ?? text(''),
              ':p': keys[LIST_INDEXES.project.shard] ?? text(''),
              ':t': keys[LIST_INDEXES.type.shard] ?? text(''),
            },
          }),
        ),
      );
      return true;
    } catch (error) {
      if (failedCondition(error) === undefined) throw error;
      return false;
    }
  }
};

/** Whether a backfill for this number of shards has been completed. */
export const isBackfilled = async (checkpoints: Checkpoints, count: number): Promise<boolean> =>
  progressFrom((await checkpoints.read(checkpointKey(count)))?.value)?.isDone === true;

const progressFrom = (value: unknown): Progress | undefined => {
  if (!isJsonObject(value)) return undefined;
  const { until, positions, isDone } = value;
  if (typeof until !== 'string' || typeof isDone !== 'boolean' || !isTexts(positions)) return undefined;
  return { until, positions, isDone };
};

const isTexts = (value: unknown): value is Record<string, string> & JsonObject =>
  isJsonObject(value) && Object.values(value).every((one) => typeof one === 'string');
