import { existsSync, watch } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { importClosures, inProject, ROOT } from './files.ts';

const FOLDERS = ['src', 'test', 'web/src', 'deploy'];
/** An editor writes a file in several steps. */
const QUIET_MS = 100;

/**
 * Runs the test files again that a change affects, as far as imports show, until the process is interrupted. Enter runs
 * all of them.
 */
export const watchFiles = async (
  files: readonly string[],
  runAgain: (files: readonly string[]) => Promise<unknown>,
): Promise<void> => {
  const changed = new Set<string>();
  let timer: NodeJS.Timeout | undefined;
  let isRunning = false;

  const affected = (): readonly string[] => {
    const closureOf = importClosures();
    return files.filter(
      (file) => existsSync(join(ROOT, file)) && [...closureOf(file)].some((path) => changed.has(path)),
    );
  };
  const runAffected = async (): Promise<void> => {
    if (isRunning) return;
    isRunning = true;
    try {
      while (changed.size > 0) {
        const again = affected();
        changed.clear();
        if (again.length > 0) await runAgain(again);
      }
    } finally {
      isRunning = false;
    }
    process.stdout.write('\nWaiting for changes. Enter runs all, Ctrl-C ends.\n');
  };
  const notice = (path: string): void => {
    changed.add(path);
    clearTimeout(timer);
    timer = setTimeout(() => void runAffected(), QUIET_MS);
  };
  for (const folder of FOLDERS)
    watch(join(ROOT, folder), { recursive: true }, (_, name) => {
      if (name !== null && /\.(tsx?|json|log|txt)$/.test(name)) notice(inProject(join(ROOT, folder, name)));
    });
  createInterface({ input: process.stdin }).on('line', () => {
    for (const file of files) changed.add(file);
    void runAffected();
  });
  process.stdout.write('\nWaiting for changes. Enter runs all, Ctrl-C ends.\n');
  await new Promise(() => undefined);
};
