import { LRUCache } from 'lru-cache';
import { invalidField } from '../domain/errors.ts';
import { fingerprint } from '../domain/ids.ts';
import type { LogEvent, LogOrigin } from '../domain/logs/event.ts';
import type { KeptLine } from '../domain/logs/event-lines.ts';
import {
  isVisible,
  type LineBounds,
  type LineIndex,
  MAX_TASKS,
  missingBetween,
  NO_LINES,
  type ReadableStretch,
  readable,
  withEvents,
} from '../domain/logs/kept-lines.ts';
import { hasText } from '../domain/logs/line-text.ts';
import { indexFromJson, indexToJson, linesFromJson, linesToJson } from '../domain/logs/stored-lines.ts';
import type { Task } from '../domain/tasks/task.ts';
import { type LinePage, type LineQuery, type LogReader, STREAM_START } from '../ports/log-reader.ts';
import type { Ports } from '../ports/ports.ts';
import { keyedMutex } from './keyed-mutex.ts';
import type { RetryOnConflict } from './retry-on-conflict.ts';

export type KeptLines = LogReader &
  Readonly<{
    /**
     * Keeps the lines of events that were not taken before. It never throws: lines that cannot be kept are lost, which is
     * logged when it begins and when it ends.
     */
    keep(stream: LogOrigin, events: readonly LogEvent[]): Promise<void>;
    /** Notes that the lines of a stream have changed these tasks. It never throws, as `keep`. */
    noteTasks(stream: LogOrigin, taskIds: readonly string[]): Promise<void>;
    /** Removes what is kept of a deleted task's stream, unless another task uses it. It never throws: the lines expire. */
    forget(task: Pick<Task, 'task_id' | 'parent_id' | 'details'>): Promise<void>;
  }>;

/** How many indexes a process remembers: those it wrote last. */
const MAX_CACHED = 200;
/** Chunks that are read side by side. */
const READ_AT_ONCE = 4;

