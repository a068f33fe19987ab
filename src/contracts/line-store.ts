import type { LineStore } from '../ports/line-store.ts';
import * as assert from './assert.ts';
import { type Open, type Runner, using } from './contract.ts';
import { NOON } from './samples.ts';

const STREAM = { log_group: '/miyabi/run', log_stream: 'deploy-1' };
const LATER = NOON + 7 * 24 * 60 * 60 * 1000;
const index = (name: string) => ({ index: { version: 1, name }, put: [], remove: [], expires_at: LATER });
const chunk = (key: string, lines: readonly string[] = [key]) => ({
  key,
  value: { version: 1, lines: lines.map((text, at) => [at, text]) },
});

/** What every store of lines promises. */
export const lineStoreContract = (runner: Runner, adapter: string, open: Open<LineStore>): void =>
  runner.describe(`LineStore: ${adapter}`, () => {
    const { test } = runner;

    test(
      'finds nothing of a stream that was never written',
      using(open, async (store) => {
        assert.is(await store.find(STREAM), undefined);
        assert.equal(await store.chunks(STREAM, ['a']), []);
        await store.remove(STREAM, ['a']);
      }),
    );

    test(
      'gives back an index and its chunks as they were written, versions counted from 1',
      using(open, async (store) => {
        const long = chunk('b', ['ünï ✅ \u001b[31mred\u001b[0m', 'x'.repeat(60_000), '']);
        await store.write(STREAM, { ...index('first'), put: [chunk('a'), long] }, 0);
        assert.equal(await store.find(STREAM), { value: { version: 1, name: 'first' }, version: 1 });
        const found = await store.chunks(STREAM, ['a', 'b', 'missing']);
        assert.equal(
          [...found].sort((one, other) => (one.key < other.key ? -1 : 1)),
          [chunk('a'), long],
        );
        await store.write(STREAM, { ...index('second'), put: [chunk('c')], remove: ['a'] }, 1);
        assert.equal(await store.find(STREAM), { value: { version: 1, name: 'second' }, version: 2 });
        assert.equal((await store.chunks(STREAM, ['a', 'b', 'c'])).map(({ key }) => key).sort(), ['b', 'c']);
      }),
    );

    test(
      'rejects a write that expected another version, and leaves everything as it was',
      using(open, async (store) => {
        await assert.rejects(
          store.write(STREAM, { ...index('skips'), put: [chunk('s')] }, 1),
          'version_conflict',
        );
        await store.write(STREAM, { ...index('first'), put: [chunk('a')] }, 0);
        await assert.rejects(
          store.write(STREAM, { ...index('late'), put: [chunk('l')], remove: ['a'] }, 0),
          'version_conflict',
        );
        assert.equal(await store.find(STREAM), { value: { version: 1, name: 'first' }, version: 1 });
        assert.equal(await store.chunks(STREAM, ['a', 'l', 's']), [chunk('a')]);
      }),
    );

    test(
      'lets one of several racing writers win',
      using(open, async (store) => {
        const writes = ['a', 'b', 'c', 'd'].map((key) =>
          store.write(STREAM, { ...index(key), put: [chunk(key)] }, 0),
        );
        const results = await Promise.allSettled(writes);
        assert.is(results.filter(({ status }) => status === 'fulfilled').length, 1);
        const winner = results.findIndex(({ status }) => status === 'fulfilled');
        const key = 'abcd'.charAt(winner);
        assert.equal(await store.find(STREAM), { value: { version: 1, name: key }, version: 1 });
        assert.equal(await store.chunks(STREAM, ['a', 'b', 'c', 'd']), [chunk(key)]);
      }),
    );

    test(
      'keeps streams apart whose names contain separators and other special characters',
      using(open, async (store) => {
        const streams = [
          { log_group: 'a', log_stream: 'b/c' },
          { log_group: 'a/b', log_stream: 'c' },
          { log_group: 'a#b', log_stream: 'c' },
          { log_group: 'a', log_stream: 'b#c' },
          { log_group: 'ä ✅', log_stream: `${'long/'.repeat(100)}` },
          { log_group: '__proto__', log_stream: 'constructor' },
        ];
        for (const stream of streams) await store.write(stream, index(JSON.stringify(stream)), 0);
        for (const stream of streams)
          assert.equal((await store.find(stream))?.value, { version: 1, name: JSON.stringify(stream) });
      }),
    );

    test(
      'removes a stream with its chunks, which then begins again',
      using(open, async (store) => {
        const other = { ...STREAM, log_stream: 'other' };
        await store.write(STREAM, { ...index('first'), put: [chunk('a')] }, 0);
        await store.write(other, { ...index('other'), put: [chunk('a')] }, 0);
        await store.remove(STREAM, ['a']);
        assert.is(await store.find(STREAM), undefined);
        assert.equal(await store.chunks(STREAM, ['a']), []);
        assert.equal(await store.chunks(other, ['a']), [chunk('a')]);
        await store.write(STREAM, index('again'), 0);
        assert.is((await store.find(STREAM))?.version, 1);
      }),
    );
  });
