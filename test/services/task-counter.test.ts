import * as assert from 'uvu/assert';
import { isMiyabiError } from '../../src/domain/errors.ts';
import { metricsOf, type Project } from '../../src/domain/projects/project.ts';
import { TASK_STATUSES } from '../../src/domain/tasks/status.ts';
import type { Task } from '../../src/domain/tasks/task.ts';
import type { ChangeFeed } from '../../src/ports/change-feed.ts';
import { Crash, mortal, random } from '../support/mortal.ts';
import { repeats, suite } from '../support/suite.ts';
import { memoryPorts, type System, system, type TestPorts } from '../support/system.ts';
import { allPages } from '../support/tasks.ts';

const test = suite('Project metrics');

const PROJECTS = ['p0', 'p1', 'p2'];

/** The metrics of a project against those of its tasks, counted from scratch. */
const compare = async (ports: TestPorts, title: string): Promise<void> => {
  const tasks = await allPages(ports.tasks, { limit: 100 });
  for (const id of PROJECTS) {
    const project = await ports.projects.find(id);
    const own = tasks.filter(({ project_id }) => project_id === id);
    const { last_updated: _expectedAt, ...expected } = metricsOf(own, 0);
    const { last_updated: _actualAt, ...actual } = project?.metrics ?? metricsOf([], 0);
    assert.equal(actual, expected, `${title}: ${id}`);
  }
};

type Random = () => number;

const oneOf = <T>(values: readonly T[], next: Random): T => values[Math.floor(next() * values.length)] as T;

/** One random operation. */
const act = async (services: System, next: Random, known: string[], step: number): Promise<void> => {
  const { tasks } = services;
  const kind = next();
  const id = known.length === 0 ? '' : oneOf(known, next);
  const project_id = oneOf(PROJECTS, next);
  if (id === '' || kind < 0.3) {
    const task_id = next() < 0.2 && id !== '' ? id : `t${step}`;
    if (!known.includes(task_id)) known.push(task_id);
    await tasks.create({ task_id, project_id, status: oneOf(TASK_STATUSES, next) });
  } else if (kind < 0.5) await tasks.report(id, { current: Math.floor(next() * 5), total: 4 });
  else if (kind < 0.65) await tasks.patch(id, { status: oneOf(TASK_STATUSES, next) });
  else if (kind < 0.75) await tasks.patch(id, { project_id });
  else if (kind < 0.85) await tasks.reopen(id, { status: 'running' });
  else if (kind < 0.93) await tasks.cancel(id, undefined);
  else await tasks.remove(id);
};

const isRefusal = (error: unknown): boolean =>
  isMiyabiError(error, 'task_not_found', 'invalid_transition', 'already_exists', 'version_conflict');

test('equal a full recount after random operations, with crashes between any two writes', async () => {
  for (let seed = 1; seed <= repeats({ few: 1, all: 5 }); seed += 1) {
    const ports = memoryPorts();
    const next = random(seed);
    const known: string[] = [];
    let crashes = 0;
    let services = await system(mortal(ports, () => undefined));
    const restart = async () => {
      services = await system(
        mortal(ports, () => (next() < 0.012 ? (next() < 0.5 ? 'before' : 'after') : undefined)),
      );
    };
    await restart();
    for (let step = 0; step < repeats({ few: 400, all: 1_000 }); step += 1) {
      ports.clock.advance(Math.floor(next() * 5_000));
      const width = next() < 0.2 ? 5 : 1;
      const done = await Promise.allSettled(
        Array.from({ length: width }, (_, index) => act(services, next, known, step * 10 + index)),
      );
      const failures = done.flatMap((one) => (one.status === 'rejected' ? [one.reason as unknown] : []));
      for (const failure of failures) if (!isRefusal(failure) && !(failure instanceof Crash)) throw failure;
      // A process may die without a failed answer, if its last writes were for the metrics alone.
      const isDead = await services.ports.tasks.find('x').then(
        () => false,
        () => true,
      );
      if (isDead) {
        crashes += 1;
        await restart();
        // One tick of another process.
        await (await system(ports)).counter.sweep();
        await compare(ports, `seed ${seed}, crash ${crashes}`);
      } else if (step % 10 === 0) await compare(ports, `seed ${seed}, step ${step}`);
    }
    await (await system(ports)).counter.sweep();
    await compare(ports, `seed ${seed}, end`);
    assert.ok(crashes > 30, `${crashes} crashes`);
  }
});

