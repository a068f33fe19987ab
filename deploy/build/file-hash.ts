import { createHash } from 'node:crypto';
import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { join, relative, sep } from 'node:path';

/** A file itself, or all files in a folder but those of installed packages; none if there is neither. */
const filesBelow = (path: string): readonly string[] => {
  if (!existsSync(path)) return [];
  if (statSync(path).isFile()) return [path];
  return readdirSync(path, { recursive: true, withFileTypes: true })
    .filter(
      (entry) => entry.isFile() && !relative(path, entry.parentPath).split(sep).includes('node_modules'),
    )
    .map((entry) => join(entry.parentPath, entry.name))
    .sort();
};

/**
 * A SHA-256 hash, in hexadecimal digits, of the names and contents of files and folders below `root`, and of `start`. `except` is
 * a file that is left out.
 */
export const hashOfFiles = (
  root: string,
  paths: readonly string[],
  { start = '', except }: Readonly<{ start?: string; except?: string }> = {},
): string => {
  const hash = createHash('sha256').update(start);
  for (const file of paths.flatMap((path) => filesBelow(join(root, path)))) {
    const name = relative(root, file);
    if (name !== except) hash.update(`\0${name}\0`).update(readFileSync(file));
  }
  return hash.digest('hex');
};
