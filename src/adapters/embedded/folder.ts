import { chmod, mkdir, open, readdir, readFile, rename, rm, stat, statfs } from 'node:fs/promises';
import { join } from 'node:path';
import { crc32 } from 'node:zlib';
import { MiyabiError } from '../../domain/errors.ts';
import { isJsonObject } from '../../domain/json.ts';
import { makeFolder } from '../system/folder.ts';

/** The state of the store: `clean` with the number of commits that it must contain, or in use. */
export type StoreState = Readonly<{ clean: boolean; commits: number }>;

/** Checksums of LevelDB's sorted files by their names. A complete file never changes. */
type Checksums = Readonly<Record<string, string>>;

const STATE_FILE = 'state.json';
/** A file that has not changed for this long is complete, in milliseconds. */
const UNCHANGED_MS = 60_000;
/** Free space that a store which was full needs to accept writes again, in bytes. */
const ROOM = 32 * 1024 * 1024;

const PROBLEMS = {
  open: 'is open in another process: stop that one, or set MIYABI_DATA_DIR to another folder',
  damaged: 'holds damaged data: restore a backup, move it away, or set MIYABI_DATA_DIR to another folder',
  incomplete:
    'is missing files: restore a backup, move what is left away, or set MIYABI_DATA_DIR to another folder',
  unreadable:
    'cannot be opened: make it readable and writable, restore it, or set MIYABI_DATA_DIR to another folder',
  unwritable:
    'cannot be written: make it writable, free some space, or set MIYABI_DATA_DIR to another folder',
  newer: 'was written by a newer Miyabi: update this one, or set MIYABI_DATA_DIR to another folder',
} as const;

export const unusable = (path: string, problem: keyof typeof PROBLEMS, cause?: unknown): MiyabiError =>
  new MiyabiError('configuration', `The data folder ${path} ${PROBLEMS[problem]}`, { cause });

/** The reason that an error of opening LevelDB gives for a folder. */
export const openingProblem = (path: string, error: unknown): MiyabiError => {
  const cause = error instanceof Error && error.cause !== undefined ? error.cause : error;
  const code = cause instanceof Error && 'code' in cause ? cause.code : undefined;
  if (code === 'LEVEL_LOCKED') return unusable(path, 'open', error);
  if (cause instanceof Error && /no space left/i.test(cause.message))
    return unusable(path, 'unwritable', error);
  return unusable(path, code === 'LEVEL_CORRUPTION' ? 'damaged' : 'unreadable', error);
};

/** The folder of a store and what is in it. */
export type StoreFolder = Readonly<{
  /** Where LevelDB keeps its files. */
  data: string;
  /** Whether nothing was ever stored here. */
  isNew: boolean;
  /** Its state when it was last closed; undefined if unknown. */
  state: StoreState | undefined;
  /** Saves the state, with the checksums of complete files: all of them if it is clean. */
  saveState(state: StoreState): Promise<void>;
  /** The names of files whose content has changed. */
  changedFiles(): Promise<readonly string[]>;
  /** Whether the disk accepts writes. */
  hasRoom(): Promise<boolean>;
  /** What LevelDB had to leave out of its log when it was opened, in its own words. */
  dropped(): Promise<readonly string[]>;
  /** Makes the present files readable for the owner only. */
  tighten(): Promise<void>;
  /** Saves a file of damaged records and returns its path. */
  keepDamaged(name: string, text: string): Promise<string>;
}>;

/**
 * Prepares the folder. Only its owner may enter it, so that files which LevelDB creates later are protected too,
 * whatever their own mode.
 *
 * @throws MiyabiError `configuration` where it cannot be written, or contains a store with missing files.
 */
