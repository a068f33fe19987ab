import * as assert from 'uvu/assert';
import { unavailable } from '../../src/domain/errors.ts';
import { rejects, suite } from '../support/suite.ts';
import { memoryPorts, system, type TestPorts } from '../support/system.ts';

const test = suite('Removing under a condition');

/** Ports in which something happens once, between the moment a removal has looked and the moment it removes. */
const interrupted = (ports: TestPorts, happens: () => Promise<unknown>): TestPorts => {
  let isOver = false;
  const once = async () => {
    if (isOver) return;
    isOver = true;
    await happens();
  };
  return {
    ...ports,
    tasks: {
      ...ports.tasks,
      async remove(taskId, version) {
        await once();
        await ports.tasks.remove(taskId, version);
      },
    },
    projects: {
      ...ports.projects,
      async remove(projectId, version) {
        await once();
        await ports.projects.remove(projectId, version);
      },
    },
  };
};

const totalOf = async (ports: TestPorts, projectId: string): Promise<number | undefined> =>
  (await ports.projects.find(projectId))?.metrics.total_tasks;

test('a task that was changed in between stays as it is, with its history, and stays counted', async () => {
  const ports = memoryPorts();
  const others = await system(ports);
  await others.tasks.create({ task_id: 't', project_id: 'p' });
  ports.clock.advance(1_000);
  const { tasks } = await system(
    interrupted(ports, () => others.tasks.report('t', { current: 1, total: 4 })),
  );
  await rejects(tasks.remove('t', { versions: [1] }), 'precondition_failed');
  assert.is((await ports.tasks.find('t'))?.progress.current, 1);
  assert.is((await ports.history.read('t', { limit: 10 })).items.length, 2);
  assert.is(JSON.parse((await tasks.read('t')).json).progress.current, 1);
  assert.is(await totalOf(ports, 'p'), 1);
  await tasks.remove('t', { versions: [2] });
  assert.is(await ports.tasks.find('t'), undefined);
  assert.equal((await ports.history.read('t', { limit: 10 })).items, []);
  assert.is(await totalOf(ports, 'p'), 0);
});

test('a history that cannot be removed does not hide that its task is removed', async () => {
  const ports = memoryPorts();
  const others = await system(ports);
  await others.tasks.create({ task_id: 't', project_id: 'p' });
  await others.tasks.read('t');
  const position = await ports.feed.position();
  const away = unavailable('The history', new Error('away'));
  const { tasks } = await system({
    ...ports,
    history: { ...ports.history, remove: async () => Promise.reject(away) },
  });
  await rejects(tasks.remove('t', { versions: [1] }), 'unavailable');
  assert.is(await ports.cache.find('t'), undefined);
  const actions = (await ports.feed.read(position, 10)).map(({ change }) => [change.kind, change.action]);
  assert.ok(actions.some(([kind, action]) => kind === 'task' && action === 'deleted'));
});

test('without a condition a task is removed despite changes in between, and counted nowhere', async () => {
  const ports = memoryPorts();
  const others = await system(ports);
  await others.projects.create({ project_id: 'q', project_name: 'q' });
  await others.tasks.create({ task_id: 't', project_id: 'p' });
  const { tasks } = await system(interrupted(ports, () => others.tasks.patch('t', { project_id: 'q' })));
  await tasks.remove('t');
  assert.is(await ports.tasks.find('t'), undefined);
  assert.equal((await ports.history.read('t', { limit: 10 })).items, []);
  assert.equal([await totalOf(ports, 'p'), await totalOf(ports, 'q')], [0, 0]);
});

test('a task that another process counts again in between is counted nowhere once it is removed', async () => {
  const ports = memoryPorts();
  const others = await system(ports);
  await others.tasks.create({ task_id: 't', project_id: 'p' });
  const { tasks } = await system(interrupted(ports, () => others.counter.sweep()));
  await tasks.remove('t');
  assert.is(await totalOf(ports, 'p'), 0);
});

test('a project that was changed in between stays, with its webhooks', async () => {
  const ports = memoryPorts();
  const others = await system(ports);
  await others.projects.create({ project_id: 'p', project_name: 'p' });
  await others.webhooks.create('p', { url: 'http://127.0.0.1/hook' });
  const { version } = await others.projects.get('p');
  const { projects } = await system(
    interrupted(ports, () => others.projects.patch('p', { owner: 'somebody' })),
  );
  await rejects(projects.remove('p', { versions: [version] }), 'precondition_failed');
  assert.is((await projects.get('p')).owner, 'somebody');
  assert.is((await others.webhooks.list('p', true)).length, 1);
});

test('a project that a task came into in between is not empty any more', async () => {
  const ports = memoryPorts();
  const others = await system(ports);
  await others.projects.create({ project_id: 'p', project_name: 'p' });
  const { projects } = await system(
    interrupted(ports, () => others.tasks.create({ task_id: 't', project_id: 'p' })),
  );
  await rejects(projects.remove('p'), 'project_not_empty');
  assert.is(await totalOf(ports, 'p'), 1);
});

test.run();
