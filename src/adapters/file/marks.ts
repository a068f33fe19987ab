import { createHash } from 'node:crypto';
import { isJsonObject, type Json, type JsonObject } from '../../domain/json.ts';

/** How far a file has been read, and how to recognise it. */
export type Mark = Readonly<{
  name: string;
  stream: string;
  /** The ordinal of this file within its stream, from 1. */
  generation: number;
  inode: string;
  createdAt: number;
  /** Bytes that were processed. */
  offset: number;
  /** Hashes of the first and the last of those bytes. */
  head: string;
  tail: string;
  /** Ten digits made from its first line, empty before its first event. */
  key: string;
  /** The bytes at `offset` belong to a line that was cut. */
  skipping: boolean;
  /** Epoch milliseconds of its last event. */
  at: number;
  /** The file's stamp when all of it had been read. */
  stamp: string;
  /** It was missing at the last reading. */
  removed: boolean;
}>;

export const HEAD_BYTES = 1024;
export const TAIL_BYTES = 256;

/** The marks of the last removed files are kept in case the files return. */
const MAX_REMOVED = 1000;

export const hashOf = (bytes: Uint8Array): string =>
  createHash('sha256').update(bytes).digest('base64url').slice(0, 16);

export const keyOf = (firstLine: Uint8Array): string =>
  String(createHash('sha256').update(firstLine).digest().readUInt32BE()).padStart(10, '0');

/** Marks for the next reading: of removed files, only those that may still return are kept. */
export const withRemoved = (present: readonly Mark[], before: readonly Mark[]): readonly Mark[] => {
  const names = new Set(present.map(({ name }) => name));
  const inodes = new Set(present.map(({ inode }) => inode));
  const newest = new Map<string, number>();
  for (const { stream, generation } of [...before, ...present]) {
    newest.set(stream, Math.max(generation, newest.get(stream) ?? 0));
  }
  const removed = before.filter(
    ({ name, inode, stream, generation }) =>
      !names.has(name) && !inodes.has(inode) && generation === newest.get(stream),
  );
  return [...removed.slice(-MAX_REMOVED).map((mark) => ({ ...mark, removed: true })), ...present];
};

const KIND = 'file';
/** The first release wrote none: a cursor without a version has version 1. */
const VERSION = 1;

export const marksToJson = (marks: readonly Mark[]): JsonObject => ({
  kind: KIND,
  version: VERSION,
  files: marks.map((mark) => ({
    name: mark.name,
    stream: mark.stream,
    generation: mark.generation,
    inode: mark.inode,
    offset: mark.offset,
    at: mark.at,
    ...(mark.createdAt === 0 ? {} : { born: mark.createdAt }),
    ...(mark.offset === 0 ? {} : { head: mark.head, tail: mark.tail }),
    ...(mark.key === '' ? {} : { key: mark.key }),
    ...(mark.skipping ? { skipping: true } : {}),
    ...(mark.stamp === '' ? {} : { stamp: mark.stamp }),
    ...(mark.removed ? { gone: true } : {}),
  })),
});

/** The marks that a stored cursor has; `damaged` names what could not be read, e.g. `files.0.stream`. */
export type ReadMarks = Readonly<{ marks: readonly Mark[]; damaged: readonly string[] }>;

/**
 * A file whose mark is missing or damaged is read from its beginning: its lines have the same ids as the first time. The
 * same goes for all files if another version or another kind of source has written the cursor.
 */
export const marksFromJson = (json: Json | undefined): ReadMarks => {
  if (!isJsonObject(json) || json['kind'] !== KIND) return { marks: [], damaged: [] };
  if ((json['version'] ?? VERSION) !== VERSION) return { marks: [], damaged: ['version'] };
  const files = json['files'];
  if (!Array.isArray(files)) return { marks: [], damaged: ['files'] };
  const marks: Mark[] = [];
  const damaged: string[] = [];
  for (const [index, file] of files.entries()) {
    const read = markFromJson(file);
    if (typeof read === 'string') damaged.push(`files.${index}.${read}`);
    else marks.push(read);
  }
  return { marks, damaged };
};

/** A mark, or the name of the field that cannot be read. */
const markFromJson = (json: unknown): Mark | string => {
  const fields = isJsonObject(json) ? json : {};
  const wrong: string[] = [];
  const text = (field: string, fallback?: string): string => {
    const value = fields[field] ?? fallback;
    if (typeof value === 'string') return value;
    wrong.push(field);
    return '';
  };
  const count = (field: string, fallback?: number): number => {
    const value = fields[field] ?? fallback;
    if (typeof value === 'number' && Number.isFinite(value) && value >= 0) return value;
    wrong.push(field);
    return 0;
  };
  const mark = {
    name: text('name'),
    stream: text('stream'),
    generation: count('generation'),
    inode: text('inode'),
    createdAt: count('born', 0),
    offset: count('offset'),
    head: text('head', ''),
    tail: text('tail', ''),
    key: text('key', ''),
    skipping: fields['skipping'] === true,
    at: count('at'),
    stamp: text('stamp', ''),
    removed: fields['gone'] === true,
  };
  return wrong[0] ?? mark;
};
