import * as assert from 'uvu/assert';
import { publicTask, storedText, taskText } from '../../../src/domain/tasks/stored.ts';
import { suite } from '../../support/suite.ts';
import { aStoredTask } from '../../support/tasks.ts';

const test = suite('Texts of tasks');

test('the stored text of a task has every field of it', () => {
  const plain = aStoredTask('t');
  assert.equal(JSON.parse(storedText(plain)), plain);
  const kept = {
    ...plain,
    retries: 2,
    rateFrom: { current: 1, at: plain.updated_at },
    pendingEvents: [{ type: 'task.completed' as const, project_id: 'p', version: 3, at: plain.updated_at }],
    counted: { project_id: 'p', kind: 'active' as const, seconds: 0 },
  };
  assert.equal(JSON.parse(storedText(kept)), kept);
});

test('the text of a public task has none of its bookkeeping', () => {
  const task = { ...aStoredTask('t'), retries: 2 };
  assert.is('retries' in JSON.parse(taskText(publicTask(task))), false);
});

test('one state of a task is converted and written as text once', () => {
  const task = aStoredTask('t');
  const reads: string[] = [];
  const observed = new Proxy(task, {
    ownKeys: (target) => {
      reads.push('keys');
      return Reflect.ownKeys(target);
    },
  });
  assert.is(publicTask(observed), publicTask(observed));
  taskText(publicTask(observed));
  storedText(observed);
  assert.equal(reads, ['keys']);
});

test.run();
