import { createHash } from 'node:crypto';
import * as assert from 'uvu/assert';
import { authenticator } from '../../src/api/auth.ts';
import type { StoredKey } from '../../src/domain/api-keys.ts';
import { rejects, suite } from '../support/suite.ts';

const hashOf = (key: string): string => createHash('sha256').update(key).digest('hex');
const request = (headers: Readonly<Record<string, string>> = {}) => ({
  ...{ method: 'GET', path: '/api/tasks', search: '', headers },
});

const NO_STORE = { find: () => undefined, noteUse: () => undefined };

const test = suite('Authenticator');

test('without keys it accepts every caller, with any credentials', async () => {
  const open = authenticator([], NO_STORE);
  assert.is((await open(request())).scope, 'admin');
  assert.is((await open(request({ authorization: 'Bearer anything' }))).scope, 'admin');
});

test('it finds each of several keys with its own scope and project, named by the start of its hash', () => {
  const find = authenticator(
    [
      { hash: hashOf('one'), scope: 'read' },
      { hash: hashOf('other'), scope: 'write', project_id: 'shop' },
    ],
    NO_STORE,
  );
  const [one, other] = ['one', 'other'].map((key) => find(request({ authorization: `Bearer ${key}` })));
  assert.equal(one, { id: hashOf('one').slice(0, 16), scope: 'read' });
  assert.equal(other, { id: hashOf('other').slice(0, 16), scope: 'write', project_id: 'shop' });
});

test('it refuses a wrong key and none', async () => {
  const find = authenticator([{ hash: hashOf('one'), scope: 'admin' }], NO_STORE);
  for (const headers of [{}, { authorization: 'Bearer two' }, { authorization: 'Basic one' }])
    await rejects((async () => find(request(headers)))(), 'unauthorized');
});

const aKey = (text: string): StoredKey => ({
  key_id: hashOf(text).slice(0, 16),
  hash: hashOf(text),
  name: 'CI',
  scope: 'write',
  project_id: 'shop',
  created_at: '2026-11-24T00:00:00.000Z',
});

test('it looks up other keys in the store by the start of their hash, and compares all of it', async () => {
  const text = `miyabi_${'k'.repeat(43)}`;
  const used: string[] = [];
  let stored: StoredKey = aKey(text);
  const find = authenticator([{ hash: hashOf('one'), scope: 'admin' }], {
    find: (keyId) => (keyId === hashOf(text).slice(0, 16) ? stored : undefined),
    noteUse: ({ key_id }) => used.push(key_id),
  });
  const withKey = request({ 'x-api-key': text });
  assert.equal(await find(withKey), {
    id: hashOf(text).slice(0, 16),
    scope: 'write',
    project_id: 'shop',
    isStored: true,
  });
  assert.equal(used, [hashOf(text).slice(0, 16)]);
  stored = { ...stored, hash: `${stored.hash.slice(0, 16)}${'0'.repeat(48)}` };
  await rejects((async () => find(withKey))(), 'unauthorized');
  assert.is(used.length, 1);
});

test('it asks the store for nothing that cannot be a key', async () => {
  let lookups = 0;
  const find = authenticator([{ hash: hashOf('one'), scope: 'admin' }], {
    ...NO_STORE,
    find: () => {
      lookups += 1;
      return undefined;
    },
  });
  for (const key of ['', 'one-more', 'miyabi_short', `miyabi_${'k'.repeat(44)}`, `MIYABI_${'k'.repeat(43)}`])
    await rejects((async () => find(request({ 'x-api-key': key })))(), 'unauthorized');
  assert.is(lookups, 0);
  await rejects((async () => find(request({ 'x-api-key': `miyabi_${'k'.repeat(43)}` })))(), 'unauthorized');
  assert.is(lookups, 1);
});

test.run();
