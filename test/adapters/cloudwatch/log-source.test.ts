import fc from 'fast-check';
import * as assert from 'uvu/assert';
import {
  type CloudwatchLogSourceOptions,
  cloudwatchLogSource,
} from '../../../src/adapters/cloudwatch/log-source.ts';
import { memoryBackoff } from '../../../src/adapters/memory/backoff.ts';
import { memoryClock } from '../../../src/adapters/memory/clock.ts';
import { memorySleep } from '../../../src/adapters/memory/sleep.ts';
import { isMiyabiError } from '../../../src/domain/errors.ts';
import { isJsonObject, type Json, type JsonObject } from '../../../src/domain/json.ts';
import { attemptsOf } from '../../../src/domain/retry.ts';
import type { LogPage, LogQuery, LogSource } from '../../../src/ports/log-source.ts';
import { logSourceContract, readAll } from '../../contracts/ports.ts';
import { awsError, fakeCloudwatch, type Mischief, seededRandom } from '../../support/fake-cloudwatch.ts';
import { isFullRun, rejects, suite } from '../../support/suite.ts';

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;

const setUp = (
  mischief: Partial<Mischief> = {},
  options: Partial<CloudwatchLogSourceOptions> = {},
  random: () => number = seededRandom(1),
) => {
  const clock = memoryClock();
  const sleep = memorySleep(clock);
  const cloudwatch = fakeCloudwatch(clock, random, mischief);
  const source = cloudwatchLogSource({
    client: cloudwatch,
    groups: ['g'],
    clock,
    steadyClock: clock,
    sleep,
    backoff: memoryBackoff({ sleep, random }),
    ...options,
  });
  return { clock, sleep, cloudwatch, source };
};

const pagesOf = async (source: LogSource, query: LogQuery): Promise<readonly LogPage[]> => {
  const pages: LogPage[] = [];
  for await (const page of source.read(query)) pages.push(page);
  return pages;
};

const messagesOf = (pages: readonly LogPage[]): readonly string[] =>
  pages.flatMap(({ streams }) => streams.flatMap(({ events }) => events.map(({ message }) => message)));

for (const [name, mischief] of [
  ['a fake CloudWatch', {}],
  ['a fake CloudWatch in small pages, some of them empty', { pageSize: 200, emptyPage: 0.3, duplicate: 0.1 }],
] as const) {
  logSourceContract(name, () => {
    const { clock, cloudwatch, source } = setUp(mischief, { groups: ['miyabi/agents', 'miyabi/cdk-deploy'] });
    return {
      port: {
        source,
        now: () => clock.now(),
        write: async (group, stream, lines) => {
          for (const line of lines) {
            clock.advance(1);
            cloudwatch.put(group, stream, clock.now(), line);
          }
        },
      },
    };
  });
}

const test = suite('LogSource: CloudWatch, its own ways');

test('names the groups it was given', async () => {
  assert.equal(await setUp({}, { groups: ['b', 'a'] }).source.groups(), ['b', 'a']);
});

test('begins a day back, goes on from where it was, less the overlap', async () => {
  const { clock, cloudwatch, source } = setUp();
  const start = clock.now();
  for (const [age, message] of [
    [25 * HOUR, 'too old'],
    [23 * HOUR, 'old'],
    [MINUTE, 'a minute'],
    [1000, 'a second'],
  ] as const) {
    cloudwatch.put('g', 's', start - age, message);
  }
  const first = await pagesOf(source, { log_group: 'g' });
  assert.equal(messagesOf(first), ['old', 'a minute', 'a second']);
  clock.advance(10_000);
  const second = await pagesOf(source, { log_group: 'g', cursor: first.at(-1)?.cursor ?? null });
  assert.equal(messagesOf(second), ['a minute', 'a second'], 'both bounds are included');
});

test('finds what came later than its time, within the overlap', async () => {
  const { clock, cloudwatch, source } = setUp();
  const at = clock.now();
  cloudwatch.put('g', 's', at - 1000, 'late', at + 50_000);
  const first = await pagesOf(source, { log_group: 'g' });
  assert.equal(messagesOf(first), []);
  clock.advance(50_000);
  assert.equal(messagesOf(await pagesOf(source, { log_group: 'g', cursor: first.at(-1)?.cursor ?? null })), [
    'late',
  ]);
});

