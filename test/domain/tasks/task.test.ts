import * as fc from 'fast-check';
import * as assert from 'uvu/assert';
import type { Observation } from '../../../src/domain/logs/format.ts';
import { TASK_STATUSES } from '../../../src/domain/tasks/status.ts';
import {
  applyObservation,
  createTask,
  reportProgress,
  type StoredTask,
  taskFromObservation,
} from '../../../src/domain/tasks/task.ts';
import { toIso } from '../../../src/domain/time.ts';
import { suite } from '../../support/suite.ts';

const NOW = 1_800_000_000_000;
const seen = (changes: Partial<Observation> = {}): Observation => ({
  key: 'cdk/Stack#1',
  task_name: 'Stack',
  task_type: 'cdk_deploy',
  status: 'running',
  current: 2,
  total: 8,
  details: { operation: 'create', outcome: 'in_progress' },
  started_at: NOW - 60_000,
  last_at: NOW,
  ...changes,
});
const fromLog = (run: Observation): StoredTask =>
  taskFromObservation(run, {
    id: 'Stack-1',
    project_id: 'p',
    details: {},
    now: NOW,
    fallback_name: 'stream',
  });

const test = suite('Task');

test('a new task has the defaults of the first design', () => {
  const { task, point } = createTask({}, { id: 't', now: NOW });
  assert.is(task.task_name, 'Untitled');
  assert.is(task.project_id, 'default');
  assert.is(task.status, 'pending');
  assert.is(task.priority, 'P2');
  assert.equal(task.progress, { current: 0, total: null, percentage: null });
  assert.is(task.version, 1);
  assert.is(task.started_at, undefined);
  assert.is(point?.timestamp, toIso(NOW));
});

test('a report starts a task, moves it, and completes it when its own count is full', () => {
  const { task } = createTask({ progress: { total: 4 } }, { id: 't', now: NOW });
  const half = reportProgress(task, { current: 2, phase: 'pack' }, NOW + 1000).task;
  assert.is(half.status, 'running');
  assert.is(half.progress.percentage, 50);
  assert.is(half.details.phase, 'pack');
  assert.is(half.version, 2);
  const done = reportProgress(half, { current: 4 }, NOW + 11_000).task;
  assert.is(done.status, 'completed');
  assert.is(done.progress.percentage, 100);
  assert.is(done.duration_seconds, 10);
});

test('a full count with a status of its own does not complete the task', () => {
  const { task } = createTask({ progress: { total: 4 } }, { id: 't', now: NOW });
  const { task: full } = reportProgress(task, { current: 4, status: 'running' }, NOW);
  assert.is(full.status, 'running');
  assert.is(full.progress.percentage, 99);
});

test('a task that has ended takes no report', () => {
  const { task } = createTask({ status: 'cancelled' }, { id: 't', now: NOW });
  assert.throws(
    () => reportProgress(task, { current: 1 }, NOW),
    (error: { code?: string }) => error.code === 'invalid_transition',
  );
});

test('what a log says decides status, counter and times; what people set stays', () => {
  const createdAt = {
    ...fromLog(seen()),
    priority: 'P0' as const,
    labels: { team: 'tea' },
    project_id: 'moved',
  };
  const next = applyObservation(
    createdAt,
    seen({
      status: 'failed',
      current: 3,
      last_at: NOW + 5000,
      ended_at: NOW + 5000,
      details: { outcome: 'rolled_back' },
    }),
    NOW + 6000,
  );
  assert.is(next?.status, 'failed');
  assert.is(next?.priority, 'P0');
  assert.equal(next?.labels, { team: 'tea' });
  assert.is(next?.project_id, 'moved');
  assert.is(next?.duration_seconds, 65);
  assert.is(next?.completed_at, toIso(NOW + 5000));
});

test('an observation that says nothing new changes nothing', () => {
  const task = fromLog(seen());
  assert.is(applyObservation(task, seen(), NOW + 999), undefined);
});

test('an end that a client declared absorbs everything that a log says afterwards', () => {
  fc.assert(
    fc.property(
      fc.constantFrom('completed', 'failed', 'cancelled'),
      fc.constantFrom(...TASK_STATUSES),
      fc.integer({ min: 0, max: 1e9 }),
      (ended, status, later) => {
        const { task } = createTask({ status: ended }, { id: 't', now: NOW });
        assert.is(applyObservation(task, seen({ status, last_at: NOW + later }), NOW + later), undefined);
      },
    ),
  );
});

test("a client's word holds until the log says something newer", () => {
  const { task } = createTask({ status: 'blocked' }, { id: 't', now: NOW });
  assert.is(applyObservation(task, seen({ last_at: NOW - 1 }), NOW + 1), undefined);
  assert.is(applyObservation(task, seen({ last_at: NOW + 1 }), NOW + 1)?.status, 'running');
});

test('a late log can still correct an end that only the log had reported', () => {
  const ended = fromLog(seen({ status: 'failed', ended_at: NOW }));
  const corrected = applyObservation(
    ended,
    seen({ status: 'completed', ended_at: NOW + 10, last_at: NOW + 10 }),
    NOW + 20,
  );
  assert.is(corrected?.status, 'completed');
});

test.run();
