import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';

/** What `npm run build` and `npm run build:lambda` read. The last one lists the packages that are installed. */
const SOURCES = [
  ...['src', 'web', 'scripts', 'deploy', 'package.json', 'package-lock.json'],
  ...['tsconfig.json', 'tsconfig.build.json', 'node_modules/.package-lock.json'],
];

const RECORD = 'dist/lambda/build.json';

const filesBelow = (path: string): readonly string[] => {
  if (!existsSync(path)) return [];
  if (statSync(path).isFile()) return [path];
  return readdirSync(path, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name))
    .sort();
};

const hashOf = (root: string, paths: readonly string[], start = ''): string => {
  const hash = createHash('sha256').update(start);
  for (const file of paths.flatMap((path) => filesBelow(join(root, path)))) {
    if (file !== join(root, RECORD)) hash.update(`\0${relative(root, file)}\0`).update(readFileSync(file));
  }
  return hash.digest('hex');
};

type Build = Readonly<{ sources: string; output: string }>;

/** The sources of a build with these options, and what is in `dist` now, by content. */
const stateOf = (root: string, options: readonly string[], files: readonly string[]): Build => ({
  sources: hashOf(root, SOURCES, JSON.stringify([process.version, options, hashOf('/', files)])),
  output: hashOf(root, ['dist']),
});

/**
 * Builds, unless `dist` still is what the last build made of the same sources, options and `files`, paths of other files
 * that the options name. Returns whether it built.
 */
export const buildOnce = async (
  root: string,
  { options, files }: Readonly<{ options: readonly string[]; files: readonly string[] }>,
  build: () => Promise<void>,
): Promise<boolean> => {
  const record = join(root, RECORD);
  const before = stateOf(root, options, files);
  if (existsSync(record) && readFileSync(record, 'utf8') === JSON.stringify(before)) return false;
  rmSync(record, { force: true });
  await build();
  mkdirSync(dirname(record), { recursive: true });
  const output = hashOf(root, ['dist']);
  writeFileSync(record, JSON.stringify({ sources: before.sources, output } satisfies Build));
  return true;
};
