import * as assert from 'uvu/assert';
import { unavailable, versionConflict } from '../../src/domain/errors.ts';
import type { StoredTask } from '../../src/domain/tasks/task.ts';
import { mortal } from '../support/mortal.ts';
import { suite } from '../support/suite.ts';
import { memoryPorts, system } from '../support/system.ts';
import { aStoredTask } from '../support/tasks.ts';

const test = suite('Parents');

const family = async (ports = memoryPorts()) => {
  const services = await system(ports);
  const { tasks } = services;
  await tasks.create({ task_id: 'grandparent' });
  await tasks.create({ task_id: 'parent', parent_id: 'grandparent' });
  await tasks.create({ task_id: 'a', parent_id: 'parent', status: 'running' });
  await tasks.create({ task_id: 'b', parent_id: 'parent', status: 'running' });
  const stateOf = async (id: string) => {
    const task = await ports.tasks.find(id);
    return [task?.status, task?.progress.percentage];
  };
  return { ...services, ports, stateOf };
};

test('a report of a part moves its parent and the parent of that one', async () => {
  const { tasks, stateOf } = await family();
  await tasks.report('a', { current: 1, total: 2 });
  assert.equal(await stateOf('parent'), ['running', 25]);
  assert.equal(await stateOf('grandparent'), ['running', 25]);
});

test('parents end with the last of their parts, and are counted in the same write of the project', async () => {
  const { tasks, ports, stateOf } = await family();
  await tasks.report('a', { status: 'completed' });
  const { version = 0 } = (await ports.projects.find('default')) ?? {};
  await tasks.report('b', { status: 'completed' });
  assert.equal(await stateOf('grandparent'), ['completed', 100]);
  const project = await ports.projects.find('default');
  assert.equal([project?.metrics.completed_tasks, project?.version], [4, version + 1]);
});

test('a part that is removed counts no more', async () => {
  const { tasks, stateOf } = await family();
  await tasks.report('a', { current: 1, total: 2 });
  await tasks.remove('b');
  assert.equal(await stateOf('parent'), ['running', 50]);
});

test('parts that change in two processes at once both count', async () => {
  const { ports, stateOf } = await family();
  const [one, two] = await Promise.all([system(ports), system(ports)]);
  await Promise.all([
    one.tasks.report('a', { current: 1, total: 2 }),
    two.tasks.report('b', { current: 1, total: 2 }),
  ]);
  assert.equal(await stateOf('parent'), ['running', 50]);
});

for (const [what, failure] of [
  ['is away', () => unavailable('The store', new Error('x'))],
  ['loses every race', () => versionConflict('Task', 'parent')],
] as const) {
  test(`a parent whose write ${what} fails no part, and follows with the next change`, async () => {
    const { ports, stateOf } = await family();
    let fails = true;
    const save = async (task: StoredTask) => {
      if (fails && task.task_id === 'parent') throw failure();
      await ports.tasks.save(task);
    };
    const { tasks } = await system({ ...ports, tasks: { ...ports.tasks, save } });
    await tasks.report('a', { current: 1, total: 2 });
    assert.equal(await stateOf('a'), ['running', 50]);
    assert.equal(await stateOf('parent'), ['running', 0]);
    fails = false;
    await tasks.report('b', { current: 1, total: 2 });
    assert.equal(await stateOf('parent'), ['running', 50]);
  });
}

const END: Readonly<Record<string, (tasks: Tasks, id: string) => Promise<unknown>>> = {
  'a report': (tasks, id) => tasks.report(id, { status: 'failed' }),
  'a patch': (tasks, id) => tasks.patch(id, { status: 'failed' }),
};
type Tasks = Awaited<ReturnType<typeof family>>['tasks'];

