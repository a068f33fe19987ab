import { appendFile, mkdir, mkdtemp, rm, utimes } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';

/** A folder of logs for one test. Nothing in it changes but by these hands, its times included. */
export const openLogFolder = async () => {
  const directory = await mkdtemp(join(tmpdir(), 'miyabi-logs-'));
  const path = (name: string): string => join(directory, name);
  return {
    directory,
    path,
    async append(name: string, data: string | Uint8Array): Promise<void> {
      await mkdir(dirname(path(name)), { recursive: true });
      await appendFile(path(name), data);
    },
    /** Sets the last change of a file, epoch milliseconds. */
    changedAt: (name: string, ms: number): Promise<void> => utimes(path(name), ms / 1000, ms / 1000),
    close: (): Promise<void> => rm(directory, { recursive: true, force: true }),
  };
};
