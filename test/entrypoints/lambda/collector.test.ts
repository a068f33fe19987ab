import { gzipSync } from 'node:zlib';
import * as assert from 'uvu/assert';
import { memoryMetrics } from '../../../src/adapters/memory/metrics.ts';
import { powertoolsMetrics } from '../../../src/adapters/powertools/metrics.ts';
import { unavailable } from '../../../src/domain/errors.ts';
import { collectorLambda } from '../../../src/entrypoints/lambda/collect.ts';
import type { Metrics } from '../../../src/ports/metrics.ts';
import { captured } from '../../support/captured.ts';
import { rejects, suite } from '../../support/suite.ts';
import { memoryPorts, system } from '../../support/system.ts';

const NOON = Date.UTC(2026, 10, 23, 12);

const setUp = async <M extends Metrics>(metrics: M) => {
  const ports = memoryPorts();
  const world = await system(ports);
  const handler = collectorLambda({ ...world, clock: ports.clock, logger: ports.logger, metrics });
  const add = (group: string, index: number, fields: Record<string, unknown>) =>
    ports.source.add(group, 's', {
      id: `e${index}`,
      timestamp: NOON + index,
      message: JSON.stringify(fields),
    });
  const progressOf = async (id: string) => JSON.parse((await world.tasks.read(id)).json).progress.percentage;
  return { ...world, ports, handler, add, progressOf, metrics };
};

const subscription = (payload: object) => ({
  awslogs: { data: gzipSync(JSON.stringify(payload)).toString('base64') },
});

const delivery = (logEvents: readonly unknown[]) =>
  subscription({
    messageType: 'DATA_MESSAGE',
    owner: '123456789012',
    logGroup: 'agents',
    logStream: 'task-1',
    subscriptionFilters: ['miyabi'],
    logEvents,
  });

const schedules: readonly (readonly [string, object])[] = [
  [
    'a rule of EventBridge',
    {
      'detail-type': 'Scheduled Event',
      source: 'aws.events',
      time: '2026-11-23T12:00:00Z',
      resources: [],
      detail: {},
    },
  ],
  [
    'EventBridge Scheduler',
    { scheduled_time: '2026-11-23T12:00:00Z', execution_id: 'x', attempt_number: '1' },
  ],
];

const test = suite('Collector Lambda');

test('the direct event collects one group, or all of them', async () => {
  const { handler, add, metrics } = await setUp(memoryMetrics());
  add('agents', 1, { task_id: 'a', progress: 10 });
  add('deploys', 1, { task_id: 'b', progress: 20 });
  const one = await handler({ log_group: 'agents' });
  assert.equal([one.ok, one.message, one.records], [true, 'Collected 1 progress records', 1]);
  const all = await handler({});
  assert.equal([all.ok, all.message, all.groups?.length], [true, 'Collected 1 progress records', 2]);
  assert.equal(
    metrics.flushed.map(({ counts }) => counts),
    [
      { RecordsCollected: 1, GroupsFailed: 0, SourceRetries: 0 },
      { RecordsCollected: 1, GroupsFailed: 0, SourceRetries: 0 },
    ],
  );
  assert.equal(metrics.flushed[0]?.durations, { CollectorDuration: [0] });
});

test('the direct event of a window leaves the place where it was', async () => {
  const { handler, add } = await setUp(memoryMetrics());
  add('agents', 1, { task_id: 'a', progress: 10 });
  const window = { log_group: 'agents', start_time: NOON, end_time: NOON + 10 };
  assert.is((await handler(window)).records, 1);
  const again = await handler({ log_group: 'agents' });
  assert.equal([again.records, again.groups?.[0]?.duplicates], [0, 1]);
});

for (const [name, event] of schedules) {
  test(`${name} collects every group, marks silent tasks and counts what was left uncounted`, async () => {
    const { handler, add, ports, metrics, progressOf, tasks } = await setUp(memoryMetrics());
    add('agents', 1, { task_id: 'a', progress: 10 });
    assert.is((await handler(event)).records, 1);
    assert.is(await progressOf('a'), 10);
    ports.clock.advance(NOON - ports.clock.now() + 24 * 3_600_000);
    assert.is((await handler(event)).records, 0);
    assert.equal(
      metrics.flushed.map(({ counts }) => counts['TasksMarkedStale']),
      [0, 1],
    );
    assert.is(JSON.parse((await tasks.read('a')).json).stale, true);
  });
}

