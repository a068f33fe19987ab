import * as assert from 'uvu/assert';
import { cloudwatchLogSource } from '../../src/adapters/cloudwatch/log-source.ts';
import { memoryBackoff } from '../../src/adapters/memory/backoff.ts';
import { memorySleep } from '../../src/adapters/memory/sleep.ts';
import { unavailable } from '../../src/domain/errors.ts';
import { publicTask } from '../../src/domain/tasks/stored.ts';
import type { Task } from '../../src/domain/tasks/task.ts';
import type { Checkpoints } from '../../src/ports/checkpoints.ts';
import type { CollectorService, CollectResult } from '../../src/services/collector.ts';
import { eachOf } from '../../src/services/keyed-mutex.ts';
import { fakeCloudwatch, type Mischief, seededRandom } from '../support/fake-cloudwatch.ts';
import { byStream, randomLogs } from '../support/random-logs.ts';
import { repeats, suite } from '../support/suite.ts';
import { memoryPorts, system, type TestPorts } from '../support/system.ts';
import { allPages } from '../support/tasks.ts';

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const GROUPS = ['agents', 'deploys'];

/** CloudWatch Logs on a bad day. */
const HARSH: Partial<Mischief> = {
  throttled: 0.1,
  timedOut: 0.02,
  cutOff: 0.02,
  broken: 0.02,
  emptyPage: 0.3,
  duplicate: 0.2,
  expiredToken: 0.05,
  reordered: 0.5,
  pageSize: 12,
};

type World = Readonly<{
  random: () => number;
  ports: TestPorts;
  cloudwatch: ReturnType<typeof fakeCloudwatch>;
}>;

const worldOf = (seed: number, mischief: Partial<Mischief> = HARSH): World => {
  const random = seededRandom(seed);
  const ports = memoryPorts();
  return { random, ports, cloudwatch: fakeCloudwatch(ports.clock, random, mischief) };
};

/** A process that collects: its memory is lost when it ends. */
const startIn = async ({ random, ports, cloudwatch }: World, fragile: Partial<TestPorts> = {}) => {
  const sleep = memorySleep(ports.clock);
  const backoff = memoryBackoff({ sleep, random });
  const source = cloudwatchLogSource({
    client: cloudwatch,
    groups: GROUPS,
    clock: ports.clock,
    steadyClock: ports.clock,
    sleep,
    backoff,
  });
  return { ...(await system({ ...ports, ...fragile, source: Object.assign(ports.source, source) })), sleep };
};

/** What logs come to: records, tasks by id, counts of tasks by project. */
type Ideal = Readonly<{ records: number; tasks: ReadonlyMap<string, object>; counts: readonly object[] }>;

/**
 * The task's content from its log, independent of the number and times of its writes and of which stream named it
 * first. Metadata is merged with what clients set, so earlier readings may remain in it.
 */
const essence = (task: Task): object => {
  const { task_id, task_name, task_type, project_id, status, progress, attempt } = task;
  const { started_at, completed_at, duration_seconds, description } = task;
  const { log_stream: _stream, ...details } = task.details;
  return {
    ...{ task_id, task_name, task_type, project_id, status, progress, attempt, details },
    ...{ started_at, completed_at, duration_seconds, description },
  };
};

/** By task and field, all differences. */
const differences = (actual: Ideal['tasks'], expected: Ideal['tasks']): readonly string[] =>
  [...new Set([...actual.keys(), ...expected.keys()])].flatMap((id) => {
    const [found, wanted] = [actual.get(id), expected.get(id)];
    if (found === undefined) return [`${id} is missing`];
    if (wanted === undefined) return [`${id} should not be`];
    return Object.keys(wanted).flatMap((field) => {
      const [is, should] = [Reflect.get(found, field), Reflect.get(wanted, field)].map((v) =>
        JSON.stringify(v),
      );
      return is === should ? [] : [`${id} ${field}: ${is}, should be ${should}`];
    });
  });

const tasksOf = async ({ tasks }: Pick<TestPorts, 'tasks'>): Promise<Ideal['tasks']> =>
  new Map((await allPages(tasks, { limit: 100 })).map((task) => [task.task_id, essence(publicTask(task))]));

