import type { Json } from '../domain/json.ts';
import type { LogEvent } from '../domain/logs/event.ts';
import type { LogPage, LogQuery, LogSource } from '../ports/log-source.ts';
import * as assert from './assert.ts';
import { type Open, type Runner, using } from './contract.ts';

/** A log source and the hand that writes the logs it reads. */
export type FedLogSource = Readonly<{
  source: LogSource;
  /** Adds lines to a stream, making group and stream if need be. Time goes on by at least a millisecond. */
  write(logGroup: string, logStream: string, lines: readonly string[]): Promise<void>;
  /** The present of the source, epoch milliseconds. Absent if its events have no timestamps. */
  now?: () => number;
}>;

type Read = Readonly<{
  events: ReadonlyMap<string, readonly LogEvent[]>;
  pages: readonly LogPage[];
  cursor: Json;
}>;

/** Reads to the end. Repeats of an event are dropped by its id, as every reader must. */
export const readAll = async (source: LogSource, query: LogQuery): Promise<Read> => {
  const streams = new Map<string, Map<string, LogEvent>>();
  const pages: LogPage[] = [];
  let cursor = query.cursor ?? null;
  for await (const page of source.read(query)) {
    pages.push(page);
    // What was JSON is JSON again.
    cursor = JSON.parse(JSON.stringify(page.cursor)) as Json;
    for (const { log_stream, events } of page.streams) {
      const known = streams.get(log_stream) ?? new Map<string, LogEvent>();
      streams.set(log_stream, known);
      for (const event of events) known.set(event.id, event);
    }
  }
  return { events: new Map([...streams].map(([name, known]) => [name, [...known.values()]])), pages, cursor };
};

const messagesOf = (read: Read, logStream: string): readonly string[] =>
  (read.events.get(logStream) ?? []).map(({ message }) => message);

const idsOf = (read: Read, logStream: string): readonly string[] =>
  (read.events.get(logStream) ?? []).map(({ id }) => id);

const lines = (from: number, count: number): readonly string[] =>
  Array.from({ length: count }, (_, index) => `line ${from + index}`);