test('sweeps once an hour for what came later than that', async () => {
  const { clock, cloudwatch, source } = setUp();
  const at = clock.now();
  cloudwatch.put('g', 's', at - 1000, 'very late', at + 30 * MINUTE);
  let cursor: Json = null;
  const found: number[] = [];
  for (let minute = 0; minute < 180; minute += 10) {
    const pages = await pagesOf(source, { log_group: 'g', cursor });
    cursor = pages.at(-1)?.cursor ?? null;
    if (messagesOf(pages).length > 0) found.push(minute);
    clock.advance(10 * MINUTE);
  }
  assert.equal(found, [60]);
});

test('follows every page, the empty ones too', async () => {
  const { clock, cloudwatch, source } = setUp({ pageSize: 3, emptyPage: 0.6 });
  for (let count = 0; count < 50; count += 1)
    cloudwatch.put('g', `s${count % 3}`, clock.now() - count, `line ${count}`);
  const pages = await pagesOf(source, { log_group: 'g' });
  assert.ok(pages.some(({ streams }) => streams.length === 0));
  assert.is(new Set(messagesOf(pages)).size, 50);
});

test('goes on in the middle of a window, and from its end to the present', async () => {
  const { clock, cloudwatch, source } = setUp({ pageSize: 2 });
  for (let count = 0; count < 9; count += 1)
    cloudwatch.put('g', 's', clock.now() - HOUR + count, `line ${count}`);
  let cursor: Json = null;
  const seen: string[] = [];
  for await (const page of source.read({ log_group: 'g' })) {
    seen.push(...messagesOf([page]));
    cursor = page.cursor;
    if (seen.length >= 3) break;
  }
  clock.advance(5 * MINUTE);
  cloudwatch.put('g', 's', clock.now() - 1000, 'since then');
  const rest = messagesOf(await pagesOf(source, { log_group: 'g', cursor }));
  assert.not(
    rest.some((message) => seen.includes(message)),
    'it began where it was',
  );
  assert.equal(new Set([...seen, ...rest]).size, 10);
});

test('begins a window again when its token has expired', async () => {
  const { clock, cloudwatch, source } = setUp({ pageSize: 2 });
  for (let count = 0; count < 6; count += 1)
    cloudwatch.put('g', 's', clock.now() - 50 + count, `line ${count}`);
  const cursor = {
    kind: 'cloudwatch',
    read_to: clock.now() - HOUR,
    swept_at: clock.now(),
    window: { from: clock.now() - HOUR, to: clock.now(), sweep: false, token: 'from yesterday' },
  };
  assert.is(new Set(messagesOf(await pagesOf(source, { log_group: 'g', cursor }))).size, 6);
});

for (const [passed, age] of [
  ['a moment', 1000],
  ['a day', 25 * HOUR],
] as const) {
  test(`loses nothing by a token that leads nowhere after ${passed}`, async () => {
    const { clock, cloudwatch, source } = setUp({ pageSize: 2 });
    for (let count = 0; count < 6; count += 1)
      cloudwatch.put('g', 's', clock.now() - 50 + count, `line ${count}`);
    const seen = new Set<string>();
    let cursor: Json = null;
    for await (const page of source.read({ log_group: 'g' })) {
      for (const message of messagesOf([page])) seen.add(message);
      cursor = page.cursor;
      break;
    }
    clock.advance(age);
    if (age < HOUR) cloudwatch.forgetTokens();
    for (const message of messagesOf(await pagesOf(source, { log_group: 'g', cursor }))) seen.add(message);
    assert.is(seen.size, 6);
  });
}

test('gives up when no token is ever taken', async () => {
  const { clock, cloudwatch, source } = setUp({ pageSize: 2, expiredToken: 1 });
  for (let count = 0; count < 50; count += 1) cloudwatch.put('g', 's', clock.now() - 50, `line ${count}`);
  await rejects(pagesOf(source, { log_group: 'g' }), 'unavailable');
  assert.ok(cloudwatch.calls.length < 20);
});

