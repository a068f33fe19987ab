import type { ClassicLevel } from 'classic-level';
import { isMiyabiError, MiyabiError, unavailable } from '../../domain/errors.ts';
import type { Logger } from '../../ports/logger.ts';
import { codeOf, openLevel } from './level.ts';
import { DamagedRecord } from './record.ts';
import { type Facts, type Queued, type Remembered, rememberedValues, textIn } from './remembered.ts';

/** Keys between two others, both excluded, ascending, or descending with `reverse`. */
export type Range = Readonly<{ gt: string; lt: string; reverse?: boolean; limit: number }>;

/** A consistent view: writes that end meanwhile do not show. */
export type View = Readonly<{
  keys(range: Range): Promise<readonly string[]>;
  entries(range: Range): Promise<readonly (readonly [key: string, value: string])[]>;
  /** The values under the keys, in their order, undefined for missing ones. */
  getMany(keys: readonly string[]): Promise<readonly (string | undefined)[]>;
}>;

/** One logical write. It sees every write before it, including those that are not on disk yet. */
export type Change = Readonly<{
  get(key: string): string | undefined;
  /** What was put with the present value, undefined if it is not remembered. */
  facts(key: string): Facts | undefined;
  /** A value that is made by a function is made once for all changes that share a write: the last one wins. */
  put(key: string, value: string | (() => string), facts?: Facts): void;
  remove(key: string): void;
}>;

/**
 * An ordered store of texts in one folder. A write is atomic: after a crash all of it is there, or nothing.
 *
 * Every method throws MiyabiError `unavailable` where the disk refuses, a record is damaged, or the database is
 * closing.
 */
export type Database = Readonly<{
  /** The value under the key after the last write that has ended. */
  get(key: string): Promise<string | undefined>;
  /** That value where it was put with facts and is still in memory. */
  remembered(key: string): Remembered | undefined;
  /** Keeps what `get` has just returned in memory, with what is known of it. */
  remember(key: string, remembered: Remembered): void;
  /** A consistent view. It must not be used after `read` has ended. */
  view<T>(read: (view: View) => Promise<T>): Promise<T>;
  /**
   * Runs a change and hands it to the operating system together with all others that wait, in one write. Changes run
   * one after another: what one has read stays true until it is written. If it throws, nothing of it is written and the
   * error is thrown.
   */
  write<T>(change: (change: Change) => T): Promise<T>;
  /**
   * Makes the database read-only until it is opened and checked again, because of damaged data. Returns the error to
   * throw.
   */
  damaged(cause: unknown): MiyabiError;
  /** Frees the space of a large removal. */
  compact(range: Readonly<{ gt: string; lt: string }>): Promise<void>;
  /** @throws MiyabiError `unavailable` where nothing can be written. */
  requireWritable(): void;
  /**
   * Refuses new calls, ends running ones, and closes the files. `damaged`: it must be checked before it is used again.
   */
  close(): Promise<Readonly<{ commits: number; damaged: boolean }>>;
}>;

export type DatabaseOptions = Readonly<{
  /** The folder of the store, as named in errors. */
  path: string;
  /** The folder of LevelDB in it. */
  data: string;
  logger: Logger;
  /** Whether the disk accepts writes again. Called while the database is read-only. */
  hasRoom: () => Promise<boolean>;
  /** Milliseconds between two attempts to write again. */
  retryMs?: number;
}>;

/** The counter of commits: it shows if a log file is missing. */
export const COMMITS_KEY = 'm\u0000commits\u0000';

/**
 * How long a write may wait for its sync, in milliseconds: a power failure may lose that much. A process that ends,
 * however it ends, loses nothing. A sync for each write made the store as slow as its disk.
 */
const SYNC_MS = 100;

type Waiting = { resolve(): void; reject(error: unknown): void };

