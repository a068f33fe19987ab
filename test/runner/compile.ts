// Compiles test files, and the programs that tests start, in a moment: a process starts several times as fast from
// this as through tsx, and a run of everything starts some hundreds.
import { mkdirSync, readdirSync, readFileSync, rmSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { type BuildOptions, build, type Plugin } from 'esbuild';
import { WORKER } from './compiled.ts';
import { importClosures, inProject, ROOT } from './files.ts';

/** Inside the project, where its packages are found. */
const BUILDS = join(ROOT, 'node_modules/.cache/miyabi');
const OLD_MS = 3_600_000;

/** What tests start by `programOf` besides the worker. */
const PROGRAMS = [
  ...['src/entrypoints/cli.ts', 'src/entrypoints/server.ts'],
  ...['test/support/keeps-writing.ts', 'test/runner/run.ts', 'scripts/release.ts'],
  ...['deploy', 'destroy', 'diff', 'rollback', 'smoke', 'synth'].map((name) => `deploy/scripts/${name}.ts`),
];

/** Sources find files by their own place, so each keeps it. */
const keepPlaces: Plugin = {
  name: 'keep-places',
  setup({ onLoad }) {
    onLoad({ filter: /\.tsx?$/ }, ({ path }) => {
      const text = readFileSync(path, 'utf8');
      if (path.includes('/node_modules/') || !text.includes('import.meta.url')) return undefined;
      const place = `const modulePlace = ${JSON.stringify(pathToFileURL(path).href)};`;
      return { contents: place + text, loader: path.endsWith('x') ? 'tsx' : 'ts' };
    });
  },
};

/** Leaves each module a file of its own, whose source map names one source, so that V8's counts belong to that source. */
const keepApart: Plugin = {
  name: 'keep-apart',
  setup({ onResolve }) {
    onResolve({ filter: /^\.{1,2}\/.*\.tsx?$/ }, ({ path, kind }) =>
      kind === 'entry-point' ? undefined : { path: path.replace(/\.tsx?$/, '.js'), external: true },
    );
  },
};

/** How a module of the project becomes one that Node runs as it is. */
export const COMPILING = {
  bundle: true,
  packages: 'external',
  format: 'esm',
  platform: 'node',
  target: 'node20',
  sourcesContent: false,
  treeShaking: false,
  // The dashboard's first module is among those that are only compiled.
  loader: { '.css': 'empty' },
  define: { 'import.meta.url': 'modulePlace' },
  plugins: [keepPlaces],
  logLevel: 'silent',
} as const satisfies BuildOptions;

/** Removes what runs that were killed have left. */
const removeOldBuilds = (): void => {
  for (const name of readdirSync(BUILDS)) {
    const path = join(BUILDS, name);
    if (name.startsWith('compiled-') && Date.now() - statSync(path).mtimeMs > OLD_MS)
      rmSync(path, { recursive: true, force: true });
  }
};

let builds = 0;

/**
 * Compiles files of the project, the worker and the programs that they start into one folder, sharing what they import;
 * `apart` keeps each module in a file of its own, to measure coverage. Throws where one of them cannot be compiled.
 * The caller removes the folder.
 */
export const compile = async (
  files: readonly string[],
  { apart = false }: Readonly<{ apart?: boolean }> = {},
): Promise<string> => {
  mkdirSync(BUILDS, { recursive: true });
  removeOldBuilds();
  builds += 1;
  const sources = files.map(inProject);
  const closureOf = importClosures();
  const startsPrograms = sources.some((file) => closureOf(file).has('test/support/built.ts'));
  const starts = [...sources, WORKER, ...(startsPrograms ? PROGRAMS : [])];
  const entryPoints = apart ? starts.flatMap((file) => [...closureOf(file)]) : starts;
  const folder = join(BUILDS, `compiled-${process.pid}-${builds}`);
  await build({
    ...COMPILING,
    absWorkingDir: ROOT,
    entryPoints: [...new Set(entryPoints)],
    outbase: ROOT,
    outdir: folder,
    splitting: !apart,
    // What c8 counts as a function and a branch depends on both.
    keepNames: apart,
    minifyWhitespace: apart,
    sourcemap: 'linked',
    chunkNames: 'chunks/[name]-[hash]',
    plugins: apart ? [keepApart, keepPlaces] : [keepPlaces],
  });
  return folder;
};
