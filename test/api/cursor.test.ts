import { inflateRawSync } from 'node:zlib';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { signedCursors } from '../../src/api/cursor.ts';
import { isMiyabiError } from '../../src/domain/errors.ts';

const test = suite('Cursors');

const isRefused = (open: () => unknown): boolean => {
  try {
    open();
    return false;
  } catch (error) {
    return isMiyabiError(error, 'invalid_input');
  }
};

test('open in the list that they belong to, in any process that has the secret', () => {
  const position = { after: { updated_at: 'x', task_id: 'tâche' }, rounds: [[1, null]] };
  const cursor = signedCursors('a secret').seal('tasks', position);
  assert.match(cursor, /^[A-Za-z0-9_-]+$/);
  assert.equal(signedCursors('a secret').open('tasks', cursor), position);
  assert.ok(isRefused(() => signedCursors('a secret').open('projects', cursor)));
  assert.ok(isRefused(() => signedCursors('another').open('tasks', cursor)));
});

test('are refused where any byte was changed, taken away or added', () => {
  const { seal, open } = signedCursors('a secret');
  const cursor = seal('tasks', { task_id: 'one' });
  const bytes = Buffer.from(cursor, 'base64url');
  for (let index = 0; index < bytes.length; index += 1) {
    for (const bit of [1, 128]) {
      const changed = Buffer.from(bytes);
      changed[index] = (changed[index] ?? 0) ^ bit;
      assert.ok(
        isRefused(() => open('tasks', changed.toString('base64url'))),
        `byte ${index}`,
      );
    }
    assert.ok(
      isRefused(() => open('tasks', bytes.subarray(0, index).toString('base64url'))),
      `${index} bytes`,
    );
  }
  for (const text of ['', 'A', '====', `${cursor}A`, `${cursor}=`, ` ${cursor}`]) {
    assert.ok(
      isRefused(() => open('tasks', text)),
      text,
    );
  }
});

test('tell nobody what is in them: a walk remembers the ids of tasks that its caller may not see', () => {
  const id = 'task-of-another-tenant';
  const bytes = Buffer.from(signedCursors('a secret').seal('tasks', { no: [id] }), 'base64url');
  for (let from = 0; from < bytes.length; from += 1) {
    let text = bytes.subarray(from).toString('latin1');
    try {
      text += inflateRawSync(bytes.subarray(from), { finishFlush: 2 }).toString('latin1');
    } catch {
      // Nothing that was packed begins here.
    }
    assert.not.match(text, id);
  }
});

test.run();
