import * as assert from 'uvu/assert';
import { type BadgeTask, projectBadge, taskBadge } from '../../src/domain/badge.ts';
import { suite } from '../support/suite.ts';

const test = suite('What a badge shows');

const aTask = (fields: Partial<BadgeTask> = {}): BadgeTask => ({
  task_name: 'Deploy',
  status: 'running',
  stale: false,
  progress: { percentage: 42 },
  details: {},
  ...fields,
});

test('an open task shows how far it is, one that has ended how it ended', () => {
  const unknown = { progress: { percentage: null } };
  for (const [fields, message, tone] of [
    [{}, '42%', 'active'],
    [unknown, 'running', 'active'],
    [{ stale: true }, 'stale at 42%', 'waiting'],
    [{ stale: true, ...unknown }, 'stale', 'waiting'],
    [{ status: 'pending' }, 'pending', 'neutral'],
    [{ status: 'pending', stale: true }, 'overdue', 'waiting'],
    [{ status: 'blocked' }, 'blocked', 'waiting'],
    [{ status: 'completed' }, 'completed', 'good'],
    [{ status: 'completed', details: { outcome: 'no_changes' } }, 'no changes', 'good'],
    [{ status: 'completed', stale: true }, 'overdue', 'waiting'],
    [{ status: 'failed' }, 'failed', 'bad'],
    [{ status: 'failed', details: { outcome: 'parent_ended' } }, 'failed', 'bad'],
    [{ status: 'failed', details: { outcome: 'lost' } }, 'lost', 'bad'],
    [{ status: 'failed', details: { outcome: 'rolled_back' } }, 'rolled back', 'bad'],
    [{ status: 'failed', details: { outcome: 'rollback_failed' } }, 'rollback failed', 'bad'],
    [{ status: 'cancelled' }, 'cancelled', 'neutral'],
  ] as const) {
    const badge = taskBadge(aTask(fields));
    assert.equal([badge.message, badge.tone], [message, tone], JSON.stringify(fields));
  }
  assert.equal(taskBadge(aTask()), {
    label: 'Deploy',
    message: '42%',
    tone: 'active',
    percentage: 42,
    isOpen: true,
  });
  const done = taskBadge(aTask({ status: 'completed', ...unknown }));
  assert.equal([done.percentage, done.isOpen], [100, false]);
});

test('a project counts its open tasks, and shows the newest one if no more than one is open', () => {
  const shown = (active: number, blocked: number, newest: BadgeTask | undefined) => {
    const { label, message, tone, isOpen } = projectBadge(
      'Shop',
      { active_tasks: active, blocked_tasks: blocked },
      newest,
    );
    assert.is(label, 'Shop');
    return [message, tone, isOpen];
  };
  const failed = aTask({ status: 'failed' });
  assert.equal(shown(0, 0, undefined), ['no tasks', 'neutral', false]);
  assert.equal(shown(0, 0, failed), ['failed', 'bad', false]);
  assert.equal(shown(1, 0, aTask()), ['42%', 'active', true]);
  assert.equal(shown(1, 0, failed), ['1 active', 'active', true], 'the newest is not the open one');
  assert.equal(shown(3, 1, aTask()), ['3 active, 1 blocked', 'active', true]);
  assert.equal(shown(0, 2, failed), ['2 blocked', 'waiting', true]);
});

test.run();