test('keeps under the quota, several groups at once', async () => {
  const { clock, cloudwatch, source } = setUp({ pageSize: 1 }, { groups: ['g', 'h'] });
  for (const group of ['g', 'h']) {
    for (let count = 0; count < 40; count += 1) cloudwatch.put(group, 's', clock.now() - count, 'x');
  }
  await Promise.all(['g', 'h'].map((log_group) => pagesOf(source, { log_group })));
  assert.ok(busiestSecond(cloudwatch.calls) <= 5, `${busiestSecond(cloudwatch.calls)} calls in a second`);
});

test('keeps its pace when the wall clock is set back', async () => {
  let time = 100 * HOUR;
  const { clock, cloudwatch, source } = setUp({}, { clock: { now: () => time } });
  cloudwatch.put('g', 's', clock.now(), 'x');
  const start = clock.now();
  for (let count = 0; count < 8; count += 1) {
    await pagesOf(source, { log_group: 'g' });
    time -= HOUR;
  }
  assert.is(clock.now() - start, 1_000, 'eight calls, four a second');
});

test('throttled: five attempts, their waits within 1, 2, 4 and 8 seconds; then it says so and what it tried', async () => {
  const { sleep, cloudwatch, source } = setUp({ throttled: 1 }, {}, () => 0.999_999);
  cloudwatch.createGroup('g');
  const error = await rejects(pagesOf(source, { log_group: 'g' }), 'unavailable');
  assert.equal(attemptsOf(error), { attempts: 5, waited_ms: 15_000 });
  assert.equal(sleep.waits, [1000, 2000, 4000, 8000]);
  assert.is(cloudwatch.calls.length, 5);
});

test('a page reports its attempts', async () => {
  let failures = 2;
  const { clock, cloudwatch, sleep } = setUp();
  cloudwatch.put('g', 's', clock.now(), 'x');
  const source = cloudwatchLogSource({
    client: {
      send: async (command) => {
        failures -= 1;
        if (failures >= 0) throw awsError('ThrottlingException', 400);
        return cloudwatch.send(command);
      },
    },
    groups: [],
    clock,
    steadyClock: clock,
    sleep,
    backoff: memoryBackoff({ sleep, random: () => 0.5 }),
  });
  const [page] = await pagesOf(source, { log_group: 'g' });
  assert.equal({ attempts: page?.attempts, waited_ms: page?.waited_ms }, { attempts: 3, waited_ms: 1500 });
});

test('distinguishes a missing group, a refused access, a wrong name and an outage', async () => {
  const failing = (error: Error) => setUp({}, { client: { send: () => Promise.reject(error) } }).source;
  const cases = [
    [awsError('ResourceNotFoundException', 400), 'not_found'],
    [awsError('AccessDeniedException', 400), 'configuration'],
    [awsError('ExpiredTokenException', 400), 'configuration'],
    [awsError('InvalidParameterException', 400), 'invalid_input'],
    [awsError('ServiceUnavailableException', 503), 'unavailable'],
    [Object.assign(new Error('connect'), { code: 'ECONNREFUSED' }), 'unavailable'],
    [new TypeError('a mistake of ours'), 'internal'],
  ] as const;
  for (const [error, code] of cases) {
    const rejected = await rejects(pagesOf(failing(error), { log_group: 'g' }), code);
    assert.is((rejected.cause as Error).cause, error);
  }
});

test('asks nothing for a window that ends before it begins', async () => {
  const { cloudwatch, source } = setUp();
  assert.equal(await pagesOf(source, { log_group: 'g', start_time: 2000, end_time: 1000 }), []);
  assert.is(cloudwatch.calls.length, 0);
});

