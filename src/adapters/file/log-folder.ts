import type { BigIntStats, Dirent } from 'node:fs';
import { join, sep } from 'node:path';
import { setImmediate as afterOthers } from 'node:timers/promises';
import { MiyabiError, unavailable } from '../../domain/errors.ts';
import { errnoOf } from './errno.ts';
import { type FileSystem, fileSystem } from './file-system.ts';

/** A file in a listing. `inode` is `device:number`, `createdAt` epoch milliseconds, 0 if unknown. */
export type LogFile = Readonly<{
  /** Its path below the folder of logs: unique, and the same in each listing. */
  name: string;
  path: string;
  /** The stream of a file of this name. */
  stream: string;
  inode: string;
  createdAt: number;
  size: number;
  modified: number;
  /** Changes whenever the file does. */
  stamp: string;
}>;

export type Problem = Readonly<{ log_stream: string; reason: string }>;

export type Listing = Readonly<{ files: readonly LogFile[]; problems: readonly Problem[] }>;

/** The group of files in the folder itself rather than in a folder below it. */
const ROOT_GROUP = 'default';

/** A group follows at most this many files: each costs a look per reading and space in the cursor. */
const MAX_FILES = 2000;

/** How many files are looked at at once. */
const WIDTH = 32;

const BY_NUMBER = new Intl.Collator('en', { numeric: true });

/** Compressed logs, and files that editors and downloads leave beside a log. */
const PASSED_OVER = /~$|\.(?:gz|bz2|xz|zst|lz4|zip|bak|swp|tmp|part)$/i;

/** `app.log`, and its rotated files: `app.log.1`, `app.log-20261123`. */
const LOG_NAME = /^(.+)\.log(?:[.-][0-9][0-9TZ_.:-]{0,31})?$/i;

const streamOf = (fileName: string): string => LOG_NAME.exec(fileName)?.[1] ?? fileName;

export const isHidden = (name: string): boolean => name.startsWith('.');

export const isLog = (entry: Dirent): boolean =>
  entry.isFile() && !isHidden(entry.name) && !PASSED_OVER.test(entry.name);

/** The group of the files in a folder, by its path below the folder of logs. */
export const groupOf = (path: string): string => (path === '' ? ROOT_GROUP : path);

/**
 * The files of a group, oldest change first. A folder that `isNear`, by its path below the folder of logs, is on a file
 * system of this machine, which answers from memory: its files are looked at without a thread, which takes a tenth of the
 * processor time.
 *
 * @throws MiyabiError `not_found` where no folder has that name, `unavailable` where it cannot be listed.
 */
export const listFiles = async (
  directory: string,
  group: string,
  system: FileSystem = fileSystem,
  isNear: (path: string) => boolean = () => false,
): Promise<Listing> => {
  const folders = await foldersOf(system, directory, group);
  const files: LogFile[] = [];
  const problems: Problem[] = [];
  for (const segments of folders) {
    const folder = join(directory, ...segments);
    const births = await keepsBirths(system, folder);
    const regular: Readonly<{ name: string; stream: string }>[] = [];
    for (const entry of await entriesOf(system, folder, group)) {
      const { name } = entry;
      if (isHidden(name) || PASSED_OVER.test(name) || entry.isDirectory()) continue;
      const stream = streamOf(name);
      if (entry.isFile()) {
        regular.push({ name, stream });
        continue;
      }
      const kind = entry.isSymbolicLink() ? 'a symbolic link' : 'no regular file';
      problems.push({ log_stream: stream, reason: `${name} is ${kind}, which is not read` });
    }
    const see = isNear(segments.join('/')) ? system.lstatSync : system.lstat;
    const look = async ({ name, stream }: (typeof regular)[number]) => {
      try {
        const path = join(folder, name);
        const seen = await see(path, { bigint: true });
        files.push(fileOf(seen, { name: [...segments, name].join('/'), path, stream, births }));
      } catch (error) {
        if (!isAbsence(error)) problems.push({ log_stream: stream, reason: `${name}: ${errnoOf(error)}` });
      }
    };
    // Waiting for each of them alone takes several times as long.
    for (let from = 0; from < regular.length; from += WIDTH) {
      await Promise.all(regular.slice(from, from + WIDTH).map(look));
      await afterOthers();
    }
  }
  // Of two files changed at the same moment, the one with the higher rotation number is older.
  files.sort((a, b) => a.modified - b.modified || BY_NUMBER.compare(b.name, a.name));
  for (const { stream, name } of files.splice(0, Math.max(0, files.length - MAX_FILES))) {
    problems.push({
      log_stream: stream,
      reason: `${name} is not read: the folder has ${MAX_FILES} newer files`,
    });
  }
  return { files, problems };
};

/**
 * Whether creation times are reliable here: some file systems report the last change instead. A folder with entries has
 * changed since its creation, so the two must differ.
 */
const keepsBirths = async ({ lstat }: FileSystem, folder: string): Promise<boolean> => {
  try {
    const seen = await lstat(folder, { bigint: true });
    return seen.birthtimeNs > 0n && seen.birthtimeNs !== seen.ctimeNs;
  } catch {
    return false;
  }
};

const fileOf = (
  seen: BigIntStats,
  { births, ...names }: Pick<LogFile, 'name' | 'path' | 'stream'> & Readonly<{ births: boolean }>,
): LogFile => ({
  ...names,
  inode: `${seen.dev}:${seen.ino}`,
  createdAt: births ? Number(seen.birthtimeMs) : 0,
  size: Number(seen.size),
  modified: Number(seen.mtimeMs),
  stamp: `${seen.size}:${seen.mtimeNs}`,
});

const foldersOf = async (
  system: FileSystem,
  directory: string,
  group: string,
): Promise<readonly (readonly string[])[]> => {
  const segments = group.split('/');
  const candidates = group === ROOT_GROUP ? [[], segments] : [segments];
  const folders: (readonly string[])[] = [];
  for (const candidate of candidates) {
    if (candidate.every(isSegment) && (await isFolder(system, directory, candidate))) folders.push(candidate);
  }
  if (folders.length === 0) throw noSuchGroup(group);
  return folders;
};

const isSegment = (text: string): boolean =>
  text !== '' && !isHidden(text) && !text.includes('\0') && !(sep === '\\' && /[\\:]/.test(text));

/** Whether the path leads to a folder, without a symbolic link on the way. */
const isFolder = async (
  { realpath, lstat }: FileSystem,
  directory: string,
  segments: readonly string[],
): Promise<boolean> => {
  try {
    const root = await realpath(directory);
    const wanted = join(root, ...segments);
    return (await realpath(wanted)) === wanted && (await lstat(wanted)).isDirectory();
  } catch (error) {
    if (isAbsence(error)) return false;
    throw unavailable('the log folder', error);
  }
};

const entriesOf = async (
  { readdir }: FileSystem,
  folder: string,
  group: string,
): Promise<readonly Dirent[]> => {
  try {
    return await readdir(folder, { withFileTypes: true });
  } catch (error) {
    if (isAbsence(error)) throw noSuchGroup(group, error);
    throw unavailable(`the log group ${group}`, error);
  }
};

const noSuchGroup = (group: string, cause?: unknown): MiyabiError =>
  new MiyabiError('not_found', `there is no log group ${group}`, { cause });

export const isAbsence = (error: unknown): boolean =>
  ['ENOENT', 'ENOTDIR', 'ENAMETOOLONG'].includes(errnoOf(error));
