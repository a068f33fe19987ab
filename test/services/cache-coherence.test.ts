import * as assert from 'uvu/assert';
import { memoryClock } from '../../src/adapters/memory/clock.ts';
import { memoryTaskCache } from '../../src/adapters/memory/task-cache.ts';
import { memoryTaskStore } from '../../src/adapters/memory/task-store.ts';
import { redisTaskCache } from '../../src/adapters/redis/task-cache.ts';
import { isMiyabiError } from '../../src/domain/errors.ts';
import { isTerminal, type TaskStatus } from '../../src/domain/tasks/status.ts';
import { publicTask } from '../../src/domain/tasks/stored.ts';
import { createTask, type Task } from '../../src/domain/tasks/task.ts';
import { toIso } from '../../src/domain/time.ts';
import { CACHE_TTL, type TaskCache } from '../../src/ports/task-cache.ts';
import type { TaskListCache } from '../../src/ports/task-list-cache.ts';
import type { TaskQuery } from '../../src/ports/task-store.ts';
import { breakable } from '../support/down-cache.ts';
import { hasRedisServer, onStandaloneRedis } from '../support/redis.ts';
import { freshNamespace } from '../support/redis-mock.ts';
import { repeats, suite } from '../support/suite.ts';
import { memoryPorts, system } from '../support/system.ts';

type Cache = TaskCache & TaskListCache;
type Clock = ReturnType<typeof memoryClock>;
type Random = (below: number) => number;

/** Faults besides the interleaving. */
type Faults = Readonly<{ evictions: boolean; deaths: boolean; outages: boolean; pauses: boolean }>;
const NO_FAULTS: Faults = { evictions: false, deaths: false, outages: false, pauses: false };
const ALL_FAULTS: Faults = { evictions: true, deaths: true, outages: true, pauses: true };

type Subject = Readonly<{ cache: Cache; evict: (random: Random) => Promise<void> }>;

