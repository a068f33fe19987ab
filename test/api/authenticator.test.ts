import { createHash } from 'node:crypto';
import * as assert from 'uvu/assert';
import { authenticator } from '../../src/api/auth.ts';
import { rejects, suite } from '../support/suite.ts';

const hashOf = (key: string): string => createHash('sha256').update(key).digest('hex');
const request = (headers: Readonly<Record<string, string>> = {}) => ({
  ...{ method: 'GET', path: '/api/tasks', search: '', headers },
});

const test = suite('Authenticator');

test('without keys it accepts every caller, with any credentials', async () => {
  const open = authenticator([]);
  assert.is(open(request()).scope, 'admin');
  assert.is(open(request({ authorization: 'Bearer anything' })).scope, 'admin');
});

test('it finds each of several keys with its own scope and project, named by the start of its hash', () => {
  const find = authenticator([
    { hash: hashOf('one'), scope: 'read' },
    { hash: hashOf('other'), scope: 'write', project_id: 'shop' },
  ]);
  const [one, other] = ['one', 'other'].map((key) => find(request({ authorization: `Bearer ${key}` })));
  assert.equal(one, { id: hashOf('one').slice(0, 16), scope: 'read' });
  assert.equal(other, { id: hashOf('other').slice(0, 16), scope: 'write', project_id: 'shop' });
});

test('it refuses a wrong key and none', async () => {
  const find = authenticator([{ hash: hashOf('one'), scope: 'admin' }]);
  for (const headers of [{}, { authorization: 'Bearer two' }, { authorization: 'Basic one' }])
    await rejects((async () => find(request(headers)))(), 'unauthorized');
});

test.run();