test('are true when several processes write and sweep at once', async () => {
  const ports = memoryPorts();
  const next = random(7);
  const known: string[] = [];
  const processes = await Promise.all([system(ports), system(ports), system(ports)]);
  for (let round = 0; round < 100; round += 1) {
    ports.clock.advance(1_000);
    const done = await Promise.allSettled(
      processes.flatMap((services, index) => [
        act(services, next, known, round * 100 + index),
        act(services, next, known, round * 100 + 10 + index),
        services.counter.sweep(),
      ]),
    );
    for (const one of done) if (one.status === 'rejected' && !isRefusal(one.reason)) throw one.reason;
  }
  await (await system(ports)).counter.sweep();
  await compare(ports, 'end');
});

test('take many tasks in with few writes, and keep few notes', async () => {
  const ports = memoryPorts();
  let saves = 0;
  const counted = {
    ...ports,
    projects: {
      ...ports.projects,
      async save(project: Project) {
        await ports.projects.save(project);
        saves += 1;
      },
    },
  };
  const { tasks } = await system(counted);
  await Promise.all(
    Array.from({ length: 500 }, (_, index) => tasks.create({ task_id: `t${index}`, project_id: 'p0' })),
  );
  assert.is((await ports.projects.find('p0'))?.metrics.total_tasks, 500);
  assert.ok(saves < 20, `${saves} writes of the project`);
  await tasks.create({ project_id: 'p0' });
  assert.ok(Object.keys((await ports.projects.find('p0'))?.tally?.recent ?? {}).length <= 1);
});

test('are answered without their bookkeeping', async () => {
  const ports = memoryPorts();
  const published: string[] = [];
  const feed: ChangeFeed = {
    ...ports.feed,
    async publish(changes) {
      published.push(...changes.flatMap(({ body }) => body ?? []));
    },
  };
  const { tasks, projects } = await system({ ...ports, feed } as TestPorts);
  const reported: (Task | Project | string | undefined)[] = [
    await tasks.create({ task_id: 't', project_id: 'p0' }),
    await tasks.report('t', { current: 1, total: 3 }),
    await tasks.patch('t', { priority: 'P0' }),
    (await tasks.read('t')).json,
    await projects.get('p0'),
    await projects.patch('p0', { owner: 'x' }),
    ...(await projects.list({ limit: 10 })).items,
    ...(await tasks.list({ limit: 10 })).items,
    ...published,
  ];
  assert.ok((await ports.tasks.find('t'))?.counted);
  for (const one of reported)
    assert.not.match(JSON.stringify(one), /counted|tally|pendingEvents|has_webhooks/);
});

test('a write that read its task before it was counted does not forget the count', async () => {
  const ports = memoryPorts();
  const held: (() => void)[] = [];
  const markAccounted: typeof ports.tasks.markAccounted = async (...call) => {
    await new Promise<void>((resolve) => held.push(resolve));
    await ports.tasks.markAccounted(...call);
  };
  const slow = await system({ ...ports, tasks: { ...ports.tasks, markAccounted } });
  const creating = slow.tasks.create({ task_id: 't', project_id: 'p0', status: 'running' });
  while (held.length === 0) await new Promise((resolve) => setImmediate(resolve));

  const other = await system(ports);
  let isFirst = true;
  const save: typeof ports.tasks.save = async (task) => {
    if (isFirst && task.task_id === 't') {
      isFirst = false;
      // Counted by its own process, and then dropped from the notes of the project by a third one.
      for (const release of held) release();
      await creating;
      await other.tasks.create({ task_id: 'u', project_id: 'p0', status: 'running' });
    }
    await ports.tasks.save(task);
  };
  const writer = await system({ ...ports, tasks: { ...ports.tasks, save } });
  await writer.tasks.report('t', { status: 'completed' });
  await other.counter.sweep();
  await compare(ports, 'after the late write');
});

test.run();
