import { defined } from '../../domain/defined.ts';
import type { Clock } from '../../ports/clock.ts';
import type { Logger } from '../../ports/logger.ts';
import { checkStore } from './check.ts';
import { COMMITS_KEY, type Database, databaseOn } from './database.ts';
import { openingProblem, prepareFolder, unusable } from './folder.ts';
import { openLevel } from './level.ts';
import { sweepExpired } from './sweep.ts';

/** An open store: the database that the adapters of the ports share. */
export type EmbeddedStore = Readonly<{
  database: Database;
  /** Refuses new calls with `unavailable`, ends running ones, records that it was closed, and releases the folder. */
  close(): Promise<void>;
}>;

export type EmbeddedStoreOptions = Readonly<{
  path: string;
  clock: Clock;
  logger: Logger;
  /** Milliseconds between two removals of expired records. */
  sweepMs?: number;
  /** Milliseconds between two attempts to write again while the disk refuses. */
  retryMs?: number;
}>;

/** The layout of keys and records. An older store is migrated when it is opened. */
const FORMAT = 1;
const FORMAT_KEY = 'm\u0000format\u0000';
const HOUR_MS = 60 * 60 * 1000;

/**
 * Opens the store in a folder, which is created if necessary. A store that was not closed is checked first.
 *
 * @throws MiyabiError `configuration` where the folder cannot be written, is damaged, misses files, was written by a
 * newer Miyabi, or is open in another process. Nothing is left open then.
 */
export const openEmbeddedStore = async ({
  path,
  clock,
  logger,
  sweepMs = HOUR_MS,
  retryMs,
}: EmbeddedStoreOptions): Promise<EmbeddedStore> => {
  const folder = await prepareFolder(path);
  // LevelDB trusts its files: a compaction of a changed byte may end the process.
  const changed = await folder.changedFiles();
  if (changed.length > 0) throw unusable(path, 'damaged', new Error(`${changed.join(', ')} has changed`));
  const level = await openLevel(folder.data, { create: folder.isNew }).catch((error: unknown) => {
    throw openingProblem(path, error);
  });
  try {
    const format = level.getSync(FORMAT_KEY);
    const commits = Number(level.getSync(COMMITS_KEY) ?? 0);
    if (format !== undefined && Number(format) > FORMAT) throw unusable(path, 'newer');
    const isClean = folder.state?.clean === true;
    // Writes followed this state, or a file with the last writes is missing.
    const dropped = folder.isNew ? [] : await folder.dropped();
    if (isClean && dropped.length === 0 && folder.state?.commits !== commits)
      throw unusable(path, 'incomplete');
    if (!folder.isNew && (!isClean || dropped.length > 0)) {
      const began = clock.now();
      const { damaged, ...found } = await checkStore(level);
      const isWell = damaged.length === 0 && dropped.length === 0 && found.added + found.removed === 0;
      const kept =
        damaged.length === 0
          ? {}
          : {
              damaged: damaged.length,
              kept_in: await folder.keepDamaged(
                `damaged-${began}.jsonl`,
                damaged.map(([key, value]) => `${JSON.stringify({ key, value })}\n`).join(''),
              ),
            };
      const fields = {
        path,
        ms: clock.now() - began,
        ...found,
        ...kept,
        ...(dropped.length > 0 ? { dropped } : {}),
      };
      if (isWell) logger.info('The store was not closed: it was checked, and nothing is wrong', fields);
      else logger.warn('The store was damaged: it was repaired as far as it could be', fields);
    }
    if (format === undefined) await level.put(FORMAT_KEY, String(FORMAT), { sync: true });
    await folder.saveState({ clean: false, commits });
    await folder.tighten();
  } catch (error) {
    await level.close();
    if (error instanceof Error && error.name === 'MiyabiError') throw error;
    throw openingProblem(path, error);
  }

  const database = databaseOn(level, {
    path,
    data: folder.data,
    logger,
    hasRoom: folder.hasRoom,
    ...defined({ retryMs }),
  });
  const stopping = new AbortController();
  let sweeping: Promise<void> = Promise.resolve();
  const sweep = setInterval(() => {
    sweeping = sweepExpired({ database, clock }, stopping.signal)
      .then(async () => {
        await folder.tighten();
        if (!stopping.signal.aborted) await folder.saveState({ clean: false, commits: 0 });
      })
      .catch((error: unknown) => {
        if (!stopping.signal.aborted) logger.warn('What has expired could not be removed', { path, error });
      });
  }, sweepMs);
  sweep.unref();

  let closed: Promise<void> | undefined;
  const close = async (): Promise<void> => {
    clearInterval(sweep);
    stopping.abort();
    const ended = database.close();
    await sweeping;
    const { commits, damaged } = await ended;
    if (!damaged) await folder.saveState({ clean: true, commits });
  };
  return {
    database,
    close() {
      closed ??= close();
      return closed;
    },
  };
};
