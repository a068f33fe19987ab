import * as assert from 'uvu/assert';
import { type HistoryPoint, readEvents, type ServerEvent, type Task } from '../../src/client/index.ts';
import type { TaskStatus } from '../../src/domain/tasks/status.ts';
import { binsOf, quantile } from '../../web/src/durations.ts';
import { iconName, iconWith } from '../../web/src/favicon.ts';
import { stretchesOf } from '../../web/src/phases.ts';
import { compared, phaseTimes } from '../../web/src/usual.ts';
import { waterfallOf } from '../../web/src/waterfall.ts';

import { suite } from '../support/suite.ts';

const test = suite('dashboard: phases, durations, event streams');

const point = (second: number, status: TaskStatus, phase?: string): HistoryPoint => ({
  timestamp: new Date(second * 1_000).toISOString(),
  current: null,
  total: null,
  percentage: null,
  status,
  ...(phase === undefined ? {} : { phase }),
});

const short = (points: readonly HistoryPoint[], until: number) =>
  stretchesOf(points, until * 1_000).map(
    ({ name, status, from, to }) => `${name ?? status} ${from / 1_000}-${to / 1_000} ${status}`,
  );

test('a phase lasts until the next begins, and the last one until now', () => {
  const points = [
    point(0, 'pending'),
    point(2, 'running', 'build'),
    point(3, 'running'),
    point(5, 'running', 'test'),
  ];
  assert.equal(short(points, 9), ['pending 0-2 pending', 'build 2-5 running', 'test 5-9 running']);
});

test('a phase that fails is marked so and ends with the task; one that completes is left as it was', () => {
  const points = [point(0, 'running', 'build'), point(4, 'failed', 'broken')];
  assert.equal(short(points, 99), ['build 0-4 failed']);
  assert.equal(short([point(0, 'running', 'build'), point(4, 'completed')], 99), ['build 0-4 running']);
});

test('a blocked time is a stretch of its own, also within one phase', () => {
  const points = [
    point(0, 'running', 'build'),
    point(1, 'blocked', 'build'),
    point(3, 'running', 'build'),
    point(4, 'completed'),
  ];
  assert.equal(short(points, 9), ['build 0-1 running', 'build 1-3 blocked', 'build 3-4 running']);
});

test('no history, no phases; an end alone is none either', () => {
  assert.equal(short([], 9), []);
  assert.equal(short([point(3, 'completed')], 9), []);
});

test('bins hold every value once, have round edges and are no more than allowed', () => {
  for (const seconds of [
    [0],
    [7],
    [1, 1, 1],
    [3, 61, 200],
    [0, 100_000],
    [30, 31, 32, 900],
    [86_400 * 400, 1],
  ]) {
    const bins = binsOf(seconds, 18);
    assert.ok(bins.length >= 1 && bins.length <= 18, `${seconds}: ${bins.length} bins`);
    assert.is(
      bins.reduce((sum, { count }) => sum + count, 0),
      seconds.length,
      String(seconds),
    );
    for (const value of seconds)
      assert.ok(bins.some(({ from, to, count }) => count > 0 && from <= value && value < to));
  }
  assert.equal(binsOf([], 18), []);
  assert.equal(binsOf([60, 119, 120], 2), [
    { from: 60, to: 120, count: 2 },
    { from: 120, to: 180, count: 1 },
  ]);
});

test('a quantile is one of the values', () => {
  assert.is(quantile([1, 2, 3, 4], 0.5), 2);
  assert.is(quantile([1, 2, 3, 4], 0.95), 4);
  assert.is(quantile([5], 0.5), 5);
});

test('parts are placed between the first start and the last end, in the order in which they began', () => {
  const part = (task_id: string, from?: number, to?: number) =>
    ({
      task_id,
      ...(from === undefined ? {} : { started_at: new Date(from * 1_000).toISOString() }),
      ...(to === undefined ? {} : { completed_at: new Date(to * 1_000).toISOString() }),
    }) as Task;
  const { seconds, stripes } = waterfallOf(
    [part('c', 15), part('a', 10, 14), part('b', 10, 20), part('waits')],
    30_000,
  );
  assert.is(seconds, 20);
  assert.equal(
    stripes.map(({ task, from, to, seconds: took }) => [task.task_id, from, to, took]),
    [
      ['a', 0, 0.2, 4],
      ['b', 0, 0.5, 10],
      ['c', 0.25, 1, 15],
    ],
  );
  assert.equal(waterfallOf([], 1).stripes, []);
});

test('a phase is slow that takes longer than nine of ten earlier ones, and none is without enough of them', () => {
  const earlier = Array.from(
    { length: 10 },
    (_, index) =>
      new Map(
        [
          ['build', index + 1],
          ['rare', 1],
        ].slice(0, index < 4 ? 2 : 1) as [string, number][],
      ),
  );
  const of = (seconds: number) =>
    compared(
      new Map([
        ['build', seconds],
        ['rare', 99],
      ]),
      earlier,
    );
  assert.equal(of(10)[0], { name: 'build', seconds: 10, usual: { median: 5, p90: 9 }, isSlow: true });
  assert.is(of(9)[0]?.isSlow, false);
  assert.equal(of(9)[1], { name: 'rare', seconds: 99, isSlow: false });
});

test('waiting counts for no phase', () => {
  const points = [
    ...[point(0, 'pending'), point(1, 'running', 'build'), point(4, 'blocked', 'build')],
    ...[point(9, 'running', 'build'), point(10, 'running', 'test'), point(12, 'completed')],
  ];
  assert.equal(
    [...phaseTimes(stretchesOf(points, 0))],
    [
      ['build', 4],
      ['test', 2],
    ],
  );
});

test('an icon counts to nine, what failed before what runs', () => {
  assert.equal(
    [iconName('running', 0), iconName('running', 3), iconName('failed', 12)],
    ['seal.svg', 'seal-running-3.svg', 'seal-failed-10.svg'],
  );
  assert.match(iconWith('<svg></svg>', 'failed', 10), />9\+<\/text><\/svg>$/);
});

const streamOf = (pieces: readonly Uint8Array[]): ReadableStream<Uint8Array> =>
  new ReadableStream({
    start(controller) {
      for (const piece of pieces) controller.enqueue(piece);
      controller.close();
    },
  });

const eventsIn = async (pieces: readonly Uint8Array[]): Promise<readonly ServerEvent[]> => {
  const events: ServerEvent[] = [];
  for await (const event of readEvents(streamOf(pieces))) events.push(event);
  return events;
};

test('reads a stream of events, wherever it is cut', async () => {
  const bytes = new TextEncoder().encode(
    'retry: 1000\nid: 4\n\n: still here\nid: 5\n\nevent: task\nid: 6\ndata: {"task_name":"雅"}\n\nevent: reset\r\nid: 7\r\ndata:x\r\ndata:y\r\n\r\nevent: task\ndata: {"cut',
  );
  const expected = [
    { kind: 'message', data: '', id: '4', retry: 1_000 },
    { kind: 'message', data: '', id: '5', retry: undefined },
    { kind: 'task', data: '{"task_name":"雅"}', id: '6', retry: undefined },
    { kind: 'reset', data: 'x\ny', id: '7', retry: undefined },
  ];
  assert.equal(await eventsIn([bytes]), expected);
  assert.equal(await eventsIn(Array.from(bytes, (byte) => Uint8Array.of(byte))), expected);
  assert.equal(await eventsIn([bytes.subarray(0, 90), bytes.subarray(90)]), expected);
});

test.run();
