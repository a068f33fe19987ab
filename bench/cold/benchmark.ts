import { openQuota, type Quota, SHARE_OF_256_MB } from '../lambda/function.ts';
import type { Benchmark, Context } from '../lib/benchmark.ts';
import { interleave, type Measure } from '../lib/interleave.ts';
import { type Bound, type Comparison, ratio } from '../lib/report.ts';
import type { Runtime } from '../lib/runtimes.ts';
import { hasRuntimeClient } from '../lib/set-up.ts';
import { type Backends, openBackends } from './backends.ts';
import { measureBare, measureFirst } from './measure.ts';
import { type Built, buildVariants, type Variants } from './variants.ts';

const BARE = 'node -e 0';
const NOOP = 'no-op handler';
/** As the stack deploys it. */
const DEFAULT = 'Miyabi';
const CACHE_PRIMED = 'Miyabi, MIYABI_PRIME=cache';
const STATIC = 'Miyabi as one static file';
const UNBUNDLED = 'Miyabi, unbundled';
const PEERS = ['express', 'fastify', 'hono', 'middy', 'powertools'] as const;

type State = 'hit' | 'miss';
type Speed = 'full' | '256 MB';
type Asks = Readonly<{ name: string; built: Built; env?: Readonly<Record<string, string>> }>;

const label = (name: string, state: State, speed: Speed): string => `${name} | ${state} | ${speed}`;

/** What is measured in each state; with `quick` only what decides a bound, with `goals` what explains it, too. */
const MEASURED: Readonly<
  Record<`${State} | ${Speed}`, Readonly<Record<'all' | 'goals' | 'quick', readonly string[]>>>
> = {
  'hit | full': {
    all: [DEFAULT, CACHE_PRIMED, STATIC, UNBUNDLED, ...PEERS],
    goals: [DEFAULT, CACHE_PRIMED, 'express', 'middy'],
    quick: [DEFAULT, 'express', 'middy'],
  },
  'miss | full': { all: [DEFAULT, CACHE_PRIMED, STATIC, 'express', 'middy'], goals: [], quick: [] },
  'hit | 256 MB': { all: [DEFAULT, CACHE_PRIMED, STATIC, 'express', 'middy'], goals: [], quick: [] },
  'miss | 256 MB': {
    all: [DEFAULT, CACHE_PRIMED, STATIC, 'express', 'middy'],
    goals: [DEFAULT, CACHE_PRIMED, 'express', 'middy'],
    quick: [DEFAULT, 'express', 'middy'],
  },
};

const measureOn = async (
  runtime: Runtime,
  backends: Backends,
  built: Variants,
  quota: Quota | undefined,
  { quick, goals, say }: Context,
): Promise<readonly Comparison[]> => {
  const all: readonly Asks[] = [
    { name: DEFAULT, built: built.ours },
    { name: CACHE_PRIMED, built: built.ours, env: { MIYABI_PRIME: 'cache' } },
    { name: STATIC, built: built.static, env: { MIYABI_PRIME: 'none' } },
    { name: UNBUNDLED, built: built.unbundled, env: { MIYABI_PRIME: 'none' } },
    ...PEERS.map((name) => ({ name, built: built.peers[name] })),
  ];
  const rounds = quick ? 3 : goals ? 10 : 15;
  const warmups = quick ? 0 : 1;
  const processor: Record<string, number[]> = {};
  const afterInit: Record<string, number[]> = {};
  const variants: Record<string, Measure> = { [BARE]: () => measureBare(runtime) };
  const add = (
    key: string,
    { built: { folder, handler }, env = {} }: Omit<Asks, 'name'>,
    state?: State,
    held?: Quota,
  ) => {
    variants[key] = async () => {
      if (state !== undefined) await backends.cache(state);
      const request = state === undefined ? undefined : backends.request;
      const options = { runtime, folder, handler, env: { ...backends.env, ...env }, quota: held };
      const { ms, processorMs, requestMs } = await measureFirst(options, request);
      processor[key] ??= [];
      processor[key].push(processorMs);
      afterInit[key] ??= [];
      afterInit[key].push(requestMs);
      return ms;
    };
  };
  const speeds: readonly Speed[] = quota === undefined ? ['full'] : ['full', '256 MB'];
  const sets: { state: State; speed: Speed; names: string[] }[] = [];
  add(NOOP, { built: built.noop });
  if (quota !== undefined) add(`${NOOP} | 256 MB`, { built: built.noop }, undefined, quota);
  for (const speed of speeds) {
    for (const state of ['hit', 'miss'] as const) {
      const request = all.filter(({ name }) =>
        MEASURED[`${state} | ${speed}`][quick ? 'quick' : goals ? 'goals' : 'all'].includes(name),
      );
      for (const one of request)
        add(label(one.name, state, speed), one, state, speed === 'full' ? undefined : quota);
      if (request.length > 0) sets.push({ state, speed, names: request.map(({ name }) => name) });
    }
  }
  const samples = await interleave(variants, {
    rounds,
    warmups,
    onRound: (done, of) => say(`${runtime.name}: round ${done} of ${of}`),
  });
  const rowsOf = (
    source: Readonly<Record<string, readonly number[]>>,
    { state, speed, names }: (typeof sets)[number],
  ) => [
    { name: NOOP, samples: source[speed === 'full' ? NOOP : `${NOOP} | 256 MB`] ?? [] },
    ...names.map((name) => ({ name, samples: source[label(name, state, speed)] ?? [] })),
  ];
  const times = sets.map(
    (set): Comparison => ({
      title: `Cold start, cache ${set.state}, ${set.speed === 'full' ? 'full speed' : 'processor of 256 MB after INIT'}`,
      unit: 'ms',
      runtime: runtime.name,
      baseline: BARE,
      rows: [{ name: BARE, samples: samples[BARE] ?? [] }, ...rowsOf(samples, set)],
    }),
  );
  const withoutWarmups = (source: Readonly<Record<string, readonly number[]>>) =>
    Object.fromEntries(Object.entries(source).map(([key, each]) => [key, each.slice(-rounds)]));
  const measured = withoutWarmups(processor);
  const spent = sets
    .filter(({ speed }) => speed === 'full')
    .map(
      (set): Comparison => ({
        title: `Cold start, cache ${set.state}, processor time of all threads`,
        unit: 'ms',
        runtime: runtime.name,
        baseline: NOOP,
        rows: rowsOf(measured, set),
      }),
    );
  const spentAfter = sets
    .filter(({ speed }) => speed === '256 MB')
    .map(
      (set): Comparison => ({
        title: `Cold start, cache ${set.state}, processor time after INIT`,
        unit: 'ms',
        runtime: runtime.name,
        baseline: NOOP,
        rows: rowsOf(withoutWarmups(afterInit), set),
        note: 'In 256 MB a millisecond of it takes seven. What else the machine does hardly shows in it.',
      }),
    );
  return [...times, ...spent, ...spentAfter];
};

