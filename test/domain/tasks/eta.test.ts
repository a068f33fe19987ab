import * as fc from 'fast-check';
import * as assert from 'uvu/assert';
import { etaOf, MAX_PAST, type RateStart, rateStartOf, withDuration } from '../../../src/domain/tasks/eta.ts';
import { progressOf } from '../../../src/domain/tasks/progress.ts';
import { TASK_STATUSES, type TaskStatus } from '../../../src/domain/tasks/status.ts';
import { createTask, type StoredTask } from '../../../src/domain/tasks/task.ts';
import { toIso } from '../../../src/domain/time.ts';
import { suite } from '../../support/suite.ts';

const NOON = Date.UTC(2026, 10, 23, 12);
const running = (
  current: number | null,
  total: number | null,
  status: TaskStatus = 'running',
  first = 0,
): StoredTask & Readonly<{ rateFrom: RateStart }> => ({
  ...createTask({}, { id: 't', now: NOON }).task,
  status,
  started_at: toIso(NOON),
  progress: progressOf({ current, total }, status),
  rateFrom: { current: first, at: toIso(NOON) },
});
const after = (seconds: number) => NOON + seconds * 1000;

const test = suite('ETA');

test('without ground there is none: too early, too little done, no total, no earlier runs', () => {
  assert.is(etaOf(running(5, 10), [], after(2)), undefined);
  assert.is(etaOf(running(1, 10), [], after(60)), undefined);
  assert.is(etaOf(running(2, 1000), [], after(60)), undefined);
  assert.is(etaOf(running(5, null), [], after(60)), undefined);
});

test('the rate so far: a quarter in thirty seconds leaves ninety', () => {
  assert.is(etaOf(running(5, 20), [], after(30)), 90);
});

test('a run that was under way when it was first seen counts from there', () => {
  // 130 of 1351 steps took no part of these 24 seconds; counting them gives four minutes for what takes over eight hours.
  assert.is(etaOf(running(131, 1351, 'running', 130), [], after(24)), undefined);
  assert.is(etaOf(running(140, 1351, 'running', 130), [], after(240)), 24 * 1211);
  assert.is(etaOf(running(60, 100, 'running', 50), [], after(10)), 40);
});

test('a minute and ten steps are ground enough, however large the total is', () => {
  assert.is(etaOf(running(10, 10_000), [], after(100)), 99_900);
  assert.is(etaOf(running(9, 10_000), [], after(100)), undefined);
  assert.is(etaOf(running(10, 10_000), [], after(50)), undefined);
});

test('the rate is measured from the earliest counter, and from a counter that begins again', () => {
  const point = (current: number | null, seconds: number, status: TaskStatus = 'running') => ({
    timestamp: toIso(after(seconds)),
    current,
    total: 10,
    percentage: null,
    status,
  });
  const start = rateStartOf(undefined, [point(null, 0), point(0, 1, 'pending'), point(4, 3), point(3, 2)]);
  assert.equal(start, { current: 3, at: toIso(after(2)) });
  assert.equal(rateStartOf(start, [point(5, 9)]), start);
  assert.equal(rateStartOf(start, [point(2, 1)]), { current: 2, at: toIso(after(1)) }, 'a line that is late');
  assert.equal(rateStartOf(start, [point(1, 9)]), { current: 1, at: toIso(after(9)) }, 'it begins again');
  assert.is(rateStartOf(undefined, []), undefined);
});

test('without a counter, earlier runs decide: their median, less what has passed', () => {
  assert.is(etaOf(running(null, null), [100, 300, 120], after(30)), 90);
  assert.is(etaOf(running(null, null), [100, 120], after(30)), 80);
});

test('with both, the rate counts as much as the part that is done', () => {
  assert.is(etaOf(running(10, 20), [100], after(30)), 50);
});

test('a run that takes much longer than those before it goes by its own rate alone', () => {
  assert.is(etaOf(running(null, null), [100], after(200)), undefined);
  assert.is(etaOf(running(10, 20), [100], after(200)), 200);
});

test('it is never negative, never NaN, and gone when the task has ended', () => {
  fc.assert(
    fc.property(
      fc.option(fc.nat(1000)),
      fc.option(fc.nat(1000)),
      fc.nat(1000),
      fc.constantFrom(...TASK_STATUSES),
      fc.array(fc.integer({ min: 1, max: 10_000 }), { maxLength: 10 }),
      fc.integer({ min: -100, max: 100_000 }),
      (current, total, first, status, past, seconds) => {
        const eta = etaOf(running(current, total, status, first), past, after(seconds));
        if (status !== 'running') return eta === undefined;
        return eta === undefined || (Number.isInteger(eta) && eta >= 0);
      },
    ),
  );
});

test('only a success teaches, and only the latest runs are remembered', () => {
  const done = { ...running(1, 1, 'completed'), duration_seconds: 7 };
  assert.equal(withDuration([1, 2], done), [1, 2, 7]);
  assert.equal(withDuration([1, 2], { ...done, status: 'failed' }), [1, 2]);
  assert.is(withDuration(new Array(MAX_PAST).fill(1), done).length, MAX_PAST);
});

test.run();