const countsOf = async ({ projects }: Pick<TestPorts, 'projects'>): Promise<readonly object[]> => {
  const { items } = await projects.list({ limit: 100 });
  return items.map(
    ({ project_id, metrics: { last_updated: _at, avg_completion_time_seconds: _mean, ...counts } }) => ({
      project_id,
      ...counts,
    }),
  );
};

const SPAN = 40 * MINUTE;
const MAX_LAG = 45 * MINUTE;

/**
 * Puts random logs into CloudWatch, some visible only long after their time; returns the same log once and in order.
 */
const write = async ({ random, ports, cloudwatch }: World): Promise<Ideal> => {
  const start = ports.clock.now();
  const events = randomLogs(random, SPAN).map(({ log_group, log_stream, after, message }) => {
    const timestamp = start + after;
    const lag = random() < 0.3 ? random() * MAX_LAG : random() * 20_000;
    const id = cloudwatch.put(log_group, log_stream, timestamp, message, Math.round(timestamp + lag));
    return { log_group, log_stream, id, timestamp, message };
  });
  for (const group of GROUPS) cloudwatch.createGroup(group);
  const ideal = await system();
  let records = 0;
  for (const stream of byStream(events)) {
    const ingested = await ideal.progress.ingest(stream);
    records += ingested.records;
    assert.is(ingested.duplicates + ingested.late, 0);
  }
  return { records, tasks: await tasksOf(ideal.ports), counts: await countsOf(ideal.ports) };
};

const isDone = (result: CollectResult | undefined): boolean =>
  result?.groups.every(({ status }) => status === 'collected') ?? false;

/** Collects every few minutes while the logs are written, and then until every group has been read to its end. */
const collectAll = async ({ random, ports }: World, collect: () => Promise<CollectResult | undefined>) => {
  const end = ports.clock.now() + SPAN + MAX_LAG;
  while (ports.clock.now() < end) {
    await collect();
    ports.clock.advance(Math.round(random() * 30 * MINUTE));
  }
  ports.clock.advance(HOUR);
  for (let tries = 0; tries < 50; tries += 1) if (isDone(await collect())) return;
  assert.unreachable('the groups could not be read to their ends');
};

/** Ends a process between two pages: before the checkpoint is written, or right after it has been. */
const dyingBetweenPages = (world: World, probability: number): Partial<TestPorts> => {
  const { checkpoints } = world.ports;
  const write: Checkpoints['write'] = async (key, value, expected) => {
    const dies = key.startsWith('source#') && world.random() < probability;
    if (dies && world.random() < 0.5) throw unavailable('the process', new Error('killed'));
    await checkpoints.write(key, value, expected);
    if (dies) throw unavailable('the process', new Error('killed'));
  };
  return { checkpoints: { ...checkpoints, write } };
};

const betweenPages = async (seed: number): Promise<number> => {
  const world = worldOf(seed);
  const ideal = await write(world);
  let process: CollectorService | undefined;
  let records = 0;
  await collectAll(world, async () => {
    process ??= (await startIn(world, dyingBetweenPages(world, 0.1))).collector;
    const result = await process.collect({});
    records += result.records;
    if (!isDone(result)) process = undefined;
    return result;
  });
  assert.equal(differences(await tasksOf(world.ports), ideal.tasks), [], `seed ${seed}`);
  assert.equal(await countsOf(world.ports), ideal.counts, `seed ${seed}`);
  assert.is(records, ideal.records, `seed ${seed}`);
  return records;
};

/** Ports of a process that may die at any write, before or after it took effect; from then on it does nothing. */
const mortal = ({ random, ports }: World, probability: number) => {
  const life = { over: false };
  const mortalised = <Port extends object>(port: Port, writes: readonly string[]): Port =>
    new Proxy(port, {
      get(target, name) {
        const value: unknown = Reflect.get(target, name);
        if (typeof value !== 'function') return value;
        return async (...args: readonly unknown[]): Promise<unknown> => {
          const dies = writes.includes(String(name)) && random() < probability;
          if (dies && random() < 0.5) life.over = true;
          if (life.over) throw unavailable('the process', new Error('killed'));
          const result: unknown = await Reflect.apply(value, target, args);
          if (!dies) return result;
          life.over = true;
          throw unavailable('the process', new Error('killed'));
        };
      },
    });
  return {
    life,
    ports: {
      tasks: mortalised(ports.tasks, ['save', 'remove']),
      history: mortalised(ports.history, ['append', 'remove']),
      projects: mortalised(ports.projects, ['save']),
      checkpoints: mortalised(ports.checkpoints, ['write']),
      cache: mortalised(ports.cache, ['save', 'remove']),
      feed: mortalised(ports.feed, ['publish']),
    },
  };
};