/** The contract of every log source. Adapters without timestamps leave `now` out and skip the windows. */
export const logSourceContract = (runner: Runner, adapter: string, open: Open<FedLogSource>): void =>
  runner.describe(`LogSource: ${adapter}`, () => {
    const { test } = runner;

    test(
      'names its groups, in the same order each time',
      using(open, async ({ source, write }) => {
        await write('miyabi/cdk-deploy', 'one', ['a']);
        await write('miyabi/agents', 'two', ['b']);
        const groups = await source.groups();
        assert.ok(groups.includes('miyabi/cdk-deploy') && groups.includes('miyabi/agents'), groups.join());
        assert.equal(await source.groups(), groups);
      }),
    );

    test(
      'gives every event with its stream, in order, once',
      using(open, async ({ source, write }) => {
        await write('miyabi/agents', 'one', ['a', 'b']);
        await write('miyabi/agents', 'two', ['c']);
        const read = await readAll(source, { log_group: 'miyabi/agents' });
        assert.equal(messagesOf(read, 'one'), ['a', 'b']);
        assert.equal(messagesOf(read, 'two'), ['c']);
      }),
    );

    test(
      'keeps groups apart, also where one name begins with the other',
      using(open, async ({ source, write }) => {
        await write('miyabi', 'one', ['outer']);
        await write('miyabi/agents', 'one', ['inner']);
        assert.equal(messagesOf(await readAll(source, { log_group: 'miyabi' }), 'one'), ['outer']);
        assert.equal(messagesOf(await readAll(source, { log_group: 'miyabi/agents' }), 'one'), ['inner']);
      }),
    );

    test(
      'continues after its cursor and loses nothing',
      using(open, async ({ source, write }) => {
        await write('g', 's', lines(0, 3));
        const first = await readAll(source, { log_group: 'g' });
        await write('g', 's', lines(3, 2));
        await write('g', 'later', ['of another stream']);
        const second = await readAll(source, { log_group: 'g', cursor: first.cursor });
        const all = new Map(
          [...(first.events.get('s') ?? []), ...(second.events.get('s') ?? [])].map((e) => [e.id, e]),
        );
        assert.equal([...all.values()].map(({ message }) => message).sort(), lines(0, 5));
        assert.equal(messagesOf(second, 'later'), ['of another stream']);
      }),
    );

    test(
      'gives an event the same id in every reading',
      using(open, async ({ source, write }) => {
        await write('g', 's', lines(0, 4));
        const first = await readAll(source, { log_group: 'g' });
        await write('g', 's', lines(4, 1));
        const again = await readAll(source, { log_group: 'g' });
        assert.equal(idsOf(again, 's').slice(0, 4), idsOf(first, 's'));
        assert.is(new Set(idsOf(again, 's')).size, 5);
      }),
    );

    test(
      'gives equal lines different ids',
      using(open, async ({ source, write }) => {
        await write('g', 's', ['same', 'same', 'same']);
        assert.equal(messagesOf(await readAll(source, { log_group: 'g' }), 's'), ['same', 'same', 'same']);
      }),
    );

    test(
      'can be left after any page and taken up from its cursor',
      using(open, async ({ source, write }) => {
        const written = lines(0, 2500);
        await write('g', 's', written);
        const seen = new Map<string, string>();
        let cursor: Json = null;
        for (let round = 0; round < 100 && seen.size < written.length; round += 1) {
          for await (const page of source.read({ log_group: 'g', cursor })) {
            // What was JSON is JSON again.
            cursor = JSON.parse(JSON.stringify(page.cursor)) as Json;
            for (const { events } of page.streams)
              for (const event of events) seen.set(event.id, event.message);
            break;
          }
        }
        assert.is(seen.size, written.length);
        assert.equal([...seen.values()].toSorted(byNumber), written);
      }),
    );

    test(
      'stamps events with epoch milliseconds',
      using(open, async ({ source, write }) => {
        await write('g', 's', ['a']);
        const [event] = (await readAll(source, { log_group: 'g' })).events.get('s') ?? [];
        assert.ok(event !== undefined && Number.isSafeInteger(event.timestamp) && event.timestamp >= 0);
      }),
    );

    test(
      'passes text on as it is',
      using(open, async ({ source, write }) => {
        const text = ['✅  Übung 日本語 🚀', '  {"a": "b\\n"}  ', "it's 100 % done\t"];
        await write('g', 's', text);
        assert.equal(messagesOf(await readAll(source, { log_group: 'g' }), 's'), text);
      }),
    );

    test(
      'says that a group is not there',
      using(open, async ({ source, write }) => {
        await write('g', 's', ['a']);
        for (const name of ['nowhere', 'g/s'])
          await assert.rejects(readAll(source, { log_group: name }), 'not_found');
      }),
    );

    test(
      'reads exactly the window that was asked for and leaves the cursor alone',
      using(open, async ({ source, write, now }) => {
        if (now === undefined) return;
        await write('g', 's', ['before']);
        const from = now() + 1;
        await write('g', 's', ['in it']);
        const to = now();
        await write('g', 's', ['behind']);
        const kept = (await readAll(source, { log_group: 'g' })).cursor;
        const window = await readAll(source, {
          log_group: 'g',
          cursor: kept,
          start_time: from,
          end_time: to,
        });
        assert.equal(messagesOf(window, 's'), ['in it']);
        assert.equal(window.cursor, kept);
        assert.equal(messagesOf(await readAll(source, { log_group: 'g', end_time: to }), 's'), [
          'before',
          'in it',
        ]);
        assert.equal(messagesOf(await readAll(source, { log_group: 'g', start_time: from }), 's'), [
          'in it',
          'behind',
        ]);
      }),
    );
  });

const byNumber = (a: string, b: string): number => Number(a.slice(5)) - Number(b.slice(5));
