/**
 * What `miyabi run` costs a command that prints 20,000 lines a second: how much longer it takes, and how much of a
 * core Miyabi uses meanwhile. Every kind of run comes once in each round, in an order of its own, so that what else
 * the machine does meets all of them; the ratios are of medians of one call of this script.
 *
 * In a terminal it also tells how long after the start of `miyabi run` the first bar was drawn.
 *
 *   npm run build && npx tsx bench/run-overhead.ts [--rounds 5] [--seconds 5] [--rate 20000] [--json FILE]
 *
 * `--json` writes every measured value: `{node, rounds, kinds: {<kind>: {seconds, core}}, firstBar}`, each a list with
 * one number a round; `core` is the share of one core, 0 to 1, and empty for runs without Miyabi; `firstBar` is in
 * seconds.
 */
import { spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';

const { values } = parseArgs({
  options: {
    rounds: { type: 'string', default: '5' },
    seconds: { type: 'string', default: '5' },
    rate: { type: 'string', default: '20000' },
    json: { type: 'string' },
  },
});
const rounds = Number(values.rounds);
const rate = Number(values.rate);

const root = fileURLToPath(new URL('..', import.meta.url));
const cli = join(root, 'dist/entrypoints/cli.js');
const cdk = join(root, 'test/fixtures/cdk/cdk.mjs');

const NOISE = 24;
const resources = Math.ceil((rate * Number(values.seconds)) / (2 * (NOISE + 1)));
const command = [
  'node',
  cdk,
  '--stacks',
  '1',
  '--resources',
  String(resources),
  '--noise',
  String(NOISE),
  '--rate',
  String(rate),
];

/** A server that takes everything and does nothing, so that only the sender's work is measured. */
let taken = 0;
const sink = createServer((request, response) => {
  request.on('data', (chunk: Buffer) => {
    taken += chunk.length;
  });
  request.on('end', () => {
    response.writeHead(request.url === '/api/tasks' ? 201 : 200, { 'content-type': 'application/json' });
    response.end('{"task_id":"run","tasks":[]}');
  });
});
await new Promise<void>((resolve) => sink.listen(0, '127.0.0.1', resolve));
const url = `http://127.0.0.1:${(sink.address() as AddressInfo).port}`;
const spool = mkdtempSync(join(tmpdir(), 'miyabi-bench-'));

const quoted = (words: readonly string[]) => words.map((word) => `'${word}'`).join(' ');
const wrapped = ['node', cli, 'run', '--', ...command];
/** In a terminal of its own. It has to have a size: where there is no room, no bars are drawn. */
const inTerminal = (argv: readonly string[]) => [
  'script',
  '-qfec',
  `stty rows 40 columns 120; exec ${quoted(argv)}`,
  '/dev/null',
];
const kinds = {
  'pipe, plain': { argv: command, url: '' },
  'pipe, run': { argv: wrapped, url: '' },
  'pipe, run, to a server': { argv: wrapped, url },
  'terminal, plain': { argv: inTerminal(command), url: '' },
  'terminal, run with bars': { argv: inTerminal(wrapped), url: '' },
  'terminal, run with bars, to a server': { argv: inTerminal(wrapped), url },
} as const satisfies Record<string, { argv: readonly string[]; url: string }>;
type Kind = keyof typeof kinds;

const TICKS_PER_SECOND = 100;

/** Seconds that a process and its threads have worked, by /proc; of the process that runs the command line. */
const workOf = (pid: number): number => {
  const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  return (Number(fields[11]) + Number(fields[12])) / TICKS_PER_SECOND;
};

const descendants = (pid: number): readonly number[] => {
  try {
    const children = readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8')
      .trim()
      .split(' ')
      .filter(Boolean)
      .map(Number);
    return [pid, ...children.flatMap(descendants)];
  } catch {
    return [];
  }
};

const isMiyabi = (pid: number): boolean => {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, 'utf8').split('\0')[1] === cli;
  } catch {
    return false;
  }
};

/** A run that takes longer than this waits for something. */
const LIMIT_SECONDS = 30 + 3 * Number(values.seconds);

/** Wrapping is turned off for the lines of bars alone. */
const BAR = '\u001b[?7l';

type Measured = Readonly<{ seconds: number; work: number | undefined; firstBar: number | undefined }>;

