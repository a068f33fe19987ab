import * as assert from 'uvu/assert';
import { unavailable, versionConflict } from '../../src/domain/errors.ts';
import type { LogEvent } from '../../src/domain/logs/event.ts';
import { MAX_ATTEMPTS } from '../../src/services/retry-on-conflict.ts';
import { rejects, suite } from '../support/suite.ts';
import { memoryPorts, system } from '../support/system.ts';

const NOON = Date.UTC(2026, 10, 23, 12);
const event = (index: number, fields: Record<string, unknown>): LogEvent => ({
  id: `e${index}`,
  timestamp: NOON + index,
  message: JSON.stringify(fields),
});
const batch = (...events: readonly LogEvent[]) => ({ log_group: 'agents', log_stream: 'run-1', events });

const test = suite('Progress service');

test('a batch makes tasks, history and projects, and returns its counts', async () => {
  const { progress, tasks, projects } = await system();
  const result = await progress.ingest(
    batch(
      event(1, { task_id: 'a', project_id: 'tea', progress: { current: 1, total: 4 } }),
      event(2, { task_id: 'b', progress: 50 }),
      event(3, { task_id: 'a', progress: { current: 4, total: 4 } }),
      { id: 'e4', timestamp: NOON, message: 'nothing to see' },
    ),
  );
  assert.is(result.records, 3);
  assert.is(result.lines, 4);
  assert.equal(result.tasks.map((task) => task.task_id).toSorted(), ['a', 'b']);
  const a = JSON.parse((await tasks.read('a')).json);
  assert.is(a.status, 'completed');
  assert.is(a.project_id, 'tea');
  const { items } = await tasks.history('a', { limit: 10 });
  assert.equal(
    items.map((point) => point.current),
    [1, 4],
  );
  assert.is((await projects.get('tea')).metrics.completed_tasks, 1);
  assert.is((await projects.get('default')).metrics.active_tasks, 1);
});

test('the same batch again changes nothing', async () => {
  const { progress, tasks, ports } = await system();
  const events = [event(1, { task_id: 'a', progress: 10 }), event(2, { task_id: 'a', progress: 20 })];
  await progress.ingest(batch(...events));
  const first = await tasks.read('a');
  ports.clock.advance(1000);
  const again = await progress.ingest(batch(...events));
  assert.is(again.records, 0);
  assert.is(again.duplicates, 2);
  assert.equal(again.tasks, []);
  assert.equal(await tasks.read('a'), first);
});

test('a late event takes its place: it neither turns the counter back nor ends what goes on', async () => {
  const { progress, tasks } = await system();
  await progress.ingest(batch(event(5, { task_id: 'a', progress: 50 })));
  await progress.ingest(batch(event(1, { task_id: 'a', progress: 10 })));
  assert.is(JSON.parse((await tasks.read('a')).json).progress.current, 50);
});

test('two streams may speak of one task', async () => {
  const { progress, tasks } = await system();
  await progress.ingest({ ...batch(event(1, { task_id: 'a', progress: 10 })), log_stream: 'one' });
  await progress.ingest({ ...batch(event(2, { task_id: 'a', status: 'failed' })), log_stream: 'two' });
  assert.is(JSON.parse((await tasks.read('a')).json).status, 'failed');
});

test('a stream that is named after its task is that task', async () => {
  const { progress, tasks } = await system();
  await progress.ingest({ ...batch(event(1, { progress: 10 })), log_stream: 'task-42' });
  const task = JSON.parse((await tasks.read('task-42')).json);
  assert.is(task.task_name, 'task-42');
  assert.is(task.details.log_stream, 'task-42');
});

test('what the lines give no name has that of the stream, without the time and mark of a run', async () => {
  const { progress, tasks } = await system();
  const nameIn = async (log_stream: string) => {
    const { tasks: touched } = await progress.ingest({
      log_group: '/miyabi/run',
      log_stream,
      events: [{ id: log_stream, timestamp: NOON, message: 'Step 1/5' }],
    });
    return JSON.parse((await tasks.read(touched[0]?.task_id ?? '')).json).task_name;
  };
  assert.is(await nameIn('nightly-20260102T030405Z-1a2b3c4d'), 'nightly');
  assert.is(await nameIn('nightly-2026'), 'nightly-2026');
});

