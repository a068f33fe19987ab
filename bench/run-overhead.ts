/**
 * What `miyabi run` costs a command that prints 20,000 lines a second: how much longer it takes, and how much of a
 * core Miyabi uses meanwhile. Every kind of run comes once in each round, in an order of its own, so that what else
 * the machine does meets all of them; the ratios are of medians of one call of this script.
 *
 *   npm run build && npx tsx bench/run-overhead.ts [--rounds 5] [--seconds 5] [--rate 20000]
 */
import { spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
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
  request.on('end', () => response.end('{"tasks":[]}'));
});
await new Promise<void>((resolve) => sink.listen(0, '127.0.0.1', resolve));
const url = `http://127.0.0.1:${(sink.address() as AddressInfo).port}`;
const spool = mkdtempSync(join(tmpdir(), 'miyabi-bench-'));

const quoted = (words: readonly string[]) => words.map((word) => `'${word}'`).join(' ');
const wrapped = ['node', cli, 'run', '--', ...command];
const kinds = {
  'pipe, plain': { argv: command, url: '' },
  'pipe, run': { argv: wrapped, url: '' },
  'pipe, run, to a server': { argv: wrapped, url },
  'terminal, plain': { argv: ['script', '-qfec', quoted(command), '/dev/null'], url: '' },
  'terminal, run with bars': { argv: ['script', '-qfec', quoted(wrapped), '/dev/null'], url: '' },
  'terminal, run with bars, to a server': { argv: ['script', '-qfec', quoted(wrapped), '/dev/null'], url },
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

const runOnce = (kind: Kind): Promise<{ seconds: number; work: number }> =>
  new Promise((resolve, reject) => {
    const { argv, url: server } = kinds[kind];
    const began = performance.now();
    let work = 0;
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
    child.stdout.resume();
    child.stderr.resume();
    const watch = setInterval(() => {
      miyabi ??= descendants(child.pid ?? 0).find(isMiyabi);
      try {
        if (miyabi !== undefined) work = workOf(miyabi);
      } catch {
        // It has just ended: what was seen last stands.
      }
    }, 20);
    child.once('error', reject);
    child.once('exit', (code) => {
      clearInterval(watch);
      if (code === 0) resolve({ seconds: (performance.now() - began) / 1000, work });
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
const seen = new Map<Kind, { seconds: number[]; work: number[] }>(
  names.map((name) => [name, { seconds: [], work: [] }]),
);
for (let round = 0; round < rounds; round += 1) {
  for (const name of shuffled(names)) {
    const { seconds, work } = await runOnce(name);
    seen.get(name)?.seconds.push(seconds);
    seen.get(name)?.work.push(work / seconds);
  }
}
sink.close();
rmSync(spool, { recursive: true, force: true });

console.log(
  `${rounds} rounds, about ${resources * 2 * (NOISE + 1)} lines at ${rate} a second; the server took ${(taken / 1e6).toFixed(0)} MB\n`,
);
for (const name of names) {
  const { seconds = [], work = [] } = seen.get(name) ?? {};
  const plain = median(seen.get(name.startsWith('pipe') ? 'pipe, plain' : 'terminal, plain')?.seconds ?? []);
  const ratio = median(seconds) / plain;
  console.log(
    `${name.padEnd(38)} ${median(seconds).toFixed(2)} s  ${ratio.toFixed(3)}×${name.endsWith('plain') ? '' : `  ${(median(work) * 100).toFixed(1)} % of a core`}`,
  );
}
