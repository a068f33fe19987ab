import * as assert from 'uvu/assert';
import {
  formatApiKey,
  includesScope,
  isExpired,
  keyIdOf,
  parseApiKey,
  SCOPES,
  type StoredKey,
} from '../../src/domain/api-keys.ts';
import { suite } from '../support/suite.ts';

const HASH = 'a1'.repeat(32);

const test = suite('API keys');

test('each scope includes those before it, and no other', () => {
  const table = SCOPES.map((held) => SCOPES.map((needed) => includesScope(held, needed)));
  assert.equal(table, [
    [true, false, false],
    [true, true, false],
    [true, true, true],
  ]);
});

test('an entry is read with its scope and its project, in either case', () => {
  assert.equal(parseApiKey(` ${HASH.toUpperCase()}:ADMIN `), { hash: HASH, scope: 'admin' });
  assert.equal(parseApiKey(`${HASH}:write:shop`), { hash: HASH, scope: 'write', project_id: 'shop' });
});

test('an entry is refused if its hash, its scope or its project is none', () => {
  for (const text of [
    ...['', HASH, `${HASH}:owner`, `${HASH.slice(1)}:read`, `${HASH}0:read`],
    ...[`${HASH}:read:`, `${HASH}:read:no such project`],
  ])
    assert.is(parseApiKey(text), undefined, text);
});

test('an entry is written as it is read', () => {
  for (const text of [`${HASH}:read`, `${HASH}:write:shop`]) {
    const key = parseApiKey(text);
    assert.ok(key);
    assert.is(formatApiKey(key), text);
  }
});

test('a key is known by the first 16 digits of its hash', () => {
  assert.is(keyIdOf(HASH), HASH.slice(0, 16));
  assert.is(keyIdOf(HASH).length, 16);
});

test('a key is over from the moment at which it expires, and never without one', () => {
  const at = Date.UTC(2026, 10, 28);
  const key: StoredKey = {
    ...{ key_id: keyIdOf(HASH), hash: HASH, name: 'of a test', scope: 'read' },
    created_at: new Date(at - 1_000).toISOString(),
  };
  const expiring = { ...key, expires_at: new Date(at).toISOString() };
  assert.equal(
    [at - 1, at, at + 1].map((now) => isExpired(expiring, now)),
    [false, true, true],
  );
  assert.is(isExpired(key, at), false);
});

test.run();