/** mulberry32, by Tommy Ettinger: the same numbers for the same seed. */
const randomFrom = (seed: number): Random => {
  let state = seed;
  return (below) => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return Math.floor((((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296) * below);
  };
};

/** Releases one waiting call at a time, until none is left. */
const scheduler = (random: Random, between: () => Promise<void>) => {
  const waiting: (() => void)[] = [];
  return {
    round: () => new Promise<void>((resolve) => waiting.push(resolve)),
    async run(actors: readonly (() => Promise<void>)[]): Promise<void> {
      let failure: unknown;
      let running = actors.length;
      for (const actor of actors) {
        actor()
          .catch((error: unknown) => {
            failure ??= error;
          })
          .finally(() => {
            running -= 1;
          });
      }
      while (running > 0) {
        // All calls reach their next wait before any continues.
        await new Promise((resolve) => setImmediate(resolve));
        if (waiting.length === 0) continue;
        await between();
        waiting.splice(random(waiting.length), 1)[0]?.();
      }
      if (failure !== undefined) throw failure;
    },
  };
};

const ABSENT = 'absent';
/** What was true of a task from one moment to another: its JSON, or that it was not there. */
type State = { label: string; from: number; to: number };

/** The past of every task, as the store has seen it. */
const chronicle = (clock: Clock) => {
  const tasks = new Map<string, State[]>();
  const of = (id: string): State[] => {
    const known = tasks.get(id);
    if (known !== undefined) return known;
    const fresh = [{ label: ABSENT, from: 0, to: Number.POSITIVE_INFINITY }];
    tasks.set(id, fresh);
    return fresh;
  };
  return {
    of,
    ids: () => [...tasks.keys()],
    /** Gives back how many states there were before. */
    happened(id: string, label: string): number {
      const states = of(id);
      const last = states.at(-1);
      if (last !== undefined) last.to = clock.now();
      return states.push({ label, from: clock.now(), to: Number.POSITIVE_INFINITY }) - 1;
    },
  };
};

const LIFE: Readonly<Record<'absent' | 'list' | 'live' | 'terminal', number>> = {
  absent: CACHE_TTL.absent,
  list: CACHE_TTL.live,
  live: CACHE_TTL.live,
  terminal: CACHE_TTL.terminal,
};

const decode = (json: string): Task => JSON.parse(json);

const LISTS: readonly TaskQuery[] = [
  { limit: 10 },
  { limit: 2 },
  { limit: 10, statuses: ['running'] },
  { limit: 10, statuses: ['completed', 'blocked'] },
  { limit: 10, project_id: 'default' },
];

/** One interleaving. Returns the faults that it found, in words; empty if there are none. */
const interleave = async (
  open: (clock: Clock) => Subject,
  seed: number,
  faults: Faults,
): Promise<readonly string[]> => {
  const random = randomFrom(seed);
  const clock = memoryClock();
  const store = memoryTaskStore();
  const past = chronicle(clock);
  const { cache: inner, evict } = open(clock);
  const cache = breakable(inner);
  const problems: string[] = [];
  /** Per task: what the store held when the last acknowledged write ended. */
  const reported = new Map<string, number>();
  const strict = !faults.evictions && !faults.deaths && !faults.outages && !faults.pauses;

  const { round, run } = scheduler(random, async () => {
    clock.advance(random(3) === 0 ? random(faults.pauses ? 15_000 : 400) : random(3));
    if (faults.evictions && random(12) === 0) await evict(random);
    if (faults.outages && random(15) === 0) cache.down = !cache.down;
    if (random(6) === 0) await agree();
  });

  /** What a task is alone and in lists, at one moment, is the same. */
  const agree = async (): Promise<void> => {
    if (cache.down) return;
    for (const query of LISTS) {
      for (const item of (await cache.page(query)).page?.items ?? []) {
        const alone = await cache.find(item.task_id);
        const version = typeof alone === 'object' ? alone.version : undefined;
        if (version !== undefined && version !== item.version)
          problems.push(`${item.task_id} is ${version} alone and ${item.version} in a list`);
      }
    }
  };

  const check = (id: string, label: string, since: number, life: number, where: string): void => {
    const states = past.of(id);
    const state = states.findLast((one) => one.label === label && one.from <= clock.now());
    if (state === undefined) problems.push(`${where}: ${id} was never ${label}`);
    else if (state.to < since - life) problems.push(`${where}: ${id} is ${since - state.to} ms too old`);
  };

  const checkAcknowledged = (id: string, label: string, known: number, where: string): void => {
    if (!strict || known === 0) return;
    const index = past.of(id).findLastIndex((state) => state.label === label);
    if (index < known) problems.push(`${where}: ${id} has forgotten a write that was acknowledged`);
  };

  const ids = ['a', 'b', 'c'];
  const statuses: readonly TaskStatus[] = ['running', 'blocked', 'completed'];
  const anId = (): string => ids[random(ids.length)] ?? 'a';

  const write = async (): Promise<void> => {
    const id = anId();
    await round();
    const known = await store.find(id);
    // Deleted tasks stay deleted here; ids that are used again have their own tests.
    if (known === undefined && past.of(id).length > 1) return;
    await round();
    const asOf = clock.now();
    let mine = 0;
    if (known !== undefined && random(8) === 0) {
      await store.remove(id);
      mine = past.happened(id, ABSENT);
      ids.splice(ids.indexOf(id), 1, `${id}${id.length}`);
      await round();
      if (faults.deaths && random(3) === 0) return;
      await cache.remove(id);
    } else {
      const status = statuses[random(statuses.length)] ?? 'running';
      const createdAt = publicTask(known ?? createTask({ task_name: id }, { id, now: clock.now() }).task);
      const version = (known?.version ?? 0) + 1;
      const task: Task = { ...createdAt, status, version, updated_at: toIso(clock.now()) };
      try {
        await store.save(task);
      } catch (error) {
        if (isMiyabiError(error, 'version_conflict', 'already_exists')) return;
        throw error;
      }
      mine = past.happened(id, JSON.stringify(task));
      await round();
      if (faults.deaths && random(3) === 0) return;
      await cache.save([task], asOf);
    }
    await round();
    reported.set(id, Math.max(mine, reported.get(id) ?? 0));
  };

  const read = async (id: string): Promise<void> => {
    await round();
    const since = clock.now();
    const known = reported.get(id) ?? 0;
    const cached = await cache.find(id);
    await round();
    if (cached === ABSENT) {
      check(id, ABSENT, since, LIFE.absent, 'alone');
      return;
    }
    if (cached !== undefined) {
      check(
        id,
        cached.json,
        since,
        isTerminal(decode(cached.json).status) ? LIFE.terminal : LIFE.live,
        'alone',
      );
      checkAcknowledged(id, cached.json, known, 'alone');
      return;
    }
    const asOf = clock.now();
    const task = await store.find(id);
    await round();
    if (task === undefined) await cache.markAbsent(id, asOf);
    else await cache.save([publicTask(task)], asOf);
  };

  const list = async (query: TaskQuery): Promise<void> => {
    await round();
    const since = clock.now();
    const known = new Map(reported);
    const { page, ticket } = await cache.page(query);
    await round();
    if (page === undefined) {
      const stored = await store.list(query);
      await round();
      if (ticket !== undefined) await cache.fill(ticket, { ...stored, items: stored.items.map(publicTask) });
      return;
    }
    for (const item of page.items) {
      check(item.task_id, item.json, since, LIFE.list, 'list');
      checkAcknowledged(item.task_id, item.json, known.get(item.task_id) ?? 0, 'list');
    }
    if (page.next !== undefined) return;
    const shown = new Set(page.items.map(({ task_id }) => task_id));
    for (const id of past.ids().filter((one) => !shown.has(one))) {
      const wasOut = past
        .of(id)
        .some(
          (state, index) =>
            state.to >= since - LIFE.list &&
            (!strict || index >= (known.get(id) ?? 0)) &&
            !isIn(state, query),
        );
      if (!wasOut) problems.push(`list: ${id} is missing`);
    }
  };

  const isIn = ({ label }: State, query: TaskQuery): boolean => {
    if (label === ABSENT) return false;
    const { status, project_id } = decode(label);
    return (
      (query.statuses?.includes(status) ?? true) &&
      (query.project_id === undefined || query.project_id === project_id)
    );
  };

  const writer = async (): Promise<void> => {
    for (let writes = 0; writes < 4; writes += 1) await write();
  };
  const reader = async (): Promise<void> => {
    for (let reads = 0; reads < 4; reads += 1) {
      if (random(2) === 0) await read(anId());
      else await list(LISTS[random(LISTS.length)] ?? { limit: 10 });
    }
  };
  await run([writer, writer, reader, reader, reader]);

  // Whatever has happened, it is over when the longest life of an entry is.
  cache.down = false;
  clock.advance(CACHE_TTL.terminal);
  for (const id of past.ids()) {
    const cached = await cache.find(id);
    const stored = await store.find(id);
    if (cached === undefined) continue;
    if (cached === ABSENT ? stored !== undefined : cached.json !== JSON.stringify(stored))
      problems.push(`${id} is stale for good`);
  }
  for (const query of LISTS) {
    const { page } = await cache.page(query);
    if (page !== undefined) problems.push('a list is believed for good');
  }
  return problems;
};

const interleaveAll = async (
  open: (clock: Clock) => Subject,
  runs: number,
  faults: Faults,
): Promise<readonly string[]> => {
  const found: string[] = [];
  for (let seed = 1; seed <= runs; seed += 1) {
    const problems = await interleave(open, seed, faults);
    found.push(...problems.map((problem) => `seed ${seed}: ${problem}`));
    if (found.length > 100) break;
  }
  return found;
};

/** With a small capacity, asking for other tasks evicts the ones in question. */
const inMemory = (clock: Clock, capacity = 5): Subject => {
  const cache = memoryTaskCache({ clock, capacity });
  return {
    cache,
    async evict(random) {
      for (let n = random(4); n >= 0; n -= 1) await cache.markAbsent(`other-${random(1_000)}`);
    },
  };
};

/** What a cache without compare-and-set does: the last one to come wins. */
const blind = (clock: Clock): Subject => {
  const entries = new Map<string, Readonly<{ task: Task; until: number }>>();
  const cache: Cache = {
    async find(id) {
      const entry = entries.get(id);
      if (entry === undefined || entry.until <= clock.now()) return undefined;
      return { task_id: id, version: entry.task.version, json: JSON.stringify(entry.task) };
    },
    async save(tasks, asOf = clock.now()) {
      for (const task of tasks) {
        const life = isTerminal(task.status) ? CACHE_TTL.terminal : CACHE_TTL.live;
        entries.set(task.task_id, { task, until: asOf + life });
      }
    },
    async markAbsent() {},
    async remove(id) {
      entries.delete(id);
    },
    async page() {
      return {};
    },
    async fill() {},
  };
  return {
    cache,
    async evict() {
      entries.clear();
    },
  };
};

/** A cache whose entries live for good. */
const endless = (clock: Clock): Subject => {
  const standing = { now: () => clock.now() - (clock.now() % 10_000_000_000) };
  return inMemory({ ...standing, advance: () => undefined });
};

const test = suite('Cache coherence');

test('shows every acknowledged write in the next answer, alone and in lists, in every interleaving', async () => {
  assert.equal(
    (await interleaveAll((clock) => inMemory(clock, 100), repeats({ few: 40, all: 700 }), NO_FAULTS)).slice(
      0,
      3,
    ),
    [],
  );
});

test('answers nothing older than promised through evictions, deaths before the cache step and outages', async () => {
  assert.equal((await interleaveAll(inMemory, repeats({ few: 50, all: 1_000 }), ALL_FAULTS)).slice(0, 3), []);
});

test('can fail: a cache that is set blindly forgets acknowledged writes', async () => {
  const problems = await interleaveAll(blind, repeats({ few: 60, all: 300 }), NO_FAULTS);
  assert.ok(
    problems.some((problem) => problem.includes('has forgotten a write')),
    `found ${problems.length}`,
  );
});

test('can fail: a cache without a time limit is stale for good', async () => {
  const problems = await interleaveAll(endless, repeats({ few: 60, all: 300 }), ALL_FAULTS);
  assert.ok(
    problems.some((problem) => problem.includes('stale for good')),
    `found ${problems.length}`,
  );
});

/** A port each of whose calls waits for its turn, before and after it. */
const inTurns = <Port extends object>(port: Port, round: () => Promise<void>): Port =>
  new Proxy(port, {
    get(target, name) {
      const value: unknown = Reflect.get(target, name);
      if (typeof value !== 'function') return value;
      return async (...parameters: readonly unknown[]): Promise<unknown> => {
        await round();
        const result: unknown = await Reflect.apply(value, target, parameters);
        await round();
        return result;
      };
    },
  });

/** Two processes as the container composes them, on one store and one cache, interleaved at every call of either. */
const interleaveServices = async (seed: number): Promise<readonly string[]> => {
  const random = randomFrom(seed);
  const ports = memoryPorts();
  const problems: string[] = [];
  const { round, run } = scheduler(random, async () => ports.clock.advance(random(3)));
  const open = () =>
    system({ ...ports, tasks: inTurns(ports.tasks, round), cache: inTurns(ports.cache, round) });
  const processes = [await open(), await open()] as const;
  const one = () => processes[random(2)] ?? processes[0];
  const ids = ['a', 'b', 'c'];
  const anId = () => ids[random(ids.length)] ?? 'a';
  /** The version of each task that was acknowledged last; of a deleted one it is beyond all versions. */
  const acknowledged = new Map<string, number>();
  const DELETED = 1_000_000;
  const remember = (id: string, version: number): void => {
    acknowledged.set(id, Math.max(version, acknowledged.get(id) ?? 0));
  };
  const isRefusal = (error: unknown): boolean =>
    isMiyabiError(error, 'task_not_found', 'already_exists', 'version_conflict', 'invalid_transition');

  const write = async (): Promise<void> => {
    const id = anId();
    const { tasks } = one();
    const kind = random(8);
    // A deleted task stays deleted here.
    if (acknowledged.get(id) === DELETED) return;
    if (kind === 0) {
      ids.splice(ids.indexOf(id), 1, `${id}${id.length}`);
      await tasks.remove(id);
      remember(id, DELETED);
    } else if (kind < 4) remember(id, (await tasks.create({ task_id: id, status: 'running' })).version);
    else remember(id, (await tasks.report(id, { current: random(9), total: 9 })).version);
  };
  const check = (id: string, version: number, known: number, where: string): void => {
    if (version < known) problems.push(`${where}: ${id} is ${version}, ${known} was acknowledged`);
  };
  const read = async (): Promise<void> => {
    const id = anId();
    const known = acknowledged.get(id) ?? 0;
    check(id, (await one().tasks.read(id)).version, known, 'alone');
  };
  const list = async (): Promise<void> => {
    const known = new Map(acknowledged);
    const { items } = await one().tasks.list(LISTS[random(2)] ?? { limit: 10 });
    for (const { task_id, version } of items) check(task_id, version, known.get(task_id) ?? 0, 'list');
  };
  const repeat = (act: () => Promise<void>) => async (): Promise<void> => {
    for (let count = 0; count < 5; count += 1)
      await act().catch((error: unknown) => {
        if (!isRefusal(error)) throw error;
      });
  };
  await run([write, write, write, read, read, list].map(repeat));
  return problems.map((problem) => `seed ${seed}: ${problem}`);
};

test.slow('the services of two processes show every acknowledged write in the next answer', async () => {
  const found: string[] = [];
  for (let seed = 1; seed <= repeats({ few: 10, all: 200 }); seed += 1)
    found.push(...(await interleaveServices(seed)));
  assert.equal(found.slice(0, 3), []);
});

if (hasRedisServer) {
  test('holds on a redis-server, too', () =>
    onStandaloneRedis(async (redis) => {
      const inRedis = (clock: Clock): Subject => {
        const namespace = freshNamespace();
        return {
          cache: redisTaskCache({ redis, clock, namespace, storeDelayMs: 0 }),
          async evict(random) {
            await redis.run(async (client) => {
              const keys = await client.keys(`{${namespace}}:*`);
              const key = keys[random(keys.length)];
              if (key !== undefined) await client.del(key);
            });
          },
        };
      };
      assert.equal((await interleaveAll(inRedis, repeats({ few: 3, all: 50 }), NO_FAULTS)).slice(0, 3), []);
      assert.equal((await interleaveAll(inRedis, repeats({ few: 4, all: 80 }), ALL_FAULTS)).slice(0, 3), []);
    }));
} else {
  test.skip('holds on a redis-server, too', 'redis-server is not on the PATH');
}

test.run();
