// Runs test files, several in each of a few processes. docs/testing.md says how to select them.
import { mkdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { dirname, join } from 'node:path';
import { parseArgs } from 'node:util';
import { chromiumPath, SHARED_BROWSER, serveBrowser } from '../support/browser.ts';
import { compile } from './compile.ts';
import { filesWithWords, importClosures, ROOT, selectFiles } from './files.ts';
import { lineOf, summaryOf } from './report.ts';
import { type FileResult, killAll, startWorker, type Worker } from './run-file.ts';
import { watchFiles } from './watch.ts';

const USAGE = `Usage: npm test -- [part of a path]... [options]

  --title WORDS  only tests whose suite or title contains the words
  --all          slow tests, too, and everything random in full; the gate runs them
  --watch        run again what a change affects
  --repeat N     run everything N times and say how many runs failed, to find tests that fail now and then
  --slowest      list the slowest tests, and the files that take the most processor time
  --may-skip WHY a reason to skip that is accepted; may be given again. With it, tests skipped for others fail the run
  --workers N    how many files run at once; by default two for each core, as many tests wait
`;

/** How long each file took last time, in milliseconds; kept out of the repository. */
const DURATIONS = join(ROOT, 'node_modules/.cache/miyabi/test-durations.json');
/** The same for a fresh clone: only the files that take long. */
const USUAL_DURATIONS = join(ROOT, 'test/runner/durations.json');

/** By file, of runs with slow tests and of those without: the order differs. */
type Durations = Readonly<Record<'all' | 'quick', Readonly<Record<string, number>>>>;

const modeOf = (withSlow: boolean) => (withSlow ? 'all' : 'quick');

const readDurations = (path: string): Durations => {
  try {
    return { all: {}, quick: {}, ...JSON.parse(readFileSync(path, 'utf8')) };
  } catch {
    return { all: {}, quick: {} };
  }
};

/** Longest first, so that no long file starts last and runs alone. */
const longestFirst = (files: readonly string[], withSlow: boolean): string[] => {
  const mode = modeOf(withSlow);
  const known = { ...readDurations(USUAL_DURATIONS)[mode], ...readDurations(DURATIONS)[mode] };
  const weight = (file: string) => known[file] ?? statSync(join(ROOT, file)).size / 100;
  return [...files].sort((a, b) => weight(b) - weight(a));
};

const rememberDurations = (results: readonly FileResult[], withSlow: boolean): void => {
  const before = readDurations(DURATIONS);
  const mode = modeOf(withSlow);
  const measured = Object.fromEntries(results.map(({ file, ms }) => [file, Math.round(ms)]));
  mkdirSync(dirname(DURATIONS), { recursive: true });
  writeFileSync(DURATIONS, JSON.stringify({ ...before, [mode]: { ...before[mode], ...measured } }));
};

type Options = Readonly<{
  title: string | undefined;
  withSlow: boolean;
  workers: number;
  slowest: boolean;
  /** The accepted reasons to skip; undefined accepts any. */
  maySkip: readonly string[] | undefined;
}>;

/** The compiled files that are in use. */
const folders = new Set<string>();

const removeCompiled = (folder: string): void => {
  rmSync(folder, { recursive: true, force: true });
  folders.delete(folder);
};

/** Compiles the files; undefined where they have to run from their sources, which also shows what is wrong with one. */
const compiledFolder = async (files: readonly string[]): Promise<string | undefined> => {
  const measuresCoverage = (process.env['NODE_V8_COVERAGE'] ?? '') !== '';
  try {
    const folder = await compile(files, { apart: measuresCoverage });
    folders.add(folder);
    return folder;
  } catch (error) {
    const [reason] = (error instanceof Error ? error.message : String(error)).split('\n').slice(1);
    process.stdout.write(`Not compiled, so that this takes longer: ${reason ?? error}\n\n`);
    return undefined;
  }
};

const BROWSER = 'test/support/browser.ts';

/** Starts one Chromium if several files need one. They start one each where that fails. Returns how to close it. */
const sharedBrowser = async (files: readonly string[]): Promise<() => Promise<void>> => {
  const closureOf = importClosures();
  const users = files.filter((file) => closureOf(file).has(BROWSER));
  if (users.length < 2 || chromiumPath === undefined) return async () => undefined;
  try {
    const browser = await serveBrowser();
    process.env[SHARED_BROWSER] = browser.wsEndpoint();
    return async () => {
      delete process.env[SHARED_BROWSER];
      await browser.close();
    };
  } catch (error) {
    process.stdout.write(`Chromium does not start: ${error}\n\n`);
    return async () => undefined;
  }
};

/** Folders whose files import the same large libraries, so that one process runs them one after the other. */
const ROOMS = ['test/deploy/', 'test/web/'];

const roomOf = (file: string | undefined): string | undefined => ROOMS.find((room) => file?.startsWith(room));

/** Gives each worker its next file: the longest, but of its last file's room if there is one. */
const fileQueue = (files: readonly string[], withSlow: boolean) => {
  // Slow tests of a room would take too long one after the other.
  const keepsRooms = !withSlow;
  const queue = longestFirst(files, withSlow);
  const held = new Map<string, number>();
  return (worker: number, last: string | undefined): string | undefined => {
    const room = keepsRooms ? roomOf(last) : undefined;
    const mayTake = (file: string): boolean => {
      const wanted = roomOf(file) ?? '';
      return !keepsRooms || (held.get(wanted) ?? worker) === worker;
    };
    const own = queue.findIndex((file) => room !== undefined && roomOf(file) === room);
    const next = own === -1 ? queue.findIndex(mayTake) : own;
    const [file] = queue.splice(Math.max(0, next), 1);
    const taken = roomOf(file);
    if (taken !== undefined && !held.has(taken)) held.set(taken, worker);
    return file;
  };
};

/** Runs the files and prints the results. Returns whether all passed. */
const runAll = async (files: readonly string[], options: Options): Promise<boolean> => {
  const { title, withSlow, workers } = options;
  const began = performance.now();
  const nextFile = fileQueue(files, withSlow);
  const results: FileResult[] = [];
  const [compiled, closeBrowser] = await Promise.all([compiledFolder(files), sharedBrowser(files)]);
  const report = (result: FileResult): void => {
    results.push(result);
    process.stdout.write(lineOf(result));
  };
  const work = async (index: number): Promise<void> => {
    let worker: Worker | undefined;
    for (let file = nextFile(index, undefined); file !== undefined; file = nextFile(index, file)) {
      worker ??= startWorker({ title, withSlow, compiled });
      report(await worker.run(file));
      if (!worker.isReusable()) worker = undefined;
    }
    const problems = await worker?.end();
    if (problems !== undefined) report(problems);
  };
  await Promise.all(Array.from({ length: Math.min(workers, files.length) }, (_, index) => work(index)));
  await closeBrowser();
  if (compiled !== undefined) removeCompiled(compiled);
  if (title === undefined) rememberDurations(results, withSlow);
  const { text, isGood } = summaryOf(results, { ...options, ms: performance.now() - began });
  process.stdout.write(text);
  return isGood;
};

const parse = () => {
  try {
    return parseArgs({
      allowPositionals: true,
      options: {
        title: { type: 'string' },
        watch: { type: 'boolean', default: false },
        slowest: { type: 'boolean', default: false },
        'may-skip': { type: 'string', multiple: true },
        all: { type: 'boolean', default: false },
        repeat: { type: 'string', default: '1' },
        workers: { type: 'string', default: String(2 * availableParallelism()) },
        help: { type: 'boolean', default: false },
      },
    });
  } catch (error) {
    process.stderr.write(`${error instanceof Error ? error.message : error}\n\n${USAGE}`);
    return process.exit(2);
  }
};

const { positionals, values } = parse();
if (values.help) {
  process.stdout.write(USAGE);
  process.exit(0);
}
const numberOf = (name: 'workers' | 'repeat'): number => {
  const number = Number(values[name]);
  if (Number.isInteger(number) && number >= 1) return number;
  process.stderr.write(`--${name} takes a whole number from 1, not ${values[name]}\n`);
  return process.exit(2);
};
const [workers, repeat] = [numberOf('workers'), numberOf('repeat')];
const options: Options = {
  ...{ title: values.title, withSlow: values.all, workers, slowest: values.slowest },
  maySkip: values['may-skip'],
};
const selected = selectFiles(positionals);
if (selected.length === 0) {
  process.stderr.write(`No test file's path contains ${positionals.join(' or ')}\n`);
  process.exit(1);
}
for (const [signal, code] of [
  ['SIGINT', 130],
  ['SIGTERM', 143],
] as const)
  process.once(signal, () => {
    killAll();
    for (const folder of folders) removeCompiled(folder);
    process.exit(code);
  });

const files = options.title === undefined ? selected : filesWithWords(selected, options.title);
const failedRuns: number[] = [];
for (let run = 1; run <= repeat; run += 1) {
  if (repeat > 1) process.stdout.write(`\nRun ${run} of ${repeat}\n\n`);
  if (!(await runAll(files, options))) failedRuns.push(run);
}
if (repeat > 1) {
  const which = failedRuns.length === 0 ? '' : `: ${failedRuns.join(', ')}`;
  process.stdout.write(`\n${repeat} runs, ${failedRuns.length} failed${which}\n`);
}
process.exitCode = failedRuns.length === 0 ? 0 : 1;
if (values.watch) await watchFiles(selected, (changed) => runAll(changed, options));
