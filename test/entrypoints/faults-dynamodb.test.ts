import * as assert from 'uvu/assert';
import type { Answer } from '../support/api.ts';
import { until } from '../support/cli.ts';
import { type FaultyApi, withFaultyApi } from '../support/faulty-api.ts';
import { suite } from '../support/suite.ts';

const isRefusal = ({ status, headers, json }: Answer): boolean =>
  status === 503 && headers['retry-after'] === '1' && json.code === 'unavailable';

const created = async ({ api }: FaultyApi, task_id: string): Promise<void> => {
  const { status } = await api.call('POST', '/api/tasks', { task_id, task_name: task_id, status: 'running' });
  assert.is(status, 201);
};

const reported = ({ api }: FaultyApi, task_id: string, current: number): Promise<Answer> =>
  api.call('POST', `/api/tasks/${task_id}/progress`, { current, total: 100 });

/** The version of a task in the store, and the counters of its history. */
const stored = async ({ api }: FaultyApi, task_id: string): Promise<readonly [number, readonly number[]]> => {
  const { json } = await api.call('GET', `/api/tasks/${task_id}/history`);
  const unchanged = await api.call('PATCH', `/api/tasks/${task_id}`, { task_name: task_id });
  return [unchanged.json.version, json.history.map((point: { current: number }) => point.current)];
};

/** Every kind of write fails in the same way, nothing of it is stored, and cached answers continue. */
const survives = (begin: (world: FaultyApi) => unknown, end: (world: FaultyApi) => unknown) =>
  withFaultyApi('memory', async (world) => {
    const { api } = world;
    await created(world, 'a');
    assert.is((await reported(world, 'a', 10)).status, 200);

    await begin(world);
    // At once, so that the time limits pass together.
    const [writes, reads] = await Promise.all([
      Promise.all([
        api.call('POST', '/api/tasks', { task_id: 'b', task_name: 'b' }),
        reported(world, 'a', 20),
        api.call('PATCH', '/api/tasks/a', { priority: 'P0' }),
        api.call('DELETE', '/api/tasks/a'),
        api.call('POST', '/api/projects', { project_id: 'tea', project_name: 'Tea' }),
        api.call(
          'POST',
          '/api/tasks',
          { task_id: 'c', task_name: 'c' },
          { 'idempotency-key': 'once-and-only-once' },
        ),
        api.call('POST', '/api/logs', {
          log_group: 'agents',
          log_stream: 'task-d',
          events: [{ id: 'e1', timestamp: Date.now(), message: '{"progress":50}' }],
        }),
      ]),
      Promise.all([
        api.call('GET', '/api/tasks/a'),
        api.call('GET', '/api/tasks/nowhere'),
        api.call('GET', '/health/ready'),
        api.call('GET', '/health'),
      ]),
    ]);
    assert.equal(
      writes.map((answer) => [isRefusal(answer), answer.status]),
      writes.map(() => [true, 503]),
    );
    const [cached, unknown, ready, alive] = reads;
    assert.equal([cached.status, cached.json.progress.current], [200, 10]);
    assert.ok(isRefusal(unknown), 'an outage is never "not found"');
    assert.equal(
      [ready.status, ready.json.status, ready.json.backends.store.status],
      [503, 'unavailable', 'down'],
    );
    assert.is(alive.status, 200);

    await end(world);
    assert.equal(await stored(world, 'a'), [2, [0, 10]]);
    for (const id of ['b', 'c', 'task-d'])
      assert.is((await api.call('GET', `/api/tasks/${id}`)).status, 404, id);
    assert.is((await reported(world, 'a', 20)).json.version, 3);
    assert.equal(await stored(world, 'a'), [3, [0, 10, 20]]);
    // The answer that it was not is given again for a second.
    await until(
      'the API is ready',
      async () => (await api.call('GET', '/health/ready')).json.status === 'ready',
    );
  });

const test = suite('The API while DynamoDB is in trouble');

test(
  'writes answer 503 and do nothing where DynamoDB throttles, and cached tasks go on being read',
  survives(
    ({ gate }) => gate.throttle('all'),
    ({ gate }) => gate.throttle('none'),
  ),
);

test.slow(
  'writes answer 503 and do nothing where DynamoDB refuses connections, and cached tasks go on being read',
  survives(
    ({ dynamodb }) => dynamodb.set('refuse'),
    ({ dynamodb }) => dynamodb.set('pass'),
  ),
);

test.slow(
  'writes answer 503 and do nothing where DynamoDB takes connections and answers nothing, and cached tasks go on being read',
  survives(
    ({ dynamodb }) => dynamodb.set('stall'),
    async ({ dynamodb }) => {
      // What was held back must not reach the store afterwards.
      await dynamodb.set('refuse');
      await dynamodb.set('pass');
    },
  ),
);

test(
  'a write whose history is throttled is visible to readers, and later writes continue from it',
  withFaultyApi('memory', async (world) => {
    const { api, gate } = world;
    await created(world, 'a');
    gate.throttle(['BatchWriteItem']);
    assert.ok(isRefusal(await reported(world, 'a', 10)));
    const { json } = await api.call('GET', '/api/tasks/a');
    assert.equal([json.version, json.progress.current], [2, 10]);
    gate.throttle('none');
    assert.is((await reported(world, 'a', 20)).json.version, 3);
    assert.is((await stored(world, 'a'))[0], 3);
  }),
);

test.slow(
  'logs whose history is throttled end the same when they are sent again',
  withFaultyApi('memory', async (world) => {
    const { api, gate } = world;
    const logs = {
      log_group: 'agents',
      log_stream: 'task-d',
      events: [10, 20, 30].map((current, index) => ({
        id: `e${index}`,
        timestamp: Date.now() - 1_000 + index,
        message: JSON.stringify({ progress: { current, total: 40 } }),
      })),
    };
    gate.throttle(['BatchWriteItem']);
    assert.ok(isRefusal(await api.call('POST', '/api/logs', logs)));
    gate.throttle('none');
    assert.is((await api.call('POST', '/api/logs', logs)).status, 200);
    assert.equal(await stored(world, 'task-d'), [1, [10, 20, 30]]);
    await api.counter.sweep();
    assert.is((await api.call('GET', '/api/projects/default')).json.metrics.total_tasks, 1);
  }),
);

test.run();
