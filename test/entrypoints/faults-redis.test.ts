import * as assert from 'uvu/assert';
import { type FaultyApi, withFaultyApi } from '../support/faulty-api.ts';
import { hasRedisServer, until } from '../support/redis.ts';
import { suite } from '../support/suite.ts';
import type { ProxyMode } from '../support/tcp-proxy.ts';

/** How often a link looks whether Redis is back; there are two, of the cache and of the feed. */
const PROBE_MS = 500;

const create = async ({ api }: FaultyApi, task_id: string): Promise<void> => {
  assert.is((await api.call('POST', '/api/tasks', { task_id, task_name: task_id })).status, 201);
};

/** Whether a task is answered without asking the store. */
const isCached = async ({ api, gate }: FaultyApi, task_id: string): Promise<boolean> => {
  const before = gate.seen.length;
  assert.is((await api.call('GET', `/api/tasks/${task_id}`)).status, 200);
  return gate.seen.length === before;
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

    await redis.set(mode);
    const first = await api.call('GET', '/api/tasks/a');
    assert.is(first.status, 200);
    assert.is(first.json.version, 1);

    // A call that waits for Redis gives its connection up: more of them than probes were due show that callers wait.
    const [before, began] = [redis.connections(), performance.now()];
    for (let index = 0; index < 12; index += 1) {
      const reported = await api.call('POST', '/api/tasks/a/progress', { current: index, total: 100 });
      assert.is(reported.status, 200);
      const read = await api.call('GET', '/api/tasks/a');
      assert.equal([read.status, read.json.progress.current], [200, index]);
      assert.is(read.json.version, reported.json.version);
      const list = await api.call('GET', '/api/tasks?limit=5');
      assert.equal([list.status, list.json.tasks[0].progress.current], [200, index]);
    }
    const due = 2 * (2 + (performance.now() - began) / PROBE_MS);
    const made = redis.connections() - before;
    assert.ok(made <= due, `${made} connections, ${due.toFixed(1)} probes were due`);
    await create(world, 'b');
    await readinessIs(world, [200, 'degraded', 'down', 'up']);

    await redis.set('pass');
    await until('the cache answers again', () => isCached(world, 'b'));
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
  const title = `answers rightly, without waiting, where Redis ${words}, and from the cache when it is back`;
  if (hasRedisServer) test(title, survives(mode), { slow: mode !== 'stall' });
  else test.skip(title, 'redis-server is not on the PATH');
}

test.run();