const anywhere = async (seed: number): Promise<void> => {
  const world = worldOf(seed);
  const ideal = await write(world);
  let process: (Awaited<ReturnType<typeof startIn>> & Readonly<{ life: { over: boolean } }>) | undefined;
  let records = 0;
  await collectAll(world, async () => {
    if (process === undefined) {
      const { life, ports } = mortal(world, 0.01);
      process = { ...(await startIn(world, ports)), life };
    }
    const { life, collector } = process;
    const result = await collector.collect({}).catch((error: unknown) => {
      if (life.over) return undefined;
      throw error;
    });
    records += result?.records ?? 0;
    if (!life.over) return result;
    process = undefined;
    return undefined;
  });
  assert.equal(differences(await tasksOf(world.ports), ideal.tasks), [], `seed ${seed}`);
  assert.ok(records <= ideal.records, `seed ${seed}: ${records} of ${ideal.records} records`);
};

const RUNS = repeats({ few: 4, all: 200 });
/** The machine's timers between two attempts cost a millisecond each: runs wait for theirs together. */
const WIDTH = 40;
const seeds = (count: number): readonly number[] => Array.from({ length: count }, (_, index) => index + 1);

const test = suite('Collector over CloudWatch Logs');

test(
  `${RUNS} bad days lose nothing and count nothing twice, crashes between pages included`,
  async () => {
    const records = await eachOf(seeds(RUNS), WIDTH, betweenPages);
    assert.ok(records.filter((count) => count > 15).length > RUNS / 2, 'the runs are not trivial');
  },
  { timeoutMs: 600_000 },
);

test('a process that dies at any write leaves what the next one ends rightly', async () => {
  // Those after the first hundred have left a task behind, under a key that the whole log does not give.
  await eachOf([...seeds(RUNS / 10), 1754, 2428, 2670, 2966], WIDTH, anywhere);
});

test('throttled for good: five attempts at the stated times, then the last known progress, and the checkpoint stays', async () => {
  const world = worldOf(1, {});
  const { ports, cloudwatch } = world;
  cloudwatch.createGroup('deploys');
  cloudwatch.put('agents', 's', ports.clock.now(), JSON.stringify({ task_id: 'a', progress: 40 }));
  const before = await startIn(world);
  assert.is((await before.collector.collect({})).records, 1);
  const kept = await ports.checkpoints.read('source#agents');

  cloudwatch.put('agents', 's', ports.clock.now(), JSON.stringify({ task_id: 'a', progress: 80 }));
  ports.clock.advance(MINUTE);
  cloudwatch.set({ throttled: 1 });
  // Jitter at its longest, so that the waits are the bounds of the policy.
  const { collector, tasks } = await startIn({ ...world, random: () => 0.999_999 });
  const from = cloudwatch.calls.length;
  const { groups, records } = await collector.collect({ log_group: 'agents' });
  const calls = cloudwatch.calls.slice(from);
  assert.equal(
    calls.slice(1).map((at, index) => at - (calls[index] ?? 0)),
    [1_000, 2_000, 4_000, 8_000],
  );
  const [group] = groups;
  assert.is(records, 0);
  assert.is(group?.status, 'failed');
  assert.equal([group?.attempts, group?.retries, group?.waited_ms], [5, 4, 15_000]);
  assert.equal(
    group?.last_known?.map(({ task_id, status, progress }) => [task_id, status, progress.percentage]),
    [['a', 'running', 40]],
  );
  assert.equal(await ports.checkpoints.read('source#agents'), kept);

  cloudwatch.set({ throttled: 0 });
  assert.is((await collector.collect({ log_group: 'agents' })).records, 1);
  assert.is(JSON.parse((await tasks.read('a')).json).progress.percentage, 80);
});

test.run();
