import type { LogEvent } from './event.ts';
import { eventLines, type KeptLine } from './event-lines.ts';
import { NOTHING_SEEN, type SeenEvents, unseenOf } from './seen-events.ts';

/**
 * What is kept of a stream: its first lines and its last, `bytes` of UTF-8 in all, for `kept_ms` milliseconds after they
 * came.
 */
export type LineBounds = Readonly<{ first: number; last: number; bytes: number; kept_ms: number }>;

/** Lines that follow one another. `from` is the number of the first, counted from 0 in all that the stream ever had. */
export type LineChunk = Readonly<{ key: string; lines: readonly KeptLine[] }>;

/** Where lines are stored, and the times that they span. `kept_at` is when the first arrived. Epoch milliseconds. */
export type ChunkPlace = Readonly<{
  key: string;
  from: number;
  count: number;
  bytes: number;
  first_at: number;
  last_at: number;
  kept_at: number;
}>;

/**
 * What is known of a stream's lines. `next` is the number of the line that comes next. `first_end` is where the first
 * lines end, once they are complete. `open` are the latest lines, which fill no chunk yet, from number `open_from`.
 * `inside_key`: how many lines of a private key may still follow. `seen` are the events that were taken, `tasks` the ids
 * of the tasks that its lines have changed, the first `MAX_TASKS` of them.
 */
export type LineIndex = Readonly<{
  next: number;
  first_end?: number;
  chunks: readonly ChunkPlace[];
  open: readonly KeptLine[];
  open_from: number;
  open_at: number;
  inside_key: number;
  seen: SeenEvents;
  tasks: readonly string[];
}>;

export const NO_LINES: LineIndex = {
  next: 0,
  chunks: [],
  open: [],
  open_from: 0,
  open_at: 0,
  inside_key: 0,
  seen: NOTHING_SEEN,
  tasks: [],
};

/** The most tasks that an index names. Beyond that it is unknown whether anything else uses the stream. */
export const MAX_TASKS = 64;

/** A chunk is full at this many lines, or this many bytes. */
const CHUNK_LINES = 200;
const CHUNK_BYTES = 32_768;
/** Lines of a chunk expire together, so a line that came later than the first by this share of their time starts another. */
const SAME_TIME_SHARE = 1 / 14;
/** The share of the bytes that the first lines may take, so that long ones leave room for the last. */
const FIRST_SHARE = 0.25;

/** A stream after a batch: its index, the new chunks, and the keys of chunks to delete. */
export type LineChange = Readonly<{
  index: LineIndex;
  put: readonly LineChunk[];
  remove: readonly string[];
}>;

export type AppendContext = Readonly<{
  bounds: LineBounds;
  now: number;
  /** A key for a chunk that no other chunk of the stream has or had. */
  keyOf: (from: number) => string;
  /** Ids of tasks that the events have changed. */
  tasks: readonly string[];
}>;

/**
 * A stream after some events, masked and safe to show. Undefined where all of them were taken before: sending them again
 * changes nothing.
 */
