import * as assert from 'uvu/assert';
import { unavailable, versionConflict } from '../../src/domain/errors.ts';
import type { StoredTask } from '../../src/domain/tasks/task.ts';
import { suite } from '../support/suite.ts';
import { memoryPorts, system } from '../support/system.ts';

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

test.run();
