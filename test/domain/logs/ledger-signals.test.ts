// How a ledger places signals, with a format that remembers in which order they came.
import * as assert from 'uvu/assert';
import type { JsonObject } from '../../../src/domain/json.ts';
import type { LogFormat, Observation } from '../../../src/domain/logs/format.ts';
import {
  type Advance,
  advance,
  emptyLedger,
  folded,
  type Ledger,
  ledgerMemos,
  REPLAYABLE,
} from '../../../src/domain/logs/ledger.ts';
import type { PlacedSignal } from '../../../src/domain/logs/signals.ts';
import { suite } from '../../support/suite.ts';

const NOON = Date.UTC(2026, 10, 23, 12);

type Said = Readonly<{ name: string; at: number; fields: JsonObject }>;
type State = Readonly<{ said: readonly Said[] }>;
type Signal = Readonly<{ key: string; name: string; fields: JsonObject; removes: boolean }>;

/** A run's phase lists what was said about it, in order. A signal may set any field, or take its run away. */
const listing = (name: string, more: Partial<LogFormat<Signal, State>> = {}): LogFormat =>
  ({
    name,
    stateVersion: 1,
    read: () => undefined,
    initial: { said: [] },
    evolve: (state: State, { key, name: text, fields, removes }: Signal, at: number) => ({
      state: {
        said: removes
          ? state.said.filter((one) => !one.name.startsWith(`${key}:`))
          : [...state.said, { name: `${key}:${text}`, at, fields }],
      },
      touched: [key],
    }),
    observe: ({ said }: State, key: string): Observation | undefined => {
      const mine = said.filter((one) => one.name.startsWith(`${key}:`));
      const last = mine.at(-1);
      if (last === undefined) return undefined;
      return {
        ...{ key, task_name: key, task_type: 'test', status: 'running', current: mine.length, total: null },
        ...{ started_at: mine[0]?.at ?? 0, last_at: last.at },
        details: { phase: mine.map((one) => one.name.slice(key.length + 1)).join(' ') },
        // A test may make anything of it.
        ...(Object.assign({}, ...mine.map(({ fields }) => fields)) as Partial<Observation>),
      };
    },
    prune: (state: State) => state,
    ...more,
  }) as LogFormat; // the fields of its own state and signal

const formatsOf = (...formats: readonly LogFormat[]) =>
  new Map(formats.map((format) => [format.name, format]));
const FORMATS = formatsOf(listing('list'), listing('other'));

const said = (
  id: string,
  {
    at = 0,
    line = 0,
    key = 'a',
    fields = {},
    removes = false,
    format = 'list',
  }: Partial<Signal & Pick<PlacedSignal, 'at' | 'line' | 'format'>> = {},
): PlacedSignal => ({
  ...{ id, line, at: NOON + at, format },
  signal: { key, name: line === 0 ? id : `${id}/${line}`, fields, removes },
});

type Options = Parameters<typeof advance>[3];
/** The history takes an observation of each run after each signal. */
const BRIEFLY = { withoutHistory: true };

const feed = (
  ledger: Ledger,
  signals: readonly PlacedSignal[],
  options: Partial<Options> = {},
  formats = FORMATS,
): Advance => advance(ledger, signals, formats, { wholeTask: false, ...options });

const counts = ({ fresh, known, late }: Advance) => ({ fresh, known, late });
const orderIn = ({ changes }: Advance, key = 'list/a') =>
  changes.find(({ observation }) => observation.key === key)?.observation.details.phase;
const orderOf = (...signals: readonly PlacedSignal[]) => orderIn(feed(emptyLedger, signals));

const test = suite('Signals of a ledger');

test('within one millisecond, ids that end in a number are ordered by it, however many digits it has', () => {
  assert.is(orderOf(said('e10'), said('e9'), said('e1')), 'e1 e9 e10');
  assert.is(orderOf(said('e010'), said('e9')), 'e9 e010');
  assert.is(orderOf(said('20'), said('3')), '3 20');
  assert.is(orderOf(said('e1'), said('e0')), 'e0 e1');
  assert.is(orderOf(said('e9'), said('e05')), 'e05 e9');
  assert.is(orderOf(said('e29'), said('e21'), said('e25')), 'e21 e25 e29');
  assert.is(orderOf(said('e2', { line: 2 }), said('e2', { line: 1 }), said('e1')), 'e1 e2/1 e2/2');
  const long = '9'.repeat(64);
  assert.is(orderOf(said(`e${long}`), said('e5')), `e5 e${long}`);
  const prefix = 'e'.repeat(64);
  assert.is(orderOf(said(`${prefix}7`), said(`${prefix}5`)), `${prefix}5 ${prefix}7`);
});