test("the project is the line's own, else the request's, else that of a rule, else default", async () => {
  const rules = [{ log_group: 'agents', log_stream: 'run-*', project_id: 'ruled' }];
  const { progress, tasks } = await system(memoryPorts(), rules);
  const projectOf = async (id: string) => JSON.parse((await tasks.read(id)).json).project_id;
  await progress.ingest({
    ...batch(event(1, { task_id: 'own', project_id: 'line', progress: 1 })),
    project_id: 'asked',
  });
  await progress.ingest({ ...batch(event(2, { task_id: 'asked', progress: 1 })), project_id: 'asked' });
  await progress.ingest(batch(event(3, { task_id: 'ruled', progress: 1 })));
  await progress.ingest({ ...batch(event(4, { task_id: 'none', progress: 1 })), log_stream: 'other' });
  assert.equal(await Promise.all(['own', 'asked', 'ruled', 'none'].map(projectOf)), [
    'line',
    'asked',
    'ruled',
    'default',
  ]);
});

test('processes that fold one stream at the same time lose nothing', async () => {
  const ports = memoryPorts();
  const workers = await Promise.all(Array.from({ length: 4 }, () => system(ports)));
  await Promise.all(
    Array.from({ length: 40 }, (_, index) =>
      workers[index % 4]?.progress.ingest(
        batch(event(index, { task_id: 'a', progress: { current: index, total: 100 } })),
      ),
    ),
  );
  const [worker] = workers;
  assert.is(JSON.parse((await worker?.tasks.read('a'))?.json ?? '{}').progress.current, 39);
  assert.is((await worker?.projects.get('default'))?.metrics.total_tasks, 1);
});

test('a store that fails midway loses nothing: the same batch again ends as if it had not', async () => {
  const ports = memoryPorts();
  let failures = 1;
  const flaky = {
    ...ports.checkpoints,
    write: async (...args: Parameters<typeof ports.checkpoints.write>) => {
      if (failures > 0) {
        failures -= 1;
        throw unavailable('the store', new Error('gone'));
      }
      return ports.checkpoints.write(...args);
    },
  };
  const { progress, tasks, projects } = await system({ ...ports, checkpoints: flaky });
  const events = batch(
    event(1, { task_id: 'a', progress: 10 }),
    event(2, { task_id: 'a', status: 'completed' }),
  );
  await rejects(progress.ingest(events), 'unavailable');
  await progress.ingest(events);
  assert.is(JSON.parse((await tasks.read('a')).json).status, 'completed');
  assert.is((await projects.get('default')).metrics.completed_tasks, 1);
  assert.is((await tasks.history('a', { limit: 10 })).items.length, 2);
});

/** Rows of a nested stack, and the rows of its parent, written before them, that show what they are part of. */
const PARENT = [
  'Shop | 0/3 | 12:00:02 PM | CREATE_IN_PROGRESS   | AWS::CloudFormation::Stack | Data (Data1A2B3C4D)',
  'Shop | 1/3 | 12:00:04 PM | CREATE_IN_PROGRESS   | AWS::CloudFormation::Stack | Shop User Initiated',
];
const NESTED =
  'Shop-Data1A2B3C4D-1QWERTY2UIOP3 | 0/2 | 12:00:01 PM | CREATE_IN_PROGRESS   | AWS::SQS::Queue            | Queue (Queue4A7E3555)';
const rows = [...PARENT, NESTED].map((message, index) => ({
  id: `e${index}`,
  timestamp: NOON + index,
  message,
}));

