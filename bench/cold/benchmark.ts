import { openQuota, type Quota, SHARE_OF_256_MB } from '../lambda/function.ts';
import type { Benchmark, Context } from '../lib/benchmark.ts';
import { interleave, type Measure } from '../lib/interleave.ts';
import { type Bound, type Comparison, ratio } from '../lib/report.ts';
import type { Runtime } from '../lib/runtimes.ts';
import { hasRuntimeClient } from '../lib/set-up.ts';
import { type Backends, openBackends } from './backends.ts';
import { measureBare, measureFirst } from './measure.ts';
import { type Built, buildCached, buildVariants, type Variants } from './variants.ts';

const BARE = 'node -e 0';
const NOOP = 'no-op handler';
/** With a code cache made by the same Node; what is talked to before the first request is in the name. */
const DEFAULT = 'Miyabi, Redis primed';
const PRIMED = 'Miyabi, Redis and store primed';
const UNCACHED = 'Miyabi, both primed, without code cache';
const STATIC = 'Miyabi as one static file';
const UNBUNDLED = 'Miyabi, unbundled';
const PEERS = ['express', 'fastify', 'hono', 'middy', 'powertools'] as const;

type State = 'hit' | 'miss';
type Speed = 'full' | '256 MB';
type Asks = Readonly<{ name: string; built: Built; env?: Readonly<Record<string, string>> }>;

const label = (name: string, state: State, speed: Speed): string => `${name} | ${state} | ${speed}`;

/** Who is measured in each state; with `quick` only what decides a bound. */
const MEASURED: Readonly<
  Record<`${State} | ${Speed}`, Readonly<{ all: readonly string[]; quick: readonly string[] }>>
> = {
  'hit | full': {
    all: [DEFAULT, PRIMED, UNCACHED, STATIC, UNBUNDLED, ...PEERS],
    quick: [DEFAULT, UNBUNDLED, 'express', 'middy', 'powertools'],
  },
  'miss | full': { all: [DEFAULT, PRIMED, UNCACHED, STATIC, 'express', 'middy'], quick: [] },
  'hit | 256 MB': {
    all: [DEFAULT, PRIMED, UNCACHED, STATIC, 'express', 'middy', 'powertools'],
    quick: [PRIMED, 'express', 'powertools'],
  },
  'miss | 256 MB': {
    all: [DEFAULT, PRIMED, UNCACHED, STATIC, 'express', 'middy'],
    quick: [PRIMED, STATIC],
  },
};

const measureOn = async (
  runtime: Runtime,
  backends: Backends,
  built: Variants,
  quota: Quota | undefined,
  { quick, say }: Context,
): Promise<readonly Comparison[]> => {
  const cached = await buildCached(runtime);
  const all: readonly Asks[] = [
    { name: DEFAULT, built: cached, env: { MIYABI_PRIME: 'cache' } },
    { name: PRIMED, built: cached },
    { name: UNCACHED, built: built.ours },
    { name: STATIC, built: built.static, env: { MIYABI_PRIME: 'none' } },
    { name: UNBUNDLED, built: built.unbundled, env: { MIYABI_PRIME: 'none' } },
    ...PEERS.map((name) => ({ name, built: built.peers[name] })),
  ];
  const rounds = quick ? 3 : 15;
  const warmups = quick ? 0 : 1;
  const processor: Record<string, number[]> = {};
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
      const { ms, processorMs } = await measureFirst(options, request);
      processor[key] ??= [];
      processor[key].push(processorMs);
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
        MEASURED[`${state} | ${speed}`][quick ? 'quick' : 'all'].includes(name),
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
  const measured = Object.fromEntries(
    Object.entries(processor).map(([key, each]) => [key, each.slice(-rounds)]),
  );
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
  return [...times, ...spent];
};

/** Where a bound is not reached: what the profile shows. */
const WHY = {
  node: 'The runtime client takes more than half of it. What is ours: node:crypto, which TLS to a Redis would load as well (6 ms), Inversify (5 ms), reading the code cache (4 ms), ioredis and its connection (4 ms)',
  peer: 'The peers share our care: they connect while they start and load the SDK with the first miss, so half of their time is the runtime client as well',
  held: 'The peers too connect while they start, and no hit loads their SDK; the no-op handler alone takes longer than the bound',
  primed:
    'A fifth of ours is the SDK, loaded for the miss that may come, and half the runtime client; Redis alone primed is a row of its own',
} as const;

const TITLES = {
  hit: 'Cold start, cache hit, full speed',
  hitHeld: 'Cold start, cache hit, processor of 256 MB after INIT',
  missHeld: 'Cold start, cache miss, processor of 256 MB after INIT',
} as const;

const boundsOf = (comparisons: readonly Comparison[]): readonly Bound[] => {
  const found = (title: string) => comparisons.find((each) => each.title === title);
  const bound = (
    title: string,
    name: string,
    to: string,
    limit: number,
    what: string,
    why: keyof typeof WHY,
  ): readonly Bound[] => {
    const comparison = found(title);
    if (comparison === undefined) return [];
    const { runtime } = comparison;
    const measured = ratio(comparison, name, to);
    const missed = measured > limit ? { note: WHY[why] } : {};
    return [{ what, runtime, measured, limit, sense: 'at most', unit: '×', ...missed }];
  };
  const hit = found(TITLES.hit);
  const best = hit?.rows
    .map(({ name }) => name)
    .filter((name) => PEERS.some((peer) => peer === name))
    .sort((a, b) => ratio(hit, a) - ratio(hit, b))[0];
  return [
    ...bound(TITLES.hit, DEFAULT, BARE, 3, 'cold, cache hit, of bare node', 'node'),
    ...bound(TITLES.hit, DEFAULT, NOOP, 1.6, 'cold, cache hit, of the no-op handler', 'node'),
    ...(best === undefined
      ? []
      : bound(TITLES.hit, DEFAULT, best, 0.55, `cold, cache hit, of the best peer (${best})`, 'peer')),
    ...bound(TITLES.hit, DEFAULT, UNBUNDLED, 0.3, 'cold, cache hit, of our own unbundled', 'node'),
    ...bound(TITLES.hitHeld, PRIMED, 'express', 0.25, 'cold, 256 MB, primed, cache hit, of express', 'held'),
    ...bound(
      TITLES.hitHeld,
      PRIMED,
      'powertools',
      0.25,
      'cold, 256 MB, primed, cache hit, of Powertools',
      'primed',
    ),
    ...bound(
      TITLES.missHeld,
      PRIMED,
      STATIC,
      0.3,
      'cold, 256 MB, primed, cache miss, of one static file',
      'node',
    ),
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
