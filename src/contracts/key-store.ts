import type { StoredKey } from '../domain/api-keys.ts';
import type { KeyStore } from '../ports/key-store.ts';
import * as assert from './assert.ts';
import { type Open, type Runner, using } from './contract.ts';

const at = (hour: number): string => `2026-11-24T${String(hour).padStart(2, '0')}:00:00.000Z`;

const aKey = (key_id: string, changes: Partial<StoredKey> = {}): StoredKey => ({
  key_id,
  hash: key_id.padEnd(64, '0'),
  name: 'CI of the shop, ü',
  scope: 'write',
  created_at: at(0),
  ...changes,
});

const byId = (keys: readonly StoredKey[]): readonly StoredKey[] =>
  [...keys].sort((a, b) => (a.key_id < b.key_id ? -1 : 1));

/** What every store of API keys promises. */
export const keyStoreContract = (runner: Runner, adapter: string, open: Open<KeyStore>): void =>
  runner.describe(`KeyStore: ${adapter}`, () => {
    const { test } = runner;

    test(
      'returns every field as it was added, by its id and in the list',
      using(open, async (store) => {
        assert.is(await store.find('a1'), undefined);
        assert.equal(await store.list(), []);
        const keys = [
          aKey('a1'),
          aKey('b2', { scope: 'admin', project_id: 'shop', expires_at: at(5), last_used_at: at(2) }),
        ];
        for (const key of keys) await store.add(key);
        for (const key of keys) assert.equal(await store.find(key.key_id), key);
        assert.equal(byId(await store.list()), keys);
        assert.is(await store.find('a'), undefined);
      }),
    );

    test(
      'lists more keys than one page of a backend holds',
      using(open, async (store) => {
        const ids = Array.from({ length: 1_001 }, (_, index) => index.toString(16).padStart(16, '0'));
        for (let first = 0; first < ids.length; first += 50) {
          await Promise.all(
            // Each of the longest, so that they are more than the megabyte of a page.
            ids.slice(first, first + 50).map((id) => store.add(aKey(id, { name: 'n'.repeat(1_000) }))),
          );
        }
        assert.equal(
          byId(await store.list()).map(({ key_id }) => key_id),
          ids,
        );
      }),
    );

    test(
      'refuses to add a key twice, and keeps the first',
      using(open, async (store) => {
        await store.add(aKey('a1'));
        await assert.rejects(store.add(aKey('a1', { scope: 'admin' })), 'already_exists');
        assert.equal(await store.find('a1'), aKey('a1'));
      }),
    );

    test(
      'records the latest use, and none of a key that was removed',
      using(open, async (store) => {
        await store.add(aKey('a1'));
        await store.recordUse('a1', at(3));
        assert.equal(await store.find('a1'), aKey('a1', { last_used_at: at(3) }));
        await store.recordUse('a1', at(2));
        assert.is((await store.find('a1'))?.last_used_at, at(3));
        await Promise.all([4, 6, 5].map((hour) => store.recordUse('a1', at(hour))));
        assert.is((await store.find('a1'))?.last_used_at, at(6));
        await store.remove('a1');
        await store.recordUse('a1', at(7));
        assert.is(await store.find('a1'), undefined);
        assert.equal(await store.list(), []);
      }),
    );

    test(
      'removes a key, and says whether there was one',
      using(open, async (store) => {
        assert.is(await store.remove('a1'), false);
        await store.add(aKey('a1'));
        await store.add(aKey('a1b2'));
        assert.is(await store.remove('a1'), true);
        assert.is(await store.remove('a1'), false);
        assert.equal(await store.list(), [aKey('a1b2')]);
        await store.add(aKey('a1', { name: 'again' }));
        assert.is((await store.find('a1'))?.name, 'again');
      }),
    );

    test(
      'keeps fields that it does not know, also when a use is recorded',
      using(open, async (store) => {
        const key = aKey('a1', { unknown: { '': { later: { S: 'x' } } } });
        await store.add(key);
        assert.equal(await store.find('a1'), key);
        await store.recordUse('a1', at(3));
        assert.equal(await store.find('a1'), { ...key, last_used_at: at(3) });
      }),
    );
  });