/** A database on an open LevelDB, which it closes at the end. */
export const databaseOn = (
  opened: ClassicLevel<string, string>,
  { path, data, logger, hasRoom, retryMs = 5_000 }: DatabaseOptions,
): Database => {
  let level = opened;
  let closing = false;
  let damaged = false;
  /** Why nothing can be written now. */
  let readOnly: MiyabiError | undefined;
  let retry: NodeJS.Timeout | undefined;
  /** The attempt to write again that is under way. */
  let attempt: Promise<void> | undefined;
  /** Reads wait for it while the files are opened again. */
  let reopening: Promise<void> | undefined;

  /** Changes that are being written, and those that wait for the next write. */
  let writing = new Map<string, Queued>();
  let queued = new Map<string, Queued>();
  const remembered = rememberedValues();
  let waiting: Waiting[] = [];
  let flushing: Promise<void> | undefined;
  let syncDue = false;
  let syncTimer: NodeJS.Timeout | undefined;
  let reads = 0;
  let readsEnded: (() => void) | undefined;
  let commits = Number(level.getSync(COMMITS_KEY) ?? 0);

  const refuse = (cause: unknown): never => {
    if (isMiyabiError(cause)) throw cause;
    if (cause instanceof DamagedRecord) throw becomeDamaged(cause);
    if (closing) throw new MiyabiError('unavailable', 'The store is closing', { cause });
    if (codeOf(cause) === 'LEVEL_CORRUPTION') throw becomeDamaged(cause);
    throw unavailable(`The data folder ${path}`, cause);
  };

  const becomeDamaged = (cause: unknown): MiyabiError => {
    const reason = cause instanceof Error ? cause.message : String(cause);
    const error = new MiyabiError(
      'unavailable',
      `The data folder ${path} holds damaged data (${reason}). It is read-only now; restart the server to check it`,
      { cause },
    );
    if (!damaged) logger.error('The store is damaged and read-only', { path, error: cause });
    damaged = true;
    readOnly = error;
    return error;
  };

  const becomeReadOnly = (cause: unknown): void => {
    if (codeOf(cause) === 'LEVEL_CORRUPTION') {
      becomeDamaged(cause);
      return;
    }
    if (readOnly === undefined) {
      logger.error('The disk refuses writes: the store is read-only until it takes them again', {
        path,
        error: cause,
      });
    }
    readOnly = new MiyabiError(
      'unavailable',
      `The data folder ${path} cannot be written. Free some space or make it writable; writes then go on by themselves`,
      { cause },
    );
    scheduleRetry();
  };

  const scheduleRetry = (): void => {
    // One attempt at a time: a second one would reopen what the first has just opened.
    if (closing || retry !== undefined || attempt !== undefined) return;
    retry = setTimeout(() => {
      retry = undefined;
      attempt = tryAgain();
    }, retryMs);
    retry.unref();
  };

  const tryAgain = async (): Promise<void> => {
    try {
      await reopen();
    } catch (error) {
      logger.warn('The store is still read-only', { path, error });
    }
    attempt = undefined;
    if (readOnly !== undefined && !damaged) scheduleRetry();
  };

  /**
   * After a failed write LevelDB refuses all others until it is opened again: its log may end in half a record. It is
   * opened only once the disk accepts writes, because opening writes too, and reads continue until then.
   */
  const reopen = async (): Promise<void> => {
    if (damaged || closing) return;
    // It may have been closed meanwhile.
    if (!(await hasRoom()) || closing) return;
    let done: () => void = () => {};
    reopening = new Promise((resolve) => {
      done = resolve;
    });
    try {
      if (reads > 0) await new Promise<void>((resolve) => (readsEnded = resolve));
      if (level.status !== 'closed') await level.close();
      level = await openLevel(data, { create: false });
      commits = Number(level.getSync(COMMITS_KEY) ?? 0);
      remembered.clear();
      readOnly = undefined;
      logger.info('The store takes writes again', { path });
    } finally {
      reopening = undefined;
      done();
    }
  };

  const requireOpen = (): void => {
    if (closing) throw new MiyabiError('unavailable', 'The store is closing');
  };

  const requireWritable = (): void => {
    requireOpen();
    if (readOnly !== undefined) throw readOnly;
  };

  const reading = async <T>(read: () => Promise<T>): Promise<T> => {
    requireOpen();
    if (reopening !== undefined) await reopening;
    requireOpen();
    reads += 1;
    try {
      return await read();
    } catch (error) {
      return refuse(error);
    } finally {
      reads -= 1;
      if (reads === 0) readsEnded?.();
    }
  };

  const getCommitted = (key: string): string | undefined => {
    const known = remembered.get(key);
    if (known !== undefined) return known.value;
    try {
      return level.getSync(key);
    } catch (error) {
      return refuse(error);
    }
  };

  /** What changes that are not on disk yet do to a key; undefined if they leave it as it is. */
  const pendingOf = (own: ReadonlyMap<string, Queued>, key: string): Queued | undefined => {
    const latest = own.get(key);
    if (latest !== undefined) return latest;
    const next = queued.get(key);
    return next === undefined ? writing.get(key) : next;
  };

  /** Writes what waits until nothing does. One batch serves every change that waited. */
  const flush = async (): Promise<void> => {
    while (waiting.length > 0) {
      const group = waiting;
      waiting = [];
      writing = queued;
      queued = new Map();
      commits += 1;
      try {
        const batch = level.batch();
        for (const [key, queued] of writing) {
          if (queued === null) batch.del(key);
          else batch.put(key, textIn(queued));
        }
        batch.put(COMMITS_KEY, String(commits));
        const sync = syncDue;
        syncDue = false;
        await batch.write({ sync });
        if (!sync) syncTimer ??= setTimeout(syncSoon, SYNC_MS).unref();
        remembered.take(writing);
        writing = new Map();
        for (const { resolve } of group) resolve();
      } catch (error) {
        // Later changes have read what was not written, so they fail with it.
        const failed = [...group, ...waiting];
        waiting = [];
        writing = new Map();
        queued = new Map();
        commits -= 1;
        becomeReadOnly(error);
        for (const { reject } of failed) reject(readOnly);
      }
    }
    flushing = undefined;
  };

  const committed = (): Promise<void> =>
    new Promise<void>((resolve, reject) => {
      waiting.push({ resolve, reject });
      // After the current requests: they share the write.
      flushing ??= new Promise<void>((next) => setImmediate(next)).then(flush);
    });

  const syncSoon = (): void => {
    syncTimer = undefined;
    syncDue = true;
    // It fails only as any write would: then the store is read-only, and has logged it.
    committed().catch(() => undefined);
  };

  return {
    async get(key) {
      requireOpen();
      if (reopening !== undefined) await reopening;
      return getCommitted(key);
    },

    remembered: (key) => remembered.get(key),

    remember(key, value) {
      remembered.set(key, value);
    },

    view: (read) =>
      reading(async () => {
        const snapshot = level.snapshot();
        try {
          return await read({
            keys: (range) => level.keys({ ...range, snapshot }).all(),
            entries: (range) => level.iterator({ ...range, snapshot }).all(),
            getMany: (keys) =>
              keys.length === 0 ? Promise.resolve([]) : level.getMany([...keys], { snapshot }),
          });
        } finally {
          await snapshot.close();
        }
      }),

    async write<T>(change: (change: Change) => T) {
      requireWritable();
      const own = new Map<string, Queued>();
      const before = waiting.length > 0 || flushing !== undefined;
      let result: T;
      try {
        result = change({
          get(key) {
            const pending = pendingOf(own, key);
            if (pending === undefined) return getCommitted(key);
            return pending === null ? undefined : textIn(pending);
          },
          facts(key) {
            const pending = pendingOf(own, key);
            return pending === undefined ? remembered.get(key)?.facts : pending?.facts;
          },
          put(key, value, facts) {
            own.set(key, { value, facts });
          },
          remove(key) {
            own.set(key, null);
          },
        });
      } catch (error) {
        // What it has read may not be on disk yet, and may never be.
        if (before) await committed();
        if (error instanceof DamagedRecord) throw becomeDamaged(error);
        throw error;
      }
      if (own.size === 0) {
        if (before) await committed();
        return result;
      }
      for (const [key, value] of own) queued.set(key, value);
      await committed();
      return result;
    },

    damaged: becomeDamaged,

    async compact({ gt, lt }) {
      await reading(() => level.compactRange(gt, lt));
    },

    requireWritable,

    async close() {
      closing = true;
      clearTimeout(retry);
      if (syncTimer !== undefined) {
        clearTimeout(syncTimer);
        syncSoon();
      }
      await flushing;
      await attempt;
      if (reads > 0) await new Promise<void>((resolve) => (readsEnded = resolve));
      await level.close();
      return { commits, damaged: damaged || readOnly !== undefined };
    },
  };
};
