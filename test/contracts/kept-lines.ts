import * as fc from 'fast-check';
import * as assert from 'uvu/assert';
import { memoryBackoff } from '../../src/adapters/memory/backoff.ts';
import { memoryClock } from '../../src/adapters/memory/clock.ts';
import { memoryIds } from '../../src/adapters/memory/ids.ts';
import { memoryLogger } from '../../src/adapters/memory/logger.ts';
import { memorySleep } from '../../src/adapters/memory/sleep.ts';
import { memoryTaskStore } from '../../src/adapters/memory/task-store.ts';
import type { Opened } from '../../src/contracts/contract.ts';
import { unavailable } from '../../src/domain/errors.ts';
import type { LineBounds } from '../../src/domain/logs/kept-lines.ts';
import type { LineStore } from '../../src/ports/line-store.ts';
import { keptLines } from '../../src/services/kept-lines.ts';
import { retryOnConflict } from '../../src/services/retry-on-conflict.ts';
import { repeats, suite } from '../support/suite.ts';
import { aStoredTask, NOON } from '../support/tasks.ts';
import { logReaderContract } from './ports.ts';

const DAY = 24 * 60 * 60 * 1000;
const BOUNDS: LineBounds = { first: 10, last: 50, bytes: 100_000, kept_ms: 7 * DAY };
const STREAM = { log_group: '/miyabi/run', log_stream: 'deploy' };

type OpenStore = (clock: ReturnType<typeof memoryClock>) => Opened<LineStore> | Promise<Opened<LineStore>>;

/** The kept lines on a store, and everything that a test does with them. */
const openLines = async (openStore: OpenStore, bounds: LineBounds | undefined) => {
  const clock = memoryClock(NOON);
  const { port: store, close } = await openStore(clock);
  const logger = memoryLogger();
  const taskStore = memoryTaskStore();
  const sleep = memorySleep(clock);
  let failure: Error | undefined;
  let finds = 0;
  const failing: LineStore = {
    ...store,
    find: (stream) => {
      finds += 1;
      return store.find(stream);
    },
    write: async (...input) => {
      if (failure !== undefined) throw failure;
      return store.write(...input);
    },
  };
  const ids = memoryIds();
  const make = () =>
    keptLines({
      lineStore: failing,
      taskStore,
      lineBounds: bounds,
      clock,
      ids,
      logger,
      retryOnConflict: retryOnConflict({ backoff: memoryBackoff({ sleep, random: () => 0.5 }) }),
    });
  let next = 0;
  return {
    clock,
    logger,
    store,
    taskStore,
    close,
    kept: make(),
    another: make(),
    finds: () => finds,
    failWith: (error: Error | undefined) => {
      failure = error;
    },
    /** Events with one line each, numbered on. */
    events: (count: number, text = (n: number) => `line ${n}`) =>
      Array.from({ length: count }, () => {
        next += 1;
        return { id: `n${next}`, timestamp: clock.now(), message: text(next - 1) };
      }),
  };
};

type World = Awaited<ReturnType<typeof openLines>>;

/** Every line that can be read, and how many are said to be left out. */
const everyLine = async ({ kept, clock }: World) => {
  const lines: string[] = [];
  let omitted = 0;
  let after = '0';
  for (;;) {
    const page = await kept.read({ ...STREAM, from: 0, to: clock.now() + DAY, limit: 40, after });
    if (page === undefined || page.lines.length === 0) return { lines, omitted };
    lines.push(...page.lines.map(({ text }) => text));
    omitted += (page.omitted ?? []).reduce((sum, one) => sum + one.lines, 0);
    after = page.after;
  }
};

const range = (from: number, to: number): readonly string[] =>
  Array.from({ length: to - from }, (_, n) => `line ${from + n}`);

