import * as assert from 'uvu/assert';
import { MAX_EXPECTED } from '../../src/services/expectations.ts';
import { rejects, suite } from '../support/suite.ts';
import { system } from '../support/system.ts';

const test = suite('Pings');

const HOUR = 3_600_000;
const DAILY = { every_seconds: 86_400, grace_seconds: 3_600 };

const setUp = async () => {
  const all = await system();
  const read = async (id = 'job') => JSON.parse((await all.tasks.read(id)).json);
  return { ...all, read };
};

test('the first one creates the task, and start and end make an attempt of it each', async () => {
  const { pings, ports, read } = await setUp();
  await pings('job', { kind: 'start' }, { task_name: 'Nightly', project_id: 'p' }, {});
  const begun = await read();
  assert.equal(
    [begun.status, begun.task_name, begun.project_id, begun.attempt],
    ['running', 'Nightly', 'p', 1],
  );
  ports.clock.advance(HOUR);
  await pings('job', { kind: 'end', status: 'completed', exit_code: 0, message: 'all good' }, {}, {});
  const ended = await read();
  assert.equal([ended.status, ended.duration_seconds, ended.details.exit_code], ['completed', 3_600, 0]);
  ports.clock.advance(HOUR);
  await pings('job', { kind: 'start' }, {}, {});
  assert.equal([(await read()).status, (await read()).attempt], ['running', 2]);
  await pings('job', { kind: 'end', status: 'failed', exit_code: 3, message: 'disk full' }, {}, {});
  const failed = await read();
  assert.equal(
    [failed.status, failed.attempt, failed.details.exit_code, failed.details.error_message],
    ['failed', 2, 3, 'disk full'],
  );
});

test('an end without a start is an attempt of its own, and so is a second start', async () => {
  const { pings, read } = await setUp();
  await pings('job', { kind: 'end', status: 'completed' }, {}, {});
  assert.equal([(await read()).status, (await read()).attempt], ['completed', 1]);
  await pings('job', { kind: 'end', status: 'failed' }, {}, {});
  assert.equal([(await read()).status, (await read()).attempt], ['failed', 2]);
  await pings('job', { kind: 'start' }, {}, {});
  await pings('job', { kind: 'start' }, {}, {});
  assert.equal([(await read()).status, (await read()).attempt], ['running', 4]);
});

test('each end is a webhook event of its own, also the same as before', async () => {
  const { pings, ports, webhooks, projects } = await setUp();
  await projects.create({ project_id: 'p', project_name: 'P' });
  await webhooks.create('p', { url: 'https://127.0.0.1/' });
  for (let times = 0; times < 2; times += 1) {
    ports.clock.advance(HOUR);
    await pings('job', { kind: 'end', status: 'failed' }, { project_id: 'p' }, {});
  }
  const [hook] = await webhooks.list('p', false);
  assert.is((await ports.outbox.pending(hook?.webhook_id ?? '', 10)).length, 2);
});

test('those of another project are refused as an id that is taken, and change nothing', async () => {
  const { pings, read } = await setUp();
  await pings('job', { kind: 'start' }, { project_id: 'p' }, {});
  await rejects(
    pings('job', { kind: 'end', status: 'failed' }, { project_id: 'q' }, { project_id: 'q' }),
    'already_exists',
  );
  assert.is((await read()).status, 'running');
});

test('many at once create one task', async () => {
  const { pings, read } = await setUp();
  await Promise.all(
    Array.from({ length: 8 }, () => pings('job', { kind: 'end', status: 'completed' }, {}, {})),
  );
  assert.is((await read()).status, 'completed');
});

for (const state of ['completed', 'failed'] as const) {
  test(`a job that has ${state} goes stale where its next start is overdue, once, and the start ends that`, async () => {
    const { pings, ports, read, sweepStale } = await setUp();
    await pings('job', { kind: 'end', status: state }, { expect: DAILY }, {});
    ports.clock.advance(25 * HOUR);
    assert.equal(await sweepStale(), []);
    ports.clock.advance(1_000);
    assert.equal(await sweepStale(), ['job']);
    assert.equal([(await read()).stale, (await read()).status], [true, state]);
    assert.equal(await sweepStale(), []);
    await pings('job', { kind: 'start' }, {}, {});
    assert.equal([(await read()).stale, (await read()).expect], [false, DAILY]);
  });
}

test('an overdue start is a webhook event', async () => {
  const { pings, ports, webhooks, projects, sweepStale } = await setUp();
  await projects.create({ project_id: 'p', project_name: 'P' });
  await webhooks.create('p', { url: 'https://127.0.0.1/', events: ['task.stale'] });
  await pings('job', { kind: 'end', status: 'completed' }, { project_id: 'p', expect: DAILY }, {});
  ports.clock.advance(26 * HOUR);
  await sweepStale();
  const [hook] = await webhooks.list('p', false);
  assert.is((await ports.outbox.pending(hook?.webhook_id ?? '', 10)).length, 1);
});

test('a task that was created with an expected period is watched before its first start; without one no longer', async () => {
  const { tasks, ports, sweepStale } = await setUp();
  await tasks.create({ task_id: 'a', expect: DAILY });
  await tasks.create({ task_id: 'b' });
  await tasks.patch('b', { expect: DAILY });
  await tasks.create({ task_id: 'c', expect: DAILY });
  await tasks.patch('c', { expect: null });
  ports.clock.advance(26 * HOUR);
  assert.equal([...(await sweepStale())].sort(), ['a', 'b']);
});

test('the list of expected tasks is bounded, and forgets those that were deleted', async () => {
  const { tasks, ports, sweepStale } = await setUp();
  const added = Object.fromEntries(
    Array.from({ length: MAX_EXPECTED }, (_, index) => [`t${index}`, ports.clock.now()]),
  );
  await ports.checkpoints.write('expected-tasks', added, 0);
  await rejects(tasks.create({ task_id: 'one-more', expect: DAILY }), 'limit_reached');
  ports.clock.advance(HOUR);
  await sweepStale();
  await tasks.create({ task_id: 'one-more', expect: DAILY });
});

test.run();