/** Where a bound is not reached: what the profile shows. */
const WHY = {
  node: 'two thirds of the difference to the no-op handler are loading the SDK, calling DynamoDB and ioredis; the rest is compiling our bundle, Inversify and node:crypto',
  peer: 'no peer loads the AWS SDK for a hit; ours does during INIT, for the miss or the write that may come first, which is 29 % of its processor time; with MIYABI_PRIME=cache it is faster than the best peer',
  held: 'what is left after INIT is one request to DynamoDB by the SDK, whose functions run for the second time only, and the write to Redis',
} as const;

const TITLES = {
  hit: 'Cold start, cache hit, full speed',
  missHeld: 'Cold start, cache miss, processor of 256 MB after INIT',
} as const;

/** The peer that is the fastest by its median. */
const bestPeer = (comparison: Comparison | undefined): string | undefined =>
  comparison?.rows
    .map(({ name }) => name)
    .filter((name) => PEERS.some((peer) => peer === name))
    .sort((a, b) => ratio(comparison, a) - ratio(comparison, b))[0];

const boundsOf = (comparisons: readonly Comparison[]): readonly Bound[] => {
  const found = (title: string) => comparisons.find((each) => each.title === title);
  const bound = (
    title: string,
    to: string | undefined,
    limit: number,
    what: string,
    why: keyof typeof WHY,
  ): readonly Bound[] => {
    const comparison = found(title);
    // A quick run leaves rows out.
    if (!comparison?.rows.some(({ name }) => name === to) || to === undefined) return [];
    const { runtime } = comparison;
    const measured = ratio(comparison, DEFAULT, to);
    const missed = measured > limit ? { note: WHY[why] } : {};
    return [{ what, runtime, measured, limit, sense: 'at most', unit: '×', ...missed }];
  };
  return [
    ...bound(TITLES.hit, bestPeer(found(TITLES.hit)), 1, 'cold, cache hit, of the best peer', 'peer'),
    ...bound(
      TITLES.missHeld,
      bestPeer(found(TITLES.missHeld)),
      0.25,
      'cold, 256 MB, cache miss, of the best peer',
      'held',
    ),
    ...bound(TITLES.hit, BARE, 3, 'cold, cache hit, of bare node', 'node'),
    ...bound(TITLES.hit, NOOP, 1.6, 'cold, cache hit, of the no-op handler', 'node'),
    ...bound(TITLES.missHeld, STATIC, 0.3, 'cold, 256 MB, cache miss, of one static file', 'held'),
  ];
};

export const benchmark: Benchmark = {
  name: 'cold',
  title: 'Cold start',
  async run(context) {
    if (!hasRuntimeClient()) throw new Error('the runtime client of Lambda is not built');
    const quota = openQuota(SHARE_OF_256_MB);
    const backends = await openBackends();
    try {
      context.say('bundling');
      const built = await buildVariants();
      const comparisons: Comparison[] = [];
      const bounds: Bound[] = [];
      for (const runtime of context.runtimes) {
        const measured = await measureOn(runtime, backends, built, quota, context);
        comparisons.push(...measured);
        bounds.push(...boundsOf(measured));
      }
      const missing = quota === undefined ? { missing: ['256 MB: no control group can be made here'] } : {};
      return { comparisons, bounds, ...missing };
    } finally {
      await backends.stop();
      quota?.remove();
    }
  },
};
