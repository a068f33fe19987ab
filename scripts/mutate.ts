// Changes the sources a little, one mistake after the other, and reports those that no test notices.
// Usage: npm run mutate [-- part of a path]... [--tests part of a path]... [--sample N]
// Without paths it takes all of src/domain and src/services; --sample takes N mutants of each file. Standard error tells
// how far it is.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import {
  cpSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { availableParallelism, tmpdir } from 'node:os';
import { join, relative, sep } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { type BuildContext, context } from 'esbuild';
import { COMPILING } from '../test/runner/compile.ts';
import { importClosures, testFiles } from '../test/runner/files.ts';
import { type Mutant, mutantsOf } from './mutants.ts';

const ROOT = fileURLToPath(new URL('..', import.meta.url));
/** Tests of a mutant run until one fails: the quickest first, and no more than this. */
const MOST_TESTS = 5;
/** A mutant may loop forever: that counts as noticed. In processor time, as the machine may be busy. */
const LIMIT_SECONDS = 60;
/** The same for one that waits forever. Tests give up by themselves long before. */
const LIMIT_MS = 600_000;

type Reach = Readonly<{ test: string; ms: number; functions: ReadonlySet<string> }>;
type V8Coverage = Readonly<{
  result: readonly Readonly<{
    url: string;
    functions: readonly Readonly<{ functionName: string; ranges: readonly Readonly<{ count: number }>[] }>[];
  }>[];
}>;

/** Runs a program in a folder. Returns whether it succeeded in time; it is ended when a test has failed. */
const succeeds = async (
  cwd: string,
  words: readonly string[],
  env: NodeJS.ProcessEnv = {},
): Promise<boolean> => {
  const command = ['-c', `ulimit -t ${LIMIT_SECONDS}; exec "$0" "$@"`, process.execPath, ...words];
  const child = spawn('sh', command, {
    cwd,
    env: { ...process.env, ...env },
    stdio: ['ignore', 'pipe', 'ignore'],
    detached: true,
  });
  const end = () => {
    try {
      if (child.pid !== undefined) process.kill(-child.pid, 'SIGKILL');
    } catch {
      // It has ended.
    }
  };
  const timer = setTimeout(end, LIMIT_MS);
  let hasFailed = false;
  createInterface({ input: child.stdout }).on('line', (line) => {
    if (!line.startsWith('{"kind":"end","ok":false')) return;
    hasFailed = true;
    end();
  });
  // Node types the arguments of an event as any.
  const [code] = (await once(child, 'close')) as [number | null];
  clearTimeout(timer);
  return code === 0 && !hasFailed;
};

/** The files that are copied for a worker, so that it can change them. */
const TREE = [
  'src',
  'test',
  'scripts',
  'deploy',
  'web',
  'docs',
  'package.json',
  'tsconfig.json',
  'tsconfig.build.json',
];

const copyOfProject = (folder: string): string => {
  for (const name of TREE)
    cpSync(join(ROOT, name), join(folder, name), {
      recursive: true,
      filter: (path) => !path.endsWith('node_modules'),
    });
  symlinkSync(join(ROOT, 'node_modules'), join(folder, 'node_modules'));
  return folder;
};

/** Runs a test file with coverage; returns which functions of which sources it reaches, undefined if it fails. */
const reachOf = async (
  test: string,
  folder: string,
): Promise<ReadonlyMap<string, ReadonlySet<string>> | undefined> => {
  const coverage = mkdtempSync(join(folder, 'coverage-'));
  if (!(await succeeds(ROOT, ['--import', 'tsx', test], { NODE_V8_COVERAGE: coverage }))) return undefined;
  const reached = new Map<string, Set<string>>();
  for (const file of readdirSync(coverage)) {
    // Node writes these files: NODE_V8_COVERAGE.
    const { result } = JSON.parse(readFileSync(join(coverage, file), 'utf8')) as V8Coverage;
    for (const { url, functions } of result) {
      if (!url.startsWith('file:')) continue;
      const source = relative(ROOT, fileURLToPath(url)).split(sep).join('/');
      if (!source.startsWith('src/')) continue;
      const names = reached.get(source) ?? new Set();
      reached.set(source, names);
      for (const { functionName, ranges } of functions)
        if ((ranges[0]?.count ?? 0) > 0) names.add(functionName);
    }
  }
  rmSync(coverage, { recursive: true });
  return reached;
};

const { positionals, values } = parseArgs({
  allowPositionals: true,
  options: {
    sample: { type: 'string', default: '0' },
    tests: { type: 'string', multiple: true, default: ['test/'] },
  },
});
const sample = Number(values.sample);

const sources = readdirSync(join(ROOT, 'src'), { recursive: true, encoding: 'utf8' })
  .map((file) => `src/${file.split(sep).join('/')}`)
  .filter((file) => file.endsWith('.ts'))
  .filter((file) =>
    positionals.length === 0
      ? /^src\/(domain|services)\//.test(file)
      : positionals.some((part) => file.includes(part)),
  )
  .toSorted();
if (sources.length === 0) {
  process.stderr.write(`No source's path contains ${positionals.join(' or ')}\n`);
  process.exit(1);
}

const work = mkdtempSync(join(tmpdir(), 'miyabi-mutants-'));
process.once('exit', () => rmSync(work, { recursive: true, force: true }));