const runOnce = (kind: Kind): Promise<Measured> =>
  new Promise((resolve, reject) => {
    const { argv, url: server } = kinds[kind];
    const began = performance.now();
    let work: number | undefined;
    let firstBar: number | undefined;
    let miyabi: number | undefined;
    const child = spawn(argv[0] as string, argv.slice(1), {
      stdio: ['ignore', 'pipe', 'pipe'],
      env: {
        PATH: process.env.PATH,
        HOME: process.env.HOME,
        TERM: 'xterm-256color',
        LANG: 'C.UTF-8',
        SHELL: '/bin/sh',
        MIYABI_URL: server,
        MIYABI_SPOOL_DIR: spool,
      },
    });
    const lookForBar = (chunk: Buffer) => {
      if (!chunk.includes(BAR)) return;
      firstBar = (performance.now() - began) / 1000;
      child.stdout.off('data', lookForBar);
      child.stdout.resume();
    };
    if (kind.includes('bars')) child.stdout.on('data', lookForBar);
    else child.stdout.resume();
    child.stderr.resume();
    const watch = setInterval(() => {
      miyabi ??= descendants(child.pid ?? 0).find(isMiyabi);
      try {
        if (miyabi !== undefined) work = workOf(miyabi);
      } catch {
        // It has just ended: what was seen last stands.
      }
    }, 20);
    const limit = setTimeout(() => {
      child.kill('SIGKILL');
      reject(new Error(`${kind} did not end within ${LIMIT_SECONDS} s`));
    }, LIMIT_SECONDS * 1_000);
    child.once('error', reject);
    child.once('exit', (code) => {
      clearInterval(watch);
      clearTimeout(limit);
      if (code === 0) resolve({ seconds: (performance.now() - began) / 1000, work, firstBar });
      else reject(new Error(`${kind} ended with ${code}`));
    });
  });

const shuffled = <T>(items: readonly T[]): T[] => {
  const mixed = [...items];
  for (let index = mixed.length - 1; index > 0; index -= 1) {
    const other = Math.floor(Math.random() * (index + 1));
    [mixed[index], mixed[other]] = [mixed[other] as T, mixed[index] as T];
  }
  return mixed;
};

const median = (numbers: readonly number[]): number =>
  numbers.toSorted((a, b) => a - b)[numbers.length >> 1] ?? Number.NaN;

const names = Object.keys(kinds) as Kind[];
const seen = new Map<Kind, { seconds: number[]; core: number[] }>(
  names.map((name) => [name, { seconds: [], core: [] }]),
);
const firstBars: number[] = [];
for (let round = 0; round < rounds; round += 1) {
  process.stderr.write(`  round ${round + 1} of ${rounds}\n`);
  for (const name of shuffled(names)) {
    const { seconds, work, firstBar } = await runOnce(name);
    seen.get(name)?.seconds.push(seconds);
    if (work !== undefined) seen.get(name)?.core.push(work / seconds);
    if (firstBar !== undefined) firstBars.push(firstBar);
  }
}
sink.close();
rmSync(spool, { recursive: true, force: true });

console.log(
  `${rounds} rounds, about ${resources * 2 * (NOISE + 1)} lines at ${rate} a second; the server took ${(taken / 1e6).toFixed(0)} MB\n`,
);
for (const name of names) {
  const { seconds = [], core = [] } = seen.get(name) ?? {};
  const plain = median(seen.get(name.startsWith('pipe') ? 'pipe, plain' : 'terminal, plain')?.seconds ?? []);
  const ratio = median(seconds) / plain;
  console.log(
    `${name.padEnd(38)} ${median(seconds).toFixed(2)} s  ${ratio.toFixed(3)}×${core.length === 0 ? '' : `  ${(median(core) * 100).toFixed(1)} % of a core`}`,
  );
}
if (firstBars.length > 0)
  console.log(`\nthe first bar came ${(median(firstBars) * 1000).toFixed(0)} ms after the start`);

if (values.json !== undefined) {
  const measured = {
    node: process.version,
    rounds,
    kinds: Object.fromEntries(seen),
    firstBar: firstBars,
  };
  writeFileSync(values.json, `${JSON.stringify(measured, null, 2)}\n`);
  console.log(`JSON ${values.json}`);
}
