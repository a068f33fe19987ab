import type { Benchmark, Context } from '../lib/benchmark.ts';
import { interleave } from '../lib/interleave.ts';
import { type Bound, type Comparison, ratio, rowOf } from '../lib/report.ts';
import type { Runtime } from '../lib/runtimes.ts';
import { median } from '../lib/statistics.ts';
import { bundleWorker, runWorker } from '../lib/worker.ts';
import { workOf } from '../server/process.ts';
import type { Kind, LoadInput, LoadOutput } from './load.ts';
import type { Peer } from './peers.ts';
import { fill, inFolder, post, startMiyabi, startPeer } from './servers.ts';
import { compareSizes } from './sizes.ts';

const TASKS = 500;
const LINES = 100;

const FLAT =
  'the profile is flat: one write puts the task with its places, a point of history and the metrics, beside validation, three times JSON, cache and feed; handing a batch to the thread that writes it takes 14 % of a report, collecting garbage 12 %, sending the answer 10 %, and no other function 3 %';
const LIST =
  'fastify sends one text that is ready; ours joins it from a hundred cached ones, so that it is right after every write';
const LOGS =
  'besides what a report costs, each post validates 100 events, gives each an identity, masks and keeps its lines, and writes its ledger and the index of its lines again; of the processor time of a post a third is collecting garbage, on four threads: a post of 10 kB makes 310 kB of it';

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
        note = FLAT,
      ): Bound => ({
        what,
        runtime: runtime.name,
        measured,
        limit,
        sense,
        unit,
        note,
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
            'at least',
            LIST,
          ),
          bound('list of 100, 99 % within', own(lists.p99), 30, 'ms', 'at most'),
          bound('projects a second', own(projects.rate), 5_000, 'requests/s'),
          bound('log lines a second', own(logs.rate) * LINES, 200_000, 'lines/s', 'at least', LOGS),
        ],
      };
    } finally {
      for (const { close } of running) await close();
    }
  });

export const benchmark: Benchmark = {
  name: 'embedded',
  title: 'Embedded store: what does a laptop get?',
  run: async (context) => {
    const runtime = context.runtimes.at(-1);
    if (runtime === undefined) throw new Error('no Node to measure on');
    if (context.goals) return compareSizes(runtime, context);
    const rates = await compareRates(runtime, context);
    const sizes = await compareSizes(runtime, context);
    return {
      comparisons: [...rates.comparisons, ...sizes.comparisons],
      bounds: [...rates.bounds, ...sizes.bounds],
    };
  },
};
