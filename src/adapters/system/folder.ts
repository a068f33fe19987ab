import { mkdir } from 'node:fs/promises';
import { dirname, resolve } from 'node:path';

/**
 * Creates a folder and its parents. Node's own recursive form never returns if a virtual file system such as /proc
 * reports that the parent, which exists, does not.
 *
 * @throws the system's error, e.g. `EACCES`, `ENOTDIR`, `EROFS`.
 */
export const makeFolder = async (path: string): Promise<void> => {
  const whole = resolve(path);
  const parent = dirname(whole);
  try {
    await mkdir(whole);
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code;
    if (code === 'EEXIST') return;
    if (code !== 'ENOENT' || parent === whole) throw error;
    await makeFolder(parent);
    await mkdir(whole);
  }
};
