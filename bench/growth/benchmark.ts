import { hasRedisServer, startRedis } from '../../test/support/redis.ts';
import type { Benchmark } from '../lib/benchmark.ts';
import { type Bound, type Comparison, figure, ratio } from '../lib/report.ts';
import type { Runtime } from '../lib/runtimes.ts';
import { spread } from '../lib/statistics.ts';
import { bundleWorker, runWorker } from '../lib/worker.ts';
import { type Input, type Output, REQUESTS, type Request, variantOf } from './request.ts';

const LIMIT = 1.2;

const TITLES: Readonly<Record<Request, string>> = {
  get: 'A task by its id',
  list: 'The first page of the list, 100 tasks',
  'list by status': 'The same of the tasks that run',
  'list by project': 'The same of one project',
  'page 5': 'The fifth page, by its cursor',
  'page 500': 'The five hundredth page, by its cursor: behind the thousand that the cache keeps in order',
  'project metrics': 'A project with its metrics',
};

const count = new Intl.NumberFormat('en');
const rowName = (size: number): string => `${count.format(size)} tasks`;

const comparisonsOf = (sizes: readonly number[], output: Output, runtime: string) =>
  REQUESTS.flatMap((request) => {
    const rows = sizes.flatMap((size) => {
      const samples = output.api[variantOf(request, size)];
      return samples === undefined ? [] : [{ name: rowName(size), samples }];
    });
    const [first] = rows;
    if (first === undefined) return [];
    const title = `${TITLES[request]}: from the application with Redis`;
    return [{ request, comparison: { title, unit: 'µs', runtime, baseline: first.name, rows } }];
  });

const firstDesignOf = ({ lists }: Output, runtime: string): readonly Comparison[] =>
  Object.entries(lists).map(([size, { ours, first }]) => ({
    title: `The first page of ${rowName(Number(size))}, beside the first design's KEYS and MGET on the same Redis`,
    unit: 'µs',
    runtime,
    baseline: 'ours',
    rows: [
      { name: 'ours', samples: ours },
      { name: 'KEYS, MGET', samples: first },
    ],
    note: 'In turn: ours finds what KEYS and MGET have left of the caches of the processor.',
  }));

const dynamodbOf = (
  sizes: readonly number[],
  { dynamodb }: Output,
  runtime: string,
): readonly Comparison[] => {
  const [smallest = 0] = sizes;
  const of = (request: string, name: string) =>
    sizes.map((size) => ({
      name: `${name}, ${rowName(size)}`,
      samples: dynamodb[variantOf(request, size)] ?? [],
    }));
  const note =
    'dynalite runs in the same process and parses every item again; of DynamoDB it shows the number of requests, not the speed.';
  return [
    {
      title: "A list of 100 from the store on the embedded DynamoDB, beside the first design's Scan",
      unit: 'µs',
      runtime,
      baseline: `ours, ${rowName(smallest)}`,
      rows: [...of('list', 'ours'), ...of('list by project', 'ours, by project'), ...of('scan', 'Scan')],
      note,
    },
    {
      title: 'A task from the store on the embedded DynamoDB',
      unit: 'µs',
      runtime,
      baseline: `ours, ${rowName(smallest)}`,
      rows: of('get', 'ours'),
      note,
    },
  ];
};

const boundsOf = (
  sizes: readonly number[],
  comparisons: ReturnType<typeof comparisonsOf>,
  runtime: string,
): readonly Bound[] => {
  const [smallest = 0] = sizes;
  const largest = sizes.at(-1) ?? 0;
  return comparisons
    .filter(({ comparison }) => comparison.baseline === rowName(smallest))
    .map(({ request, comparison }) => {
      const noise = Math.max(...comparison.rows.map(({ samples }) => spread(samples)));
      return {
        what: `${request} with ${rowName(largest)}, of that with ${count.format(smallest)}`,
        runtime,
        measured: ratio(comparison, rowName(largest)),
        limit: LIMIT,
        sense: 'at most',
        unit: '×',
        ...(noise > LIMIT - 1
          ? {
              note: `the samples spread by ± ${figure(noise * 100)} %, so the machine was busy with something else`,
            }
          : {}),
      };
    });
};

export const benchmark: Benchmark = {
  name: 'growth',
  title: 'Growth: does an answer take longer the more is stored?',
  run: async ({ quick, runtimes, say }) => {
    if (!hasRedisServer)
      return { comparisons: [], bounds: [], missing: ['all of it: there is no redis-server'] };
    const program = await bundleWorker('bench/growth/worker.ts');
    const comparisons: Comparison[] = [];
    const bounds: Bound[] = [];

    const ask = async (runtime: Runtime, sizes: readonly number[]) => {
      say(`${sizes.map(rowName).join(', ')} on ${runtime.name}`);
      const servers = await Promise.all(sizes.map(() => startRedis()));
      try {
        const input: Input = {
          installations: sizes.map((size, index) => ({ size, port: servers[index]?.address.port ?? 0 })),
          rounds: quick ? 20 : 200,
          firstDesignRounds: quick ? { 1000: 3, 100000: 1 } : { 1000: 15, 100000: 5, 1000000: 1 },
          dynamodbSizes: quick ? [500, 2_000] : [1_000, 5_000],
          dynamodbRounds: quick ? 3 : 15,
        };
        // Tasks in memory take what they take: the memory of a Lambda is no bound here.
        const flags = ['--expose-gc', '--max-old-space-size=8192'];
        const output = await runWorker<Output>(runtime, program, input, { flags });
        const grown = comparisonsOf(sizes, output, runtime.name);
        comparisons.push(
          ...grown.map(({ comparison }) => comparison),
          ...firstDesignOf(output, runtime.name),
          ...dynamodbOf(input.dynamodbSizes, output, runtime.name),
        );
        bounds.push(...boundsOf(sizes, grown, runtime.name));
      } finally {
        await Promise.all(servers.map((server) => server.stop()));
      }
    };

    // A million tasks take a minute to store, so one Node has to do.
    const newest = runtimes.at(-1);
    for (const runtime of quick ? runtimes.slice(-1) : runtimes) {
      await ask(runtime, runtime === newest && !quick ? [1_000, 100_000, 1_000_000] : [1_000, 100_000]);
    }
    return { comparisons, bounds };
  },
};
