import * as fc from 'fast-check';
import * as assert from 'uvu/assert';
import { type HistoryPoint, percentageOf, thinPoints } from '../../../src/domain/tasks/progress.ts';
import { TASK_STATUSES } from '../../../src/domain/tasks/status.ts';
import { suite } from '../../support/suite.ts';

const test = suite('Progress');

const counts = fc.option(fc.integer({ min: 0, max: 1_000_000_000_000 }));
const statuses = fc.constantFrom(...TASK_STATUSES);

test('a percentage is whole, 0 to 100, or null where the total is unknown or 0', () => {
  fc.assert(
    fc.property(counts, counts, statuses, (current, total, status) => {
      const percentage = percentageOf({ current, total }, status);
      if (current === null || total === null || total === 0) return percentage === null;
      return percentage !== null && Number.isInteger(percentage) && percentage >= 0 && percentage <= 100;
    }),
  );
});

test('100 per cent is for a task that completed, and for no other', () => {
  fc.assert(
    fc.property(
      fc.integer({ min: 0, max: 1e12 }),
      fc.integer({ min: 1, max: 1e12 }),
      statuses,
      (current, total, status) =>
        assert.is(percentageOf({ current, total }, status) === 100, status === 'completed'),
    ),
  );
});

test('real counters overshoot, fall short and stay full', () => {
  assert.is(percentageOf({ current: 6, total: 5 }, 'running'), 99);
  assert.is(percentageOf({ current: 5, total: 5 }, 'running'), 99);
  assert.is(percentageOf({ current: 2, total: 2 }, 'failed'), 99);
  assert.is(percentageOf({ current: 2, total: 3 }, 'completed'), 100);
  assert.is(percentageOf({ current: 2, total: 3 }, 'running'), 66);
  assert.is(percentageOf({ current: 4, total: null }, 'completed'), null);
});

const point = (index: number, status: HistoryPoint['status'], phase?: string): HistoryPoint => ({
  timestamp: new Date(index).toISOString(),
  current: index,
  total: 1000,
  percentage: Math.floor(index / 10),
  status,
  ...(phase === undefined ? {} : { phase }),
});

test('thinning keeps first, last and every change of status and phase as long as there is room', () => {
  const points = Array.from({ length: 1000 }, (_, index) =>
    point(index, index === 999 ? 'completed' : 'running', index < 400 ? 'build' : 'deploy'),
  );
  const kept = thinPoints(points, 25);
  assert.is(kept.length, 25);
  assert.is(kept[0], points[0]);
  assert.is(kept.at(-1), points[999]);
  assert.ok(kept.includes(points[400] as HistoryPoint));
});

test('thinning never gives more than the limit, never reorders, and leaves a short list alone', () => {
  fc.assert(
    fc.property(
      fc.array(fc.tuple(statuses, fc.option(fc.constantFrom('a', 'b', 'c'), { nil: undefined })), {
        maxLength: 200,
      }),
      fc.integer({ min: 1, max: 60 }),
      (shape, limit) => {
        const points = shape.map(([status, phase], index) => point(index, status, phase));
        const kept = thinPoints(points, limit);
        assert.ok(kept.length <= limit);
        if (points.length <= limit) assert.equal(kept, points);
        const indexes = kept.map((item) => points.indexOf(item));
        assert.equal(
          indexes,
          [...new Set(indexes)].toSorted((a, b) => a - b),
        );
        assert.is(kept.at(-1), points.at(-1));
      },
    ),
  );
});

test.run();
