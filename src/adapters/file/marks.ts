import { createHash } from 'node:crypto';
import { MiyabiError } from '../../domain/errors.ts';
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

export const marksToJson = (marks: readonly Mark[]): JsonObject => ({
  kind: KIND,
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

/** A cursor of another kind of source has no marks: everything is read from its beginning. */
export const marksFromJson = (json: Json | undefined, group: string): readonly Mark[] => {
  if (!isJsonObject(json) || json['kind'] !== KIND) return [];
  const files = json['files'];
  if (!Array.isArray(files)) throw broken(group, 'files');
  return files.map((file: unknown, index) =>
    markFromJson(file, (field) => broken(group, `files.${index}.${field}`)),
  );
};

const markFromJson = (json: unknown, brokenAt: (field: string) => MiyabiError): Mark => {
  const fields = isJsonObject(json) ? json : {};
  const text = (field: string, fallback?: string): string => {
    const value = fields[field] ?? fallback;
    if (typeof value !== 'string') throw brokenAt(field);
    return value;
  };
  const count = (field: string, fallback?: number): number => {
    const value = fields[field] ?? fallback;
    if (typeof value !== 'number' || !Number.isFinite(value) || value < 0) throw brokenAt(field);
    return value;
  };
  return {
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
};

const broken = (group: string, path: string): MiyabiError =>
  new MiyabiError('internal', `the file cursor of log group ${group} is broken at ${path}`);