export const withEvents = (
  index: LineIndex,
  events: readonly LogEvent[],
  { bounds, now, keyOf, tasks: changed }: AppendContext,
): LineChange | undefined => {
  const { fresh, seen } = unseenOf(index.seen, events);
  const tasks = [...new Set([...index.tasks, ...changed])].slice(0, MAX_TASKS);
  if (fresh.length === 0) {
    return tasks.length === index.tasks.length
      ? undefined
      : { index: { ...index, tasks }, put: [], remove: [] };
  }
  const { lines, insideKey } = eventLines(fresh, index.inside_key);
  const end = index.next + lines.length;
  const lastFrom = end - bounds.last;
  const put: LineChunk[] = [];
  let chunks = [...index.chunks];
  const isOver = (kept_at: number): boolean => kept_at + bounds.kept_ms <= now;
  let open = isOver(index.open_at) ? [] : [...index.open];
  let openFrom = isOver(index.open_at) ? index.next : index.open_from;
  let openAt = open.length === 0 ? now : index.open_at;
  let openBytes = open.reduce((sum, { text }) => sum + bytesOf(text), 0);
  let firstEnd = index.first_end;
  let firstBytes = chunks.reduce((sum, { bytes }) => sum + bytes, 0) + openBytes;

  const close = (next: number): void => {
    if (open.length > 0) {
      const key = keyOf(openFrom);
      const times = open.map(({ at }) => at);
      put.push({ key, lines: open });
      chunks.push({
        key,
        from: openFrom,
        count: open.length,
        bytes: openBytes,
        first_at: Math.min(...times),
        last_at: Math.max(...times),
        kept_at: openAt,
      });
    }
    open = [];
    openBytes = 0;
    openFrom = next;
    openAt = now;
  };

  if (openAt + bounds.kept_ms * SAME_TIME_SHARE <= now) close(index.next);
  for (let offset = 0; offset < lines.length; offset += 1) {
    const line = lines[offset] as KeptLine;
    const number = index.next + offset;
    const bytes = bytesOf(line.text);
    if (firstEnd === undefined) {
      firstBytes += bytes;
      if (number >= bounds.first || firstBytes > bounds.bytes * FIRST_SHARE) {
        firstEnd = number;
        close(number);
      }
    }
    // What the last lines will push out again is not taken at all.
    if (firstEnd !== undefined && number < lastFrom) {
      if (open.length > 0) close(number);
      openFrom = number + 1;
      continue;
    }
    open.push(line);
    openBytes += bytes;
    if (open.length >= CHUNK_LINES || openBytes >= CHUNK_BYTES) close(number + 1);
  }

  const isFirst = ({ from }: ChunkPlace): boolean => firstEnd === undefined || from < firstEnd;
  chunks = chunks.filter(
    (chunk) => !isOver(chunk.kept_at) && (isFirst(chunk) || chunk.from + chunk.count > lastFrom),
  );
  let total = chunks.reduce((sum, { bytes }) => sum + bytes, 0) + openBytes;
  chunks = chunks.filter((chunk) => {
    if (total <= bounds.bytes || isFirst(chunk)) return true;
    total -= chunk.bytes;
    return false;
  });
  const kept = new Set(chunks.map(({ key }) => key));
  return {
    index: {
      next: end,
      ...(firstEnd === undefined ? {} : { first_end: firstEnd }),
      chunks,
      open,
      open_from: openFrom,
      open_at: openAt,
      inside_key: insideKey,
      seen,
      tasks,
    },
    put: put.filter(({ key }) => kept.has(key)),
    remove: index.chunks.map(({ key }) => key).filter((key) => !kept.has(key)),
  };
};

const bytesOf = (text: string): number => {
  let bytes = text.length;
  for (let at = 0; at < text.length; at += 1) {
    const code = text.charCodeAt(at);
    // A pair of surrogates takes four bytes, two for each.
    if (code > 0x7f) bytes += code > 0x7ff && (code < 0xd800 || code > 0xdfff) ? 2 : 1;
  }
  return bytes;
};

/** A stretch of lines that can be read: a chunk, or without a key those that are open. */
export type ReadableStretch = Readonly<{
  key?: string;
  from: number;
  count: number;
  first_at: number;
  last_at: number;
}>;

/** What of a stream can be read now, oldest first. A line of it may still be hidden: ask `isVisible`. */
export const readable = (index: LineIndex, bounds: LineBounds, now: number): readonly ReadableStretch[] => {
  const isKept = (kept_at: number): boolean => kept_at + bounds.kept_ms > now;
  const stretches: ReadableStretch[] = index.chunks.filter(({ kept_at }) => isKept(kept_at));
  if (index.open.length === 0 || !isKept(index.open_at)) return stretches;
  const times = index.open.map(({ at }) => at);
  return [
    ...stretches,
    {
      from: index.open_from,
      count: index.open.length,
      first_at: Math.min(...times),
      last_at: Math.max(...times),
    },
  ];
};

/** Chunks hold a few lines more than the bound: those are not shown. */
export const isVisible = (index: LineIndex, bounds: LineBounds, number: number): boolean =>
  index.first_end === undefined || number < index.first_end || number >= index.next - bounds.last;

/** How many lines between two numbers, both excluded, are no longer kept. */
export const missingBetween = (
  stretches: readonly ReadableStretch[],
  index: LineIndex,
  bounds: LineBounds,
  before: number,
  after: number,
): number => {
  let missing = Math.max(0, after - before - 1);
  for (const { from, count } of stretches) {
    for (let number = Math.max(from, before + 1); number < Math.min(from + count, after); number += 1) {
      if (isVisible(index, bounds, number)) missing -= 1;
    }
  }
  return missing;
};
