import type { Change, ChangeFeed, FeedEntry } from '../ports/change-feed.ts';
import * as assert from './assert.ts';
import { type Open, type Runner, using } from './contract.ts';

/** A change with a number as its version. */
const change = (version: number, id = 'a'): Change => ({
  kind: 'task',
  action: 'saved',
  id,
  project_id: 'default',
  version,
  body: `{"task_id":"${id}","version":${version},"name":"é🚀"}`,
});

const changes = (from: number, to: number): readonly Change[] =>
  Array.from({ length: to - from + 1 }, (_, index) => change(from + index));

const versions = (entries: readonly FeedEntry[]): readonly number[] =>
  entries.map((entry) => entry.change.version);

const never = (): AbortSignal => new AbortController().signal;

/** `open` keeps at least the newest 50 changes, and not the oldest of 2,000. */
export const changeFeedContract = (runner: Runner, adapter: string, open: Open<ChangeFeed>): void =>
  runner.describe(`ChangeFeed: ${adapter}`, () => {
    const { test } = runner;

    test(
      'returns the entries after a position, oldest first',
      using(open, async (feed) => {
        const start = await feed.position();
        assert.equal(await feed.read(start, 10), []);
        const removed: Change = {
          kind: 'project',
          action: 'deleted',
          id: 'p:1',
          project_id: 'p:1',
          version: 4,
        };
        await feed.publish([change(1), removed]);
        await feed.publish([change(2, 'b')]);
        const entries = await feed.read(start, 10);
        assert.equal(
          entries.map((entry) => entry.change),
          [change(1), removed, change(2, 'b')],
        );
      }),
    );

    test(
      'reads on from any entry, at most as many as asked for',
      using(open, async (feed) => {
        const start = await feed.position();
        await feed.publish(changes(1, 9));
        const first = await feed.read(start, 4);
        assert.equal(versions(first), [1, 2, 3, 4]);
        const rest = await feed.read(first.at(-1)?.position ?? '', 100);
        assert.equal(versions(rest), [5, 6, 7, 8, 9]);
        assert.equal(versions(await feed.read(rest[2]?.position ?? '', 1)), [8]);
      }),
    );

    test(
      'shows a reader who starts now only what comes',
      using(open, async (feed) => {
        await feed.publish(changes(1, 3));
        const now = await feed.position();
        assert.equal(await feed.read(now, 10), []);
        await feed.publish([change(4)]);
        const entries = await feed.read(now, 10);
        assert.equal(versions(entries), [4]);
        assert.is(await feed.position(), entries[0]?.position);
      }),
    );

    test(
      'gives the same entries to every reader',
      using(open, async (feed) => {
        const start = await feed.position();
        await feed.publish(changes(1, 5));
        assert.equal(await feed.read(start, 10), await feed.read(start, 10));
      }),
    );

    test(
      'keeps positions apart and in order, however many writers there are',
      using(open, async (feed) => {
        const start = await feed.position();
        await Promise.all([1, 2, 3, 4].map((writer) => feed.publish(changes(writer * 10, writer * 10 + 4))));
        const entries = await feed.read(start, 100);
        assert.is(entries.length, 20);
        assert.is(new Set(entries.map(({ position }) => position)).size, 20);
        for (const writer of [1, 2, 3, 4]) {
          assert.equal(
            versions(entries).filter((version) => Math.floor(version / 10) === writer),
            versions(changes(writer * 10, writer * 10 + 4).map((one) => ({ position: '', change: one }))),
          );
        }
      }),
    );

    test(
      'reports that it no longer holds the entries after an old position',
      using(open, async (feed) => {
        const start = await feed.position();
        for (let from = 1; from <= 2000; from += 500) await feed.publish(changes(from, from + 499));
        await assert.rejects(feed.read(start, 10), 'not_found');
        const now = await feed.position();
        await feed.publish(changes(2001, 2050));
        assert.equal(
          versions(await feed.read(now, 100)),
          versions(changes(2001, 2050).map((one) => ({ position: '', change: one }))),
        );
      }),
    );

    test(
      'does not know positions that it never gave out',
      using(open, async (feed) => {
        await feed.publish([change(1)]);
        for (const position of [
          '',
          '0',
          'x',
          '-',
          '+',
          '$',
          '0-0',
          '1-1',
          `${await feed.position()}0`,
          '99999999999999-0',
        ]) {
          await assert.rejects(feed.read(position, 10), 'not_found');
        }
      }),
    );

    test(
      'keeps a copy that later changes of the given object do not reach',
      using(open, async (feed) => {
        const start = await feed.position();
        const given = { ...change(1) };
        await feed.publish([given]);
        given.version = 99;
        assert.equal(versions(await feed.read(start, 1)), [1]);
      }),
    );

    test(
      'publishes nothing without a change',
      using(open, async (feed) => {
        const start = await feed.position();
        await feed.publish([]);
        assert.equal(await feed.read(start, 10), []);
      }),
    );

    test(
      'does not wait where there is something to read',
      using(open, async (feed) => {
        const start = await feed.position();
        await feed.publish([change(1)]);
        await feed.wait(start, { signal: never(), timeoutMs: 60_000 });
      }),
    );

    test(
      'wakes those who wait as soon as there is something',
      using(open, async (feed) => {
        const start = await feed.position();
        const waits = [1, 2, 3].map(() => feed.wait(start, { signal: never(), timeoutMs: 60_000 }));
        await feed.publish([change(1)]);
        await Promise.all(waits);
        assert.equal(versions(await feed.read(start, 10)), [1]);
      }),
    );

    test(
      'stops waiting when the time is over or the signal aborts',
      using(open, async (feed) => {
        const start = await feed.position();
        await feed.wait(start, { signal: never(), timeoutMs: 5 });
        await feed.wait(start, { signal: AbortSignal.abort(), timeoutMs: 60_000 });
        const controller = new AbortController();
        const waiting = feed.wait(start, { signal: controller.signal, timeoutMs: 60_000 });
        controller.abort();
        await waiting;
      }),
    );

    test(
      'does not wait after a position that it does not hold',
      using(open, async (feed) => {
        await feed.wait('x', { signal: never(), timeoutMs: 60_000 });
      }),
    );
  });