/** The lines of posts, bounded, on a store. Without bounds nothing is kept, and what was kept before is not read. */
export const keptLines = ({
  lineStore: store,
  taskStore,
  lineBounds: bounds,
  clock,
  ids,
  logger,
  retryOnConflict,
}: Pick<Ports, 'lineStore' | 'taskStore' | 'clock' | 'ids' | 'logger'> &
  Readonly<{ lineBounds: LineBounds | undefined; retryOnConflict: RetryOnConflict }>): KeptLines => {
  const serialize = keyedMutex();
  const cached = new LRUCache<string, Readonly<{ index: LineIndex; version: number }>>({ max: MAX_CACHED });
  let isFailing = false;

  const findIndex = async (stream: LogOrigin) => {
    const stored = await store.find(stream);
    if (stored === undefined) return { index: NO_LINES, version: 0 };
    const index = indexFromJson(stored.value);
    if (index === undefined) logger.warn('Kept log lines cannot be read; their stream begins again', stream);
    return { index: index ?? NO_LINES, version: stored.version };
  };

  const append = async (
    stream: LogOrigin,
    events: readonly LogEvent[],
    tasks: readonly string[],
    within: LineBounds,
  ): Promise<void> => {
    const key = nameOf(stream);
    // The index of the last write here is as good as the stored one, unless another process has written since.
    let known = cached.get(key);
    await retryOnConflict(async () => {
      const found = known ?? (await findIndex(stream));
      const { index, version } = found;
      known = undefined;
      cached.delete(key);
      const now = clock.now();
      const write = fingerprint(ids.next());
      const change = withEvents(index, events, {
        bounds: within,
        now,
        tasks,
        keyOf: (from) => `${write}.${from.toString(36)}`,
      });
      if (change === undefined) {
        cached.set(key, found);
        return { result: undefined };
      }
      return {
        result: undefined,
        write: async () => {
          await store.write(
            stream,
            {
              index: indexToJson(change.index),
              put: change.put.map((chunk) => ({ key: chunk.key, value: linesToJson(chunk.lines) })),
              remove: change.remove,
              expires_at: now + within.kept_ms,
            },
            version,
          );
          cached.set(key, { index: change.index, version: version + 1 });
        },
      };
    });
  };

  const attempt = async (
    { log_group, log_stream }: LogOrigin,
    events: readonly LogEvent[],
    tasks: readonly string[],
  ): Promise<void> => {
    if (bounds === undefined || events.length + tasks.length === 0) return;
    const stream = { log_group, log_stream };
    try {
      await serialize(nameOf(stream), () => append(stream, events, tasks, bounds));
      if (isFailing) logger.info('Log lines are kept again');
      isFailing = false;
    } catch (error) {
      if (!isFailing) logger.error('Log lines cannot be kept; progress still counts', { ...stream, error });
      isFailing = true;
    }
  };

  return {
    keep: (stream, events) => attempt(stream, events, []),
    noteTasks: (stream, taskIds) => attempt(stream, [], taskIds),

    async forget({ task_id, parent_id, details }) {
      const { log_group, log_stream } = details;
      if (bounds === undefined || log_group === undefined || log_stream === undefined) return;
      const stream = { log_group, log_stream };
      try {
        await serialize(nameOf(stream), async () => {
          const { index, version } = await findIndex(stream);
          if (version === 0 || index.tasks.length >= MAX_TASKS) return;
          const others = [...index.tasks, ...(parent_id === undefined ? [] : [parent_id])];
          const found = await taskStore.findMany(others.filter((id) => id !== task_id));
          const isUsed = found.some(
            (task) => task.details.log_group === log_group && task.details.log_stream === log_stream,
          );
          if (isUsed) return;
          cached.delete(nameOf(stream));
          await store.remove(
            stream,
            index.chunks.map(({ key }) => key),
          );
        });
      } catch (error) {
        logger.warn('Kept log lines of a deleted task could not be removed; they expire', {
          ...stream,
          error,
        });
      }
    },

    async read(query) {
      const before = query.before === undefined ? undefined : placeOf('before', query.before);
      const after = query.after === undefined ? undefined : placeOf('after', query.after);
      if (bounds === undefined) return undefined;
      const stored = await store.find(query);
      const index = stored === undefined ? undefined : indexFromJson(stored.value);
      if (index === undefined) return undefined;
      const stretches = readable(index, bounds, clock.now());
      if (stretches.length === 0) return undefined;
      const reading = { store, query, index, bounds, stretches };
      return after === undefined ? newest(reading, before) : oldest(reading, after);
    },
  };
};

const nameOf = ({ log_group, log_stream }: LogOrigin): string => JSON.stringify([log_group, log_stream]);

/** A cursor is `s` and the number of the line behind it: the line of that cursor, or where the stream begins. */
const cursorAt = (place: number): string => `s${place}`;

export const isCursorOfKeptLines = (cursor: string | undefined): boolean => cursor?.startsWith('s') === true;

const placeOf = (field: 'before' | 'after', cursor: string): number => {
  if (cursor === STREAM_START) return 0;
  const digits = /^s(\d{1,15})$/.exec(cursor)?.[1];
  if (digits === undefined) throw invalidField(field, 'is not a cursor of this log');
  return Number(digits);
};

type Reading = Readonly<{
  store: Ports['lineStore'];
  query: LineQuery;
  index: LineIndex;
  bounds: LineBounds;
  stretches: readonly ReadableStretch[];
}>;

type Numbered = KeptLine & Readonly<{ number: number }>;

/** The lines of stretches, as far as they are still there: a write may have removed a chunk meanwhile. */
const load = async (
  { store, query, index }: Reading,
  stretches: readonly ReadableStretch[],
): Promise<readonly Numbered[]> => {
  const keys = stretches.flatMap(({ key }) => (key === undefined ? [] : [key]));
  const chunks = keys.length === 0 ? [] : await store.chunks(query, keys);
  const byKey = new Map(chunks.map(({ key, value }) => [key, linesFromJson(value)]));
  return stretches.flatMap(({ key, from }) =>
    ((key === undefined ? index.open : byKey.get(key)) ?? []).map((line, offset) => ({
      ...line,
      number: from + offset,
    })),
  );
};