test('other ids stay in the order in which they arrived', () => {
  assert.is(orderOf(said('e2'), said('f1')), 'e2 f1');
  assert.is(orderOf(said('b2a4'), said('b2a3')), 'b2a4 b2a3');
  assert.is(orderOf(said('1a4'), said('1a3')), '1a4 1a3');
  assert.is(orderOf(said('zz'), said('aa')), 'zz aa');
  assert.is(orderOf(said('9:'), said('8:')), '9: 8:');
  assert.is(orderOf(said('e2'), said('aa'), said('e1')), 'e2 aa e1');
  const [long, prefix] = ['9'.repeat(65), 'e'.repeat(65)];
  assert.is(orderOf(said(`e${long}`), said('e5')), `e${long} e5`);
  assert.is(orderOf(said(`${prefix}7`), said(`${prefix}5`)), `${prefix}7 ${prefix}5`);
  assert.is(orderOf(said('e7'), said('e5', { at: 1 }), said('e6', { at: -1 })), 'e6 e7 e5');
  const between = feed(emptyLedger, [said('zz'), said('yy', { at: 5 })]).ledger;
  assert.is(orderIn(feed(between, [said('xx'), said('ww', { at: 5 })])), 'zz xx yy ww');
});

test('of two moments, the time decides and not the number of an id', () => {
  assert.is(orderOf(said('e3', { at: 2 }), said('e5', { at: 1 })), 'e5 e3');
  const { ledger } = feed(emptyLedger, [said('e3', { at: 2 })]);
  assert.is(orderIn(feed(ledger, [said('e5', { at: 1 })])), 'e5 e3');
});

test('each millisecond is ordered by itself', () => {
  const signals = [
    ...[said('e2', { at: 1 }), said('e1', { at: 1 }), said('e9', { at: 2 })],
    ...[said('e8', { at: 2 }), said('e3'), said('e7', { at: 3 })],
  ];
  assert.is(orderOf(...signals), 'e3 e1 e2 e8 e9 e7');
});

test('numbered events are known up to the last number and new after it, regardless of their timestamps', () => {
  const first = feed(emptyLedger, [said('e9'), said('e10', { at: 1 }), said('e7')], { origin: 'file' });
  assert.equal(first.ledger.through, { file: '10' });
  const again = [said('e9'), said('e10', { at: 1 }), said('e010'), said('e8', { at: 9 })];
  assert.equal(counts(feed(first.ledger, again, { origin: 'file' })), { fresh: 0, known: 4, late: 0 });
  const next = feed(first.ledger, [said('e11', { at: -5 })], { origin: 'file' });
  assert.equal([counts(next), next.ledger.through], [{ fresh: 1, known: 0, late: 0 }, { file: '11' }]);
  const other = feed(first.ledger, [said('e8')], { origin: 'pipe' });
  assert.equal([other.fresh, other.ledger.through], [1, { file: '10', pipe: '8' }]);
  const plain = feed(first.ledger, [said('e8')]);
  assert.equal([plain.fresh, plain.ledger.through], [1, { file: '10' }]);
  assert.is(
    feed(first.ledger, [said('without')], { origin: 'file' }).known,
    1,
    'an id without a number is old',
  );
});

test('a signal that comes again, even in the same batch, is recognised by its event and line', () => {
  const two = [said('e1'), said('e1', { line: 1 }), said('e1'), said('e2')];
  const first = feed(emptyLedger, two);
  assert.equal(counts(first), { fresh: 3, known: 1, late: 0 });
  assert.equal(counts(feed(first.ledger, two)), { fresh: 0, known: 4, late: 0 });
  assert.is(feed(first.ledger, two).ledger, first.ledger);
  assert.is(feed(first.ledger, two).newest, undefined);
  assert.equal(counts(feed(emptyLedger, two, { unique: true })), { fresh: 4, known: 0, late: 0 });
  assert.is(first.newest, 'e2/0');
});

/** More signals than are kept one by one, a millisecond apart. */
const many = Array.from({ length: 2 * REPLAYABLE + 1 }, (_, index) => said(`e${index}`, { at: index }));

