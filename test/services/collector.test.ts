import * as assert from 'uvu/assert';
import { MiyabiError, unavailable } from '../../src/domain/errors.ts';
import { AttemptsFailed } from '../../src/domain/retry.ts';
import { suite } from '../support/suite.ts';
import { memoryPorts, system } from '../support/system.ts';

const NOON = Date.UTC(2026, 10, 23, 12);
const line = (index: number, fields: Record<string, unknown>) => ({
  id: `e${index}`,
  timestamp: NOON + index,
  message: JSON.stringify(fields),
});

const test = suite('Collector');

test('it reads every group on from where it stopped', async () => {
  const { collector, ports, tasks } = await system();
  ports.source.add('agents', 's', line(1, { task_id: 'a', progress: 10 }));
  ports.source.add('deploys', 's', line(1, { task_id: 'b', progress: 20 }));
  const first = await collector.collect({});
  assert.is(first.message, 'Collected 2 progress records');
  assert.equal(
    first.groups.map(({ log_group, records }) => [log_group, records]),
    [
      ['agents', 1],
      ['deploys', 1],
    ],
  );
  ports.source.add('agents', 's', line(2, { task_id: 'a', progress: 30 }));
  const second = await collector.collect({});
  assert.is(second.records, 1);
  assert.is(JSON.parse((await tasks.read('a')).json).progress.current, 30);
});

test('a checkpoint of another version, or a damaged one, lets the group be read again, which changes nothing', async () => {
  const { collector, ports, tasks } = await system();
  ports.source.add('agents', 's', line(1, { task_id: 'a', progress: 10 }));
  await collector.collect({});
  const before = await tasks.read('a');
  const kept = await ports.checkpoints.read('source#agents');
  assert.is(Reflect.get(Object(kept?.value), 'version'), 1);
  for (const value of [{ version: 2, cursor: { position: 1 } }, 'damaged', null]) {
    const { version } = (await ports.checkpoints.read('source#agents')) ?? { version: 0 };
    await ports.checkpoints.write('source#agents', value, version);
    const { groups } = await collector.collect({});
    assert.equal([groups[0]?.status, groups[0]?.duplicates, groups[0]?.records], ['collected', 1, 0]);
  }
  assert.equal(await tasks.read('a'), before);
  const warnings = ports.logger.entries.filter(({ level }) => level === 'warn');
  assert.equal(
    warnings.map(({ message }) => message),
    Array(3).fill('A checkpoint could not be read; the log group is read again'),
  );
});

test('a group that cannot be read stops no other, is told, and is read again later', async () => {
  const { collector, ports } = await system();
  ports.source.add('agents', 's', line(1, { task_id: 'a', progress: 10 }));
  ports.source.add('broken', 's', line(1, { task_id: 'b', progress: 10 }));
  ports.source.fail('broken', unavailable('CloudWatch Logs', new Error('throttled')));
  const result = await collector.collect({});
  assert.equal(
    result.groups.map(({ log_group, status }) => [log_group, status]),
    [
      ['agents', 'collected'],
      ['broken', 'failed'],
    ],
  );
  assert.equal(result.groups[1]?.last_known, []);
  ports.source.fail('broken', undefined);
  assert.is((await collector.collect({})).records, 1);
});

test('a group that cannot be read any more answers with its last known progress, and its checkpoint stays', async () => {
  const { collector, ports } = await system();
  ports.source.add('agents', 's', line(1, { task_id: 'a', progress: 40 }));
  await collector.collect({});
  const before = await ports.checkpoints.read('source#agents');
  ports.source.fail(
    'agents',
    unavailable('CloudWatch Logs', new AttemptsFailed(5, 900, new Error('throttled'))),
  );
  const { groups } = await collector.collect({});
  assert.is(groups[0]?.status, 'failed');
  assert.is(groups[0]?.attempts, 5);
  assert.is(groups[0]?.waited_ms, 900);
  assert.equal(
    groups[0]?.last_known?.map(({ task_id, progress }) => [task_id, progress.percentage]),
    [['a', 40]],
  );
  assert.equal(await ports.checkpoints.read('source#agents'), before);
});

test('a missing group is reported by name', async () => {
  const { collector } = await system();
  const result = await collector.collect({ log_group: 'nowhere' });
  assert.is(result.groups[0]?.status, 'failed');
  assert.match(result.groups[0]?.error ?? '', 'nowhere');
});

test('a window is read as asked and moves no checkpoint', async () => {
  const { collector, ports } = await system();
  ports.source.add(
    'agents',
    's',
    line(1, { task_id: 'a', progress: 10 }),
    line(500, { task_id: 'a', progress: 20 }),
  );
  const window = await collector.collect({ log_group: 'agents', start_time: NOON, end_time: NOON + 100 });
  assert.is(window.records, 1);
  assert.is((await collector.collect({})).records, 1);
});

test('a stream that cannot be folded stops no other stream', async () => {
  const ports = memoryPorts();
  const save = ports.tasks.save.bind(ports.tasks);
  const { collector, tasks } = await system({
    ...ports,
    tasks: {
      ...ports.tasks,
      save: async (task) => {
        if (task.task_id === 'poison') throw new MiyabiError('payload_too_large', 'the task is too large');
        return save(task);
      },
    },
  });
  ports.source.add('agents', 'bad', line(1, { task_id: 'poison', progress: 10 }));
  ports.source.add('agents', 'good', line(2, { task_id: 'fine', progress: 10 }));
  const result = await collector.collect({});
  assert.equal(
    result.groups[0]?.problems.map(({ log_stream }) => log_stream),
    ['bad'],
  );
  assert.is(JSON.parse((await tasks.read('fine')).json).progress.current, 10);
});

test('a store that is away leaves the checkpoint where it was', async () => {
  const ports = memoryPorts();
  let down = true;
  const { collector } = await system({
    ...ports,
    tasks: {
      ...ports.tasks,
      find: async (id) => {
        if (down) throw unavailable('the store', new Error('gone'));
        return ports.tasks.find(id);
      },
    },
  });
  ports.source.add('agents', 's', line(1, { task_id: 'a', progress: 10 }));
  assert.is((await collector.collect({})).groups[0]?.status, 'failed');
  down = false;
  assert.is((await collector.collect({})).records, 1);
});

test.run();