/** What the bounded store of lines promises, on whatever store. */
export const keptLinesContract = (adapter: string, openStore: OpenStore): void => {
  logReaderContract(`kept lines on ${adapter}`, async () => {
    const world = await openLines(openStore, { ...BOUNDS, first: 100, last: 2000 });
    let count = 0;
    return {
      port: {
        reader: world.kept,
        start: NOON,
        group: STREAM.log_group,
        write: (log_stream, lines) =>
          world.kept.keep(
            { ...STREAM, log_stream },
            lines.map(([timestamp, message]) => {
              count += 1;
              return { id: `n${count}`, timestamp, message };
            }),
          ),
      },
      ...(world.close === undefined ? {} : { close: world.close }),
    };
  });

  const test = suite(`Kept lines: ${adapter}`);
  const withLines =
    (run: (world: World) => Promise<void>, bounds: LineBounds = BOUNDS) =>
    async (): Promise<void> => {
      const world = await openLines(openStore, bounds);
      try {
        await run(world);
      } finally {
        await world.close?.();
      }
    };

  test(
    'reads the index of a stream once, however often its lines change the same task',
    withLines(async ({ kept, events, finds }) => {
      for (let post = 0; post < 5; post += 1) {
        await kept.keep(STREAM, events(3));
        await kept.noteTasks(STREAM, ['t']);
      }
      assert.is(finds(), 1);
    }),
  );

  for (const [name, sizes] of [
    ['one post', [1000]],
    ['posts of one line', Array.from({ length: 300 }, () => 1)],
    ['posts of many sizes', [3, 40, 1, 200, 7, 7, 90, 250, 1]],
  ] as const) {
    test(
      `keeps the first and the last lines of ${name}, and says how many are left out`,
      withLines(async (world) => {
        for (const size of sizes) await world.kept.keep(STREAM, world.events(size));
        const total = sizes.reduce((sum: number, size) => sum + size, 0);
        const { lines, omitted } = await everyLine(world);
        assert.equal(lines, [...range(0, 10), ...range(total - 50, total)]);
        assert.is(omitted, total - 60);
        assert.is(world.logger.entries.length, 0);
      }),
    );
  }

  test(
    'says where lines are left out on both sides of a page that ends there',
    withLines(async (world) => {
      await world.kept.keep(STREAM, world.events(200));
      const query = { ...STREAM, from: 0, to: NOON, limit: 50 };
      const tail = await world.kept.read(query);
      assert.is(tail?.lines[0]?.text, 'line 150');
      assert.is(tail?.omitted, undefined);
      const older = await world.kept.read({ ...query, before: tail?.before ?? '' });
      assert.is(older?.lines.at(-1)?.text, 'line 9');
      assert.equal(older?.omitted, [{ after: older?.lines.at(-1)?.cursor, lines: 140 }]);
      const newer = await world.kept.read({ ...query, limit: 2, after: older?.lines.at(-1)?.cursor ?? '' });
      assert.equal(newer?.omitted, older?.omitted);
      assert.equal(
        newer?.lines.map(({ text }) => text),
        ['line 150', 'line 151'],
      );
    }),
  );

  test(
    'keeps no more bytes than it may, the first lines among them, and cuts long lines',
    withLines(
      async (world) => {
        const text = (n: number) => `${n} ${'é'.repeat(2_000)}`;
        for (let post = 0; post < 12; post += 1) await world.kept.keep(STREAM, world.events(10, text));
        await world.kept.keep(
          STREAM,
          world.events(1, () => 'x'.repeat(50_000)),
        );
        const { lines } = await everyLine(world);
        const bytes = lines.reduce((sum, line) => sum + Buffer.byteLength(line), 0);
        assert.ok(bytes <= 100_000, `${bytes} bytes`);
        assert.ok(bytes > 40_000, `${bytes} bytes`);
        assert.equal(lines[0]?.slice(0, 2), '0 ', 'the beginning is there');
        assert.is(lines.at(-1)?.length, 8_193);
        assert.ok(lines.at(-1)?.endsWith('x…'));
      },
      { ...BOUNDS, last: 2_000 },
    ),
  );

  test(
    'takes the same events once, whatever posts they come in',
    withLines(async (world) => {
      const events = world.events(30);
      await world.kept.keep(STREAM, events.slice(0, 20));
      await world.kept.keep(STREAM, events.slice(0, 20));
      await world.kept.keep(STREAM, events.slice(10, 30));
      await world.another.keep(STREAM, events);
      const named = ['a', 'b'].map((id) => ({ id: `event ${id}x`, timestamp: NOON, message: id }));
      await world.kept.keep(STREAM, named);
      await world.another.keep(STREAM, named);
      assert.equal((await everyLine(world)).lines, [...range(0, 30), 'a', 'b']);
    }),
  );

  test(
    'loses nothing where several processes write to one stream at once',
    withLines(async (world) => {
      const posts = Array.from({ length: 8 }, () => world.events(5));
      await Promise.all(
        posts.map((events, place) => (place % 2 === 0 ? world.kept : world.another).keep(STREAM, events)),
      );
      assert.equal([...(await everyLine(world)).lines].sort(), [...range(0, 40)].sort());
    }),
  );

  test(
    'masks a private key whose lines come in several posts, before anything is stored',
    withLines(async (world) => {
      const key = [
        '-----BEGIN PRIVATE KEY-----',
        'MIIEvQIBADANBg',
        'kqhkiG9w0BAQEF',
        '-----END PRIVATE KEY-----',
      ];
      for (const line of ['begin', ...key, 'token=abcdef123456', 'end'])
        await world.kept.keep(
          STREAM,
          world.events(1, () => line),
        );
      const { lines } = await everyLine(world);
      assert.equal([lines[0], lines.at(-2), lines.at(-1)], ['begin', 'token=[masked]', 'end']);
      const stored = JSON.stringify(await world.store.find(STREAM));
      for (const secret of ['MIIEvQIBADANBg', 'kqhkiG9w0BAQEF', 'abcdef123456'])
        assert.not.match(stored + lines.join(), secret);
    }),
  );

  test(
    'gives no line for longer than lines are kept, and begins again after that',
    withLines(async (world) => {
      await world.kept.keep(STREAM, world.events(300));
      world.clock.advance(4 * DAY);
      await world.kept.keep(STREAM, world.events(30));
      world.clock.advance(4 * DAY);
      assert.equal((await everyLine(world)).lines, range(300, 330));
      world.clock.advance(4 * DAY);
      assert.equal((await everyLine(world)).lines, []);
      await world.kept.keep(STREAM, world.events(3));
      assert.equal((await everyLine(world)).lines, range(330, 333));
    }),
  );

  test(
    'never fails a post, and says once that lines cannot be kept, and once that they are again',
    withLines(async (world) => {
      world.failWith(unavailable('the store', new Error('away')));
      await world.kept.keep(STREAM, world.events(1));
      await world.kept.keep(STREAM, world.events(1));
      world.failWith(undefined);
      await world.kept.keep(STREAM, world.events(1));
      await world.kept.keep(STREAM, world.events(1));
      assert.equal(
        world.logger.entries.map(({ message }) => message),
        ['Log lines cannot be kept; progress still counts', 'Log lines are kept again'],
      );
      assert.equal((await everyLine(world)).lines, range(2, 4));
    }),
  );

  test(
    'forgets the lines of a deleted task, unless another task has the same log',
    withLines(async (world) => {
      const { kept, taskStore } = world;
      const taskOf = (task_id: string) => ({ task_id, details: STREAM });
      await kept.keep(STREAM, world.events(300));
      await kept.noteTasks(STREAM, ['one', 'two']);
      await taskStore.save(aStoredTask('two', { details: STREAM }));
      await kept.forget(taskOf('one'));
      assert.is((await everyLine(world)).lines.length, 60);
      await taskStore.remove('two');
      await kept.forget(taskOf('two'));
      assert.is(await world.store.find(STREAM), undefined);
      assert.equal((await everyLine(world)).lines, []);
      await kept.keep(STREAM, world.events(1));
      assert.equal((await everyLine(world)).lines, ['line 300']);
    }),
  );

  test('keeps nothing where it is switched off', async () => {
    const world = await openLines(openStore, undefined);
    try {
      await world.kept.keep(STREAM, world.events(3));
      assert.is(await world.store.find(STREAM), undefined);
      assert.is(await world.kept.read({ ...STREAM, from: 0, to: NOON, limit: 1 }), undefined);
    } finally {
      await world.close?.();
    }
  });

  test('keeps the same whatever posts the lines come in', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.integer({ min: 1, max: 120 }), { minLength: 1, maxLength: 8 }),
        async (sizes) => {
          await withLines(async (world) => {
            for (const size of sizes) await world.kept.keep(STREAM, world.events(size));
            const total = sizes.reduce((sum, size) => sum + size, 0);
            const wanted = total <= 60 ? range(0, total) : [...range(0, 10), ...range(total - 50, total)];
            assert.equal((await everyLine(world)).lines, wanted);
          })();
        },
      ),
      { numRuns: repeats({ few: 2, all: 6 }) },
    );
  });

  test.run();
};
