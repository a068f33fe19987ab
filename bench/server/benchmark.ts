import type { Benchmark, Context } from '../lib/benchmark.ts';
import { interleave } from '../lib/interleave.ts';
import type { Loaded } from '../lib/load.ts';
import { type Bound, type Comparison, ratio } from '../lib/report.ts';
import type { Runtime } from '../lib/runtimes.ts';
import { bundleWorker, runWorker } from '../lib/worker.ts';
import type { Answer, Peer } from './peers.ts';
import { workOf } from './process.ts';
import { type Running, startLoad, startMiyabi, startPeer } from './servers.ts';
import type { Input as StreamsInput, Output as StreamsOutput } from './streams.ts';

const PEERS: readonly Peer[] = ['node:http', 'fastify', 'express'];
type Name = Peer | 'miyabi';
const NAMES: readonly Name[] = ['miyabi', ...PEERS];

/** How long one sample takes, in seconds. */
const SAMPLE = 0.5;
const TASK = {
  task_id: 'bench',
  task_name: 'Deploy the shop',
  task_type: 'cdk_deploy',
  status: 'running',
  progress: { current: 31, total: 67 },
  details: { current_step: 'AWS::CloudFront::Distribution ShopDistribution7D20F4C1', phase: 'Creating' },
};
const PATH = `/api/tasks/${TASK.task_id}`;

/** Puts a task there, and says what a GET of it answers. */
const prepare = async ({ url }: Running): Promise<Answer> => {
  const made = await fetch(`${url}/api/tasks`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(TASK),
  });
  if (made.status !== 201) throw new Error(`the task was not made: ${await made.text()}`);
  const read = await ask(url);
  return { taskId: TASK.task_id, ...read };
};

/** An answer without what is each connection's own. */
const ask = async (url: string) => {
  const response = await fetch(`${url}${PATH}`);
  const {
    date: _date,
    connection: _connection,
    'keep-alive': _alive,
    ...headers
  } = Object.fromEntries(response.headers);
  return { headers, body: await response.text() };
};

const WORK_OF_THE_APPLICATION = [
  'the socket side is as fast as bare node:http (a fixed answer through it: 1.01 ×)',
  'what remains is the application: who asks, which route, the id, the cache, the headers',
  'that takes 2 µs in a loop, and several times as long between two system calls, when nothing of it is in the caches of the processor',
].join('; ');

const NO_FASTER_THAN_FASTIFY = `${WORK_OF_THE_APPLICATION}; fastify's handler here has none of it to do but the route`;

type Sample = Loaded &
  Readonly<{ /** Microseconds of the server's processor time a request. */ work: number }>;

const measureRates = async (
  runtime: Runtime,
  connections: number,
  {
    quick,
    servers,
    load,
  }: Readonly<{
    quick: boolean;
    servers: Readonly<Record<Name, Running>>;
    load: Awaited<ReturnType<typeof startLoad>>;
  }>,
) => {
  const rounds = quick ? 5 : 15;
  const warmups = 1;
  const seen: Record<Name, Sample[]> = { miyabi: [], 'node:http': [], fastify: [], express: [] };
  const measure = (name: Name) => async () => {
    const { url, pid } = servers[name];
    const before = await workOf(pid);
    const loaded = await load.run({ url: `${url}${PATH}`, connections, seconds: SAMPLE });
    const work = ((await workOf(pid)) - before) / loaded.answers;
    seen[name].push({ ...loaded, work: work * 1e6 });
    return loaded.rate;
  };
  const rates = await interleave<Name>(
    {
      miyabi: measure('miyabi'),
      'node:http': measure('node:http'),
      fastify: measure('fastify'),
      express: measure('express'),
    },
    { rounds, warmups },
  );
  const values = (name: Name, key: keyof Sample) => seen[name].slice(warmups).map((sample) => sample[key]);
  const on = `on ${connections} ${connections === 1 ? 'connection' : 'connections'}`;
  const rate: Comparison = {
    title: `A cached GET of a task ${on}`,
    unit: 'requests/s',
    runtime: runtime.name,
    baseline: 'node:http',
    rows: NAMES.map((name) => ({ name, samples: rates[name] })),
  };
  const latency: Comparison = {
    title: `How long an answer takes ${on}`,
    unit: 'ms',
    runtime: runtime.name,
    baseline: 'node:http, half',
    rows: NAMES.flatMap((name) => [
      { name: `${name}, half`, samples: values(name, 'p50') },
      { name: `${name}, 99 %`, samples: values(name, 'p99') },
    ]),
  };
  const work: Comparison = {
    title: `Processor time of the server for one answer ${on}`,
    unit: 'µs',
    runtime: runtime.name,
    baseline: 'node:http',
    rows: NAMES.map((name) => ({ name, samples: values(name, 'work') })),
    note: 'All of its threads. The client has the other core: where it is the slower of the two, rates say less than this.',
  };
  const bounds: readonly Bound[] = [
    {
      what: `${on}: requests a second, of those of bare node:http`,
      runtime: runtime.name,
      measured: ratio(rate, 'miyabi', 'node:http'),
      limit: 0.9,
      sense: 'at least',
      unit: '×',
      note: WORK_OF_THE_APPLICATION,
    },
    {
      what: `${on}: requests a second, of those of fastify`,
      runtime: runtime.name,
      measured: ratio(rate, 'miyabi', 'fastify'),
      limit: 1,
      sense: 'at least',
      unit: '×',
      note: NO_FASTER_THAN_FASTIFY,
    },
  ];
  return { comparisons: [rate, latency, work], bounds };
};

