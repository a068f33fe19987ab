import { join } from 'node:path';
import * as assert from 'uvu/assert';
import { memoryClock } from '../../src/adapters/memory/clock.ts';
import { memoryLogger } from '../../src/adapters/memory/logger.ts';
import { memorySecrets } from '../../src/adapters/memory/secrets.ts';
import { readConfig } from '../../src/config.ts';
import type { StorePorts } from '../../src/container/backend.ts';
import { stores } from '../../src/container/backends/embedded.ts';
import { type Composition, compose } from '../../src/container/compose.ts';
import { isMiyabiError } from '../../src/domain/errors.ts';
import { metricsOf } from '../../src/domain/projects/project.ts';
import { TASK_STATUSES } from '../../src/domain/tasks/status.ts';
import { inFolder } from '../support/embedded.ts';
import { random } from '../support/mortal.ts';
import { repeats, suite } from '../support/suite.ts';
import { allPages, NOON } from '../support/tasks.ts';

const test = suite('Writes that the embedded store commits together');

type World = Composition &
  Readonly<{ ports: StorePorts; clock: ReturnType<typeof memoryClock>; calls: string[] }>;

/** The services as the container wires them, on the embedded store; each call of a store is noted. */
const onStore = (run: (world: World) => Promise<void>) =>
  inFolder(async (folder) => {
    const clock = memoryClock(NOON);
    const logger = memoryLogger();
    const config = readConfig({
      MIYABI_BACKEND: 'local',
      MIYABI_DATA_DIR: join(folder, 'data'),
      CACHE: 'none',
    });
    const opened = await stores(config, {
      ...{ clock, logger, steadyClock: clock, random: () => 0.5, sleep: async () => undefined },
      backoff: async (job) => ({ value: await job(), attempts: 1, waited_ms: 0 }),
      ids: { next: () => 'unused' },
      secrets: memorySecrets(),
    });
    const calls: string[] = [];
    const noted = <Port extends object>(name: string, port: Port): Port =>
      new Proxy(port, {
        get(target, method) {
          const value: unknown = Reflect.get(target, method);
          if (typeof value !== 'function') return value;
          return (...input: readonly unknown[]): unknown => {
            calls.push(`${name}.${String(method)}`);
            return Reflect.apply(value, target, input);
          };
        },
      });
    const { ports } = opened;
    const services = await compose(
      readConfig({ MIYABI_BACKEND: 'memory', LOG_LEVEL: 'silent', WEBHOOK_ALLOW: '127.0.0.0/8' }),
      {
        ...ports,
        ...{ clock, logger },
        taskStore: noted('taskStore', ports.taskStore),
        taskTally: noted('taskTally', ports.taskTally),
        taskHistory: noted('taskHistory', ports.taskHistory),
        taskCommits: noted('taskCommits', ports.taskCommits),
        projectStore: noted('projectStore', ports.projectStore),
        checkpoints: noted('checkpoints', ports.checkpoints),
        outbox: noted('outbox', ports.outbox),
      },
    );
    try {
      await run({ ...services, ports, clock, calls });
    } finally {
      await services.close();
      await opened.close?.();
    }
  });

test(
  'a new task is one write, a report one read and one write',
  onStore(async ({ tasks, projects, calls }) => {
    await projects.create({ project_id: 'p', project_name: 'P' });
    calls.length = 0;
    await tasks.create({ task_id: 't', project_id: 'p', status: 'running' });
    assert.equal(calls, ['taskCommits.commit']);
    await tasks.report('t', { current: 1, total: 4 });
    calls.length = 0;
    await tasks.report('t', { current: 2, total: 4 });
    assert.equal(calls, ['taskStore.find', 'taskCommits.commit']);
    assert.equal(
      (await tasks.history('t', { limit: 10 })).items.map(({ current }) => current),
      [2],
    );
    assert.is((await projects.get('p')).metrics.active_tasks, 1);
  }),
);

