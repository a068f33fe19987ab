import * as fc from 'fast-check';
import * as assert from 'uvu/assert';
import type { LogEvent } from '../../../src/domain/logs/event.ts';
import type { Observation } from '../../../src/domain/logs/format.ts';
import { type AgentState, agentJson } from '../../../src/domain/logs/formats/agent-json.ts';
import { builtInFormats } from '../../../src/domain/logs/formats/registry.ts';
import {
  advance,
  emptyLedger,
  type Ledger,
  REPLAYABLE,
  withAnnounced,
} from '../../../src/domain/logs/ledger.ts';
import { logReader } from '../../../src/domain/logs/signals.ts';
import { ledgerFromJson, ledgerToJson } from '../../../src/domain/logs/stored-ledger.ts';
import { repeats, suite } from '../../support/suite.ts';

const reader = logReader(builtInFormats);
const FORMATS = new Map(builtInFormats.map((format) => [format.name, format]));
const NOON = Date.UTC(2026, 10, 23, 12);

const throughTheStore = (ledger: Ledger): Ledger => {
  const read = ledgerFromJson(JSON.parse(JSON.stringify(ledgerToJson(ledger, FORMATS))), FORMATS);
  assert.equal(read.dropped, []);
  return read.ledger;
};

/**
 * Feeds batches one after the other, as posts to a server would come, each ledger through the store and back between
 * them unless `keep` says otherwise. The end is the last observation of each run.
 */
const feed = (batches: readonly (readonly LogEvent[])[], wholeTask = false, keep = throughTheStore) => {
  let ledger: Ledger = emptyLedger;
  const runs = new Map<string, Observation>();
  const counts = { fresh: 0, known: 0, late: 0 };
  const removed: string[] = [];
  for (const batch of batches) {
    const step = advance(ledger, reader.read(batch).ofStream, FORMATS, { wholeTask });
    assert.equal(step.dropped, []);
    ledger = keep(step.ledger);
    for (const { observation } of step.changes) runs.set(observation.key, observation);
    for (const { key } of step.removed) {
      runs.delete(key);
      removed.push(key);
    }
    counts.fresh += step.fresh;
    counts.known += step.known;
    counts.late += step.late;
  }
  const end = Object.fromEntries([...runs].toSorted(([a], [b]) => (a < b ? -1 : 1)));
  return { end, removed, ledger, counts };
};

const report = (at: number, fields: Record<string, unknown>): LogEvent => ({
  id: `e${at}`,
  timestamp: NOON + at,
  message: JSON.stringify(fields),
});

const deployment = (stack: string, from: number): readonly LogEvent[] => {
  const rows = [
    `${stack}: deploying... [1/1]`,
    `${stack} | 0/3 | 12:00:01 PM | CREATE_IN_PROGRESS   | AWS::CloudFormation::Stack | ${stack} User Initiated`,
    `${stack} | 0/3 | 12:00:02 PM | CREATE_IN_PROGRESS   | AWS::SQS::Queue            | Queue (Queue4A7E3555)`,
    `${stack} | 1/3 | 12:00:04 PM | CREATE_COMPLETE      | AWS::SQS::Queue            | Queue (Queue4A7E3555)`,
    `${stack} | 2/3 | 12:00:05 PM | CREATE_COMPLETE      | AWS::SNS::Topic            | Topic (TopicBFC7AF6E)`,
    `${stack} | 3/3 | 12:00:06 PM | CREATE_COMPLETE      | AWS::CloudFormation::Stack | ${stack}`,
    ` ✅  ${stack}`,
  ];
  return rows.map((message, index) => ({ id: `e${from + index}`, timestamp: NOON + from + index, message }));
};

/** Logs that a stream may hold: a deployment or two, and reports of an agent between them. */
const logs = fc
  .record({
    agent: fc.array(
      fc.record({
        current: fc.integer({ min: 0, max: 20 }),
        status: fc.constantFrom('running', 'started', 'blocked', 'completed', 'failed', undefined),
      }),
      { maxLength: 12 },
    ),
    stacks: fc.constantFrom([], ['Api'], ['Api', 'Web'], ['Api', 'Api']),
  })
  .map(({ agent, stacks }) => [
    ...agent.map(({ current, status }, index) =>
      report(index * 100, { progress: { current, total: 20 }, status }),
    ),
    ...stacks.flatMap((stack, index) => deployment(stack, 10_000 + index * 1000)),
  ]);

