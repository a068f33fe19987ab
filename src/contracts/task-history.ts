import type { HistoryPoint } from '../domain/tasks/progress.ts';
import { MAX_TIME, toIso } from '../domain/time.ts';
import type { HistoryQuery, TaskHistory } from '../ports/task-store.ts';
import * as assert from './assert.ts';
import { type Open, type Runner, using } from './contract.ts';
import { itemsOf } from './pages.ts';
import { aPoint, NOON } from './samples.ts';

const timesOf = (points: readonly HistoryPoint[]): readonly number[] =>
  points.map(({ timestamp }) => Date.parse(timestamp) - NOON);

const allPoints = (history: TaskHistory, id: string, query: HistoryQuery): Promise<readonly HistoryPoint[]> =>
  itemsOf((from) => history.read(id, from), query);

/** What every history of tasks promises. */
export const taskHistoryContract = (runner: Runner, adapter: string, open: Open<TaskHistory>): void =>
  runner.describe(`TaskHistory: ${adapter}`, () => {
    const { test } = runner;

    test(
      'is empty for a task that is not there',
      using(open, async (history) => {
        assert.equal(await history.read('no-one', { limit: 10 }), { items: [] });
        await history.append('no-one', []);
        assert.equal(await history.read('no-one', { limit: 10 }), { items: [] });
      }),
    );

    test(
      'returns points as they were appended, oldest first, not in the order of their times',
      using(open, async (history) => {
        const plain = aPoint(1, { current: null, total: null, percentage: null });
        const full = aPoint(2, {
          ...{ phase: 'synth ✅', message: '', status: 'completed', percentage: 100 },
          ...{ failed: 2, skipped: 0 },
        });
        await history.append('task', [aPoint(3), full]);
        await history.append('task', [plain]);
        await history.append('other', [aPoint(1, { message: 'of another task' })]);
        assert.equal((await history.read('task', { limit: 10 })).items, [plain, full, aPoint(3)]);
      }),
    );

    test(
      'keeps one point a millisecond: the later one, within one call and across calls',
      using(open, async (history) => {
        await history.append('task', [aPoint(1, { current: 1 }), aPoint(1, { current: 2 }), aPoint(2)]);
        assert.equal((await history.read('task', { limit: 10 })).items, [
          aPoint(1, { current: 2 }),
          aPoint(2),
        ]);
        await history.append('task', [aPoint(1, { current: 3 })]);
        assert.equal((await history.read('task', { limit: 10 })).items, [
          aPoint(1, { current: 3 }),
          aPoint(2),
        ]);
      }),
    );

    test(
      'reads between two moments, both included',
      using(open, async (history) => {
        await history.append(
          'task',
          [10, 20, 30, 40].map((ms) => aPoint(ms)),
        );
        const read = async (query: Omit<HistoryQuery, 'limit'>) =>
          timesOf((await history.read('task', { ...query, limit: 10 })).items);
        assert.equal(await read({ from: NOON + 20, to: NOON + 30 }), [20, 30]);
        assert.equal(await read({ from: NOON + 21 }), [30, 40]);
        assert.equal(await read({ to: NOON + 20 }), [10, 20]);
        assert.equal(await read({ to: NOON + 9 }), []);
        assert.equal(await read({ from: NOON + 41 }), []);
        assert.equal(await read({ from: NOON + 30, to: NOON + 20 }), []);
        assert.equal(await read({ from: NOON + 20, after: NOON + 30 }), [40]);
        assert.equal(await read({ from: NOON + 30, after: NOON + 10 }), [30, 40]);
      }),
    );

    test(
      'holds the first and the last millisecond that there are',
      using(open, async (history) => {
        const ends = [0, 1, MAX_TIME].map((ms) => ({ ...aPoint(0), timestamp: toIso(ms) }));
        await history.append('task', ends);
        assert.equal((await history.read('task', { limit: 10 })).items, ends);
        assert.equal((await history.read('task', { from: 0, to: 0, limit: 10 })).items, ends.slice(0, 1));
        assert.equal((await history.read('task', { after: 0, limit: 10 })).items, ends.slice(1));
        assert.equal((await history.read('task', { from: MAX_TIME, limit: 10 })).items, ends.slice(2));
        assert.equal(await allPoints(history, 'task', { limit: 1 }), ends);
      }),
    );

    test(
      'takes 260 points in one call and pages through them',
      using(open, async (history) => {
        const points = Array.from({ length: 260 }, (_, index) => aPoint(index, { message: `step ${index}` }));
        await history.append('task', points);
        for (const limit of [26, 99, 260, 1000]) {
          assert.equal(await allPoints(history, 'task', { limit }), points, `limit ${limit}`);
        }
        const window = { from: NOON + 50, to: NOON + 149, limit: 30 };
        assert.equal(await allPoints(history, 'task', window), points.slice(50, 150));
      }),
    );

    test(
      'says that nothing follows where the last page is just full',
      using(open, async (history) => {
        await history.append('task', [aPoint(1), aPoint(2)]);
        assert.equal(timesOf(await allPoints(history, 'task', { limit: 2 })), [1, 2]);
        assert.equal(timesOf(await allPoints(history, 'task', { limit: 1 })), [1, 2]);
        assert.equal((await history.read('task', { limit: 3 })).next, undefined);
      }),
    );

    test(
      'keeps points that are appended at the same time',
      using(open, async (history) => {
        await Promise.all(Array.from({ length: 30 }, (_, index) => history.append('task', [aPoint(index)])));
        assert.equal(
          timesOf((await history.read('task', { limit: 100 })).items),
          Array.from({ length: 30 }, (_, index) => index),
        );
      }),
    );

    test(
      'keeps a copy of what was appended',
      using(open, async (history) => {
        const point = { ...aPoint(1), message: 'said' };
        await history.append('task', [point]);
        point.message = 'changed afterwards';
        assert.is((await history.read('task', { limit: 1 })).items[0]?.message, 'said');
      }),
    );

    test(
      'removes every point of a task and of no other',
      using(open, async (history) => {
        await history.append(
          'task',
          Array.from({ length: 60 }, (_, index) => aPoint(index)),
        );
        await history.append('task2', [aPoint(1)]);
        await history.remove('task');
        await history.remove('task');
        await history.remove('never there');
        assert.equal(await history.read('task', { limit: 10 }), { items: [] });
        assert.equal(timesOf((await history.read('task2', { limit: 10 })).items), [1]);
        await history.append('task', [aPoint(5)]);
        assert.equal(timesOf((await history.read('task', { limit: 10 })).items), [5]);
      }),
    );
  });
