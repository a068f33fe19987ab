import { execFileSync, spawn } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import type { Benchmark, Context } from '../lib/benchmark.ts';
import { interleave } from '../lib/interleave.ts';
import { type Bound, type Comparison, ratio, rowOf } from '../lib/report.ts';
import { cleanEnv, type Runtime } from '../lib/runtimes.ts';
import { ROOT } from '../lib/set-up.ts';
import { median } from '../lib/statistics.ts';
import { bundleWorker, runWorker } from '../lib/worker.ts';
import { memoryOf, workOf } from '../server/process.ts';
import type { Kind, LoadInput, LoadOutput } from './load.ts';
import type { Peer, PeerInput } from './peers.ts';

type Running = Readonly<{ url: string; pid: number; startMs: number; close(): Promise<void> }>;

const TASKS = 500;
const LINES = 100;

/** A program that says where it answers, in a process of its own. `startMs` is how long that took. */
const started = async (
  path: string,
  args: readonly string[],
  env: Record<string, string>,
): Promise<Running> => {
  const began = performance.now();
  const child = spawn(path, args, {
    cwd: ROOT,
    env: cleanEnv(env),
    stdio: ['ignore', 'pipe', 'inherit', 'ipc'],
  });
  const exit = new Promise<void>((resolve) => child.once('exit', () => resolve()));
  // Ours does not notice that this process has ended, and would outlive it.
  const leave = () => child.kill();
  process.once('exit', leave);
  const close = async () => {
    process.off('exit', leave);
    child.kill();
    await exit;
  };
  const running = (url: string): Running => ({
    url,
    pid: child.pid ?? 0,
    startMs: performance.now() - began,
    close,
  });
  const announced = new Promise<Running>((resolve) =>
    child.once('message', (message: { port: number }) =>
      resolve(running(`http://127.0.0.1:${message.port}`)),
    ),
  );
  const printed = (async () => {
    if (child.stdout === null) return announced;
    for await (const line of createInterface({ input: child.stdout })) {
      const url = /answers at (\S+)/.exec(line)?.[1];
      if (url === undefined) continue;
      child.stdout.resume();
      return running(url);
    }
    return announced;
  })();
  return Promise.race([announced, printed, exit.then(() => Promise.reject(new Error(`${args[0]} ended`)))]);
};

/** Our server as `npm start` runs it. */
const startMiyabi = async (runtime: Runtime, folder: string): Promise<Running> =>
  started(runtime.path, [await bundleWorker('src/entrypoints/server.ts')], {
    MIYABI_DATA_DIR: folder,
    PORT: '0',
    LOG_LEVEL: 'error',
  });

const startPeer = async (runtime: Runtime, input: PeerInput): Promise<Running> =>
  started(runtime.path, [await bundleWorker('bench/embedded/peers.ts'), JSON.stringify(input)], {
    NODE_ENV: 'production',
  });

const post = async (url: string, path: string, body: unknown): Promise<void> => {
  const response = await fetch(`${url}${path}`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(body),
  });
  if (!response.ok) throw new Error(`${path}: ${response.status} ${await response.text()}`);
  await response.arrayBuffer();
};

/** Makes many things, 32 at a time. */
const fill = async (count: number, make: (index: number) => Promise<void>): Promise<void> => {
  let next = 0;
  await Promise.all(
    Array.from({ length: 32 }, async () => {
      while (next < count) {
        const index = next;
        next += 1;
        await make(index);
      }
    }),
  );
};