for (const [what, end] of Object.entries(END)) {
  test(`a parent that ${what} ends as failed closes what is open below it, and says why`, async () => {
    const { tasks, ports, stateOf } = await family();
    await tasks.create({ task_id: 'later', parent_id: 'parent' });
    await tasks.report('a', { current: 1, total: 2 });
    await tasks.report('b', { status: 'completed' });
    await end(tasks, 'grandparent');
    assert.equal(await stateOf('parent'), ['failed', 50]);
    assert.equal(await stateOf('a'), ['failed', 50]);
    assert.equal(await stateOf('b'), ['completed', null]);
    assert.equal(await stateOf('later'), ['failed', null]);
    const { details } = (await ports.tasks.find('a')) ?? {};
    assert.equal(details, {
      outcome: 'parent_ended',
      error_message: 'It was running when its parent "Untitled" failed',
    });
    const { metrics } = (await ports.projects.find('default')) ?? {};
    assert.equal([metrics?.active_tasks, metrics?.failed_tasks], [0, 4]);
  });
}

test('what is open below a cancelled or completed parent is cancelled', async () => {
  const { tasks, stateOf } = await family();
  await tasks.cancel('parent', 'enough');
  assert.equal(await stateOf('a'), ['cancelled', null]);
  const other = await family();
  await other.tasks.report('parent', { status: 'completed' });
  assert.equal(await other.stateOf('a'), ['cancelled', null]);
});

test('a sub-task that was closed takes how it really ended from its log, and nothing less', async () => {
  const { tasks, progress, ports, stateOf } = await family();
  const say = (fields: object) =>
    progress.ingest({
      log_group: 'g',
      log_stream: 's',
      events: [
        {
          id: String(ports.clock.now()),
          timestamp: ports.clock.now(),
          message: JSON.stringify({ task_id: 'logged', ...fields }),
        },
      ],
    });
  await say({ progress: { current: 1, total: 2 } });
  await ports.tasks.save({
    ...(await ports.tasks.find('logged')),
    parent_id: 'parent',
    version: 2,
  } as StoredTask);
  await tasks.report('parent', { status: 'failed' });
  assert.equal(await stateOf('logged'), ['failed', 50]);
  ports.clock.advance(1_000);
  await say({ progress: { current: 1, total: 2 }, status: 'running' });
  assert.equal(await stateOf('logged'), ['failed', 50]);
  ports.clock.advance(1_000);
  await say({ progress: { current: 2, total: 2 }, status: 'completed' });
  assert.equal(await stateOf('logged'), ['completed', 100]);
});

test.slow('whenever a process dies that closes sub-tasks, a sweep closes the rest', async () => {
  for (let death = 0; death < 60; death += 1) {
    const { ports, stateOf } = await family();
    let call = -1;
    const dying = mortal(ports, () => {
      call += 1;
      return call === death ? 'after' : undefined;
    });
    const { tasks } = await system(dying);
    const isDead = await tasks.report('grandparent', { status: 'failed' }).then(
      () => false,
      () => true,
    );
    await (await system(ports)).counter.sweep();
    const ended = (await stateOf('grandparent'))[0] === 'failed';
    for (const id of ['parent', 'a', 'b']) {
      assert.is((await stateOf(id))[0], ended ? 'failed' : 'running', `${id}, death at call ${death}`);
    }
    const { metrics } = (await ports.projects.find('default')) ?? {};
    assert.is(metrics?.failed_tasks, ended ? 4 : 0, `death at call ${death}`);
    if (!isDead && call < death) return;
  }
  assert.unreachable('it never got through');
});

test.slow('more open sub-tasks than one call closes are closed by sweeps', async () => {
  const { tasks, ports, counter } = await family();
  for (let index = 0; index < 1_050; index += 1) {
    await ports.tasks.save(aStoredTask(`part-${index}`, { parent_id: 'parent', project_id: 'default' }));
  }
  await tasks.report('parent', { status: 'failed' });
  const open = async () =>
    (await ports.tasks.list({ parent_id: 'parent', statuses: ['running'], limit: 2_000 })).items.length;
  assert.ok((await open()) > 0, 'bounded');
  await counter.sweep();
  assert.is(await open(), 0);
});

test.run();