export const prepareFolder = async (path: string): Promise<StoreFolder> => {
  const data = join(path, 'data');
  let files: readonly string[];
  try {
    await makeFolder(path);
    await chmod(path, 0o700);
    await mkdir(data, { mode: 0o700 }).catch((error: NodeJS.ErrnoException) => {
      if (error.code !== 'EEXIST') throw error;
    });
    files = await readdir(data);
  } catch (error) {
    throw unusable(path, 'unwritable', error);
  }
  const saved = await readState(join(path, STATE_FILE));
  const state = saved?.state;
  let checksums: Checksums = saved?.checksums ?? {};
  // LevelDB creates a new database if CURRENT is missing, and deletes the files of the old one.
  const isNew = !files.some((file) => /^(CURRENT|MANIFEST-.*|\d+\.(ldb|sst|log))$/.test(file));
  if (isNew ? state !== undefined : !files.includes('CURRENT')) throw unusable(path, 'incomplete');

  const tighten = async (): Promise<void> => {
    for (const file of await readdir(data)) {
      // A compaction may have removed it meanwhile.
      await chmod(join(data, file), 0o600).catch((error: NodeJS.ErrnoException) => {
        if (error.code !== 'ENOENT') throw error;
      });
    }
  };

  return {
    data,
    isNew,
    state,

    async saveState(next) {
      checksums = await checksumsOf(data, checksums, next.clean ? 0 : UNCHANGED_MS);
      await writeDurably(path, STATE_FILE, `${JSON.stringify({ ...next, checksums })}\n`);
    },

    async changedFiles() {
      const changed: string[] = [];
      for (const [name, checksum] of Object.entries(checksums)) {
        const now = files.includes(name) ? await checksumOf(join(data, name)) : checksum;
        if (now !== checksum) changed.push(name);
      }
      return changed;
    },

    async hasRoom() {
      const { bavail, bsize } = await statfs(data);
      if (bavail * bsize < ROOM) return false;
      try {
        await writeDurably(path, 'probe', 'x'.repeat(4096));
        await rm(join(path, 'probe'), { force: true });
        return true;
      } catch {
        return false;
      }
    },

    async dropped() {
      const log = await readFile(join(data, 'LOG'), 'utf8').catch(() => '');
      return log.split('\n').filter((line) => line.includes(': dropping '));
    },

    tighten,

    async keepDamaged(name, text) {
      await writeDurably(path, name, text);
      return join(path, name);
    },
  };
};

const readState = async (
  file: string,
): Promise<Readonly<{ state: StoreState; checksums: Checksums }> | undefined> => {
  let text: string;
  try {
    text = await readFile(file, 'utf8');
  } catch {
    return undefined;
  }
  try {
    const saved: unknown = JSON.parse(text);
    if (isJsonObject(saved) && typeof saved['clean'] === 'boolean' && typeof saved['commits'] === 'number') {
      const { clean, commits, checksums } = saved;
      const texts = Object.entries(isJsonObject(checksums) ? checksums : {}).filter(
        (entry): entry is [string, string] => typeof entry[1] === 'string',
      );
      return { state: { clean, commits }, checksums: Object.fromEntries(texts) };
    }
  } catch {
    // Unreadable counts as missing: the store is checked.
  }
  return { state: { clean: false, commits: 0 }, checksums: {} };
};

const checksumOf = async (file: string): Promise<string> => crc32(await readFile(file)).toString(16);

/** The checksums of the sorted files that have not been written for a time. Known ones are not computed again. */
const checksumsOf = async (folder: string, known: Checksums, unchangedMs: number): Promise<Checksums> => {
  const checksums: Record<string, string> = {};
  for (const name of await readdir(folder)) {
    if (!/\.(ldb|sst)$/.test(name)) continue;
    try {
      const { mtimeMs } = await stat(join(folder, name));
      if (known[name] === undefined && Date.now() - mtimeMs < unchangedMs) continue;
      checksums[name] = known[name] ?? (await checksumOf(join(folder, name)));
    } catch (error) {
      // A compaction may have removed it meanwhile.
      if (!(error instanceof Error && 'code' in error && error.code === 'ENOENT')) throw error;
    }
  }
  return checksums;
};

/** Writes a whole file: after a crash it contains either the old text or the new one. */
const writeDurably = async (folder: string, name: string, text: string): Promise<void> => {
  const temporary = join(folder, `${name}.new`);
  const file = await open(temporary, 'w', 0o600);
  try {
    await file.writeFile(text);
    await file.sync();
  } finally {
    await file.close();
  }
  await rename(temporary, join(folder, name));
};