const inFolder = async <T>(run: (folder: string) => Promise<T>): Promise<T> => {
  const folder = await mkdtemp(join(tmpdir(), 'miyabi-bench-'));
  try {
    return await run(folder);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
};

const compareRates = (runtime: Runtime, { quick, say }: Context) =>
  inFolder(async (folder) => {
    const miyabi = await startMiyabi(runtime, folder);
    const running = [miyabi];
    try {
      await fill(TASKS, (index) =>
        post(miyabi.url, '/api/tasks', { task_id: `bench-${index}`, task_name: 'x' }),
      );
      await fill(20, (index) =>
        post(miyabi.url, '/api/projects', { project_id: `p${index}`, project_name: 'x' }),
      );
      const page = await (await fetch(`${miyabi.url}/api/tasks?limit=100`)).text();
      const start = async (peer: Peer) => {
        const peerServer = await startPeer(runtime, { peer, folder, page });
        running.push(peerServer);
        return peerServer;
      };
      const servers = {
        miyabi,
        'node:http': await start('node:http'),
        'fastify + SQLite': await start('fastify + SQLite'),
        fastify: await start('fastify'),
      };
      const program = await bundleWorker('bench/embedded/load.ts');
      let seed = 0;
      const load = (name: keyof typeof servers, kind: Kind) => {
        seed += 1;
        const input: LoadInput = { url: servers[name].url, kind, seconds: quick ? 2 : 4, seed };
        return runWorker<LoadOutput>(runtime, program, input, { flags: [] });
      };
      const compare = async (kind: Kind, names: readonly (keyof typeof servers)[]) => {
        say(`${kind} on ${runtime.name}`);
        const seen: Record<string, (LoadOutput & { work: number })[]> = {};
        const measures = names.map((name) => [
          name,
          async () => {
            const { pid } = servers[name];
            const before = await workOf(pid);
            const loaded = await load(name, kind);
            const work = (((await workOf(pid)) - before) / loaded.answers) * 1e6;
            seen[name] = [...(seen[name] ?? []), { ...loaded, work }];
            return loaded.rate;
          },
        ]);
        const rates = await interleave<string>(Object.fromEntries(measures), {
          rounds: quick ? 2 : 7,
          warmups: 1,
        });
        const baseline = names.at(-1) ?? 'miyabi';
        const table = (
          title: string,
          unit: string,
          samples: (name: string) => readonly number[],
        ): Comparison => ({
          title: `${title} on 32 connections`,
          unit,
          runtime: runtime.name,
          baseline,
          rows: names.map((name) => ({ name, samples: samples(name) })),
        });
        return {
          rate: table(`${kind}: answers a second`, 'requests/s', (name) => rates[name] ?? []),
          p99: table(`${kind}: 99 % of the answers within`, 'ms', (name) =>
            (seen[name] ?? []).slice(1).map((one) => one.p99),
          ),
          work: table(`${kind}: processor time of the server for one answer`, 'µs', (name) =>
            (seen[name] ?? []).slice(1).map((one) => one.work),
          ),
        };
      };
      const creates = await compare('create', ['miyabi', 'fastify + SQLite', 'node:http']);
      const reports = await compare('report', ['miyabi', 'fastify + SQLite', 'node:http']);
      const lists = await compare('list', ['miyabi', 'fastify']);
      const projects = await compare('projects', ['miyabi']);
      const logs = await compare('logs', ['miyabi', 'node:http']);
      const bound = (
        what: string,
        measured: number,
        limit: number,
        unit: string,
        sense: Bound['sense'] = 'at least',
      ): Bound => ({
        what,
        runtime: runtime.name,
        measured,
        limit,
        sense,
        unit,
      });
      const own = (comparison: Comparison) => median(rowOf(comparison, 'miyabi').samples);
      return {
        comparisons: [creates, reports, lists, projects, logs].flatMap(({ rate, p99, work }) => [
          rate,
          p99,
          work,
        ]),
        bounds: [
          bound('creates a second, of bare node:http', ratio(creates.rate, 'miyabi', 'node:http'), 0.5, '×'),
          bound(
            'creates a second, of fastify + SQLite',
            ratio(creates.rate, 'miyabi', 'fastify + SQLite'),
            0.5,
            '×',
          ),
          bound('reports a second, of bare node:http', ratio(reports.rate, 'miyabi', 'node:http'), 0.5, '×'),
          bound(
            'reports a second, of fastify + SQLite',
            ratio(reports.rate, 'miyabi', 'fastify + SQLite'),
            0.5,
            '×',
          ),
          bound(
            'list of 100, of fastify with the same bytes',
            ratio(lists.rate, 'miyabi', 'fastify'),
            0.5,
            '×',
          ),
          bound('list of 100, 99 % within', own(lists.p99), 30, 'ms', 'at most'),
          bound('projects a second', own(projects.rate), 5_000, 'requests/s'),
          bound('log lines a second', own(logs.rate) * LINES, 200_000, 'lines/s'),
        ],
      };
    } finally {
      for (const { close } of running) await close();
    }
  });

const SECOND = 1_000;

/** Milliseconds that the first page of a filter takes that nothing matches, each time with another text. */
const searchTimes = async (url: string, count: number): Promise<readonly number[]> => {
  const times: number[] = [];
  for (let index = 0; index < count; index += 1) {
    const began = performance.now();
    await (await fetch(`${url}/api/tasks?q=nothing-${index}`)).arrayBuffer();
    times.push(performance.now() - began);
  }
  return times;
};

/** Resident memory in each of some stretches of time, in MB, while requests come at a steady pace. */
const soak = async (
  { url, pid }: Running,
  { stretches, seconds, perSecond }: Readonly<{ stretches: number; seconds: number; perSecond: number }>,
): Promise<readonly number[]> => {
  const began = performance.now();
  const sizes: number[] = [];
  let count = 0;
  const one = async (): Promise<void> => {
    count += 1;
    if (count % 4 === 0) await (await fetch(`${url}/api/tasks?limit=100`)).arrayBuffer();
    else if (count % 4 === 1) await post(url, '/api/tasks', { task_id: `soak-${count}`, task_name: 'x' });
    else await post(url, `/api/tasks/t-${count % 500}/progress`, { current: count, total: 10_000_000 });
  };
  for (let stretch = 1; stretch <= stretches; stretch += 1) {
    const seen: number[] = [];
    while (performance.now() - began < stretch * seconds * SECOND) {
      const due = Math.ceil(((performance.now() - began) / SECOND) * perSecond) - count;
      await Promise.all(Array.from({ length: Math.max(1, due) }, one));
      if (performance.now() - began > (sizes.length * seconds + seen.length) * SECOND)
        seen.push(await memoryOf(pid));
      await new Promise((resolve) => setTimeout(resolve, 10));
    }
    sizes.push(median(seen));
  }
  return sizes;
};

/** Search, memory, disk, soak and start with much stored. */
const compareSizes = (runtime: Runtime, { quick, say }: Context) =>
  inFolder(async (folder) => {
    const [tasks, lines, more] = quick ? [2_000, 20_000, 2_000] : [50_000, 1_000_000, 50_000];
    const task = (index: number) => ({
      task_id: `t-${index}`,
      task_name: `Deploy ${index}`,
      status: 'running',
    });
    const full = join(folder, 'full');
    say(`${tasks} tasks and ${lines} lines on ${runtime.name}`);
    let server = await startMiyabi(runtime, full);
    const post32 = (count: number, from: number) =>
      fill(count, (index) => post(server.url, '/api/tasks', task(from + index)));
    await post32(tasks, 0);
    const searches = await searchTimes(server.url, 20);
    await fill(lines / LINES, (index) =>
      post(server.url, '/api/logs', {
        log_group: '/bench',
        log_stream: `s${index % 50}`,
        events: Array.from({ length: LINES }, (_, line) => ({
          timestamp: 1_790_000_000_000 + index * 1_000 + line,
          message:
            line === 0
              ? `[${index % 90}/100] compiling ${index}`
              : `INFO  request-${index}-${line} GET /api/orders answered 200`,
        })),
      }),
    );
    const memory = await memoryOf(server.pid);
    const disk = Number(execFileSync('du', ['-sk', full], { encoding: 'utf8' }).split('\t')[0]) / 1024;
    say('soak');
    const minutes = await soak(server, {
      stretches: quick ? 2 : 10,
      seconds: quick ? 5 : 60,
      perSecond: 80,
    });
    await post32(more, tasks);
    await server.close();
    const startOf = (path: string) => async () => {
      server = await startMiyabi(runtime, path);
      await server.close();
      return server.startMs;
    };
    const starts = await interleave(
      { empty: startOf(join(folder, 'empty')), full: startOf(full) },
      { rounds: quick ? 3 : 9, warmups: 1 },
    );
    const start: Comparison = {
      title: `Start of the server with ${tasks + more} tasks stored`,
      unit: 'ms',
      runtime: runtime.name,
      baseline: 'empty',
      rows: [
        { name: 'empty', samples: starts.empty },
        { name: 'full', samples: starts.full },
      ],
    };
    const search: Comparison = {
      title: `First page of a filter that none of ${tasks} tasks matches`,
      unit: 'ms',
      runtime: runtime.name,
      baseline: 'miyabi',
      rows: [{ name: 'miyabi', samples: searches }],
    };
    const growth = (minutes.at(-1) ?? Number.NaN) / (minutes[0] ?? Number.NaN);
    const size = `after ${tasks} tasks and ${lines} lines`;
    const bounds: readonly Bound[] = [
      {
        what: `resident memory ${size}`,
        runtime: runtime.name,
        measured: memory,
        limit: 150,
        sense: 'at most',
        unit: 'MB',
      },
      {
        what: `disk ${size}`,
        runtime: runtime.name,
        measured: disk,
        limit: 150,
        sense: 'at most',
        unit: 'MB',
      },
      {
        what: `first page of a filter without a match among ${tasks} tasks`,
        runtime: runtime.name,
        measured: median(searches),
        limit: 20,
        sense: 'at most',
        unit: 'ms',
      },
      {
        what: 'soak at 80 requests a second: resident memory, last minute of the first',
        runtime: runtime.name,
        measured: growth,
        limit: 1.1,
        sense: 'at most',
        unit: '×',
      },
      {
        what: `start with ${tasks + more} tasks, of an empty one`,
        runtime: runtime.name,
        measured: ratio(start, 'full', 'empty'),
        limit: 1.5,
        sense: 'at most',
        unit: '×',
      },
    ];
    return { comparisons: [search, start], bounds };
  });

export const benchmark: Benchmark = {
  name: 'embedded',
  title: 'Embedded store: what does a laptop get?',
  run: async (context) => {
    const runtime = context.runtimes.at(-1);
    if (runtime === undefined) throw new Error('no Node to measure on');
    const rates = await compareRates(runtime, context);
    const sizes = await compareSizes(runtime, context);
    return {
      comparisons: [...rates.comparisons, ...sizes.comparisons],
      bounds: [...rates.bounds, ...sizes.bounds],
    };
  },
};