const cuts = fc.array(fc.integer({ min: 0, max: 40 }), { maxLength: 4 });
const cutAt = (events: readonly LogEvent[], places: readonly number[]): readonly (readonly LogEvent[])[] => {
  const bounds = [
    0,
    ...places.map((place) => Math.min(place, events.length)).toSorted((a, b) => a - b),
    events.length,
  ];
  return bounds.slice(1).map((end, index) => events.slice(bounds[index], end));
};

const test = suite('Ledger');

test('events in any number of batches end as in one', () => {
  fc.assert(
    fc.property(logs, cuts, (events, places) => {
      assert.equal(feed(cutAt(events, places)).end, feed([events]).end);
    }),
    { numRuns: repeats({ few: 30, all: 100 }) },
  );
});

test('events in any order, in any batches, end as in order', () => {
  fc.assert(
    fc.property(
      logs.chain((events) =>
        fc.tuple(fc.constant(events), fc.shuffledSubarray(events, { minLength: events.length }), cuts),
      ),
      ([events, shuffled, places]) => {
        assert.equal(feed(cutAt(shuffled, places)).end, feed([events]).end);
      },
    ),
    { numRuns: repeats({ few: 30, all: 100 }) },
  );
});

test('events that come twice change nothing and are counted as known', () => {
  fc.assert(
    fc.property(logs, cuts, (events, places) => {
      const once = feed([events]);
      const twice = feed([...cutAt(events, places), ...cutAt(events, places)]);
      assert.equal(twice.end, once.end);
      assert.is(twice.counts.fresh, once.counts.fresh);
      assert.is(twice.counts.known, once.counts.fresh);
    }),
    { numRuns: repeats({ few: 30, all: 100 }) },
  );
});

test('a process that goes on with its ledger ends as one that reads it back from the store', () => {
  const stacks = Array.from({ length: 60 }, (_, index) => deployment(`Stack${index % 25}`, index * 100));
  const reports = Array.from({ length: 2500 }, (_, index) =>
    report(index, { progress: { current: index % 90, total: 90 }, status: 'running' }),
  );
  const log = [...stacks.flat(), ...reports]
    .toSorted((a, b) => a.timestamp - b.timestamp)
    .map((event, index) => ({ ...event, id: `e${index}`, timestamp: NOON + index }));
  fc.assert(
    fc.property(
      fc.array(fc.record({ size: fc.integer({ min: 1, max: 900 }), back: fc.nat(400) }), {
        minLength: repeats({ few: 4, all: 12 }),
      }),
      fc.boolean(),
      (steps, wholeTask) => {
        let from = 0;
        const batches = steps.map(({ size, back }) => {
          // One event in ten is delayed, and earlier ones are repeated now and then.
          const batch = log
            .slice(Math.max(0, from - back), from + size)
            .filter((event, index) => index < back || event.timestamp % 10 > 0);
          from += size;
          return batch;
        });
        const kept = feed(batches, wholeTask, (ledger) => {
          const written = JSON.stringify(ledger);
          return written.length % 5 === 0 ? throughTheStore(ledger) : ledger;
        });
        assert.equal(kept, feed(batches, wholeTask));
        assert.equal(
          feed(batches, wholeTask, (ledger) => ledger),
          kept,
        );
      },
    ),
    { numRuns: repeats({ few: 1, all: 8 }) },
  );
});

test.slow('what a ledger was is not changed by what comes after it', () => {
  const events = Array.from({ length: 400 }, (_, index) => deployment(`Stack${index}`, index * 10)).flat();
  const ledgers: (readonly [Ledger, string])[] = [];
  const batches = Array.from({ length: 40 }, (_, index) => events.slice(index * 70, (index + 1) * 70));
  feed(batches, false, (ledger) => {
    ledgers.push([ledger, JSON.stringify(ledger)]);
    return ledger;
  });
  for (const [ledger, written] of ledgers) assert.is(JSON.stringify(ledger), written);
});

test('what is kept stays bounded, however long the log', () => {
  const events = Array.from({ length: 20 * REPLAYABLE }, (_, index) =>
    report(index, { progress: { current: index, total: 1_000_000 } }),
  );
  const batches = Array.from({ length: 40 }, (_, index) => events.slice(index * 250, (index + 1) * 250));
  const { ledger, end, counts } = feed(batches);
  assert.ok(ledger.recent.length <= 2 * REPLAYABLE);
  assert.is(counts.fresh, events.length);
  assert.is(Object.values(end)[0]?.current, events.length - 1);
  // The last compacted signal comes right before the first kept one.
  const { base, compacted_at, recent } = feed(batches, false, (kept) => kept).ledger;
  assert.equal(base, ledger.base);
  assert.is(agentJson.observe(base['agent-json'] as AgentState, 'agent#1')?.current, compacted_at - NOON);
  assert.is(recent[0]?.at, compacted_at + 1);
});

