import * as assert from 'uvu/assert';
import { suite } from '../support/suite.ts';
import { memoryPorts, system, type TestPorts } from '../support/system.ts';

const test = suite('Backend calls of a write');

/** Ports of backends that note each call, and how many round trips follow one another: calls at once are one. */
const counting = (ports: TestPorts) => {
  const calls: string[] = [];
  let roundTrips = 0;
  let underWay: (() => void)[] = [];
  const roundTrip = () =>
    new Promise<void>((resolve) => {
      if (underWay.length === 0) {
        setImmediate(() => {
          roundTrips += 1;
          const done = underWay;
          underWay = [];
          for (const end of done) end();
        });
      }
      underWay.push(resolve);
    });
  const counted = <Port extends object>(name: string, port: Port): Port =>
    new Proxy(port, {
      get(target, method) {
        const value: unknown = Reflect.get(target, method);
        if (typeof value !== 'function') return value;
        return async (...input: readonly unknown[]): Promise<unknown> => {
          calls.push(`${name}.${String(method)}`);
          await roundTrip();
          return Reflect.apply(value, target, input);
        };
      },
    });
  const { tasks, history, projects, checkpoints, cache, projectCache, feed, webhooks, outbox } = ports;
  return {
    ports: {
      ...ports,
      tasks: counted('tasks', tasks),
      history: counted('history', history),
      projects: counted('projects', projects),
      checkpoints: counted('checkpoints', checkpoints),
      cache: counted('cache', cache),
      projectCache: counted('projectCache', projectCache),
      feed: counted('feed', feed),
      webhooks: counted('webhooks', webhooks),
      outbox: counted('outbox', outbox),
    } satisfies TestPorts,
    async of(write: () => Promise<unknown>) {
      ports.clock.advance(1_000);
      calls.length = 0;
      roundTrips = 0;
      await write();
      return { calls: calls.toSorted(), roundTrips };
    },
  };
};

/** A process that has written before, and a project `p`; with a webhook where it is asked for. */
const running = async ({ webhook = false } = {}) => {
  const { ports, of } = counting(memoryPorts());
  const services = await system(ports);
  await services.projects.create({ project_id: 'p', project_name: 'P' });
  if (webhook) await services.webhooks.create('p', { url: 'https://example.org/' });
  await services.tasks.create({ task_id: 't', project_id: 'p', status: 'running' });
  await services.tasks.report('t', { current: 1, total: 4 });
  return { ...services, of };
};

const SPREAD = ['cache.save', 'feed.publish', 'history.append'];
const METRICS = ['feed.publish', 'projectCache.save', 'projects.save', 'tasks.markAccounted'];

test('a report makes 5: the task is read and written, nothing else is read', async () => {
  const { tasks, of } = await running();
  const { calls, roundTrips } = await of(() => tasks.report('t', { current: 2, total: 4 }));
  assert.equal(calls, [...SPREAD, 'tasks.find', 'tasks.save'].sort());
  assert.is(roundTrips, 4);
});

test('a new task makes 8: it is not read back, nor is its project', async () => {
  const { tasks, of } = await running();
  const { calls, roundTrips } = await of(() => tasks.create({ task_id: 'u', project_id: 'p' }));
  assert.equal(calls, [...SPREAD, ...METRICS, 'tasks.save'].sort());
  assert.is(roundTrips, 7);
});

test('a task that ends makes 11, as open sub-tasks are looked for and its duration is remembered', async () => {
  const { tasks, of } = await running();
  const { calls, roundTrips } = await of(() => tasks.report('t', { status: 'completed' }));
  assert.equal(
    calls,
    [...SPREAD, ...METRICS, 'checkpoints.write', 'tasks.find', 'tasks.list', 'tasks.save'].sort(),
  );
  assert.is(roundTrips, 9);
});

test('a task that ends makes 13 where a webhook waits for it', async () => {
  const { tasks, of } = await running({ webhook: true });
  const { calls } = await of(() => tasks.report('t', { status: 'completed' }));
  assert.equal(
    calls,
    [
      ...SPREAD,
      ...METRICS,
      'checkpoints.write',
      'outbox.add',
      'tasks.find',
      'tasks.list',
      'tasks.save',
      'webhooks.find',
    ].sort(),
  );
});

test('a report that changes nothing makes 1', async () => {
  const { tasks, of } = await running();
  await tasks.patch('t', { priority: 'P0' });
  assert.equal((await of(() => tasks.patch('t', { priority: 'P0' }))).calls, ['tasks.find']);
});

test('a removal makes 10: the project is read last, for what others may have counted', async () => {
  const { tasks, of } = await running();
  const { calls } = await of(() => tasks.remove('t'));
  assert.equal(
    calls,
    [
      ...['cache.remove', 'feed.publish', 'history.remove', 'tasks.find', 'tasks.remove'],
      ...['feed.publish', 'projectCache.save', 'projects.find', 'projects.save', 'tasks.mark'],
    ].sort(),
  );
});

test('a log line makes 7: those of a report, and one read and one write of the ledger', async () => {
  const { progress, of } = await running();
  const say = (current: number) =>
    progress.ingest({
      log_group: 'g',
      log_stream: 's',
      events: [
        {
          id: `e${current}`,
          timestamp: 1_767_225_600_000 + current,
          message: JSON.stringify({ task_id: 'l', project_id: 'p', progress: { current, total: 9 } }),
        },
      ],
    });
  await say(1);
  const { calls } = await of(() => say(2));
  assert.equal(
    calls,
    [...SPREAD, 'checkpoints.read', 'checkpoints.write', 'tasks.find', 'tasks.save'].sort(),
  );
});

test('a line that starts a run makes 12: those of a new task, its read, and the ledger is written before it as well', async () => {
  const { progress, of } = await running();
  const start = (log_stream: string) =>
    progress.ingest({
      ...{ log_group: 'g', log_stream, project_id: 'p' },
      events: [{ id: 'e', timestamp: 1_767_225_600_000, message: 'Step 1/5 : FROM node' }],
    });
  await start('earlier');
  const { calls } = await of(() => start('s'));
  const ledger = ['checkpoints.read', 'checkpoints.write', 'checkpoints.write'];
  assert.equal(calls, [...SPREAD, ...METRICS, ...ledger, 'tasks.find', 'tasks.save'].sort());
});

test('another process that has written the project costs two reads more, once', async () => {
  const shared = memoryPorts();
  const { ports, of } = counting(shared);
  const [one, two] = await Promise.all([system(ports), system(shared)]);
  await one.tasks.create({ task_id: 'a', project_id: 'p' });
  await two.tasks.create({ task_id: 'b', project_id: 'p' });
  const first = await of(() => one.tasks.create({ task_id: 'c', project_id: 'p' }));
  assert.equal(
    first.calls,
    [...SPREAD, ...METRICS, 'projects.find', 'projects.save', 'tasks.findMany', 'tasks.save'].sort(),
  );
  const second = await of(() => one.tasks.create({ task_id: 'd', project_id: 'p' }));
  assert.is(second.calls.length, 8);
  assert.is((await shared.projects.find('p'))?.metrics.total_tasks, 4);
});

test.run();