test('signals are folded once there are more than twice as many as are replayed, at least the older half', () => {
  const whole = feed(emptyLedger, many.slice(0, -1), BRIEFLY);
  assert.equal([whole.ledger.recent.length, whole.ledger.compacted_at], [2 * REPLAYABLE, -1]);
  const grown = feed(whole.ledger, many.slice(-1), BRIEFLY).ledger;
  assert.equal([grown.recent.length, grown.compacted_at], [REPLAYABLE + 1, NOON + REPLAYABLE - 1]);
  assert.equal(grown.runs, { list: ['a'] });
  const atOnce = feed(emptyLedger, many, BRIEFLY).ledger;
  assert.is(atOnce.recent.length, REPLAYABLE);
  const later = many.slice(0, REPLAYABLE).map(({ id }, index) => said(`x${id}`, { at: 9_000 + index }));
  const half = feed(feed(emptyLedger, many.slice(0, REPLAYABLE + 1), BRIEFLY).ledger, later, BRIEFLY).ledger;
  assert.is(half.recent.length, REPLAYABLE, 'all that came before the batch is folded, if enough is left');
});

test('a fold remembers at most 20,000 signals of its last millisecond, and then the last of them', () => {
  const moment = (count: number) => Array.from({ length: count }, (_, index) => said(`e${index}`));
  // Fingerprints are costly, so the ledger begins with those of as many signals.
  const full = (count: number): Ledger => ({
    ...feed(emptyLedger, many, BRIEFLY).ledger,
    ...{ compacted_at: NOON, recent: [] },
    compacted_ids: Array.from({ length: count - 1 }, (_, index) => `before ${index}`),
  });
  const more = moment(2 * REPLAYABLE + 1);
  const toFold = more.length - REPLAYABLE;
  const just = feed(full(20_001 - toFold), more, BRIEFLY).ledger;
  assert.equal([just.compacted_ids.length, just.compacted_last], [20_000, undefined]);
  const over = feed(full(20_002 - toFold), more, BRIEFLY).ledger;
  assert.equal([over.compacted_ids.length, over.compacted_last], [20_000, `e${toFold - 1}`]);
});

test('after a fold, older signals are late, and those of its last millisecond known or new', () => {
  const { ledger } = feed(emptyLedger, many, BRIEFLY);
  const last = ledger.compacted_at - NOON;
  assert.equal(counts(feed(ledger, [said('x', { at: last - 1 })])), { fresh: 0, known: 0, late: 1 });
  assert.equal(counts(feed(ledger, [said(`e${last}`, { at: last })])), { fresh: 0, known: 1, late: 0 });
  assert.equal(counts(feed(ledger, [said('x', { at: last })])), { fresh: 1, known: 0, late: 0 });
  // The first release stored names.
  const earlier = { ...ledger, compacted_ids: [`e${last}/0`] };
  assert.is(feed(earlier, [said(`e${last}`, { at: last })]).known, 1);
  const full = { ...ledger, compacted_last: 'e1500' };
  const later = ['e1501', 'e1499', 'e1500', 'f1501'].map((id) => said(id, { at: last }));
  assert.equal(counts(feed(full, later)), { fresh: 1, known: 0, late: 3 });
});

test('a fold in the middle of a millisecond remembers all signals of it', () => {
  const moment = many.map(({ id }) => said(id, { at: 7 }));
  const once = feed(emptyLedger, moment, BRIEFLY).ledger;
  assert.is(once.compacted_ids.length, moment.length - REPLAYABLE);
  const more = Array.from({ length: 2 * REPLAYABLE }, (_, index) => said(`e${5_000 + index}`, { at: 7 }));
  const twice = feed(once, more, BRIEFLY).ledger;
  assert.ok(twice.compacted_ids.length > once.compacted_ids.length);
  assert.equal(counts(feed(twice, [...moment, ...more], BRIEFLY)), {
    fresh: 0,
    known: moment.length + more.length,
    late: 0,
  });
  const next = feed(
    twice,
    many.map(({ id }) => said(`x${id}`, { at: 8 })),
  ).ledger;
  assert.ok(next.compacted_at === NOON + 8 && next.compacted_ids.length < twice.compacted_ids.length);
  assert.equal(feed(emptyLedger, moment, { unique: true, ...BRIEFLY }).ledger.compacted_ids, []);
});