test('a repeated long log brings nothing new: its old part is late, its new part known', () => {
  const events = Array.from({ length: 5 * REPLAYABLE }, (_, index) =>
    report(index, { progress: { current: index, total: 1_000_000 } }),
  );
  const once = feed([events]);
  const twice = feed([events, events]);
  assert.equal(twice.end, once.end);
  assert.is(twice.counts.fresh, events.length);
});

test('a long log of one single moment is known again as well', () => {
  const events = Array.from({ length: 3 * REPLAYABLE }, (_, index) => ({
    ...report(index, { progress: { current: index, total: 1_000_000 } }),
    timestamp: NOON,
  }));
  const twice = feed([events, events]);
  assert.is(twice.counts.fresh, events.length);
  assert.is(twice.counts.known, events.length);
});

test('within one millisecond, ids that count decide the order', () => {
  const events = [1, 2, 10, 11].map((count) => ({
    ...report(count, { progress: { current: count, total: 100 }, status: 'running' }),
    timestamp: NOON,
  }));
  const { end } = feed([[...events].reverse()]);
  assert.is(Object.values(end)[0]?.current, 11);
});

test('ids that do not count leave the order of arrival', () => {
  const events = ['7f3a', '01bc', 'e4e4'].map((id, index) => ({
    ...report(0, { progress: { current: index, total: 100 }, status: 'running' }),
    id,
  }));
  assert.is(Object.values(feed([events]).end)[0]?.current, 2);
});

test('each new state of a run is a point of its history, none twice in a row', () => {
  const events = [1, 1, 2, 2, 3].map((current, index) => report(index, { progress: { current, total: 10 } }));
  const step = advance(emptyLedger, reader.read(events).ofStream, FORMATS, {
    wholeTask: false,
  });
  assert.equal(
    step.changes[0]?.points.map((point) => point.current),
    [1, 2, 3],
  );
});

test('a run that turns out to be part of another is removed, in whatever batch that comes', () => {
  const nested = [
    'Shop-Data1A2B3C4D-1QWERTY2UIOP3 | 0/2 | 12:00:01 PM | CREATE_IN_PROGRESS   | AWS::SQS::Queue            | Queue (Queue4A7E3555)',
    'Shop | 0/3 | 12:00:02 PM | CREATE_IN_PROGRESS   | AWS::CloudFormation::Stack | Data (Data1A2B3C4D)',
    'Shop | 1/3 | 12:00:04 PM | CREATE_IN_PROGRESS   | AWS::CloudFormation::Stack | Shop User Initiated',
  ].map((message, index) => ({ id: `e${index}`, timestamp: NOON + index, message }));
  const whole = feed([nested]);
  assert.equal(feed(nested.map((event) => [event])).end, whole.end);
  assert.equal(whole.removed, []);
  for (const keep of [throughTheStore, (ledger: Ledger) => ledger])
    assert.equal(feed([nested.slice(0, 1), nested.slice(1)], false, keep).removed, [
      'cdk/Shop-Data1A2B3C4D-1QWERTY2UIOP3#1',
    ]);
});

test('an announced run is gone once what it was read from is here and does not give it', () => {
  const ghost = 'agent-json/ghost#1';
  const [first, second, third] = [1, 2, 3].map((at) => report(at, { progress: at * 10 }));
  assert.ok(first && second && third);
  const fold = (ledger: Ledger, ...events: readonly LogEvent[]) =>
    advance(throughTheStore(ledger), reader.read(events).ofStream, FORMATS, { wholeTask: false });
  const [real = ''] = fold(emptyLedger, first).changes.map(({ observation }) => observation.key);
  const newest = fold(emptyLedger, first, second).newest ?? '';

  const announcing = withAnnounced(emptyLedger, [real, ghost], newest);
  const partly = fold(announcing, first);
  assert.equal(partly.removed, [], 'the crashed fold had read more than this');
  assert.equal(partly.ledger.announced, [{ key: ghost, newest }], 'a run that is there is announced no more');
  const later = fold(partly.ledger, third);
  assert.equal(later.removed, []);
  const whole = fold(later.ledger, second);
  assert.equal(whole.removed, [{ key: ghost }]);
  assert.is(whole.ledger.announced, undefined);
});

