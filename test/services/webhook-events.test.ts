import * as assert from 'uvu/assert';
import { memoryWebhookClient } from '../../src/adapters/memory/webhook-client.ts';
import { isMiyabiError, unavailable } from '../../src/domain/errors.ts';
import { eventOf, TASK_EVENTS, type TaskEventType } from '../../src/domain/tasks/events.ts';
import { TASK_STATUSES } from '../../src/domain/tasks/status.ts';
import type { StoredTask } from '../../src/domain/tasks/task.ts';
import { deliveryIdOf } from '../../src/domain/webhooks/delivery.ts';
import { Crash, mortal, random } from '../support/mortal.ts';
import { rejects, repeats, suite } from '../support/suite.ts';
import { memoryPorts, type System, system, type TestPorts } from '../support/system.ts';
import { allPages } from '../support/tasks.ts';

const test = suite('Webhook events');

type Random = () => number;
const oneOf = <T>(values: readonly T[], next: Random): T => values[Math.floor(next() * values.length)] as T;

const WEBHOOKS: readonly Readonly<{ id: string; project: string; events: readonly TaskEventType[] }>[] = [
  { id: 'all', project: 'p0', events: TASK_EVENTS },
  { id: 'failures', project: 'p0', events: ['task.failed'] },
  { id: 'other', project: 'p1', events: ['task.completed', 'task.stale'] },
];
const PROJECTS = ['p0', 'p1', 'p2'];

/**
 * Ports that record, from the writes of the task store, which deliveries there must be. If a task is removed while
 * another write is running, the events of that write may be lost with it.
 */
const watchedPorts = () => {
  const ports = memoryPorts();
  const expected = new Map<string, Readonly<{ webhook: string; type: TaskEventType; taskId: string }>>();
  const optional = new Set<string>();
  const state = { isAlone: true };
  const idsOf = (
    task: StoredTask,
    { type, version, at, project_id }: NonNullable<StoredTask['pendingEvents']>[number],
  ) =>
    WEBHOOKS.filter(({ project, events }) => project === project_id && events.includes(type)).map(
      (webhook) => ({
        id: deliveryIdOf(webhook.id, task.task_id, { type, version, at, project_id }),
        webhook: webhook.id,
      }),
    );
  const { tasks } = ports;
  const watched = {
    ...tasks,
    async save(task: StoredTask) {
      const before = await tasks.find(task.task_id);
      await tasks.save(task);
      const type = eventOf(before, task);
      if (type === undefined) return;
      const { project_id, version, updated_at: at } = task;
      for (const { id, webhook } of idsOf(task, { type, version, at, project_id }))
        expected.set(id, { webhook, type, taskId: task.task_id });
    },
    async remove(taskId: string) {
      const task = await tasks.find(taskId);
      await tasks.remove(taskId);
      if (state.isAlone || task === undefined) return;
      for (const event of task.pendingEvents ?? []) for (const { id } of idsOf(task, event)) optional.add(id);
    },
  };
  return { ports: { ...ports, tasks: watched } as TestPorts, expected, optional, state };
};

const act = async (services: System, next: Random, known: string[], step: number) => {
  const { tasks } = services;
  const kind = next();
  const id = known.length === 0 ? '' : oneOf(known, next);
  const project_id = oneOf(PROJECTS, next);
  if (id === '' || kind < 0.25) {
    const task_id = next() < 0.2 && id !== '' ? id : `t${step}`;
    if (!known.includes(task_id)) known.push(task_id);
    await tasks.create({ task_id, project_id, status: oneOf(TASK_STATUSES, next) });
  } else if (kind < 0.45) await tasks.report(id, { current: Math.floor(next() * 5), total: 4 });
  else if (kind < 0.6) await tasks.patch(id, { status: oneOf(TASK_STATUSES, next) });
  else if (kind < 0.7) await tasks.patch(id, { project_id });
  else if (kind < 0.85) await tasks.reopen(id, { status: 'running' });
  else if (kind < 0.93) await services.sweepStale();
  else await tasks.remove(id);
};

const isRefusal = (error: unknown): boolean =>
  isMiyabiError(error, 'task_not_found', 'invalid_transition', 'already_exists', 'version_conflict');