const isWanted =
  ({ query, index, bounds }: Reading, from: number, to: number) =>
  ({ number, at, text }: Numbered): boolean =>
    number >= from &&
    number < to &&
    at >= query.from &&
    at <= query.to &&
    isVisible(index, bounds, number) &&
    (query.contains === undefined || hasText(text, query.contains));

const isInTime =
  ({ query }: Reading) =>
  ({ first_at, last_at }: ReadableStretch): boolean =>
    last_at >= query.from && first_at <= query.to;

/** The newest lines before a place, or of all. */
const newest = async (reading: Reading, before: number | undefined): Promise<LinePage> => {
  const { query, index } = reading;
  // The cursor of a line is behind it: older ones end before the line itself.
  const end = before === undefined ? index.next : Math.max(0, before - 1);
  const waiting = reading.stretches.filter(isInTime(reading)).filter(({ from }) => from < end);
  let found: readonly Numbered[] = [];
  while (waiting.length > 0 && found.length <= query.limit) {
    const lines = await load(reading, waiting.splice(-READ_AT_ONCE));
    found = [...lines.filter(isWanted(reading, 0, end)), ...found];
  }
  const lines = found.slice(-query.limit);
  const first = lines[0];
  return {
    lines: lines.map(publicLine),
    ...(found.length > lines.length && first !== undefined ? { before: cursorAt(first.number + 1) } : {}),
    after: cursorAt(before === undefined ? index.next : (lines.at(-1)?.number ?? end - 1) + 1),
    ...omittedIn(reading, lines, undefined, before === undefined ? undefined : end),
  };
};

/** The oldest lines from a place on. */
const oldest = async (reading: Reading, after: number): Promise<LinePage> => {
  const { query, index } = reading;
  const waiting = reading.stretches
    .filter(isInTime(reading))
    .filter(({ from, count }) => from + count > after);
  const found: Numbered[] = [];
  while (waiting.length > 0 && found.length <= query.limit) {
    const lines = await load(reading, waiting.splice(0, READ_AT_ONCE));
    found.push(...lines.filter(isWanted(reading, after, index.next)));
  }
  const lines = found.slice(0, query.limit);
  const last = lines.at(-1);
  const hasMore = found.length > lines.length && last !== undefined;
  return {
    lines: lines.map(publicLine),
    ...(after === 0 ? {} : { before: cursorAt(lines[0] === undefined ? after + 1 : lines[0].number + 1) }),
    after: cursorAt(hasMore ? last.number + 1 : Math.max(after, index.next)),
    ...omittedIn(reading, lines, after === 0 ? undefined : after - 1, undefined),
  };
};

const publicLine = ({ number, at, text }: Numbered) => ({ cursor: cursorAt(number + 1), at, text });

/** The gaps of a page, those to the line before it and after it too where the caller has these. */
const omittedIn = (
  { query, index, bounds, stretches }: Reading,
  lines: readonly Numbered[],
  lineBefore: number | undefined,
  lineAfter: number | undefined,
): Pick<LinePage, 'omitted'> => {
  if (query.contains !== undefined || lines.length === 0) return {};
  const numbers = [
    ...(lineBefore === undefined ? [] : [lineBefore]),
    ...lines.map(({ number }) => number),
    ...(lineAfter === undefined ? [] : [lineAfter]),
  ];
  const omitted = numbers.slice(1).flatMap((number, at) => {
    const before = numbers[at] ?? 0;
    const missing = number === before + 1 ? 0 : missingBetween(stretches, index, bounds, before, number);
    return missing === 0 ? [] : [{ after: cursorAt(before + 1), lines: missing }];
  });
  return omitted.length === 0 ? {} : { omitted };
};
