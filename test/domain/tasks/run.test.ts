import * as assert from 'uvu/assert';
import { publicTask } from '../../../src/domain/tasks/stored.ts';
import { createTask, patchTask, reopenTask, reportProgress } from '../../../src/domain/tasks/task.ts';
import { toIso } from '../../../src/domain/time.ts';
import { suite } from '../../support/suite.ts';
import { aStoredTask, NOON } from '../../support/tasks.ts';

const test = suite('Tasks of runs');

test('start when their process started, however late the news comes, and never in the future', () => {
  const started = (ms: number) =>
    createTask({ status: 'running', started_at: NOON + ms }, { id: 'run', now: NOON }).task.started_at;
  assert.is(started(-60_000), toIso(NOON - 60_000));
  assert.is(started(60_000), toIso(NOON));
  const { task } = createTask({ status: 'running', started_at: NOON - 60_000 }, { id: 'run', now: NOON });
  const ended = reportProgress(task, { status: 'failed', exit_code: 3, timestamp: NOON - 30_000 }, NOON);
  assert.is(ended.task.duration_seconds, 30);
  assert.is(ended.task.details.exit_code, 3);
});

test('keep the cause that their log gives over the one in a report', () => {
  const found = aStoredTask('run', { details: { error_message: 'Stack is in ROLLBACK_COMPLETE' } });
  const report = { status: 'failed', exit_code: 1, error_message: 'last line' } as const;
  assert.is(reportProgress(found, report, NOON).task.details.error_message, 'Stack is in ROLLBACK_COMPLETE');
  assert.is(reportProgress(aStoredTask('run'), report, NOON).task.details.error_message, 'last line');
});

test('lose how they ended when they are reopened, and keep what they run and how often', () => {
  const expect = { every_seconds: 60, grace_seconds: 5 };
  const { task } = createTask(
    { status: 'running', run: { command: 'make' }, expect },
    { id: 'run', now: NOON },
  );
  const ended = reportProgress(task, { status: 'failed', signal: 'SIGKILL' }, NOON).task;
  const again = reopenTask(ended, { status: 'running' }, NOON + 1).task;
  assert.equal(again.details, {});
  assert.equal(again.run, { command: 'make' });
  assert.equal(again.expect, expect);
});

test('are patched as a whole: null removes what they run and what is expected of them', () => {
  const task = aStoredTask('run', {
    run: { command: 'make', host: 'h' },
    expect: { every_seconds: 60, grace_seconds: 5 },
  });
  const patched = patchTask(task, { run: { command: 'make all' }, expect: null }, NOON + 1)?.task;
  assert.equal(patched?.run, { command: 'make all' });
  assert.is(patched?.expect, undefined);
  assert.is(patchTask(task, { run: { command: 'make', host: 'h' } }, NOON + 1), undefined);
});

test('never show the secrets of their output: those are for the server alone', () => {
  const output = {
    key: 'plain/run#1',
    task_name: '',
    task_type: 'generic',
    status: 'running',
    current: 1,
    total: 5,
    details: {},
    started_at: NOON,
    last_at: NOON,
  } as const;
  assert.not.ok('output' in publicTask(aStoredTask('run', { output })));
});

test.run();