test('arrive under one id each, and no others, after a random history with crashes between any two writes', async () => {
  for (let seed = 1; seed <= repeats({ few: 1, all: 4 }); seed += 1) {
    const { ports, expected, optional, state } = watchedPorts();
    const next = random(seed);
    const known: string[] = [];
    const setUp = await system(ports);
    for (const project_id of PROJECTS) await setUp.projects.create({ project_id, project_name: project_id });
    for (const { id, project, events } of WEBHOOKS)
      await setUp.webhooks.create(project, { url: `https://${id}.test/`, events }, id);

    const arrived = new Map<string, Readonly<{ webhook: string; type: string; taskId: string }>>();
    const client = memoryWebhookClient(({ id, url, body }) => {
      const luck = next();
      if (luck < 0.1) return { kind: 'unreached', reason: 'x' };
      const message = JSON.parse(body) as { type: string; data: StoredTask };
      const webhook = new URL(url).hostname.replace('.test', '');
      const reported = { webhook, type: message.type, taskId: message.data.task_id };
      assert.equal(arrived.get(id) ?? reported, reported);
      arrived.set(id, reported);
      // It may have arrived without an acknowledgement.
      return { kind: 'answered', status: luck < 0.3 ? 500 : 200 };
    });

    let crashes = 0;
    const connected: TestPorts = { ...ports, webhookClient: client, random: next };
    const start = () =>
      system(mortal(connected, () => (next() < 0.01 ? (next() < 0.5 ? 'before' : 'after') : undefined)));
    let process = await start();
    for (let step = 0; step < 600; step += 1) {
      ports.clock.advance(next() < 0.05 ? 20 * 60_000 : Math.floor(next() * 5_000));
      const width = next() < 0.2 ? 5 : 1;
      state.isAlone = width === 1;
      const done = await Promise.allSettled([
        ...Array.from({ length: width }, (_, index) => act(process, next, known, step * 10 + index)),
        ...(step % 5 === 0 ? [process.webhookSender.tick()] : []),
      ]);
      await process.webhookSender.idle();
      const failures = done.flatMap((one) => (one.status === 'rejected' ? [one.reason as unknown] : []));
      for (const failure of failures) if (!isRefusal(failure) && !(failure instanceof Crash)) throw failure;
      const isDead = await process.ports.tasks.find('x').then(
        () => false,
        () => true,
      );
      if (isDead) {
        crashes += 1;
        process = await start();
        // One tick of another process.
        if (next() < 0.5) await (await system(ports)).counter.sweep();
      }
    }
    await (await system(ports)).counter.sweep();
    const { webhookSender: sender } = await system(connected);
    for (let round = 0; round < 400; round += 1) {
      ports.clock.advance(10 * 60_000);
      while ((await sender.tick()) > 0) await sender.idle();
    }
    const missing = [...expected.keys()].filter((id) => !arrived.has(id) && !optional.has(id));
    const unexpected = [...arrived.keys()].filter((id) => !expected.has(id));
    assert.equal(missing, [], `seed ${seed}`);
    assert.equal(unexpected, [], `seed ${seed}`);
    for (const [id, stated] of arrived) assert.equal(stated, expected.get(id), `seed ${seed}`);
    assert.ok(expected.size > 50 && crashes > 10, `${expected.size} deliveries, ${crashes} crashes`);
    for (const type of TASK_EVENTS) {
      assert.ok(
        [...expected.values()].some((one) => one.type === type),
        type,
      );
    }
    for (const task of await allPages(ports.tasks, { limit: 100 })) assert.is(task.pendingEvents, undefined);
  }
});

test('ask nothing of the webhooks where a project has none', async () => {
  const ports = memoryPorts();
  const requested: string[] = [];
  const listening = <T extends object>(port: T): T =>
    new Proxy(port, {
      get(target, name) {
        const value: unknown = Reflect.get(target, name);
        // The container looks for a `then`, which no port has.
        if (value !== undefined) requested.push(String(name));
        return value;
      },
    });
  const { tasks } = await system({
    ...ports,
    webhooks: listening(ports.webhooks),
    outbox: listening(ports.outbox),
  });
  await tasks.create({ task_id: 't', project_id: 'p', status: 'running' });
  await tasks.report('t', { status: 'completed' });
  await tasks.remove('t');
  assert.equal(requested, []);
});

test('wait with the task, and keep nothing else waiting, while the outbox is away', async () => {
  const ports = memoryPorts();
  let isAway = true;
  const outbox = {
    ...ports.outbox,
    async add(deliveries: Parameters<typeof ports.outbox.add>[0]) {
      if (isAway) throw unavailable('The outbox', new Error('x'));
      await ports.outbox.add(deliveries);
    },
  };
  const { tasks, projects, webhooks, counter } = await system({ ...ports, outbox });
  await projects.create({ project_id: 'p', project_name: 'P' });
  const { webhook_id } = await webhooks.create('p', { url: 'https://example.org/' });
  await tasks.create({ task_id: 't', project_id: 'p', status: 'running' });
  await tasks.report('t', { status: 'failed' });
  assert.is((await projects.get('p')).metrics.failed_tasks, 1);
  assert.equal(Object.keys((await ports.projects.find('p'))?.tally?.recent ?? {}).length, 1);
  // Its events would be lost with it, or sent for another project.
  await rejects(tasks.remove('t'), 'unavailable');
  await rejects(tasks.patch('t', { project_id: 'q' }), 'unavailable');
  await rejects(counter.sweep(), 'unavailable');
  assert.equal(await ports.outbox.pending(webhook_id, 10), []);
  isAway = false;
  assert.is(await counter.sweep(), 1);
  const [delivery] = await ports.outbox.pending(webhook_id, 10);
  const message = JSON.parse(delivery?.body ?? '');
  assert.equal([message.type, message.data.task_id, message.data.status], ['task.failed', 't', 'failed']);
  assert.not.match(delivery?.body ?? '', /pendingEvents|counted/);
  assert.is(await counter.sweep(), 0);
});

test.run();