test('a run that a later signal takes away is removed, if it was there before', () => {
  const there = feed(emptyLedger, [said('e1'), said('e2', { key: 'b' })]).ledger;
  const away = feed(there, [said('e3', { at: 1, removes: true })]);
  assert.equal([away.removed, away.changes], [[{ key: 'list/a' }], []]);
  assert.equal(feed(emptyLedger, [said('e1'), said('e2', { removes: true })]).removed, []);
  assert.equal(feed(there, [said('e3', { at: 1, key: 'b', removes: true })]).removed, [{ key: 'list/b' }]);
  const brief = [said('e3', { at: 1, key: 'c' }), said('e4', { at: 2, key: 'c', removes: true })];
  const briefly = feed(there, brief);
  assert.equal(briefly.removed, []);
  assert.equal(feed(briefly.ledger, [said('e0', { at: -1 })]).removed, [], 'it was gone before');
  // In between, so that everything is replayed.
  const late = feed(feed(there, [said('e9', { at: 9, key: 'b' })]).ledger, [
    said('e4', { at: 1, removes: true }),
  ]);
  assert.equal(late.removed, [{ key: 'list/a' }]);
  const { ledger } = feed(emptyLedger, [...many, said('e99999', { at: 99_999, key: 'b' })]);
  assert.equal(feed(ledger, [said('x', { at: 100_000, removes: true })]).removed, [{ key: 'list/a' }]);
});

test('an earlier signal changes only the runs that end otherwise, and adds its point', () => {
  const { ledger } = feed(emptyLedger, [said('e1'), said('e5', { at: 5 }), said('e6', { at: 6, key: 'b' })]);
  const step = feed(ledger, [said('e3', { at: 3 })]);
  assert.equal(
    step.changes.map(({ observation, points }) => [
      observation.key,
      observation.details.phase,
      points.length,
    ]),
    [['list/a', 'e1 e3 e5', 1]],
  );
  const silent = feed(ledger, [said('e3', { at: 3 })], { withoutHistory: true });
  assert.equal(
    silent.changes.map(({ points }) => points),
    [[]],
  );
  const same = { current: 4, details: { phase: 'same' } };
  const repeated = feed(emptyLedger, [
    said('e1', { fields: same }),
    said('e2', { at: 2, fields: same }),
  ]).ledger;
  assert.equal(
    feed(repeated, [said('e0', { at: 1 })], { withoutHistory: true }).changes,
    [],
    'it ends as it did',
  );
  const inBetween = feed(repeated, [said('e0', { at: 1, fields: { current: 2 } })]);
  assert.equal(
    inBetween.changes.map(({ points }) => points.length),
    [1],
    'it has been there',
  );
});

test('a history has one point for each millisecond, and none that repeats the one before', () => {
  const pointsOf = (...all: readonly JsonObject[]) => {
    const signals = all.map((fields, index) => said(`e${index}`, { at: index, fields }));
    return feed(emptyLedger, signals).changes[0]?.points.length;
  };
  const same = { current: 1, total: 5, failed: 1, skipped: 1, details: { phase: 'p' } };
  assert.is(pointsOf(same, same, same), 1);
  for (const changed of [
    { ...same, current: 2 },
    { ...same, total: 6 },
    { ...same, failed: 2 },
    { ...same, skipped: 2 },
    { ...same, status: 'blocked' },
    { ...same, details: { phase: 'q' } },
  ])
    assert.is(pointsOf(same, changed), 2, JSON.stringify(changed));
  const moment = [said('e1', { fields: same }), said('e2', { fields: { ...same, current: 2 } })];
  const [change] = feed(emptyLedger, moment).changes;
  assert.equal(
    change?.points.map(({ current }) => current),
    [2],
  );
});

