import type { Json } from '../domain/json.ts';
import type { Checkpoints } from '../ports/checkpoints.ts';
import * as assert from './assert.ts';
import { type Open, type Runner, using } from './contract.ts';

/** Text that does not compress to less than about three quarters of its length. Always the same. */
export const noise = (length: number, seed = 1): string => {
  let state = seed;
  let text = '';
  while (text.length < length) {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    text += String.fromCharCode(48 + ((state >>> 24) % 75));
  }
  return text;
};

/** What every keeper of checkpoints promises. */
export const checkpointsContract = (runner: Runner, adapter: string, open: Open<Checkpoints>): void =>
  runner.describe(`Checkpoints: ${adapter}`, () => {
    const { test } = runner;

    test(
      'reads nothing under a key that was never written',
      using(open, async (checkpoints) => {
        assert.is(await checkpoints.read('group:/cdk/deployments'), undefined);
      }),
    );

    test(
      'returns every kind of JSON as it was written, versions counted from 1',
      using(open, async (checkpoints) => {
        const values: readonly Json[] = [
          null,
          false,
          0,
          1e300,
          '',
          'ünï ✅ \u0000',
          [],
          {},
          { '': [null, { deep: [[[]]] }], number: -0.1, constructor: 'x' },
        ];
        for (const [index, value] of values.entries()) {
          await checkpoints.write('key', value, index);
          assert.equal(await checkpoints.read('key'), { value, version: index + 1 });
        }
      }),
    );

    test(
      'distinguishes keys with any characters in them',
      using(open, async (checkpoints) => {
        const keys = [
          'a',
          'a#b',
          'a#b#1',
          'a/b',
          'a b',
          'ä',
          'A',
          `long/${'x'.repeat(900)}`,
          'a%23b',
          '__proto__',
        ];
        for (const key of keys) await checkpoints.write(key, `of ${key}`, 0);
        for (const key of keys) assert.is((await checkpoints.read(key))?.value, `of ${key}`);
        await checkpoints.remove('a');
        assert.is(await checkpoints.read('a'), undefined);
        for (const key of keys.slice(1)) assert.is((await checkpoints.read(key))?.value, `of ${key}`);
      }),
    );

    test(
      'rejects a write that expected another version',
      using(open, async (checkpoints) => {
        await assert.rejects(checkpoints.write('key', 'skips', 1), 'version_conflict');
        await checkpoints.write('key', 'first', 0);
        await assert.rejects(checkpoints.write('key', 'created twice', 0), 'version_conflict');
        await checkpoints.write('key', 'second', 1);
        await assert.rejects(checkpoints.write('key', 'too late', 1), 'version_conflict');
        assert.equal(await checkpoints.read('key'), { value: 'second', version: 2 });
      }),
    );

    test(
      'lets exactly one of 30 concurrent writes win',
      using(open, async (checkpoints) => {
        for (const expected of [0, 1]) {
          const outcomes = await Promise.allSettled(
            Array.from({ length: 30 }, (_, index) =>
              checkpoints.write('contended', { writer: index }, expected),
            ),
          );
          const winners = outcomes.flatMap(({ status }, index) => (status === 'fulfilled' ? [index] : []));
          assert.is(winners.length, 1);
          assert.equal(await checkpoints.read('contended'), {
            value: { writer: winners[0] },
            version: expected + 1,
          });
        }
      }),
    );

    test(
      'keeps values of two megabytes, which may shrink and grow again',
      using(open, async (checkpoints) => {
        const large = { recent: [noise(1_000_000), noise(1_000_000, 2)] };
        await checkpoints.write('large', large, 0);
        assert.equal(await checkpoints.read('large'), { value: large, version: 1 });
        await assert.rejects(
          checkpoints.write('large', { recent: [noise(900_000, 3)] }, 0),
          'version_conflict',
        );
        assert.equal(await checkpoints.read('large'), { value: large, version: 1 });
        await checkpoints.write('large', 'small', 1);
        assert.equal(await checkpoints.read('large'), { value: 'small', version: 2 });
        const other = { recent: [noise(1_200_000, 4)] };
        await checkpoints.write('large', other, 2);
        assert.equal(await checkpoints.read('large'), { value: other, version: 3 });
        await checkpoints.remove('large');
        assert.is(await checkpoints.read('large'), undefined);
      }),
    );

    test(
      'a reader beside a writer of large values sees one of them, whole',
      using(open, async (checkpoints) => {
        await checkpoints.write('busy', [0, noise(600_000, 1)], 0);
        let writing = true;
        const writer = (async () => {
          for (let version = 1; version <= 4; version += 1) {
            await checkpoints.write('busy', [version, noise(600_000, version + 1)], version);
          }
          writing = false;
        })();
        let last = 0;
        while (writing) {
          const read = await checkpoints.read('busy');
          assert.ok(read !== undefined && read.version >= last);
          assert.equal(read.value, [read.version - 1, noise(600_000, read.version)]);
          last = read.version;
        }
        await writer;
      }),
    );

    test(
      'keeps a copy of what was written',
      using(open, async (checkpoints) => {
        const value: Record<string, Json> = { at: 1 };
        await checkpoints.write('key', value, 0);
        value['at'] = 2;
        assert.equal((await checkpoints.read('key'))?.value, { at: 1 });
      }),
    );

    test(
      'forgets a key, which can then be written again',
      using(open, async (checkpoints) => {
        await checkpoints.write('key', 1, 0);
        await checkpoints.remove('key');
        await checkpoints.remove('key');
        await checkpoints.remove('never there');
        assert.is(await checkpoints.read('key'), undefined);
        await assert.rejects(checkpoints.write('key', 2, 1), 'version_conflict');
        await checkpoints.write('key', 3, 0);
        assert.equal(await checkpoints.read('key'), { value: 3, version: 1 });
      }),
    );
  });
