import * as assert from 'uvu/assert';
import { combineRuns } from '../../../src/domain/logs/combine.ts';
import type { Observation } from '../../../src/domain/logs/format.ts';
import type { TaskStatus } from '../../../src/domain/tasks/status.ts';
import { suite } from '../../support/suite.ts';

const aRun = (fields: Partial<Observation> = {}): Observation => ({
  ...{ key: 'k', task_name: 'Api', task_type: 'deployment', status: 'running', current: 1, total: 4 },
  ...{ details: {}, started_at: 10, last_at: 20 },
  ...fields,
});

const combined = (runs: readonly Observation[], reports: readonly Observation[] = []) =>
  combineRuns([
    ...runs.map((run) => ({ run, isReport: false })),
    ...reports.map((run) => ({ run, isReport: true })),
  ]);

const test = suite('Runs shown as one task');

test('no run is no task, and one run is itself', () => {
  assert.is(combined([]), undefined);
  const only = aRun({ failed: 1, ended_at: 15, details: { failed_resources: ['a', 'a'] } });
  assert.is(combined([only]), only);
  assert.is(combined([], [only]), only);
});

test('counters add up if all are known, and what failed or was skipped if any is', () => {
  const both = combined([
    aRun({ failed: 2 }),
    aRun({ current: 2, total: 6, failed: 1, skipped: 3, last_at: 30 }),
  ]);
  assert.equal([both?.current, both?.total, both?.failed, both?.skipped], [3, 10, 3, 3]);
  const unknown = combined([aRun(), aRun({ current: null, total: null }), aRun()]);
  assert.equal([unknown?.current, unknown?.total], [null, null]);
  assert.equal(['failed' in (unknown ?? {}), 'skipped' in (unknown ?? {})], [false, false]);
});

test('texts are those of the latest run, without its name, from the first beginning to the last line', () => {
  const early = aRun({ message: 'early', last_at: 50, started_at: 12, details: { phase: 'a' } });
  const late = aRun({ message: 'late', last_at: 60, started_at: 30, details: { phase: 'b' } });
  for (const runs of [
    [early, late],
    [late, early],
  ]) {
    const found = combined(runs);
    assert.equal(
      [found?.message, found?.details, found?.task_name, found?.started_at, found?.last_at],
      ['late', { phase: 'b' }, '', 12, 60],
    );
  }
  const [first, second] = ['first', 'second'].map((message) => aRun({ message }));
  assert.is(combined([first ?? aRun(), second ?? aRun()])?.message, 'second', 'of one moment, the later one');
});

const statusOf = (...statuses: readonly TaskStatus[]): TaskStatus | undefined =>
  combined(statuses.map((status) => aRun({ status })))?.status;

test('it runs while a run does, and has failed if one has', () => {
  assert.is(statusOf('running', 'completed'), 'running');
  assert.is(statusOf('blocked', 'running'), 'running');
  assert.is(statusOf('failed', 'blocked', 'pending'), 'blocked');
  assert.is(statusOf('pending', 'pending'), 'pending');
  assert.is(statusOf('pending', 'completed'), 'running');
  assert.is(statusOf('pending', 'pending', 'failed'), 'running');
  assert.is(statusOf('cancelled', 'failed', 'completed'), 'failed');
  assert.is(statusOf('completed', 'cancelled'), 'cancelled');
  assert.is(statusOf('completed', 'completed'), 'completed');
});

test('it has ended when the last run has, and not before', () => {
  const ended = { status: 'completed', ended_at: 40, last_at: 70 } as const;
  const found = combined([aRun(ended), aRun({ ...ended, ended_at: 50, last_at: 60 })]);
  assert.is(found?.ended_at, 50);
  const { ended_at: _none, ...open } = aRun({ ...ended, last_at: 80 });
  assert.is(
    combined([aRun(ended), open])?.ended_at,
    80,
    'its last line stands for an end that it does not name',
  );
  assert.not.ok('ended_at' in (combined([aRun(), aRun({ ...ended })]) ?? {}));
});

test('resources that failed are those of all runs, each once', () => {
  const details = { failed_resources: ['Queue', 'Topic'] };
  const found = combined([
    aRun({ details }),
    aRun({ details: { failed_resources: ['Topic', 'Key'], phase: 'b' } }),
  ]);
  assert.equal(found?.details, { failed_resources: ['Queue', 'Topic', 'Key'], phase: 'b' });
  assert.equal(combined([aRun(), aRun()])?.details, {});
});

test("a task's own report outranks its tools, but not what failed in them, nor when they began", () => {
  const tool = aRun({
    ...{ status: 'failed', current: 7, failed: 3, ended_at: 40, last_at: 90 },
    started_at: 1,
  });
  const withFailed = { ...tool, details: { failed_resources: ['Queue'] } };
  const older = aRun({ task_name: 'before', current: 2, last_at: 25 });
  const own = aRun({ task_name: 'Review', current: 3, total: 5, last_at: 30, details: { phase: 'c' } });
  const found = combined([withFailed], [own, older]);
  assert.equal(found, {
    ...{ key: 'k', task_name: 'Review', task_type: 'deployment', status: 'running', current: 3, total: 5 },
    ...{ details: { phase: 'c', failed_resources: ['Queue'] }, started_at: 1, last_at: 90 },
  });
});

test('what tools did before the task began again is of its attempt before', () => {
  const before = aRun({ last_at: 99, started_at: 1, details: { failed_resources: ['Queue'] } });
  const at = aRun({ last_at: 100, started_at: 95, details: { failed_resources: ['Topic'] } });
  const own = aRun({ started_at: 100, last_at: 120, retries: 1 });
  const found = combined([before, at], [own]);
  assert.equal([found?.started_at, found?.details], [95, { failed_resources: ['Topic'] }]);
  const { retries: _none, ...first } = own;
  assert.is(combined([before, at], [first])?.started_at, 1);
});

test.run();
