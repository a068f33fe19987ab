import { constants } from 'node:fs';
import { type FileHandle, open } from 'node:fs/promises';
import { errnoOf } from './errno.ts';
import { isAbsence, type LogFile, type Problem } from './log-folder.ts';
import { HEAD_BYTES, hashOf, type Mark, TAIL_BYTES } from './marks.ts';

/** A file, and how far it was read before. */
export type Claim = Readonly<{ file: LogFile; mark: Mark }>;

/** Finds out how far each file was read before: by its inode and its bytes, not by its name, which rotation changes. */
export const claim = async (
  files: readonly LogFile[],
  before: readonly Mark[],
  problems: Problem[],
): Promise<readonly Claim[]> => {
  const byInode = new Map(before.map((mark) => [mark.inode, mark]));
  const generations = new Map<string, number>();
  for (const { stream, generation } of before) {
    generations.set(stream, Math.max(generation, generations.get(stream) ?? 0));
  }
  const present = new Set(files.map(({ inode }) => inode));
  const inodes = new Set<string>();
  const claims: Claim[] = [];
  for (const file of files) {
    // A second name of the same file.
    if (inodes.has(file.inode)) continue;
    inodes.add(file.inode);
    try {
      const known = await recognise(file, byInode, before, present);
      const generation = known?.generation ?? (generations.get(file.stream) ?? 0) + 1;
      if (known === undefined) generations.set(file.stream, generation);
      const { name, inode, stream } = file;
      const mark: Mark = known ?? { ...UNREAD, name, inode, stream, generation };
      const createdAt = file.createdAt || mark.createdAt;
      const isSame =
        mark.name === name && mark.inode === inode && mark.createdAt === createdAt && !mark.removed;
      claims.push({ file, mark: isSame ? mark : { ...mark, name, inode, createdAt, removed: false } });
    } catch (error) {
      if (isAbsence(error)) continue;
      problems.push({ log_stream: file.stream, reason: `${file.name} cannot be read: ${errnoOf(error)}` });
      // Its mark stays: reading continues there once the file can be read again.
      const mark = byInode.get(file.inode);
      if (mark !== undefined)
        claims.push({ file: { ...file, name: mark.name, size: mark.offset, stamp: mark.stamp }, mark });
    }
  }
  // In the order of a stream's files, so that events are in order too.
  return claims.toSorted((a, b) => a.mark.generation - b.mark.generation);
};

const UNREAD = {
  offset: 0,
  head: '',
  tail: '',
  key: '',
  skipping: false,
  at: 0,
  stamp: '',
  createdAt: 0,
  removed: false,
};

const recognise = async (
  file: LogFile,
  byInode: ReadonlyMap<string, Mark>,
  before: readonly Mark[],
  present: ReadonlySet<string>,
): Promise<Mark | undefined> => {
  const same = byInode.get(file.inode);
  const isNewFile =
    same !== undefined && same.createdAt !== 0 && file.createdAt !== 0 && same.createdAt !== file.createdAt;
  // A missing file came back, e.g. with its volume; otherwise a new one has got its inode.
  const another = same?.removed === true && same.stamp !== file.stamp;
  const original = isNewFile || another ? undefined : same;
  if (original?.name === file.name && original.stamp === file.stamp && original.offset === file.size) {
    return original;
  }
  // `copytruncate` leaves what was read in a copy, named after the file, and the rest only there.
  const copied = before.filter(
    ({ name, stream, offset }) => offset > 0 && stream === file.stream && isRotationOf(file.name, name),
  );
  // rsync and editors write a new file and rename it over the old one: the same log with another inode.
  const replaced = before.filter(
    ({ name, inode, offset, removed }) => offset > 0 && !removed && name === file.name && !present.has(inode),
  );
  const candidates = [...(original === undefined ? [] : [original]), ...replaced, ...copied];
  const possible = candidates.filter(({ offset }) => offset <= file.size);
  if (possible.every(({ offset }) => offset === 0)) return possible[0];
  const handle = await openToRead(file);
  try {
    for (const mark of possible) {
      const { head, tail } = await edgesAt(handle, mark.offset);
      if (mark.offset === 0 || (hashOf(head) === mark.head && hashOf(tail) === mark.tail)) return mark;
    }
    return undefined;
  } finally {
    await handle.close();
  }
};

const isRotationOf = (name: string, original: string): boolean =>
  name.startsWith(original) && /^[.-][0-9]/.test(name.slice(original.length));

/** The first and the last of the bytes before an offset. */
export const edgesAt = async (
  handle: FileHandle,
  offset: number,
): Promise<{ head: Buffer; tail: Buffer }> => ({
  head: await bytesAt(handle, 0, Math.min(HEAD_BYTES, offset)),
  tail: await bytesAt(handle, Math.max(0, offset - TAIL_BYTES), Math.min(TAIL_BYTES, offset)),
});

export const bytesAt = async (handle: FileHandle, position: number, length: number): Promise<Buffer> => {
  const { buffer, bytesRead } = await handle.read(Buffer.allocUnsafe(length), 0, length, position);
  return buffer.subarray(0, bytesRead);
};

/** Opens the listed file: not a link that has replaced it, nor a pipe that would block the reader. */
export const openToRead = (file: LogFile): Promise<FileHandle> =>
  open(file.path, constants.O_RDONLY | (constants.O_NOFOLLOW ?? 0) | (constants.O_NONBLOCK ?? 0));
