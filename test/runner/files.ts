import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { dirname, join, relative, resolve, sep } from 'node:path';
import { fileURLToPath } from 'node:url';

/** The folder of the project. */
export const ROOT = fileURLToPath(new URL('../..', import.meta.url));

const posix = (path: string): string => path.split(sep).join('/');

/** A path below the project, with slashes. */
export const inProject = (path: string): string => posix(relative(ROOT, resolve(path)));

/** All test files, as paths below the project. */
export const testFiles = (): readonly string[] =>
  readdirSync(join(ROOT, 'test'), { recursive: true, encoding: 'utf8' })
    .filter((file) => file.endsWith('.test.ts'))
    .map((file) => posix(join('test', file)))
    .sort();

/** The test files that any of the patterns selects: the path of a file, or a part of the path of a test file. */
export const selectFiles = (patterns: readonly string[]): readonly string[] => {
  const all = testFiles();
  if (patterns.length === 0) return all;
  const isFile = (path: string) => existsSync(path) && statSync(path).isFile();
  const selected = patterns.flatMap((pattern) =>
    isFile(pattern) ? [inProject(pattern)] : all.filter((file) => file.includes(pattern)),
  );
  return [...new Set(selected)];
};

/** Programs and folders that a module starts or builds by path, which no import shows. */
const REACHED_BY_PATH: Readonly<Record<string, readonly string[]>> = {
  'test/support/cli.ts': ['src/entrypoints/cli.ts'],
  'test/support/server.ts': ['src/entrypoints/server.ts', 'src/entrypoints/cli.ts'],
  'test/support/dashboard.ts': ['web/src/main.tsx'],
  'test/support/artifact.ts': ['src/entrypoints/lambda/api.ts', 'src/entrypoints/lambda/collector.ts'],
  'test/architecture.test.ts': [],
};

const importsOf = (file: string): readonly string[] => {
  const text = readFileSync(join(ROOT, file), 'utf8');
  const found = text.matchAll(/(?:\bfrom\s+|\bimport\s*\(\s*|^import\s+)'(\.[^']+)'/gm);
  return [...found]
    .map(([, specifier = '']) => posix(join(dirname(file), specifier)))
    .concat(REACHED_BY_PATH[file] ?? [])
    .filter((path) => /\.tsx?$/.test(path) && existsSync(join(ROOT, path)));
};

/** Finds every module that a file imports, directly or not, itself included. Remembers what it has read. */
export const importClosures = (): ((file: string) => ReadonlySet<string>) => {
  const direct = new Map<string, readonly string[]>();
  return (file) => {
    const seen = new Set([file]);
    for (const module of seen) {
      const imports = direct.get(module) ?? importsOf(module);
      direct.set(module, imports);
      for (const path of imports) seen.add(path);
    }
    return seen;
  };
};

/** Titles are in the tests, and in the contracts that they run. */
const isTestCode = (path: string): boolean => path.startsWith('test/') || path.startsWith('src/contracts/');

/**
 * The files whose text, or that of a contract or module of test/ that they import, contains the words. Titles that are composed at run
 * time escape this: if no file contains the words, all files may.
 */
export const filesWithWords = (files: readonly string[], words: string): readonly string[] => {
  const closureOf = importClosures();
  const wanted = words.toLowerCase();
  const contains = new Map<string, boolean>();
  const hasWords = (path: string): boolean => {
    const known = contains.get(path);
    if (known !== undefined) return known;
    const found = readFileSync(join(ROOT, path), 'utf8').toLowerCase().includes(wanted);
    contains.set(path, found);
    return found;
  };
  const found = files.filter((file) =>
    [...closureOf(file)].some((path) => isTestCode(path) && hasWords(path)),
  );
  return found.length === 0 ? files : found;
};
