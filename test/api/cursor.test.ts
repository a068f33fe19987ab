import { createCipheriv, createHmac, randomBytes } from 'node:crypto';
import { deflateRawSync } from 'node:zlib';
import * as assert from 'uvu/assert';
import * as v from 'valibot';
import { signedCursors } from '../../src/api/cursor.ts';
import { isMiyabiError } from '../../src/domain/errors.ts';
import { suite } from '../support/suite.ts';

const test = suite('Cursors');

const isRefused = (open: () => unknown): boolean => {
  try {
    open();
    return false;
  } catch (error) {
    return isMiyabiError(error, 'invalid_input');
  }
};

const ANY = v.unknown();

test('open in the list that they belong to, in any process that has the secret', () => {
  const position = { updated_at: 'x', task_id: 'tâche' };
  const form = v.object({ updated_at: v.string(), task_id: v.string() });
  const cursor = signedCursors('a secret').encrypt('tasks', position);
  assert.match(cursor, /^[A-Za-z0-9_-]+$/);
  assert.equal(signedCursors('a secret').decrypt('tasks', cursor, form), position);
  assert.ok(isRefused(() => signedCursors('a secret').decrypt('projects', cursor, form)));
  assert.ok(isRefused(() => signedCursors('another').decrypt('tasks', cursor, form)));
});

test('are refused where their position has another form', () => {
  const { encrypt, decrypt } = signedCursors('a secret');
  assert.ok(
    isRefused(() => decrypt('tasks', encrypt('tasks', { rounds: [] }), v.object({ task_id: v.string() }))),
  );
});

test('of the release before are refused by the same clear error', () => {
  const nonce = randomBytes(12);
  const key = createHmac('sha256', 'a secret').update('cursors').digest();
  const cipher = createCipheriv('aes-256-gcm', key, nonce).setAAD(Buffer.from('tasks'));
  const packed = cipher.update(deflateRawSync(JSON.stringify({ rounds: [[]] })));
  cipher.final();
  const cursor = Buffer.concat([nonce, cipher.getAuthTag(), packed]).toString('base64url');
  assert.throws(() => signedCursors('a secret').decrypt('tasks', cursor, ANY), /start again without it/);
});

test('are refused where any byte was changed, taken away or added', () => {
  const { encrypt, decrypt } = signedCursors('a secret');
  const cursor = encrypt('tasks', { task_id: 'one' });
  const bytes = Buffer.from(cursor, 'base64url');
  for (let index = 0; index < bytes.length; index += 1) {
    for (const bit of [1, 128]) {
      const changed = Buffer.from(bytes);
      changed[index] = (changed[index] ?? 0) ^ bit;
      assert.ok(
        isRefused(() => decrypt('tasks', changed.toString('base64url'), ANY)),
        `byte ${index}`,
      );
    }
    assert.ok(
      isRefused(() => decrypt('tasks', bytes.subarray(0, index).toString('base64url'), ANY)),
      `${index} bytes`,
    );
  }
  for (const text of ['', 'A', '====', `${cursor}A`, `${cursor}=`, ` ${cursor}`]) {
    assert.ok(
      isRefused(() => decrypt('tasks', text, ANY)),
      text,
    );
  }
});

test('do not show what is in them: a position may name a task that its caller may not see', () => {
  const id = 'task-of-another-tenant';
  const cursor = signedCursors('a secret').encrypt('tasks', { task_id: id });
  assert.not.match(Buffer.from(cursor, 'base64url').toString('latin1'), id);
});

test.run();