test('a task that was written just before a crash is removed when the lines before it show that it is none', async () => {
  const ports = memoryPorts();
  const stored = [];
  const write: typeof ports.checkpoints.write = async (key, ...rest) => {
    if (key.startsWith('stream#')) stored.push(key);
    // The ledger, after the task has been written.
    if (stored.length === 2) throw unavailable('the process', new Error('killed'));
    await ports.checkpoints.write(key, ...rest);
  };
  const crashing = await system({ ...ports, checkpoints: { ...ports.checkpoints, write } });
  await rejects(crashing.progress.ingest(batch(...rows.slice(2))), 'unavailable');
  const namesOf = async () => (await ports.tasks.list({ limit: 10 })).items.map((task) => task.task_name);
  assert.equal(await namesOf(), ['Shop-Data1A2B3C4D-1QWERTY2UIOP3']);

  const { progress, projects } = await system(ports);
  await progress.ingest(batch(...rows));
  assert.equal(await namesOf(), ['Shop']);
  assert.is((await projects.get('default')).metrics.total_tasks, 1);
});

test('a task that was written just before a lost race is removed when the winner shows that it is none', async () => {
  const ports = memoryPorts();
  const winner = await system(ports);
  let isLate = true;
  const save: typeof ports.tasks.save = async (task) => {
    await ports.tasks.save(task);
    if (!isLate) return;
    isLate = false;
    await winner.progress.ingest(batch(...rows.slice(0, 2)));
  };
  const { progress } = await system({ ...ports, tasks: { ...ports.tasks, save } });
  await progress.ingest(batch(...rows.slice(2)));
  const { items } = await ports.tasks.list({ limit: 10 });
  assert.equal(
    items.map((task) => task.task_name),
    ['Shop'],
  );
});

test('a history that cannot be written hides no write, and the same batch again completes it', async () => {
  const ports = memoryPorts();
  let failures = 0;
  const flaky = {
    ...ports.history,
    append: async (...args: Parameters<typeof ports.history.append>) => {
      if (failures > 0) {
        failures -= 1;
        throw unavailable('the store', new Error('throttled'));
      }
      return ports.history.append(...args);
    },
  };
  const { progress, tasks } = await system({ ...ports, history: flaky });
  await progress.ingest(batch(event(1, { task_id: 'a', progress: 10 })));
  failures = 1;
  const events = batch(event(2, { task_id: 'a', progress: 20 }), event(3, { task_id: 'a', progress: 30 }));
  await rejects(progress.ingest(events), 'unavailable');
  assert.is(JSON.parse((await tasks.read('a')).json).progress.current, 30);
  assert.is((await progress.ingest(events)).records, 2);
  const { items } = await tasks.history('a', { limit: 10 });
  assert.equal(
    items.map((point) => point.current),
    [10, 20, 30],
  );
});

test('ten thousand events of fifty tasks cost fifty task writes and fifty history writes', async () => {
  const ports = memoryPorts();
  const written = { tasks: 0, history: 0 };
  const counting = {
    ...ports,
    tasks: {
      ...ports.tasks,
      save: async (task: Parameters<typeof ports.tasks.save>[0]) => {
        written.tasks += 1;
        return ports.tasks.save(task);
      },
    },
    history: {
      ...ports.history,
      append: async (...args: Parameters<typeof ports.history.append>) => {
        written.history += 1;
        assert.ok(args[1].length <= 25);
        return ports.history.append(...args);
      },
    },
  };
  const { progress } = await system(counting);
  const events = Array.from({ length: 10_000 }, (_, index) =>
    event(index, { task_id: `t${index % 50}`, progress: { current: Math.floor(index / 50), total: 500 } }),
  );
  const result = await progress.ingest(batch(...events));
  assert.is(result.records, 10_000);
  assert.equal(written, { tasks: 50, history: 50 });
});

