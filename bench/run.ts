// Measures every figure in docs/performance.md on this machine.
//
//   npm run bench                     every benchmark, about twenty minutes
//   npm run bench -- --quick          the same with few samples, under three minutes
//   npm run bench -- cold warm        some of them
//   npm run bench -- --node 24        on one of the two Nodes only
//   npm run bench -- --goals          what decides the table of goals, on the newest Node, a quarter of an hour
//   npm run bench -- --set-up         installs what is compared with, and nothing else
//
// Prints a table for each comparison, and writes bench/results/<benchmark>.json.
import { mkdir, writeFile } from 'node:fs/promises';
import { cpus, release, totalmem } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import type { Benchmark } from './lib/benchmark.ts';
import { type Bound, boundsText, comparisonText } from './lib/report.ts';
import { lambdaRuntimes } from './lib/runtimes.ts';
import { BENCH, setUp } from './lib/set-up.ts';

const BENCHMARKS = ['cold', 'warm', 'growth', 'collector', 'server', 'embedded', 'cli'] as const;

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    quick: { type: 'boolean', default: false },
    node: { type: 'string', multiple: true },
    goals: { type: 'boolean', default: false },
    'set-up': { type: 'boolean', default: false },
  },
});
const { quick, goals } = values;
/** Which of the bounds are goals, and the benchmarks that measure them. */
const GOALS = {
  cold: /, of the best peer$/,
  warm: /^GET hit, of |^resident memory after/,
  collector: /first design's method|^miyabi parse|idle log files/,
  server: /^on 64 connections/,
  embedded: /^first page of a filter/,
} as const;
const goalOf: Readonly<Record<string, RegExp | undefined>> = GOALS;
const unknown = positionals.filter((name) => !BENCHMARKS.some((known) => known === name));
if (unknown.length > 0) {
  process.stderr.write(`no benchmark named "${unknown.join('", "')}"; use ${BENCHMARKS.join(', ')}\n`);
  process.exit(2);
}

setUp();
if (values['set-up']) process.exit(0);
const runtimes = lambdaRuntimes()
  .filter(
    ({ name }) => values.node === undefined || values.node.some((major) => name.startsWith(`node ${major}.`)),
  )
  .slice(goals ? -1 : 0);
if (runtimes.length === 0) {
  process.stderr.write('that Node version is not installed; use 22 or 24\n');
  process.exit(2);
}

const machine = {
  processor: cpus()[0]?.model ?? 'unknown',
  cores: cpus().length,
  memory_gb: Math.round(totalmem() / 2 ** 30),
  system: `${process.platform} ${release()}`,
};

/** A benchmark that takes longer waits for something that does not come. */
const LIMIT_MINUTES = quick ? 5 : 30;

const inTime = async <T>(work: Promise<T>, doing: () => string): Promise<T> => {
  let limit: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_resolve, reject) => {
    const stop = () => reject(new Error(`no end within ${LIMIT_MINUTES} minutes; it was at: ${doing()}`));
    limit = setTimeout(stop, LIMIT_MINUTES * 60_000);
  });
  return Promise.race([work, late]).finally(() => clearTimeout(limit));
};

const RESULTS = join(BENCH, 'results');
await mkdir(RESULTS, { recursive: true });
let failed = false;
const reached: Bound[] = [];
const notMeasured: string[] = [];
for (const name of BENCHMARKS) {
  if (positionals.length > 0 && !positionals.includes(name)) continue;
  const goal = goalOf[name];
  if (goals && goal === undefined) continue;
  const began = performance.now();
  try {
    // Loaded on demand, so that missing peers of one benchmark do not stop the others.
    const { benchmark } = (await import(`./${name}/benchmark.ts`)) as { benchmark: Benchmark };
    let doing = 'its start';
    const say = (text: string) => {
      doing = text;
      process.stderr.write(`  ${name}: ${text}\n`);
    };
    const report = await inTime(benchmark.run({ quick, goals, runtimes, say }), () => doing);
    const parts = [`## ${benchmark.title}`, ...report.comparisons.map(comparisonText)];
    if (report.bounds.length > 0) parts.push(boundsText(report.bounds));
    for (const missing of report.missing ?? []) parts.push(`Not measured here: ${missing}`);
    process.stdout.write(`${parts.join('\n\n')}\n\n`);
    if (goal !== undefined) reached.push(...report.bounds.filter(({ what }) => goal.test(what)));
    notMeasured.push(...(report.missing ?? []));
    // A quick or partial run does not overwrite a full measurement.
    const file = join(RESULTS, `${name}${quick ? '.quick' : goals ? '.goals' : ''}.json`);
    const measured = { benchmark: name, measured_at: new Date().toISOString(), machine, ...report };
    await writeFile(file, `${JSON.stringify(measured, null, 1)}\n`);
    process.stderr.write(`  ${name}: ${Math.round((performance.now() - began) / 1000)} s\n`);
  } catch (error) {
    failed = true;
    process.stderr.write(`  ${name}: ${error instanceof Error ? (error.stack ?? error.message) : error}\n`);
    if (error instanceof Error && error.cause !== undefined)
      process.stderr.write(`    because: ${error.cause}\n`);
  }
}
if (goals) {
  process.stdout.write(`## Goals\n\n${boundsText(reached)}\n`);
  const result = {
    ...{ benchmark: 'goals', measured_at: new Date().toISOString(), machine },
    ...{ comparisons: [], bounds: reached, missing: notMeasured },
  };
  await writeFile(
    join(RESULTS, quick ? 'goals.quick.json' : 'goals.json'),
    `${JSON.stringify(result, null, 1)}\n`,
  );
}
// At once: a benchmark that was given up may have left something open.
process.exit(failed ? 1 : 0);
