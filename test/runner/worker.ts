// Runs the suites of test files, one file after the other. Requests come in on one file descriptor, reports go out on another.
import { writeSync } from 'node:fs';
import { Socket } from 'node:net';
import { createInterface } from 'node:readline';
import { setTimeout as sleep } from 'node:timers/promises';
import { pathToFileURL } from 'node:url';
import { inspect, parseArgs } from 'node:util';
import { END_OF_OUTPUT, type FileRequest, type RunEvent } from './events.ts';

const REPORT = 3;
const REQUESTS = 4;

/**
 * How long a file may take to become quiet before its process is not used for another one. Clients that have given up a
 * connection leave timers for a second or two: to wait for these takes less than to load everything again.
 */
const QUIET_MS = 2_500;
/** Above this a process has collected too much to start another file. */
const MAX_MEMORY_BYTES = 700_000_000;

type SuiteRun = () => Promise<
  readonly [failures: string | true, passed: number, skipped: number, total: number]
>;

declare global {
  // The names are uvu's; its own `uvu/run` sets them in the same way.
  var UVU_DEFER: number | undefined;
  var UVU_QUEUE: SuiteRun[][];
}

const send = (event: RunEvent): void => {
  writeSync(REPORT, `${JSON.stringify(event)}\n`);
};

/** Keeps uvu's names, dots and counts off standard output, and nothing else. */
const muteUvu = (): void => {
  const write = process.stdout.write.bind(process.stdout);
  const ofUvu = /^(?:[•✘] | [^\n]+ {2}| {2}\(\d+ \/ \d+\)\n)$/;
  process.stdout.write = ((chunk: string | Uint8Array, ...rest: []) =>
    typeof chunk === 'string' && ofUvu.test(chunk) ? true : write(chunk, ...rest)) as typeof write;
};

/** What keeps this process open, apart from the pipe through which requests come. */
const openResources = (): readonly string[] =>
  process.getActiveResourcesInfo().filter((name) => name !== 'PipeWrap');

/** Set by Powertools for Lambda when it is loaded: a name in requests to AWS. */
const SET_BY_POWERTOOLS = 'AWS_SDK_UA_APP_ID';

const environment = (): string => {
  const { [SET_BY_POWERTOOLS]: _name, ...others } = process.env;
  return JSON.stringify(others);
};

/** What a file could leave changed for the next one in the same process. Modules may add globals as they are loaded. */
const sharedState = (): ReadonlyMap<string, unknown> =>
  new Map<string, unknown>([
    ...Object.entries(Object.getOwnPropertyDescriptors(globalThis)).map(
      ([name, { value }]) => [`globalThis.${name}`, value] as const,
    ),
    ...Object.entries(console).map(([name, value]) => [`console.${name}`, value] as const),
    ['environment', environment()],
    ['folder', process.cwd()],
    ['signals', process.eventNames().filter((name) => String(name).startsWith('SIG')).length],
    ['Date.now', Date.now],
    ['Math.random', Math.random],
    ['stdout', process.stdout.write],
    ['stderr', process.stderr.write],
  ]);

const isUnchanged = (before: ReadonlyMap<string, unknown>): boolean => {
  const now = sharedState();
  return [...before].every(([name, value]) => value === undefined || Object.is(now.get(name), value));
};

const becomesQuiet = async (): Promise<boolean> => {
  const deadline = performance.now() + QUIET_MS;
  while (openResources().length > 0) {
    if (performance.now() > deadline) return false;
    await sleep(10, undefined, { ref: false });
  }
  return true;
};

const { values } = parseArgs({
  options: {
    title: { type: 'string' },
    all: { type: 'boolean', default: false },
    linger: { type: 'string', default: '15000' },
  },
});
const lingerMs = Number(values.linger);

globalThis.UVU_DEFER = 1;
globalThis.UVU_QUEUE = [[]];
// After the lines above: uvu reads them when it is loaded.
const { checkThatAllRun, reportTo } = await import('../support/suite.ts');
reportTo(REPORT, { words: values.title, withSlow: values.all });
muteUvu();
// Modules of many files clean up when their process ends.
process.setMaxListeners(0);

const runFile = async ({ path }: FileRequest): Promise<void> => {
  const queue: SuiteRun[] = [];
  globalThis.UVU_QUEUE = [queue];
  const before = sharedState();
  const began = performance.now();
  await import(pathToFileURL(path).href);
  send({ kind: 'loaded', ms: performance.now() - began });
  checkThatAllRun();
  for (const runSuite of queue) {
    const [failures, passed, skipped, total] = await runSuite();
    if (failures !== true) send({ kind: 'failures', text: failures });
    send({ kind: 'counts', passed, failed: total - passed, skipped });
  }
  const isReusable =
    (await becomesQuiet()) && isUnchanged(before) && process.memoryUsage.rss() < MAX_MEMORY_BYTES;
  process.stdout.write(END_OF_OUTPUT);
  process.stderr.write(END_OF_OUTPUT);
  send({ kind: 'done', isReusable });
};

const end = (): void => {
  process.exitCode = 0;
  setTimeout(() => {
    const open = openResources();
    send({
      kind: 'problem',
      text: `still open ${lingerMs / 1_000} s after the last test: ${open.join(', ')}`,
    });
    process.exit(1);
  }, lingerMs).unref();
};

const requests = createInterface({ input: new Socket({ fd: REQUESTS }) });
requests.on('line', (line) => {
  // The runner writes these.
  runFile(JSON.parse(line) as FileRequest).catch((error: unknown) => {
    send({ kind: 'problem', text: inspect(error) });
    process.exit(1);
  });
});
requests.once('close', end);