test('a format that observes something that is not a run loses its state, and its signals if that is not enough', () => {
  const wrong: readonly JsonObject[] = [
    ...[
      { task_name: 1 },
      { status: 'odd' },
      { current: -1 },
      { current: 'x' },
      { total: -1 },
      { failed: -1 },
    ],
    ...[{ skipped: -1 }, { retries: -1 }, { details: [] }, { started_at: 'x' }, { last_at: 9e15 }],
    ...[{ ended_at: 'x' }, { started_at: -9e15 }, { last_at: 8.64e15 + 1 }],
  ];
  for (const fields of wrong) {
    const ledger = { ...emptyLedger, recent: [said('e1', { fields }), said('e2', { format: 'other' })] };
    const step = feed(ledger, [said('e3', { at: 3 })]);
    assert.equal(step.dropped, ['list'], JSON.stringify(fields));
    assert.is(orderIn(step), 'e3');
    assert.equal(
      step.ledger.recent.map(({ id }) => id),
      ['e2', 'e3'],
    );
  }
  const sound = {
    current: null,
    total: 0,
    failed: 0,
    skipped: 0,
    retries: 0,
    ended_at: -8.64e15,
    last_at: 8.64e15,
  };
  assert.equal(feed(emptyLedger, [said('e1', { fields: sound })]).dropped, []);
  assert.throws(
    () => feed(emptyLedger, [said('e1', { fields: { current: -1 } })]),
    /observes what is no run in a/,
  );

  const { ledger } = feed(emptyLedger, many, BRIEFLY);
  const damaged = { ...ledger, base: { list: { said: 'x' } } };
  const healed = feed(damaged, [said('e9999', { at: 9_999 })]);
  assert.equal([healed.dropped, healed.fresh, healed.changes.length], [['list'], 1, 1]);
  assert.is(healed.ledger.runs['list'], undefined);
});

test('a format that throws without any stored state passes its error to the caller', () => {
  const failing = formatsOf(
    listing('list', {
      evolve: () => {
        throw new TypeError('a bug');
      },
    }),
  );
  assert.throws(() => feed(emptyLedger, [said('e1')], {}, failing), /a bug/);
  const { ledger } = feed(emptyLedger, [said('e0')]);
  const healed = feed({ ...ledger, base: {} }, [said('e1', { at: 1, format: 'other' })], {}, failing);
  assert.equal([healed.dropped, healed.ledger.recent.length], [['list'], 1]);
});

test('an error that no format has thrown reaches the caller as it is', () => {
  const { ledger } = feed(emptyLedger, [said('e1')]);
  const memos = Object.assign(ledgerMemos(), {
    get: () => {
      throw new RangeError('no memory');
    },
  });
  assert.throws(() => feed(ledger, [said('e2')], { memos }), /no memory/);
});

test('a format that is no longer configured adds nothing, and what it has stored is kept', () => {
  const { ledger } = feed(emptyLedger, many, BRIEFLY);
  const without = formatsOf(listing('other'));
  const step = feed(ledger, [said('e5000', { at: 5_000 })], {}, without);
  assert.equal([step.fresh, step.changes], [1, []]);
  const more = many.map(({ id }) => said(id, { at: 9_000, format: 'other' }));
  const kept = feed(step.ledger, more, BRIEFLY, without).ledger;
  assert.equal([kept.base['list'], kept.runs['list']], [ledger.base['list'], ['a']]);
  assert.is(orderIn(feed(kept, [said('e9999', { at: 99_999 })]))?.split(' ').length, REPLAYABLE + 2);
  const whole = feed(ledger, [said('x', { at: 5_000, format: 'other' })], { wholeTask: true }, without);
  assert.equal([whole.dropped, whole.changes[0]?.observation.current], [[], 1]);
  // What is stored keeps the states of such formats elsewhere.
  const apart = feed({ ...ledger, base: {} }, more, BRIEFLY, without).ledger;
  assert.equal(apart.runs['list'], ['a']);
});

test("the output of a tool inside another tool's run is not a run of its own", () => {
  const runner = listing('runner', {
    runs: ['list'],
    isWorking: ({ said: all }) => all.at(-1)?.name === 'r:begin',
  });
  const formats = formatsOf(runner, listing('list'), listing('other'));
  const signals = [
    said('e1'),
    { ...said('begin', { at: 1, key: 'r', format: 'runner' }) },
    ...[said('e2', { at: 2 }), said('e3', { at: 2, format: 'other' })],
    { ...said('end', { at: 3, key: 'r', format: 'runner' }) },
    said('e4', { at: 4 }),
  ];
  const step = feed(emptyLedger, signals, {}, formats);
  assert.equal([orderIn(step), orderIn(step, 'other/a')], ['e1 e4', 'e3']);
});

test('all runs that one signal touches have changed', () => {
  const both = formatsOf(
    listing('list', {
      evolve: ({ said: all }: State, { name }: Signal, at: number) => ({
        state: { said: [...all, ...['a', 'b'].map((key) => ({ name: `${key}:${name}`, at, fields: {} }))] },
        touched: ['a', 'b'],
      }),
    }),
  );
  const step = feed(emptyLedger, [said('e1')], {}, both);
  assert.equal(
    step.changes.map(({ observation }) => observation.key),
    ['list/a', 'list/b'],
  );
});

