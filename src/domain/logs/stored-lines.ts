import { isJsonObject, type Json, type JsonObject } from '../json.ts';
import type { KeptLine } from './event-lines.ts';
import type { ChunkPlace, LineIndex } from './kept-lines.ts';
import type { SeenEvents } from './seen-events.ts';

/** The version of what is stored of a stream's lines. What another version has written is not read. */
const VERSION = 1;

/** An index as a store keeps it: short, because it is written with every batch. */
export const indexToJson = (index: LineIndex): JsonObject => ({
  version: VERSION,
  next: index.next,
  ...(index.first_end === undefined ? {} : { first_end: index.first_end }),
  chunks: index.chunks.map(({ key, from, count, bytes, first_at, last_at, kept_at }) => [
    key,
    from,
    count,
    bytes,
    first_at,
    last_at,
    kept_at,
  ]),
  open: index.open.map(lineToJson),
  open_from: index.open_from,
  open_at: index.open_at,
  inside_key: index.inside_key,
  counted: index.seen.counted.map(({ prefix, stretches }) => [prefix, ...stretches.map(([a, b]) => [a, b])]),
  batches: [...index.seen.batches],
  tasks: [...index.tasks],
});

/** An index out of a store; undefined where it is of another version or damaged: the stream then begins again. */
export const indexFromJson = (json: Json): LineIndex | undefined => {
  if (!isJsonObject(json) || json['version'] !== VERSION) return undefined;
  const { next, first_end, open_from, open_at, inside_key } = json;
  const chunks = listOf(json['chunks'], placeFromJson);
  const open = listOf(json['open'], lineFromJson);
  const counted = listOf(json['counted'], countedFromJson);
  const batches = listOf(json['batches'], textFromJson);
  const tasks = listOf(json['tasks'], textFromJson);
  if (!isCount(next) || !isCount(open_from) || !isCount(open_at) || !isCount(inside_key)) return undefined;
  if (first_end !== undefined && !isCount(first_end)) return undefined;
  if (chunks === undefined || open === undefined) return undefined;
  if (counted === undefined || batches === undefined || tasks === undefined) return undefined;
  return {
    next,
    ...(first_end === undefined ? {} : { first_end }),
    chunks,
    open,
    open_from,
    open_at,
    inside_key,
    seen: { counted, batches },
    tasks,
  };
};

export const linesToJson = (lines: readonly KeptLine[]): JsonObject => ({
  version: VERSION,
  lines: lines.map(lineToJson),
});

/** The lines of a chunk; undefined where it is of another version or damaged. */
export const linesFromJson = (json: Json): readonly KeptLine[] | undefined =>
  isJsonObject(json) && json['version'] === VERSION ? listOf(json['lines'], lineFromJson) : undefined;

const lineToJson = ({ at, text }: KeptLine): Json => [at, text];

const lineFromJson = (json: Json): KeptLine | undefined => {
  if (!Array.isArray(json)) return undefined;
  const [at, text]: readonly Json[] = json;
  return isCount(at) && typeof text === 'string' ? { at, text } : undefined;
};

const placeFromJson = (json: Json): ChunkPlace | undefined => {
  if (!Array.isArray(json)) return undefined;
  const [key, from, count, bytes, first_at, last_at, kept_at]: readonly Json[] = json;
  return typeof key === 'string' &&
    isCount(from) &&
    isCount(count) &&
    isCount(bytes) &&
    isCount(first_at) &&
    isCount(last_at) &&
    isCount(kept_at)
    ? { key, from, count, bytes, first_at, last_at, kept_at }
    : undefined;
};

const countedFromJson = (json: Json): SeenEvents['counted'][number] | undefined => {
  if (!Array.isArray(json)) return undefined;
  const [prefix, ...rest]: readonly Json[] = json;
  const stretches = listOf(rest, (stretch) => {
    if (!Array.isArray(stretch)) return undefined;
    const [first, last]: readonly Json[] = stretch;
    return isCount(first) && isCount(last) ? ([first, last] as const) : undefined;
  });
  return typeof prefix === 'string' && stretches !== undefined ? { prefix, stretches } : undefined;
};

const textFromJson = (json: Json): string | undefined => (typeof json === 'string' ? json : undefined);

const isCount = (value: Json | undefined): value is number =>
  Number.isSafeInteger(value) && Number(value) >= 0;

const listOf = <T>(
  json: Json | undefined,
  read: (value: Json) => T | undefined,
): readonly T[] | undefined => {
  if (!Array.isArray(json)) return undefined;
  const items: T[] = [];
  for (const value of json) {
    const item = read(value);
    if (item === undefined) return undefined;
    items.push(item);
  }
  return items;
};