test('passes over an event without stream, time or message and says so', async () => {
  const { source } = setUp(
    {},
    {
      client: {
        send: async () => ({
          $metadata: {},
          events: [
            { logStreamName: 's', timestamp: 1, eventId: '1', message: 'good' },
            { logStreamName: 's', eventId: '2', message: 'no time' },
            { logStreamName: 's', timestamp: 1, message: 'no id' },
          ],
        }),
      },
    },
  );
  const [page] = await pagesOf(source, { log_group: 'g' });
  assert.equal(messagesOf(page === undefined ? [] : [page]), ['good', 'no id']);
  assert.equal(page?.problems, [{ log_stream: 's', reason: '1 event without stream, time or message' }]);
});

test('starts over with the cursor of another kind of source', async () => {
  const { clock, cloudwatch, source } = setUp();
  cloudwatch.put('g', 's', clock.now(), 'x');
  const [page] = await pagesOf(source, { log_group: 'g', cursor: { kind: 'file', files: [] } });
  assert.equal(messagesOf(page === undefined ? [] : [page]), ['x']);
  assert.equal(page?.problems, []);
});

const objectOf = (json: Json | undefined): JsonObject => {
  if (!isJsonObject(json)) throw new TypeError('not an object');
  return json;
};

test('goes on with the overlap from a cursor that is damaged or of another version, and says so', async () => {
  const { clock, cloudwatch, source } = setUp();
  cloudwatch.put('g', 's', clock.now() - 2 * HOUR, 'long before');
  cloudwatch.put('g', 's', clock.now() - 10_000, 'within the overlap');
  const [first] = await pagesOf(source, { log_group: 'g' });
  const cursor = objectOf(first?.cursor);
  assert.is(cursor['version'], 1);
  clock.advance(1_000);
  for (const [damaged, field] of [
    [{ ...cursor, version: 2 }, 'version'],
    [{ ...cursor, swept_at: null }, 'swept_at'],
    [{ ...cursor, window: { from: 1 } }, 'window.to'],
    [{ ...cursor, window: { from: 1, to: 2, token: 3 } }, 'window.token'],
  ] as const) {
    const [page] = await pagesOf(source, { log_group: 'g', cursor: damaged });
    assert.equal(messagesOf(page === undefined ? [] : [page]), ['within the overlap'], field);
    assert.equal(page?.problems.length, 1);
    assert.match(page?.problems[0]?.reason ?? '', `at ${field}`);
  }
  const [whole] = await pagesOf(source, { log_group: 'g', cursor: { ...cursor, read_to: 'x' } });
  assert.equal(messagesOf(whole === undefined ? [] : [whole]), ['long before', 'within the overlap']);
  assert.match(whole?.problems[0]?.reason ?? '', 'read_to');
});

test.run();

const SEED = Number(process.env['FC_SEED'] ?? Date.now() % 0x7fffffff);
const RUNS = isFullRun() ? 1_000 : 150;
const random = suite(`LogSource: CloudWatch, ${RUNS} random runs, FC_SEED=${SEED}`);

const mischief = fc.record({
  throttled: fc.double({ min: 0, max: 0.12, noNaN: true }),
  timedOut: fc.double({ min: 0, max: 0.05, noNaN: true }),
  cutOff: fc.double({ min: 0, max: 0.05, noNaN: true }),
  broken: fc.double({ min: 0, max: 0.05, noNaN: true }),
  emptyPage: fc.double({ min: 0, max: 0.5, noNaN: true }),
  duplicate: fc.double({ min: 0, max: 0.3, noNaN: true }),
  expiredToken: fc.double({ min: 0, max: 0.15, noNaN: true }),
  reordered: fc.double({ min: 0, max: 1, noNaN: true }),
  pageSize: fc.integer({ min: 1, max: 30 }),
});

