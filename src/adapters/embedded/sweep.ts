import { fromIso } from '../../domain/time.ts';
import type { Clock } from '../../ports/clock.ts';
import { checkpointCodec, deliveryCodec, lineIndexCodec, pointCodec, queueCodec } from './codecs.ts';
import type { Change, Database } from './database.ts';
import { dayAfter, daySegment, KEPT_MS, keyOf, segmentsOf, startOfDay, timeSegment, under } from './keys.ts';
import { chunksOf, lineExpiryKey, lineIndexKey } from './line-store.ts';
import { deliveryKey, queueKey } from './outbox-keys.ts';
import { removeTask, storedIn } from './task-store.ts';

/** The most that one step removes. */
const STEP = 500;

/**
 * Removes expired records, in steps so small that requests do not wait for them. Returns how many it has removed.
 * Records that are written meanwhile stay: each step reads a record again in the write that removes it.
 */
export const sweepExpired = async (
  { database, clock }: Readonly<{ database: Database; clock: Clock }>,
  signal: AbortSignal,
): Promise<number> => {
  let removed = 0;
  while (!signal.aborted) {
    const step = (await sweepTasks(database, clock.now())) + (await sweepDays(database, clock.now()));
    removed += step;
    if (step === 0) break;
  }
  // Files with mostly deleted entries are not rewritten until a key near them is written.
  if (removed >= STEP && !signal.aborted) {
    for (const kind of ['t', 'i', 'h', 'c', 'v', 'd', 'l', 'b', 'x']) await database.compact(under(kind));
  }
  return removed;
};

const sweepTasks = async (database: Database, now: number): Promise<number> => {
  const all = under('i', 'a', '');
  const lt = keyOf('i', 'a', '', timeSegment(now - KEPT_MS + 1));
  const keys = await database.view((view) => view.keys({ gt: all.gt, lt, limit: STEP }));
  if (keys.length === 0) return 0;
  return database.write((change) => {
    let count = 0;
    for (const key of keys) {
      const [, , , , id = ''] = segmentsOf(key);
      const task = storedIn(change, id);
      if (task === undefined || fromIso(task.updated_at) + KEPT_MS > now) continue;
      removeTask(change, task);
      count += 1;
    }
    return count;
  });
};

/** What may expire on the days up to now: each row names a record to look at. */
const sweepDays = async (database: Database, now: number): Promise<number> => {
  const range = { gt: under('x').gt, lt: keyOf('x', daySegment(dayAfter(now))), limit: STEP };
  const rows = await database.view((view) => view.keys(range));
  let count = 0;
  for (const row of rows) {
    const [, , kind = '', key = ''] = segmentsOf(row);
    if (kind === 'h') {
      count += await sweepHistory(database, row, key, now);
      continue;
    }
    if (kind === 'l') {
      count += await sweepLines(database, row, key, now);
      continue;
    }
    count += await database.write((change) => {
      change.remove(row);
      return 1 + removeIfOver(change, kind, key, now);
    });
  }
  return count;
};

const removeIfOver = (change: Change, kind: string, key: string, now: number): number => {
  if (kind === 'c') {
    const head = change.get(keyOf('c', key));
    if (head === undefined) return 0;
    const { expires_on } = checkpointCodec.decode(key, head);
    if (expires_on === 0 || startOfDay(expires_on) > now) return 0;
    change.remove(keyOf('c', key));
    change.remove(keyOf('v', key));
    return 1;
  }
  if (kind === 'd') {
    const [webhook_id = '', delivery_id = ''] = segmentsOf(key);
    const place = deliveryKey({ webhook_id, delivery_id });
    const value = change.get(place);
    const until = value === undefined ? undefined : deliveryCodec.decode(delivery_id, value).ended_until;
    if (until === undefined || until > now) return 0;
    change.remove(place);
    return 1;
  }
  const value = change.get(queueKey(key));
  if (kind !== 'q' || value === undefined) return 0;
  const { expires_on, due_at } = queueCodec.decode(key, value);
  if (due_at !== undefined || startOfDay(expires_on) > now) return 0;
  change.remove(queueKey(key));
  return 1;
};

/** Removes the expired points of a task, and the row once there are no more of them. */
const sweepHistory = async (
  database: Database,
  row: string,
  taskId: string,
  now: number,
): Promise<number> => {
  let { gt } = under('h', taskId);
  const { lt } = under('h', taskId);
  let count = 1;
  for (;;) {
    const entries = await database.view((view) => view.entries({ gt, lt, limit: STEP }));
    const over = entries.filter(([, value]) => startOfDay(pointCodec.decode(taskId, value).day) <= now);
    await database.write((change) => {
      for (const [key, value] of over) if (change.get(key) === value) change.remove(key);
      if (entries.length < STEP) change.remove(row);
    });
    count += over.length;
    if (entries.length < STEP) return count;
    gt = entries.at(-1)?.[0] ?? gt;
  }
};

/** Removes the lines of a stream that no one has written to for as long as they are kept. */
const sweepLines = async (database: Database, row: string, key: string, now: number): Promise<number> => {
  const [log_group = '', log_stream = ''] = segmentsOf(key);
  const stream = { log_group, log_stream };
  const chunks = await database.view((view) => view.keys({ ...chunksOf(stream), limit: STEP }));
  return database.write((change) => {
    change.remove(row);
    const value = change.get(lineIndexKey(stream));
    const until = value === undefined ? undefined : lineIndexCodec.decode(log_stream, value).expires_at;
    if (until !== undefined && until > now) {
      change.put(lineExpiryKey(stream, dayAfter(until)), '');
      return 1;
    }
    change.remove(lineIndexKey(stream));
    for (const chunk of chunks) change.remove(chunk);
    return 1 + chunks.length;
  });
};
