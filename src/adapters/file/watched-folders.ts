import type { FSWatcher } from 'node:fs';
import { join } from 'node:path';
import { unavailable } from '../../domain/errors.ts';
import { fingerprint } from '../../domain/ids.ts';
import type { Clock } from '../../ports/clock.ts';
import type { LogGroupState } from '../../ports/log-source.ts';
import type { Logger } from '../../ports/logger.ts';
import { errnoOf } from './errno.ts';
import type { FileSystem } from './file-system.ts';
import { groupOf, isAbsence, isHidden, isLog } from './log-folder.ts';

/** How a complete reading of a group ended. */
export type ReadingEnd = Readonly<{
  /** Something is left that only time makes readable, e.g. a last line without an end. */
  hasRest: boolean;
  /** A file had changed since the reading before. */
  hasFound: boolean;
}>;

/** The folders of logs, watched by the operating system: what has not changed need not be read. */
export type WatchedFolders = Readonly<{
  /**
   * The groups, sorted, and whether a reading may find something in them.
   *
   * @throws MiyabiError `unavailable` where the folder cannot be listed.
   */
  look(): Promise<readonly LogGroupState[]>;
  /** To be called before the files of a group are listed. The answer is called once all of them were read. */
  beginReading(group: string): (end: ReadingEnd) => void;
  /** Whether a folder, by its path below the folder of logs, is surely on a file system of this machine. */
  isNear(path: string): boolean;
  close(): void;
}>;

type Folder = {
  readonly sweepMs: number;
  readonly depth: number;
  /** Identifies the folder that is watched: another one may take its place. */
  readonly inode: string;
  /** Absent where it has to be polled. */
  watcher?: FSWatcher | undefined;
  listedAt: number;
  hasLogs: boolean;
  entries: number;
  children: readonly string[];
};

type Group = {
  readonly sweepMs: number;
  /** Something was announced since the last complete reading began. */
  isAnnounced: boolean;
  hasRest: boolean;
  /** When its last reading began, if that was complete. */
  readAt: number | undefined;
  /** The last reading found a change that had not been announced yet. */
  isInDoubt: boolean;
  /** Its changes are not announced. */
  isPolled: boolean;
};

/** Everything is read at least this often, in case a change was not announced, in milliseconds. */
const SWEEP_MS = 60_000;

const MAX_DEPTH = 16;

/** Polling a file takes about 50 µs of processor time, with a thread, so this pause keeps it at 2 % of a core. */
const PAUSE_PER_ENTRY_MS = 2.5;

/** Other programs of the same user watch files, too, and Linux limits them together. */
const MAX_WATCHED = 4_000;

/**
 * File systems that do not announce what another machine, or the host of this one, has written: NFS, SMB, CIFS, 9P, FUSE,
 * those of VirtualBox and VMware, Ceph and AFS.
 */
const REMOTE = new Set([
  ...[0x6969, 0x517b, 0xff534d42, 0xfe534d42, 0x01021997, 0x65735546, 0x786f4256, 0xbacbacbc],
  ...[0x00c36400, 0x5346414f],
]);

/** On other systems, watching a folder says nothing of changes in its files. */
const ANNOUNCING = ['linux', 'darwin', 'win32'];

/**
 * Watches each folder, not each file. A folder that cannot be watched is polled, at a pace that depends on how much there
 * is to poll. A change that was never announced shows that a group has to be polled, too.
 */
