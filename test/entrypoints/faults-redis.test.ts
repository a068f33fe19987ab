import * as assert from 'uvu/assert';
import { type FaultyApi, withFaultyApi } from '../support/faulty-api.ts';
import { hasRedisServer, until } from '../support/redis.ts';
import { suite } from '../support/suite.ts';
import type { ProxyMode } from '../support/tcp-proxy.ts';

const timed = async <T>(run: () => Promise<T>): Promise<readonly [T, number]> => {
  const before = performance.now();
  return [await run(), performance.now() - before];
};

const median = (times: readonly number[]): number =>
  times.toSorted((a, b) => a - b)[Math.floor(times.length / 2)] ?? 0;

const create = async ({ api }: FaultyApi, task_id: string): Promise<void> => {
  assert.is((await api.call('POST', '/api/tasks', { task_id, task_name: task_id })).status, 201);
};

/** Whether a task is answered without asking the store. */
const isCached = async ({ api, gate }: FaultyApi, task_id: string): Promise<boolean> => {
  const before = gate.seen.length;
  assert.is((await api.call('GET', `/api/tasks/${task_id}`)).status, 200);
  return gate.seen.length === before;
};

/** How long the store takes to answer one read, as busy as this machine is. */
const storeTime = async (world: FaultyApi): Promise<number> => {
  const times: number[] = [];
  for (let index = 0; index < 9; index += 1) {
    const [, ms] = await timed(() => world.api.projects.find('default'));
    times.push(ms);
  }
  return median(times);
};

const readiness = async ({ api }: FaultyApi) => {
  const { status, json } = await api.call('GET', '/health/ready');
  return [status, json.status, json.backends.cache.status, json.backends.store.status];
};

/** An answer is kept for a second. */
const readinessIs = async (world: FaultyApi, expected: readonly unknown[]): Promise<void> => {
  let last: readonly unknown[] = [];
  await until(`readiness is ${expected.join(' ')}`, async () => {
    last = await readiness(world);
    return JSON.stringify(last) === JSON.stringify(expected);
  });
  assert.equal(last, expected);
};

const survives = (mode: Exclude<ProxyMode, 'pass'>) =>
  withFaultyApi('redis', async (world) => {
    const { api, redis } = world;
    await create(world, 'a');
    await until('the cache answers', () => isCached(world, 'a'));
    await readinessIs(world, [200, 'ready', 'up', 'up']);
    const own = await storeTime(world);

    await redis.set(mode);
    const [first, firstMs] = await timed(() => api.call('GET', '/api/tasks/a'));
    assert.is(first.status, 200);
    assert.is(first.json.version, 1);
    assert.ok(firstMs < 1_000 + 20 * own, `the first answer took ${firstMs} ms`);

    // One read of the store each; so a median shows whether callers wait for Redis.
    const reads: number[] = [];
    for (let index = 0; index < 12; index += 1) {
      const reported = await api.call('POST', '/api/tasks/a/progress', { current: index, total: 100 });
      assert.is(reported.status, 200);
      const [read, ms] = await timed(() => api.call('GET', '/api/tasks/a'));
      reads.push(ms);
      assert.equal([read.status, read.json.progress.current], [200, index]);
      assert.is(read.json.version, reported.json.version);
      const list = await api.call('GET', '/api/tasks?limit=5');
      assert.equal([list.status, list.json.tasks[0].progress.current], [200, index]);
    }
    const typical = median(reads);
    assert.ok(typical < 100 + 5 * own, `an answer took ${typical} ms, the store ${own} ms`);
    await create(world, 'b');
    await readinessIs(world, [200, 'degraded', 'down', 'up']);

    await redis.set('pass');
    const [, backMs] = await timed(() => until('the cache answers again', () => isCached(world, 'b')));
    assert.ok(backMs < 2_000 + 20 * own, `it took ${backMs} ms`);
    // The cache answers what was written meanwhile.
    const after = await api.call('GET', '/api/tasks/a');
    assert.is(after.json.progress.current, 11);
    assert.equal((await api.call('GET', '/api/tasks')).json.tasks.length, 2);
    await readinessIs(world, [200, 'ready', 'up', 'up']);
  });

const test = suite('The API while Redis is in trouble');

for (const [mode, words] of [
  ['refuse', 'refuses connections'],
  ['stall', 'takes connections and answers nothing'],
  ['cut', 'breaks off in the middle of its answers'],
] as const) {
  const title = `answers rightly and soon where Redis ${words}, and from the cache when it is back`;
  if (hasRedisServer) test(title, survives(mode));
  else test.skip(title, 'redis-server is not on the PATH');
}

test.run();