random('a collector loop loses nothing, and a repeat is known by its id', async () => {
  let repeats = 0;
  let outages = 0;
  let crashes = 0;
  await fc.assert(
    fc.asyncProperty(fc.integer(), mischief, async (seed, whims) => {
      const chance = seededRandom(seed);
      const { clock, cloudwatch, source } = setUp(whims, {}, chance);
      cloudwatch.createGroup('g');
      const written = new Map<string, string>();
      const seen = new Map<string, string>();
      let cursor: Json = null;

      const write = (): void => {
        const count = Math.floor(chance() * 12);
        for (let index = 0; index < count; index += 1) {
          const at = clock.now() - Math.floor(chance() * 5000);
          const stream = `s${Math.floor(chance() * 3)}`;
          // Most are found within the overlap, some only by the sweep. A reading itself takes a while, too.
          const lag = chance() < 0.05 ? chance() * 50 * MINUTE : chance() * 50_000;
          const message = `line ${written.size}`;
          written.set(`${stream}/${cloudwatch.put('g', stream, at, message, at + Math.floor(lag))}`, message);
        }
      };

      /**
       * As the collector does: the events of a page are stored first, then its cursor, and a crash may come at any
       * time.
       */
      const collect = async (mayCrash: boolean): Promise<void> => {
        try {
          for await (const page of source.read({ log_group: 'g', cursor })) {
            for (const { log_stream, events } of page.streams) {
              for (const { id, message } of events) {
                const name = `${log_stream}/${id}`;
                if (seen.has(name)) repeats += 1;
                assert.is(seen.get(name) ?? message, message, 'an id stands for one event');
                seen.set(name, message);
              }
            }
            if (mayCrash && chance() < 0.1) {
              crashes += 1;
              return;
            }
            cursor = JSON.parse(JSON.stringify(page.cursor)) as Json;
          }
        } catch (error) {
          if (!isMiyabiError(error, 'unavailable')) throw error;
          outages += 1;
        }
      };

      const rounds = 3 + Math.floor(chance() * 5);
      for (let round = 0; round < rounds; round += 1) {
        write();
        clock.advance(Math.floor(chance() * 40_000));
        await collect(true);
        if (chance() < 0.1) clock.advance(Math.floor(chance() * 20 * MINUTE));
        // Not before the first page: events before the start of the first reading are never requested.
        if (chance() < 0.02 && cursor !== null) clock.advance(25 * HOUR);
      }
      cloudwatch.set({ throttled: 0, timedOut: 0, cutOff: 0, broken: 0, expiredToken: 0 });
      clock.advance(50_000);
      await collect(false);
      clock.advance(HOUR);
      await collect(false);

      assert.equal([...seen].toSorted(), [...written].toSorted());
      assert.ok(busiestSecond(cloudwatch.calls) <= 5);
    }),
    { numRuns: RUNS, seed: SEED },
  );
  // The runs were as harsh as they claim.
  assert.ok(
    repeats > RUNS && outages > RUNS / 50 && crashes > RUNS / 10,
    `${repeats} repeats, ${outages} outages, ${crashes} crashes`,
  );
});

random('an overlap that is shorter than the lag is found out', async () => {
  const lost = await fc.check(
    fc.asyncProperty(fc.integer(), async (seed) => {
      const chance = seededRandom(seed);
      const { clock, cloudwatch, source } = setUp({}, { overlapMs: 1, sweepEveryMs: 1000 * HOUR }, chance);
      let cursor: Json = null;
      const seen = new Set<string>();
      for (let round = 0; round < 10; round += 1) {
        cloudwatch.put('g', 's', clock.now(), `line ${round}`, clock.now() + Math.floor(chance() * 30_000));
        clock.advance(10_000);
        const read = await readAll(source, { log_group: 'g', cursor });
        for (const event of read.events.get('s') ?? []) seen.add(event.message);
        cursor = read.cursor;
      }
      clock.advance(HOUR);
      const read = await readAll(source, { log_group: 'g', cursor });
      for (const event of read.events.get('s') ?? []) seen.add(event.message);
      return seen.size === 10;
    }),
    { numRuns: 20, seed: SEED },
  );
  assert.ok(lost.failed, 'this test cannot see a loss');
});

random.run();

function busiestSecond(calls: readonly number[]): number {
  let busiest = 0;
  for (const [index, at] of calls.entries()) {
    busiest = Math.max(busiest, calls.slice(index).filter((other) => other < at + 1000).length);
  }
  return busiest;
}
