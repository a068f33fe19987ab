import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { hashOfFiles } from '../../deploy/build/file-hash.ts';
import { ROOT } from '../runner/files.ts';

/** Inside the project, so that a build finds its packages. */
const BUILDS = join(ROOT, 'node_modules/.cache/miyabi/built');
const OLD_MS = 24 * 3_600_000;

const hashOf = (sources: readonly string[], isPortable: boolean): string =>
  hashOfFiles(ROOT, sources, { start: isPortable ? '' : process.version }).slice(0, 20);

const isRunning = (pid: number): boolean => {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
};

/** Whether this process is now the one that builds. One that was killed meanwhile loses its turn. */
const takesLock = (lock: string): boolean => {
  try {
    writeFileSync(lock, String(process.pid), { flag: 'wx' });
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
  }
  try {
    // Empty for the moment between its creation and its content.
    const holder = readFileSync(lock, 'utf8');
    if (holder !== '' && !isRunning(Number(holder))) rmSync(lock, { force: true });
  } catch {
    // It was released just now.
  }
  return false;
};

/** Removes builds of this name that no run has used for a day. */
const removeOld = (name: string): void => {
  for (const entry of readdirSync(BUILDS)) {
    const path = join(BUILDS, entry);
    const isOld = () => Date.now() - (statSync(path, { throwIfNoEntry: false })?.mtimeMs ?? 0) > OLD_MS;
    if (entry.startsWith(`${name}-`) && isOld()) rmSync(path, { recursive: true, force: true });
  }
};

/**
 * A folder that is built from sources of the project (files and folders below it), once for all processes and for later
 * runs, until one of the sources changes. Readers must not change it. One that is portable is the same for each version of Node.
 */
export const builtOnce = async (
  name: string,
  sources: readonly string[],
  build: (folder: string) => Promise<void>,
  { isPortable = false }: Readonly<{ isPortable?: boolean }> = {},
): Promise<string> => {
  const hash = hashOf([...sources, 'package.json', 'package-lock.json'], isPortable);
  const target = join(BUILDS, `${name}-${hash}`);
  const lock = `${target}.lock`;
  mkdirSync(BUILDS, { recursive: true });
  while (!existsSync(target)) {
    if (!takesLock(lock)) {
      await sleep(50);
      continue;
    }
    try {
      if (existsSync(target)) break;
      removeOld(name);
      const folder = mkdtempSync(`${target}.tmp-`);
      try {
        await build(folder);
        renameSync(folder, target);
      } finally {
        rmSync(folder, { recursive: true, force: true });
      }
    } finally {
      rmSync(lock, { force: true });
    }
  }
  utimesSync(target, new Date(), new Date());
  return target;
};