test('a task whose write loses every race stops the batch at once, which another attempt completes', async () => {
  const ports = memoryPorts();
  let saves = 0;
  let loses = true;
  const save: typeof ports.tasks.save = async (task) => {
    saves += 1;
    if (loses) throw versionConflict('Task', task.task_id);
    await ports.tasks.save(task);
  };
  const { progress, tasks } = await system({ ...ports, tasks: { ...ports.tasks, save } });
  const batch = {
    log_group: 'g',
    log_stream: 's',
    events: [{ id: 'e', timestamp: 1, message: JSON.stringify({ task_id: 'a', progress: 40 }) }],
  };
  await rejects(progress.ingest(batch), 'version_conflict');
  // The races of one loop: the loop of the ledger around it starts over for the ledger alone.
  assert.is(saves, MAX_ATTEMPTS);
  loses = false;
  assert.is((await progress.ingest(batch)).records, 1);
  assert.is(JSON.parse((await tasks.read('a')).json).progress.current, 40);
});

test('an estimate counts from the first counter that was seen, through a reopening', async () => {
  const { progress, tasks, ports } = await system();
  const start = ports.clock.now();
  const send = async (seconds: number, current: number) => {
    ports.clock.advance(start + seconds * 1000 - ports.clock.now());
    await progress.ingest(
      batch({
        id: `at${seconds}`,
        timestamp: ports.clock.now(),
        message: JSON.stringify({ task_id: 'enhance', status: 'running', progress: { current, total: 200 } }),
      }),
    );
    return JSON.parse((await tasks.read('enhance')).json).eta_seconds;
  };
  assert.is(await send(0, 100), undefined);
  assert.is(await send(24, 101), undefined);
  assert.is(await send(240, 110), 24 * 90);
  await tasks.report('enhance', { status: 'failed' });
  await tasks.reopen('enhance', {});
  assert.is(await send(300, 150), undefined, 'an attempt has a rate of its own');
  assert.is(await send(400, 190), 25);
});

test('a task that ended and starts again in its log is another attempt, with the one before in its history', async () => {
  const { progress, tasks, projects, ports } = await system();
  ports.clock.advance(NOON - ports.clock.now());
  const at = (index: number, status: string, current: number) =>
    event(index, { task_id: 'sync', project_id: 'tea', status, progress: { current, total: 9 } });
  const task = async () => JSON.parse((await tasks.read('sync')).json);
  await progress.ingest(batch(at(1000, 'running', 2), at(2000, 'failed', 3)));
  assert.equal([(await task()).attempt, (await task()).status], [1, 'failed']);
  await progress.ingest(batch(at(5000, 'started', 0)));
  await progress.ingest(batch(at(6000, 'running', 1), at(1500, 'running', 2)));
  const again = await task();
  assert.equal([again.attempt, again.status, again.progress.current], [2, 'running', 1]);
  assert.is(Date.parse(again.started_at), NOON + 5000);
  await progress.ingest(batch(at(8000, 'completed', 9)));
  const done = await task();
  assert.equal([done.attempt, done.status, done.duration_seconds], [2, 'completed', 3]);
  const { items } = await tasks.history('sync', { limit: 10 });
  assert.equal(
    items.map(({ status, current }) => `${status} ${current}`),
    ['running 2', 'running 2', 'failed 3', 'running 0', 'running 1', 'completed 9'],
  );
  assert.is((await projects.get('tea')).metrics.completed_tasks, 1);
  await tasks.reopen('sync', {});
  assert.is((await task()).attempt, 3);
  await progress.ingest(batch(at(9000, 'completed', 9)));
  await progress.ingest(batch({ ...at(9, 'running', 4), timestamp: NOON + 3_600_000 }));
  await progress.ingest(batch({ ...at(10, 'failed', 4), timestamp: NOON + 3_600_001 }));
  await progress.ingest(batch({ ...at(11, 'started', 0), timestamp: NOON + 3_600_002 }));
  assert.equal([(await task()).attempt, (await task()).status], [5, 'running']);
  ports.clock.advance(7_200_000);
  await tasks.report('sync', { status: 'cancelled' });
  await progress.ingest(batch({ ...at(12, 'failed', 0), timestamp: NOON + 7_300_000 }));
  await progress.ingest(batch({ ...at(13, 'started', 0), timestamp: NOON + 7_400_000 }));
  assert.is((await task()).status, 'cancelled', 'an end that a client declared stays');
});

test.run();
