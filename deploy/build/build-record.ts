import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { hashOfFiles } from './file-hash.ts';

/** What `npm run build` and `npm run build:lambda` read. The last entry lists the installed packages. */
const SOURCES = [
  ...['src', 'web', 'scripts', 'deploy', 'package.json', 'package-lock.json'],
  ...['tsconfig.json', 'tsconfig.build.json', 'node_modules/.package-lock.json'],
];

const RECORD = 'dist/lambda/build.json';

const hashOfOutput = (root: string): string => hashOfFiles(root, ['dist'], { except: RECORD });

type Build = Readonly<{ sources: string; output: string }>;

/** Hashes of what a build with these options reads, and of what is in `dist` now. */
const stateOf = (root: string, options: readonly string[], files: readonly string[]): Build => ({
  sources: hashOfFiles(root, SOURCES, {
    start: JSON.stringify([process.version, options, hashOfFiles('/', files)]),
  }),
  output: hashOfOutput(root),
});

/**
 * Builds, unless `dist` is unchanged since the last build of the same sources, options and `files`, the paths of other files
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
  const output = hashOfOutput(root);
  writeFileSync(record, JSON.stringify({ sources: before.sources, output } satisfies Build));
  return true;
};
