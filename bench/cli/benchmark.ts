import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, readFile } from 'node:fs/promises';
import { delimiter, dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { chromiumPath } from '../../test/support/browser.ts';
import type { Benchmark, Context } from '../lib/benchmark.ts';
import { interleave } from '../lib/interleave.ts';
import { type Bound, type Comparison, ratio } from '../lib/report.ts';
import { cleanEnv, type Runtime } from '../lib/runtimes.ts';
import { CACHE, ROOT } from '../lib/set-up.ts';
import { median, percentile } from '../lib/statistics.ts';

const CLI = join(ROOT, 'dist/entrypoints/cli.js');
const LOG = join(ROOT, 'test/fixtures/cdk/bootstrap.log');

const run = promisify(execFile);

/**
 * Runs a program of this folder or its parent on a Node, and takes what it writes as JSON. It says on standard error
 * what goes on.
 *
 * @throws Error if it fails, or takes longer than its limit.
 */
const measuredBy = async <Output>(
  runtime: Runtime,
  program: string,
  { args, limitSeconds }: Readonly<{ args: readonly string[]; limitSeconds: number }>,
): Promise<Output> => {
  await mkdir(CACHE, { recursive: true });
  const file = join(CACHE, `${program.replaceAll('/', '-')}.json`);
  // Whatever it starts by the name of `node` shall be the same one.
  const path = [dirname(runtime.path), process.env['PATH'] ?? ''].join(delimiter);
  const child = spawn(
    runtime.path,
    ['--import', 'tsx', join('bench', program), ...args, '--json', file],
    // Its programs end with it only if all of them get the signal.
    {
      cwd: ROOT,
      env: { ...process.env, PATH: path },
      stdio: ['ignore', 'ignore', 'inherit'],
      detached: true,
    },
  );
  await inTime(child, `bench/${program}`, limitSeconds);
  return JSON.parse(await readFile(file, 'utf8')) as Output;
};

/** Waits for the end of a program. @throws Error if it ends with another code than 0, or not within the limit. */
const inTime = async (child: ChildProcess, name: string, limitSeconds: number): Promise<void> => {
  let isLate = false;
  const limit = setTimeout(() => {
    isLate = true;
    if (child.pid !== undefined) process.kill(-child.pid, 'SIGKILL');
  }, limitSeconds * 1_000);
  try {
    const [code, signal] = (await once(child, 'exit')) as [number | null, NodeJS.Signals | null];
    if (isLate) throw new Error(`${name} did not end within ${limitSeconds} s`);
    if (code !== 0) throw new Error(`${name} ended with ${signal ?? code}`);
  } finally {
    clearTimeout(limit);
  }
};

/** Milliseconds from the start of a program to its end. */
const timeOf = (runtime: Runtime, args: readonly string[]) => async (): Promise<number> => {
  const began = performance.now();
  const child = spawn(runtime.path, args, {
    cwd: ROOT,
    env: cleanEnv(),
    stdio: ['ignore', 'ignore', 'inherit'],
    detached: true,
  });
  await inTime(child, args.join(' '), 60);
  return performance.now() - began;
};

const measureStart = async (runtime: Runtime, quick: boolean): Promise<Comparison> => {
  const samples = await interleave(
    {
      'node -e 0': timeOf(runtime, ['-e', '0']),
      'miyabi --help': timeOf(runtime, [CLI, '--help']),
      'miyabi parse, a log of CDK': timeOf(runtime, [CLI, 'parse', LOG]),
    },
    { rounds: quick ? 7 : 30, warmups: 1 },
  );
  return {
    title: 'From the start of a command to its end',
    unit: 'ms',
    runtime: runtime.name,
    baseline: 'node -e 0',
    rows: Object.entries(samples).map(([name, values]) => ({ name, samples: values })),
  };
};

type Overhead = Readonly<{
  kinds: Readonly<Record<string, Readonly<{ seconds: readonly number[]; core: readonly number[] }>>>;
  firstBar?: readonly number[];
}>;

const measureOverhead = async (
  runtime: Runtime,
  quick: boolean,
): Promise<Readonly<{ comparisons: readonly Comparison[]; bounds: readonly Bound[] }>> => {
  // Each round takes six runs: five rounds of six seconds take three minutes.
  const [rounds, seconds] = quick ? [1, 1] : [5, 6];
  const { kinds, firstBar = [] } = await measuredBy<Overhead>(runtime, 'run-overhead.ts', {
    args: ['--rounds', String(rounds), '--seconds', String(seconds)],
    limitSeconds: 60 + rounds * 6 * (seconds + 5),
  });
  const named = Object.entries(kinds);
  const where = (place: 'pipe' | 'terminal'): Comparison => ({
    title: `A command that prints 20,000 lines a second for ${seconds} s, by itself and within miyabi run: in a ${place}`,
    unit: 's',
    runtime: runtime.name,
    baseline: `${place}, plain`,
    rows: named
      .filter(([name]) => name.startsWith(place))
      .map(([name, { seconds: samples }]) => ({ name, samples })),
    note: 'The start of Node is in it, whatever the command does: the longer the command, the less it weighs.',
  });
  const core = named.filter(([, { core: samples }]) => samples.length > 0);
  const [lightest] = core;
  const compared = [where('pipe'), where('terminal')];
  const bounds: Bound[] = [];
  for (const comparison of compared) {
    for (const { name } of comparison.rows.filter((row) => row.name !== comparison.baseline)) {
      bounds.push({
        what: `${name}: time of the plain command`,
        runtime: runtime.name,
        measured: ratio(comparison, name),
        limit: 1.03,
        sense: 'at most',
        unit: '×',
      });
    }
  }
  for (const [name, { core: shares }] of core) {
    bounds.push({
      what: `${name}: of one core`,
      runtime: runtime.name,
      measured: median(shares) * 100,
      limit: 25,
      sense: 'at most',
      unit: '%',
    });
  }
  const comparisons = [
    ...compared,
    ...(lightest === undefined
      ? []
      : [
          {
            title: 'Processor time of miyabi run meanwhile',
            unit: '% of a core',
            runtime: runtime.name,
            baseline: lightest[0],
            rows: core.map(([name, { core: shares }]) => ({
              name,
              samples: shares.map((share) => share * 100),
            })),
          },
        ]),
    ...(firstBar.length === 0
      ? []
      : [
          {
            title: 'From the start of miyabi run to its first bar',
            unit: 'ms',
            runtime: runtime.name,
            baseline: 'first bar',
            rows: [{ name: 'first bar', samples: firstBar.map((each) => each * 1_000) }],
          },
        ]),
  ];
  return { comparisons, bounds };
};

type Latency = Readonly<{ accepted: readonly number[]; sent: readonly number[]; lines: number }>;

const measureDashboard = async (
  runtime: Runtime,
): Promise<Readonly<{ comparison: Comparison; bound: Bound }>> => {
  const { accepted, sent, lines } = await measuredBy<Latency>(runtime, 'cli/dashboard-latency.ts', {
    args: [],
    limitSeconds: 180,
  });
  return {
    comparison: {
      title:
        'From a log line to its bar moved in the dashboard, with 100 running tasks and 60 lines a second',
      unit: 'ms',
      runtime: runtime.name,
      baseline: 'from accepted',
      rows: [
        { name: 'from accepted', samples: accepted },
        { name: 'from sent', samples: sent },
      ],
      note: `Seen were ${accepted.length} of ${lines} lines.`,
    },
    bound: {
      what: 'dashboard, from a line accepted to its bar moved, 95 %',
      runtime: runtime.name,
      measured: percentile(accepted, 0.95),
      limit: 250,
      sense: 'at most',
      unit: 'ms',
    },
  };
};

export const benchmark: Benchmark = {
  name: 'cli',
  title: 'Command line: what does miyabi cost the command that it runs?',
  run: async ({ quick, runtimes, say }: Context) => {
    const comparisons: Comparison[] = [];
    const bounds: Bound[] = [];
    const missing: string[] = [];
    say('building');
    await run('npm', ['run', '--silent', 'build'], { cwd: ROOT, timeout: 300_000 });
    for (const runtime of quick ? runtimes.slice(-1) : runtimes) {
      say(`start on ${runtime.name}`);
      comparisons.push(await measureStart(runtime, quick));
    }
    for (const runtime of runtimes.slice(-1)) {
      say(`miyabi run on ${runtime.name}`);
      const overhead = await measureOverhead(runtime, quick);
      comparisons.push(...overhead.comparisons);
      bounds.push(...overhead.bounds);
      if (quick) {
        missing.push('the latency of the dashboard, which takes half a minute: run it without --quick');
      } else if (chromiumPath === undefined) {
        missing.push('the latency of the dashboard: there is no Chromium, and CHROMIUM names none');
      } else {
        say(`dashboard on ${runtime.name}`);
        try {
          const { comparison, bound } = await measureDashboard(runtime);
          comparisons.push(comparison);
          bounds.push(bound);
        } catch (error) {
          // What was measured in the minutes before is worth printing all the same.
          missing.push(`the latency of the dashboard: ${error instanceof Error ? error.message : error}`);
        }
      }
    }
    return { comparisons, bounds, missing };
  },
};
