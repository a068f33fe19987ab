import * as assert from 'uvu/assert';
import { taskFromItem, taskToItem } from '../../../src/adapters/dynamodb/task-item.ts';
import { taskCodec } from '../../../src/adapters/embedded/codecs.ts';
import { failureText } from '../../../src/cli/terminal/bars.ts';
import { combineRuns } from '../../../src/domain/logs/combine.ts';
import { agentJson } from '../../../src/domain/logs/formats/agent-json.ts';
import { customFormat } from '../../../src/domain/logs/formats/custom.ts';
import { pytest } from '../../../src/domain/logs/formats/pytest.ts';
import {
  createTask,
  observedPoint,
  patchTask,
  reopenTask,
  reportProgress,
} from '../../../src/domain/tasks/task.ts';
import { suite } from '../../support/suite.ts';
import { play } from '../logs/formats/play.ts';

const test = suite('Partial failure');

const NOW = Date.UTC(2026, 10, 23, 12);
const { task } = createTask({ progress: { total: 9, failed: 1 } }, { id: 't', now: NOW });

test('a report sets what failed, keeps what it leaves out, and null removes it', () => {
  const reported = reportProgress(task, { current: 3, skipped: 2 }, NOW).task;
  assert.equal([reported.progress.failed, reported.progress.skipped], [1, 2]);
  const removed = reportProgress(reported, { failed: null }, NOW).task;
  assert.equal(removed.progress, { current: 3, total: 9, percentage: 33, skipped: 2 });
});

test('a patch of the failed count alone is a change of progress', () => {
  const patched = patchTask(task, { progress: { failed: 2 } }, NOW);
  assert.is(patched?.task.progress.failed, 2);
  assert.ok(patched?.point);
});

test('a point of the history says what had failed by then, whether reported or read in a log', () => {
  const { point } = reportProgress(task, { current: 3, skipped: 2 }, NOW);
  assert.equal([point?.failed, point?.skipped], [1, 2]);
  const [read] = play(agentJson, '{"processed":7,"failed":2,"total":9}\n');
  assert.ok(read);
  assert.equal([observedPoint(read).failed, observedPoint(read).skipped], [2, undefined]);
});

test('a reopened task begins without failures', () => {
  const ended = reportProgress(task, { current: 9, skipped: 2 }, NOW).task;
  assert.equal(reopenTask(ended, {}, NOW).task.progress, { current: 0, total: 9, percentage: 0 });
});

test('both stores give back what failed and what was skipped', () => {
  const stored = reportProgress(task, { current: 3, skipped: 0 }, NOW).task;
  assert.equal(taskFromItem(taskToItem(stored, 'w')), stored);
  assert.equal(taskCodec.decode('t', taskCodec.encode(stored)), stored);
});

test('a JSON line says what failed beside its counter, and nothing without one', () => {
  const [run] = play(agentJson, '{"processed":7,"failed":2,"total":7}\n');
  assert.equal([run?.status, run?.current, run?.total, run?.failed], ['completed', 7, 7, 2]);
  const [other] = play(agentJson, '{"task_id":"a","status":"running","failed":2}\n');
  assert.is(other?.failed, undefined);
});

test('pytest counts failed and skipped tests as they happen; the closing line has the last word', () => {
  const lines = 'tests/test_a.py .F.s [ 40%]\ntests/test_b.py::test_x FAILED [ 50%]\n';
  const [run] = play(pytest, lines);
  assert.equal([run?.failed, run?.skipped], [2, 1]);
  const [ended] = play(pytest, `${lines}=== 3 failed, 6 passed, 1 skipped in 1.00s ===\n`);
  assert.equal([ended?.status, ended?.failed, ended?.skipped], ['failed', 3, 1]);
});

test('a pattern of an own format may have a group for what failed', () => {
  const pattern = /^(?<current>\d+) of (?<total>\d+), (?<failed>\d+) bad$/;
  const format = customFormat({ name: 'mine', pattern: pattern.source }, () => ({
    groups: ['current', 'total', 'failed'],
    match: (text) => pattern.exec(text)?.groups,
  }));
  const [run] = play(format, '3 of 9, 2 bad\n');
  assert.is(run?.failed, 2);
});

test('runs that are one task add up what failed', () => {
  const runs = [
    '{"task_id":"a","processed":1,"failed":2,"total":7}',
    '{"task_id":"a","processed":1,"total":7}',
  ];
  const combined = combineRuns(
    runs.flatMap((line) => play(agentJson, `${line}\n`).map((run) => ({ run, isReport: false }))),
  );
  assert.equal([combined?.current, combined?.failed, combined?.skipped], [2, 2, undefined]);
});

test('a bar says how many failed and were skipped, and nothing of none', () => {
  assert.is(failureText({ failed: 2, skipped: 1 }), '2 failed, 1 skipped');
  assert.is(failureText({ failed: 0 }), '');
});

test.run();