const inParallel = async <T>(
  items: readonly T[],
  run: (item: T, worker: number) => Promise<void>,
): Promise<void> => {
  const queue = [...items];
  await Promise.all(
    Array.from({ length: availableParallelism() }, async (_, worker) => {
      for (let item = queue.shift(); item !== undefined; item = queue.shift()) await run(item, worker);
    }),
  );
};

// Which tests reach which function. Tests of browsers, bundles and the command line reach functions through other
// programs, slowly.
const closureOf = importClosures();
const candidates = testFiles()
  .filter((test) => !/^test\/(web|deploy|cli|runner)\//.test(test))
  .filter((test) => values.tests.some((part) => test.includes(part)))
  .filter((test) => [...closureOf(test)].some((file) => sources.includes(file)));
const reaches = new Map<string, Reach[]>();
process.stdout.write(`${candidates.length} test files may reach ${sources.length} sources\n`);
await inParallel(candidates, async (test) => {
  const began = performance.now();
  const reached = await reachOf(test, work);
  if (reached === undefined) {
    process.stdout.write(`left out, as it fails without a mutant: ${test}\n`);
    return;
  }
  const ms = performance.now() - began;
  for (const [source, functions] of reached)
    if (sources.includes(source))
      reaches.set(source, [...(reaches.get(source) ?? []), { test, ms, functions }]);
});

const quickest = (source: string, { functions }: Mutant): readonly string[] => {
  const all = (reaches.get(source) ?? []).toSorted((a, b) => a.ms - b.ms);
  const name = functions.find((one) => all.some((reach) => reach.functions.has(one)));
  const own = `test/${source.slice('src/'.length).replace(/\.ts$/, '.test.ts')}`;
  const reaching = all.filter((reach) => name === undefined || reach.functions.has(name));
  return [...reaching.filter(({ test }) => test === own), ...reaching.filter(({ test }) => test !== own)]
    .slice(0, MOST_TESTS)
    .map(({ test }) => test);
};

/** Every nth, so that a sample spreads over the file and is the same each time. */
const sampled = (mutants: readonly Mutant[]): readonly Mutant[] => {
  const step = sample === 0 ? 1 : Math.max(1, mutants.length / sample);
  return mutants.filter((_, index) => Math.floor(index / step) !== Math.floor((index - 1) / step));
};

const trees = Array.from({ length: availableParallelism() }, (_, worker) => {
  const folder = join(work, `tree-${worker}`);
  mkdirSync(folder);
  return copyOfProject(folder);
});

type Compiled = Readonly<{ path: string; compiler: BuildContext }>;
const compiledTests = new Map<string, Compiled>();

/** A program that runs a test file, with its slow tests or without, and reports on standard output. */
const programFor = (test: string, withSlow: boolean): string => `
  import { reportTo } from './test/support/suite.ts';
  reportTo(1, { words: undefined, withSlow: ${withSlow} });
  await import('./${test}');`;

/** A test in a copy of the project, which is compiled once as it is; after that only what has changed. */
const compiledIn = async (tree: string, test: string, withSlow: boolean): Promise<Compiled> => {
  const path = join(tree, `${test}${withSlow ? '.all' : ''}.js`);
  const known = compiledTests.get(path);
  if (known !== undefined) return known;
  const stdin = { contents: programFor(test, withSlow), resolveDir: tree };
  const compiler = await context({ ...COMPILING, absWorkingDir: tree, stdin, outfile: path });
  await compiler.rebuild();
  compiledTests.set(path, { path, compiler });
  return { path, compiler };
};

const isNoticed = async (tree: string, source: string, text: string, mutant: Mutant): Promise<boolean> => {
  const tests: Compiled[] = [];
  // Most mistakes are noticed without slow tests, which take many times as long.
  for (const withSlow of [false, true])
    for (const test of quickest(source, mutant)) tests.push(await compiledIn(tree, test, withSlow));
  const file = join(tree, source);
  writeFileSync(file, text.slice(0, mutant.start) + mutant.text + text.slice(mutant.end));
  try {
    for (const { path, compiler } of tests) {
      const isCompiled = await compiler.rebuild().then(
        () => true,
        () => false,
      );
      if (!isCompiled || !(await succeeds(tree, [path]))) return true;
    }
    return false;
  } finally {
    writeFileSync(file, text);
  }
};

let [killed, total] = [0, 0];
for (const source of sources) {
  const text = readFileSync(join(ROOT, source), 'utf8');
  const survivors: string[] = [];
  let done = 0;
  const mutants = sampled(mutantsOf(text));
  await inParallel(mutants, async (mutant, worker) => {
    const noticed = await isNoticed(trees[worker] as string, source, text, mutant);
    if (noticed) killed += 1;
    else {
      const before = text.slice(mutant.start, mutant.end).replace(/\s+/g, ' ').slice(0, 70);
      const survivor = `  ${source}:${mutant.line}  ${before}  →  ${mutant.text.slice(0, 70)}\n`;
      survivors.push(survivor);
      process.stderr.write(survivor);
    }
    total += 1;
    done += 1;
    if (done % 25 === 0) process.stderr.write(`${source}: ${done}/${mutants.length}\n`);
  });
  if (mutants.length === 0) continue;
  process.stdout.write(`${source}: ${mutants.length - survivors.length} of ${mutants.length} noticed\n`);
  process.stdout.write(survivors.toSorted().join(''));
}
for (const { compiler } of compiledTests.values()) await compiler.dispose();
process.stdout.write(
  `${killed} of ${total} mutants noticed, ${((100 * killed) / Math.max(1, total)).toFixed(1)} %\n`,
);