test('a run that is announced again is looked for at the signal of the last time, and the oldest are forgotten', () => {
  const twice = withAnnounced(withAnnounced(emptyLedger, ['a', 'b'], 'e1/0'), ['a'], 'e2/0');
  assert.equal(twice.announced, [
    { key: 'b', newest: 'e1/0' },
    { key: 'a', newest: 'e2/0' },
  ]);
  const keys = Array.from({ length: 1_500 }, (_, index) => `k${index}`);
  const many = withAnnounced(twice, keys, 'e3/0').announced ?? [];
  assert.equal([many.length, many[0]?.key, many.at(-1)?.key], [1_000, 'k500', 'k1499']);
});

test('a line in an envelope of Docker is read as the line that it is', () => {
  const wrapped = deployment('Api', 0).map((event) => ({
    ...event,
    message: JSON.stringify({ log: `${event.message}\n`, stream: 'stdout', time: '2026-11-23T12:00:00.1Z' }),
  }));
  assert.equal(feed([wrapped]).end, feed([deployment('Api', 0)]).end);
});

test('a docker build that CDK runs for an asset is part of its deployment, one before it is not', () => {
  const build = [
    '#1 [internal] load build definition from Dockerfile',
    '#5 [1/2] RUN npm ci',
    '#5 DONE 9.1s',
    '#6 exporting to image',
    '#6 DONE 0.4s',
    'Step 1/4 : FROM node',
  ];
  const asset = '0f1e2d3c:111122223333-eu-west-1';
  const lines = [
    ...build.slice(0, 5),
    `Api:  start: Building ${asset}`,
    ...build,
    `Api:  success: Built ${asset}`,
    ...deployment('Api', 0).map(({ message }) => message),
    `[0%] start: Publishing 4b5a6978:current`,
    ...build,
    'ERROR: failed to solve: exit code: 1',
    '[100%] fail: docker build --tag cdkasset . exited with error code 1',
    ...build.slice(0, 5),
  ];
  const { end } = feed([
    lines.map((message, index) => ({ id: `e${index}`, timestamp: NOON + index, message })),
  ]);
  assert.equal(Object.keys(end), ['buildkit/buildkit#1', 'buildkit/buildkit#2', 'cdk/Api#1']);
});

test("in a stream that is one task, the task's own last word outranks its tools", () => {
  const events = [
    ...deployment('Api', 0),
    report(100, { progress: { current: 1, total: 5 } }),
    report(200, { progress: { current: 2, total: 5 } }),
  ];
  const { end } = feed([events], true);
  assert.equal([end['task']?.status, end['task']?.current, end['task']?.total], ['running', 2, 5]);
});

test('a stream that is one task reports its stacks as one', () => {
  const events = [...deployment('Api', 0), ...deployment('Web', 1000).slice(0, 4)];
  const { end } = feed([events], true);
  assert.equal(Object.keys(end), ['task']);
  assert.is(end['task']?.status, 'running');
  assert.is(end['task']?.current, 4);
  assert.is(end['task']?.total, 6);
});

test.slow('knows every signal of one millisecond again, when more came than any window holds', () => {
  const batches = Array.from({ length: 60 }, (_, post) =>
    Array.from({ length: 100 }, (_, index) => ({
      id: `event ${post}.${index}x`,
      timestamp: NOON,
      message: JSON.stringify({ task_name: 'one moment', current: post * 100 + index, total: 9_000 }),
    })),
  );
  const once = feed(batches);
  assert.is(once.counts.fresh, 6_000);
  const twice = feed([...batches, ...batches]);
  assert.equal(twice.counts, { fresh: 6_000, known: 6_000, late: 0 });
  assert.equal(twice.end, once.end);
});

test(
  'takes no signal of one millisecond twice when they are too many to remember, and none too few where they count up',
  () => {
    const posts = (idOf: (number: number) => string) =>
      Array.from({ length: 220 }, (_, post) =>
        Array.from({ length: 100 }, (_, index) => ({
          id: idOf(post * 100 + index),
          timestamp: NOON,
          message: JSON.stringify({ task_name: 'one moment', current: post, total: 9_000 }),
        })),
      );
    const counting = posts((number) => `line-${number}`);
    const { counts } = feed([...counting, ...counting], false, (ledger) => ledger);
    assert.is(counts.fresh, 22_000);
    const others = posts((number) => `${number}x`);
    const first = feed(others, false, (ledger) => ledger).counts;
    const both = feed([...others, ...others], false, (ledger) => ledger).counts;
    assert.is(both.fresh, first.fresh);
    assert.ok(first.fresh > 20_000);
  },
  { slow: true },
);

test.run();