test('a format that changes its state in place gets one of its own', () => {
  const inPlace = formatsOf(
    listing('list', {
      open: (state) => structuredClone(state),
      prune: (state) => structuredClone(state),
      evolve: (state: { said: Said[] }, { key, name, fields }: Signal, at: number) => {
        state.said.push({ name: `${key}:${name}`, at, fields });
        return { state, touched: [key] };
      },
    }),
  );
  const { ledger } = feed(emptyLedger, many, BRIEFLY, inPlace);
  const before = JSON.stringify(ledger);
  for (const round of [1, 2]) {
    assert.is(orderIn(feed(emptyLedger, [said('e1')], {}, inPlace)), 'e1', `round ${round}`);
    const step = feed(ledger, [said('e9999', { at: 99_999 })], {}, inPlace);
    assert.is(orderIn(step)?.split(' ').length, many.length + 1, `round ${round}`);
  }
  assert.is(JSON.stringify(ledger), before);
});

test('a fold prunes what can no longer change', () => {
  const pruning = formatsOf(
    listing('list', {
      prune: ({ said: all }) => ({ said: all.filter(({ name }) => !name.startsWith('b:')) }),
    }),
  );
  const signals = [said('e0', { at: -1, key: 'b' }), ...many.slice(1)];
  const { base, runs } = feed(emptyLedger, signals, BRIEFLY, pruning).ledger;
  assert.equal(runs, { list: ['a'] });
  assert.not.match(JSON.stringify(base), '"b:');
});

test('all of a ledger can be folded, which leaves no signal and, where none comes twice, no name', () => {
  const memos = ledgerMemos();
  for (const { ledger } of [
    feed(emptyLedger, [said('e1'), said('e2')], { wholeTask: true, unique: true }),
    feed(emptyLedger, [said('e1'), said('e2')], { wholeTask: true, unique: true, memos }),
  ]) {
    const small = folded(ledger, FORMATS, memos);
    assert.equal(
      [small.recent, small.compacted_ids, small.compacted_at, small.runs],
      [[], [], NOON, { list: ['a'] }],
    );
    assert.is(feed(small, [said('e3', { at: 1 })], { wholeTask: true }).changes[0]?.observation.current, 3);
  }
});

test('a new ledger is of the first attempt', () => {
  assert.is(feed(emptyLedger, [said('e1')]).ledger.attempt, 1);
});

test('a whole task is one run, which has the points of each signal once', () => {
  const signals = [said('e1'), said('e2', { at: 2, key: 'b' }), said('e3', { at: 3, format: 'other' })];
  const step = feed(emptyLedger, signals, { wholeTask: true });
  assert.equal(
    step.changes.map(({ observation, points }) => [observation.key, observation.current, points.length]),
    [['task', 3, 3]],
  );
  const without = feed(step.ledger, [said('e4', { at: 4, key: 'b', removes: true })], { wholeTask: true });
  assert.equal([without.removed, without.changes[0]?.observation.current], [[], 2]);
});

test('a memo is used once, and continuing from it gives the same as a replay', () => {
  const memos = ledgerMemos();
  const first = feed(emptyLedger, [said('e1')], { memos });
  assert.ok(memos.get(first.ledger));
  assert.is(feed(first.ledger, [said('e1')], { memos }).known, 1);
  assert.ok(memos.get(first.ledger), 'nothing new leaves it there');
  const second = feed(first.ledger, [said('e2', { at: 2 })], { memos });
  assert.equal([memos.get(first.ledger), orderIn(second)], [undefined, 'e1 e2']);
  const again = feed(first.ledger, [said('e3', { at: 3 })], { memos });
  assert.is(orderIn(again), 'e1 e3');
  const between = feed(second.ledger, [said('e0', { at: 1 })], { memos });
  assert.is(orderIn(between), 'e1 e0 e2');
  let [kept, read]: [Ledger, Ledger] = [between.ledger, between.ledger];
  for (let from = 0; from < many.length; from += 300) {
    const batch = many
      .slice(from, from + 300)
      .map(({ id }, index) => said(`m${id}`, { at: 100 + from + index }));
    kept = feed(kept, batch, { memos, ...BRIEFLY }).ledger;
    read = feed(read, batch, BRIEFLY).ledger;
    assert.equal(kept, read);
  }
});

test.run();