test(
  'readers of the cache and of the feed see the project as the last of many writes has left it',
  onStore(async ({ tasks, projects, events }) => {
    await projects.create({ project_id: 'p', project_name: 'P' });
    const { next } = await events.since({});
    await Promise.all(
      Array.from({ length: 10 }, (_, index) => tasks.create({ task_id: `t${index}`, project_id: 'p' })),
    );
    assert.is(JSON.parse((await projects.read('p')).json).metrics.total_tasks, 10);
    const { entries } = await events.since({ since: next });
    const shown = entries.flatMap(({ change }) => (change.kind === 'project' ? [change] : []));
    assert.is(JSON.parse(shown.at(-1)?.body ?? '{}').metrics.total_tasks, 10);
    assert.ok(shown.length < 10, 'writes that share a batch show their project once');
  }),
);

test(
  'the end of a task is kept for webhooks where its project has some, and nowhere else',
  onStore(async ({ tasks, webhooks, projects, ports }) => {
    await projects.create({ project_id: 'heard', project_name: 'H' });
    await webhooks.create('heard', { url: 'http://127.0.0.1:1/' });
    for (const project_id of ['heard', 'silent']) {
      await tasks.create({ task_id: project_id, project_id, status: 'running' });
      await tasks.report(project_id, { status: 'completed' });
      assert.is((await ports.taskStore.find(project_id))?.pendingEvents, undefined);
    }
    const [webhook] = await webhooks.list('heard', true);
    const pending = await ports.outbox.pending(webhook?.webhook_id ?? '', 10);
    assert.equal(
      pending.map(({ task_id, event }) => [task_id, event]),
      [['heard', 'task.completed']],
    );
    assert.equal(await ports.taskTally.uncounted(10), []);
  }),
);

const PROJECTS = ['p0', 'p1', 'p2'];
const ROUNDS = repeats({ few: 40, all: 150 });

test(
  `metrics equal a full recount after ${10 * ROUNDS} random operations at once, and a sweep finds nothing`,
  onStore(async ({ tasks, ports, clock, counter }) => {
    const next = random(11);
    const oneOf = <T>(values: readonly T[]): T => values[Math.floor(next() * values.length)] as T;
    const act = async (step: number): Promise<unknown> => {
      const kind = next();
      const id = `t${Math.floor(next() * 60)}`;
      const project_id = oneOf(PROJECTS);
      if (kind < 0.3) return tasks.create({ task_id: id, project_id, status: oneOf(TASK_STATUSES) });
      if (kind < 0.55) return tasks.report(id, { current: step % 5, total: 4 });
      if (kind < 0.7) return tasks.patch(id, { status: oneOf(TASK_STATUSES) });
      if (kind < 0.8) return tasks.patch(id, { project_id });
      if (kind < 0.9) return tasks.reopen(id, { status: 'running' });
      return tasks.remove(id);
    };
    let done = 0;
    for (let round = 0; round < ROUNDS; round += 1) {
      clock.advance(1_000);
      const results = await Promise.allSettled(
        Array.from({ length: 10 }, (_, index) => act(round * 10 + index)),
      );
      for (const result of results) {
        if (result.status === 'fulfilled') done += 1;
        else if (!isMiyabiError(result.reason, 'task_not_found', 'invalid_transition', 'already_exists'))
          throw result.reason;
      }
    }
    assert.ok(done > 3 * ROUNDS, `${done} operations were possible`);
    assert.is(await counter.sweep(), 0);
    const all = await allPages(ports.taskStore, { limit: 100 });
    for (const id of PROJECTS) {
      const { last_updated: _expected, ...expected } = metricsOf(
        all.filter(({ project_id }) => project_id === id),
        0,
      );
      const { last_updated: _actual, ...actual } =
        (await ports.projectStore.find(id))?.metrics ?? metricsOf([], 0);
      assert.equal(actual, expected, id);
    }
  }),
);

test.run();