const compareServers = async (runtime: Runtime, { quick, goals, say }: Context) => {
  const comparisons: Comparison[] = [];
  const bounds: Bound[] = [];
  const miyabi = await startMiyabi(runtime);
  const running: Running[] = [miyabi];
  const load = await startLoad(runtime);
  try {
    const answer = await prepare(miyabi);
    const start = async (peer: Peer) => {
      const started = await startPeer(runtime, peer, answer);
      running.push(started);
      const { headers, body } = await ask(started.url);
      const isSame =
        body === answer.body &&
        JSON.stringify(Object.entries(headers).sort()) ===
          JSON.stringify(Object.entries(answer.headers).sort());
      if (!isSame) throw new Error(`${peer} answers something else: ${JSON.stringify(headers)} ${body}`);
      return started;
    };
    const servers = {
      miyabi,
      'node:http': await start('node:http'),
      fastify: await start('fastify'),
      express: await start('express'),
    };
    // Compiled for what comes, before anything counts.
    for (const { url } of running) await load.run({ url: `${url}${PATH}`, connections: 64, seconds: 1 });
    for (const connections of quick || goals ? [64] : [1, 64, 512]) {
      say(`${connections} connections on ${runtime.name}`);
      const measured = await measureRates(runtime, connections, { quick, servers, load });
      comparisons.push(...measured.comparisons);
      bounds.push(...measured.bounds);
    }
  } finally {
    await load.close();
    for (const { close } of running) await close();
  }
  return { comparisons, bounds };
};

const compareStreams = async (runtime: Runtime, { quick, say }: Context): Promise<readonly Comparison[]> => {
  const miyabi = await startMiyabi(runtime);
  try {
    const input: StreamsInput = {
      url: miyabi.url,
      pid: miyabi.pid,
      streams: 2_000,
      rate: 50,
      seconds: quick ? 3 : 20,
    };
    say(`${input.streams} event streams on ${runtime.name}`);
    const program = await bundleWorker('bench/server/streams.ts');
    const { half, nearlyAll, memory, work, events } = await runWorker<StreamsOutput>(
      runtime,
      program,
      input,
      {
        flags: [],
      },
    );
    const title = `${input.streams} event streams, ${input.rate} changes a second for ${input.seconds} s`;
    return [
      {
        title: `${title}: from a change sent to heard`,
        unit: 'ms',
        runtime: runtime.name,
        baseline: 'by half of the streams',
        rows: [
          { name: 'by half of the streams', samples: half },
          { name: 'by 99 % of the streams', samples: nearlyAll },
        ],
        note: `All ${events} events came exactly once and in order, also to a stream that was cut and resumed. With so many listeners changes are gathered for up to 200 ms, so that each costs less.`,
      },
      {
        title: `${title}: resident memory of the server`,
        unit: 'MB',
        runtime: runtime.name,
        baseline: 'started',
        rows: [
          { name: 'started', samples: [memory.before] },
          { name: 'all streams open', samples: [memory.open] },
          { name: 'after the changes', samples: [memory.after] },
        ],
      },
      {
        title: `${title}: processor time of the server`,
        unit: '% of a core',
        runtime: runtime.name,
        baseline: 'server',
        rows: [{ name: 'server', samples: [work * 100] }],
      },
    ];
  } finally {
    await miyabi.close();
  }
};

export const benchmark: Benchmark = {
  name: 'server',
  title: 'Server: how much does the local server cost beyond its socket?',
  run: async (context) => {
    const comparisons: Comparison[] = [];
    const bounds: Bound[] = [];
    for (const runtime of context.quick ? context.runtimes.slice(-1) : context.runtimes) {
      const servers = await compareServers(runtime, context);
      comparisons.push(...servers.comparisons);
      if (!context.goals) comparisons.push(...(await compareStreams(runtime, context)));
      bounds.push(...servers.bounds);
    }
    return { comparisons, bounds };
  },
};