export const watchedFolders = ({
  directory,
  clock,
  logger,
  files,
  isWatching = true,
}: Readonly<{
  directory: string;
  clock: Clock;
  logger?: Logger | undefined;
  files: FileSystem;
  /** False for who looks only once. */
  isWatching?: boolean;
}>): WatchedFolders => {
  const folders = new Map<string, Folder>();
  const groups = new Map<string, Group>();
  /** Paths of folders that have to be listed. */
  const unlisted = new Set(['']);
  let watchers = 0;
  let isWarned = false;

  const warn = (path: string, reason: string): void => {
    if (isWarned) return;
    isWarned = true;
    logger?.warn('Some log folders cannot be watched and are polled instead', {
      folder: join(directory, path),
      reason,
    });
  };

  const groupAt = (path: string): Group => {
    const name = groupOf(path);
    const known = groups.get(name);
    if (known !== undefined) return known;
    const group: Group = {
      sweepMs: sweepTimeOf(name),
      ...{ isAnnounced: true, hasRest: false, readAt: undefined, isInDoubt: false, isPolled: false },
    };
    groups.set(name, group);
    return group;
  };

  const isPolledGroup = (path: string): boolean => groups.get(groupOf(path))?.isPolled === true;

  const unwatch = (folder: Folder): void => {
    if (folder.watcher === undefined) return;
    folder.watcher.close();
    folder.watcher = undefined;
    watchers -= 1;
  };

  const drop = (path: string): void => {
    const folder = folders.get(path);
    if (folder === undefined) return;
    for (const child of folder.children) drop(child);
    unwatch(folder);
    folders.delete(path);
    unlisted.delete(path);
    groupAt(path).isAnnounced = true;
  };

  const watch = async (path: string, folder: Folder): Promise<void> => {
    if (!isWatching || isPolledGroup(path)) return;
    try {
      if (!ANNOUNCING.includes(process.platform))
        return warn(path, `${process.platform} does not announce changes`);
      if (watchers >= MAX_WATCHED) return warn(path, `more than ${MAX_WATCHED} folders`);
      const place = join(directory, path);
      // Negative where the number is one of 32 bits with a sign.
      if (process.platform === 'linux' && REMOTE.has((await files.statfs(place)).type >>> 0))
        return warn(path, 'its file system does not announce changes');
      const watcher = files.watch(place, { persistent: false });
      watchers += 1;
      folder.watcher = watcher;
      watcher.on('change', (event, name) => {
        if (folders.get(path) !== folder) return;
        groupAt(path).isAnnounced = true;
        if (event === 'rename' || name === null) unlisted.add(path);
      });
      watcher.on('error', (error) => {
        unwatch(folder);
        unlisted.add(path);
        warn(path, errnoOf(error));
      });
    } catch (error) {
      if (!isAbsence(error)) warn(path, errnoOf(error));
    }
  };

  /** Lists a folder, and those in it that are new. What is watched first cannot be missed after it. */
  const list = async (path: string, depth: number): Promise<void> => {
    const place = join(directory, path);
    try {
      const { dev, ino } = await files.stat(place, { bigint: true });
      const inode = `${dev}:${ino}`;
      let folder = folders.get(path);
      if (folder?.inode !== inode) {
        drop(path);
        folder = {
          ...{ sweepMs: sweepTimeOf(path), depth, inode },
          ...{ listedAt: 0, hasLogs: false, entries: 0, children: [] },
        };
        folders.set(path, folder);
        groupAt(path).isAnnounced = true;
      }
      if (folder.watcher === undefined) await watch(path, folder);
      unlisted.delete(path);
      folder.listedAt = clock.now();
      const entries = await files.readdir(place, { withFileTypes: true });
      folder.hasLogs = entries.some(isLog);
      folder.entries = entries.length;
      const inside = entries.filter((entry) => entry.isDirectory() && !isHidden(entry.name));
      const children =
        depth < MAX_DEPTH ? inside.map(({ name }) => (path === '' ? name : `${path}/${name}`)) : [];
      const present = new Set(children);
      for (const child of folder.children) if (!present.has(child)) drop(child);
      folder.children = children;
      for (const child of children) if (!folders.has(child)) await list(child, depth + 1);
    } catch (error) {
      if (isAbsence(error)) {
        drop(path);
        if (path === '') unlisted.add(path);
        return;
      }
      unlisted.add(path);
      if (path === '') throw unavailable('the log folder', error);
      // Reading this group reports the error; the others continue.
      const folder = folders.get(path);
      if (folder !== undefined) folder.hasLogs = true;
    }
  };

  const isPolled = (path: string, { watcher }: Folder): boolean =>
    isWatching && (watcher === undefined || isPolledGroup(path));

  return {
    async look() {
      let polled = 0;
      for (const [path, folder] of folders) if (isPolled(path, folder)) polled += folder.entries + 1;
      const pause = Math.min(SWEEP_MS, polled * PAUSE_PER_ENTRY_MS);
      for (const [path, folder] of folders) {
        const age = clock.now() - folder.listedAt;
        const isPollDue = isPolled(path, folder) && age >= pause;
        if (isPollDue) groupAt(path).isAnnounced = true;
        if (isPollDue || age >= folder.sweepMs) unlisted.add(path);
      }
      for (const path of [...unlisted].sort()) {
        const folder = folders.get(path);
        if (path === '' || folder !== undefined) await list(path, folder?.depth ?? 0);
        else unlisted.delete(path);
      }
      const names = new Set<string>();
      for (const [path, { hasLogs }] of folders) if (hasLogs) names.add(groupOf(path));
      for (const [name, group] of groups) {
        if (!names.has(name)) groups.delete(name);
        else if (group.isInDoubt) {
          group.isInDoubt = false;
          if (group.isAnnounced) continue;
          group.isPolled = true;
          warn(name, 'a change was not announced');
        }
      }
      return [...names].sort().map((log_group) => {
        const { isAnnounced, hasRest, readAt, sweepMs } = groupAt(log_group);
        const isDue = readAt === undefined || clock.now() - readAt >= sweepMs;
        return { log_group, isChanged: isAnnounced || hasRest || isDue };
      });
    },

    beginReading(name) {
      const group = groups.get(name);
      if (group === undefined) return () => undefined;
      const startedAt = clock.now();
      const isSweep = group.readAt !== undefined && !group.isAnnounced && !group.hasRest;
      group.isAnnounced = false;
      group.readAt = undefined;
      return ({ hasRest, hasFound }) => {
        group.hasRest = hasRest;
        group.readAt = startedAt;
        group.isInDoubt = isSweep && hasFound;
      };
    },

    // Only there, what is watched was asked for its file system.
    isNear: (path) => process.platform === 'linux' && folders.get(path)?.watcher !== undefined,

    close() {
      for (const folder of folders.values()) unwatch(folder);
    },
  };
};

/** Spread by their names over half of the time, so that not all are read at once. */
const sweepTimeOf = (name: string): number =>
  (SWEEP_MS / 2) * (1 + Number.parseInt(fingerprint(name).slice(-4), 36) / 36 ** 4);
