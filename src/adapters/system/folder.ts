import { mkdir } from 'node:fs/promises';
import { dirname, resolve } from 'node:path';

/**
 * Makes a folder and those above it. Node's own recursive form never returns where a virtual file system such as
 * /proc answers that the parent, which is there, does not exist.
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