test('a subscription is taken in, once however often it is delivered, and without its broken entries', async () => {
  const { handler, metrics, progressOf, ports } = await setUp(memoryMetrics());
  const event = delivery([
    { id: '1', timestamp: NOON, message: '{"progress":{"current":1,"total":4}}' },
    { id: '2', timestamp: NOON + 1, message: '{"progress":{"current":3,"total":4}}' },
    { timestamp: 'never' },
  ]);
  assert.equal(await handler(event), { ok: true, message: 'Collected 2 progress records', records: 2 });
  assert.equal(await handler(event), { ok: true, message: 'Collected 0 progress records', records: 0 });
  assert.is(await progressOf('task-1'), 75);
  assert.equal(
    metrics.flushed.map(({ counts }) => counts),
    [{ RecordsCollected: 2 }, { RecordsCollected: 0 }],
  );
  assert.equal(
    ports.logger.entries.map(({ level, fields }) => [level, fields['malformed']]),
    [
      ['warn', 1],
      ['warn', 1],
    ],
  );
});

test('what a poll has found already, a subscription does not count again', async () => {
  const { handler, ports } = await setUp(memoryMetrics());
  const event = { id: '1', timestamp: NOON, message: '{"progress":50}' };
  ports.source.add('agents', 'task-1', event);
  assert.is((await handler({})).records, 1);
  assert.is((await handler(delivery([event]))).records, 0);
});

test('a control message is answered and touches nothing', async () => {
  const { handler, metrics } = await setUp(memoryMetrics());
  const event = subscription({ messageType: 'CONTROL_MESSAGE', logEvents: [] });
  assert.equal(await handler(event), { ok: true, message: 'Nothing to collect', records: 0 });
  assert.equal(metrics.flushed[0]?.counts, {});
});

test('a group that cannot be read is reported and measured, and is no reason for another invocation', async () => {
  const { handler, ports, metrics, add } = await setUp(memoryMetrics());
  add('agents', 1, { task_id: 'a', progress: 10 });
  await handler({});
  ports.source.fail('agents', unavailable('CloudWatch Logs', new Error('throttled')));
  const answer = await handler({});
  assert.equal([answer.ok, answer.groups?.[0]?.status], [false, 'failed']);
  assert.equal(
    answer.groups?.[0]?.last_known?.map(({ task_id }) => task_id),
    ['a'],
  );
  assert.is(metrics.flushed[1]?.counts['GroupsFailed'], 1);
});

test('an event of no known kind, and a store that is away, are errors, and are measured', async () => {
  const { handler, metrics, ports } = await setUp(memoryMetrics());
  await rejects(handler({ what: 'ever' }), 'invalid_input');
  ports.checkpoints.read = async () => {
    throw unavailable('the store', new Error('gone'));
  };
  await rejects(handler(delivery([{ id: '1', timestamp: NOON, message: '{"progress":1}' }])), 'unavailable');
  assert.equal(
    metrics.flushed.map(({ counts }) => counts['CollectorErrors']),
    [1, 1],
  );
});

test('metrics come out in the embedded metric format, once an invocation', async () => {
  const { handler, add } = await setUp(powertoolsMetrics({ service: 'miyabi-collector' }));
  add('agents', 1, { task_id: 'a', progress: 10 });
  const text = await captured(() => handler({}));
  const lines = text
    .split('\n')
    .filter((line) => line.includes('_aws'))
    .map((line) => JSON.parse(line));
  assert.is(lines.length, 1, text);
  const [line] = lines;
  assert.equal([line.RecordsCollected, line.GroupsFailed, line.service], [1, 0, 'miyabi-collector']);
  const [{ Namespace, Metrics: declared }] = line._aws.CloudWatchMetrics;
  assert.is(Namespace, 'Miyabi');
  assert.equal(
    declared.map(({ Name, Unit }: { Name: string; Unit: string }) => [Name, Unit]),
    [
      ['RecordsCollected', 'Count'],
      ['GroupsFailed', 'Count'],
      ['SourceRetries', 'Count'],
      ['CollectorDuration', 'Milliseconds'],
    ],
  );
});

test.run();
