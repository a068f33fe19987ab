import type { LinePage, LineQuery, LogReader } from '../ports/log-reader.ts';
import * as assert from './assert.ts';
import { type Open, type Runner, using } from './contract.ts';

/** A reader, and how lines get where it reads. Each line is written at the time that is given, epoch milliseconds. */
export type FedReader = Readonly<{
  reader: LogReader;
  /** A moment at which lines may be written. */
  start: number;
  write(stream: string, lines: readonly (readonly [at: number, text: string])[]): Promise<void>;
  /** The log group that streams are written in. */
  group: string;
}>;

export type ReaderCapabilities = Readonly<{
  /** Lines bear the times that they were written with. */
  hasTimes?: boolean;
}>;

const textsOf = (page: LinePage | undefined): readonly string[] => page?.lines.map(({ text }) => text) ?? [];

/** What every reader of lines promises. */
export const logReaderContract = (
  runner: Runner,
  adapter: string,
  open: Open<FedReader>,
  { hasTimes = true }: ReaderCapabilities = {},
): void =>
  runner.describe(`LogReader: ${adapter}`, () => {
    const { test } = runner;

    const numbered = async (fed: FedReader, count: number): Promise<LineQuery> => {
      const lines = Array.from(
        { length: count },
        (_, n) => [fed.start + Math.floor(n / 3), `line ${n}`] as const,
      );
      await fed.write('numbers', lines);
      return {
        log_group: fed.group,
        log_stream: 'numbers',
        from: fed.start,
        to: fed.start + count,
        limit: 10,
      };
    };
    const range = (from: number, to: number): readonly string[] =>
      Array.from({ length: to - from }, (_, n) => `line ${from + n}`);

    test(
      'knows no stream that was never written',
      using(open, async ({ reader, group, start }) => {
        const query = { log_group: group, log_stream: 'nothing', from: start, to: start + 1, limit: 10 };
        assert.is(await reader.read(query), undefined);
        assert.is(await reader.read({ ...query, after: '0' }), undefined);
      }),
    );

    test(
      'gives the newest lines, oldest first, and goes back to the beginning page by page',
      using(open, async (fed) => {
        const query = await numbered(fed, 35);
        let page = await fed.reader.read(query);
        assert.equal(textsOf(page), range(25, 35));
        const seen = [...textsOf(page)];
        while (page?.before !== undefined) {
          page = await fed.reader.read({ ...query, before: page.before });
          seen.unshift(...textsOf(page));
        }
        assert.equal(seen, range(0, 35));
      }),
    );

    test(
      'goes forward from the beginning page by page, and then follows what comes',
      using(open, async (fed) => {
        const query = await numbered(fed, 25);
        const seen: string[] = [];
        let after = '0';
        for (let pages = 0; pages < 10; pages += 1) {
          const page = await fed.reader.read({ ...query, after });
          seen.push(...textsOf(page));
          after = page?.after ?? '';
        }
        assert.equal(seen, range(0, 25));
        const end = { ...query, to: fed.start + 5_000 };
        assert.equal(textsOf(await fed.reader.read({ ...end, after })), []);
        await fed.write('numbers', [
          [fed.start + 1_000, 'one more'],
          [fed.start + 1_000, 'and one'],
        ]);
        const page = await fed.reader.read({ ...end, after });
        assert.equal(textsOf(page), ['one more', 'and one']);
        assert.equal(textsOf(await fed.reader.read({ ...end, after: page?.after ?? '' })), []);
      }),
    );

    test(
      'follows from the newest lines, and goes back from any line by its cursor',
      using(open, async (fed) => {
        const query = await numbered(fed, 20);
        const page = await fed.reader.read({ ...query, limit: 5 });
        await fed.write('numbers', [[fed.start + 7, 'later']]);
        assert.equal(textsOf(await fed.reader.read({ ...query, after: page?.after ?? '' })), ['later']);
        const [first] = page?.lines ?? [];
        const older = await fed.reader.read({ ...query, limit: 3, before: first?.cursor ?? '' });
        assert.equal(textsOf(older), range(12, 15));
        const newer = await fed.reader.read({ ...query, limit: 2, after: first?.cursor ?? '' });
        assert.equal(textsOf(newer), range(16, 18));
      }),
    );

    test(
      'finds text in lines regardless of case',
      using(open, async (fed) => {
        const query = await numbered(fed, 30);
        const found = await fed.reader.read({ ...query, limit: 3, contains: 'LINE 1' });
        assert.equal(textsOf(found), ['line 17', 'line 18', 'line 19']);
        const older = await fed.reader.read({ ...query, contains: 'line 1', before: found?.before ?? '' });
        assert.equal(textsOf(older), ['line 1', ...range(10, 17)]);
        assert.equal(textsOf(await fed.reader.read({ ...query, contains: 'LINE 1', after: '0', limit: 2 })), [
          'line 1',
          'line 10',
        ]);
        assert.equal(textsOf(await fed.reader.read({ ...query, contains: 'nowhere' })), []);
      }),
    );

    test(
      'finds text that colours cut in two, and no colours',
      using(open, async (fed) => {
        const line = 'an \u001b[31mer\u001b[1mror\u001b[0m here';
        await fed.write('colours', [[fed.start, line]]);
        const query = {
          log_group: fed.group,
          log_stream: 'colours',
          from: fed.start,
          to: fed.start + 1,
          limit: 5,
        };
        assert.equal(textsOf(await fed.reader.read({ ...query, contains: 'error' })), [line]);
        assert.equal(textsOf(await fed.reader.read({ ...query, contains: '[31m' })), []);
      }),
    );

    if (hasTimes) {
      test(
        'gives the lines of a time alone, each with its own',
        using(open, async (fed) => {
          const query = await numbered(fed, 30);
          const window = { ...query, from: fed.start + 2, to: fed.start + 4, limit: 100 };
          const page = await fed.reader.read(window);
          assert.equal(textsOf(page), range(6, 15));
          assert.is(page?.before, undefined);
          assert.equal(
            page?.lines.map(({ at }) => at - fed.start),
            [2, 2, 2, 3, 3, 3, 4, 4, 4],
          );
          assert.equal(textsOf(await fed.reader.read({ ...window, after: '0' })), range(6, 15));
          assert.equal(
            textsOf(await fed.reader.read({ ...window, from: fed.start + 900, to: fed.start + 999 })),
            [],
          );
        }),
      );
    }

    test(
      'masks secrets and gives nothing that drives a terminal but colours',
      using(open, async (fed) => {
        await fed.write('unsafe', [
          [fed.start, 'password=hunter2'],
          [fed.start + 1, '\u001b[31mred\u001b[0m \u001b[2K\u001b]0;title\u0007moved \u202etxt'],
        ]);
        const page = await fed.reader.read({
          log_group: fed.group,
          log_stream: 'unsafe',
          from: fed.start,
          to: fed.start + 10,
          limit: 10,
        });
        assert.equal(textsOf(page), ['password=[masked]', '\u001b[31mred\u001b[0m moved \ufffdtxt']);
      }),
    );

    test(
      'refuses a cursor that is none of its own',
      using(open, async (fed) => {
        const query = await numbered(fed, 3);
        await assert.rejects(fed.reader.read({ ...query, after: 'nonsense' }), 'invalid_input');
        await assert.rejects(fed.reader.read({ ...query, before: 'x1.2.3' }), 'invalid_input');
      }),
    );
  });
