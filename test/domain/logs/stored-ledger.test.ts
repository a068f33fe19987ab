import * as assert from 'uvu/assert';
import type { Json, JsonObject } from '../../../src/domain/json.ts';
import type { LogFormat } from '../../../src/domain/logs/format.ts';
import { builtInFormats } from '../../../src/domain/logs/formats/registry.ts';
import { advance, emptyLedger, type Ledger, REPLAYABLE } from '../../../src/domain/logs/ledger.ts';
import { logReader } from '../../../src/domain/logs/signals.ts';
import { ledgerFromJson, ledgerToJson } from '../../../src/domain/logs/stored-ledger.ts';
import { suite } from '../../support/suite.ts';

const reader = logReader(builtInFormats);
const FORMATS = new Map(builtInFormats.map((format) => [format.name, format]));

/** The formats as a later version has them: one with a state of another version. */
const withStateVersion = (name: string, stateVersion: number): ReadonlyMap<string, LogFormat> =>
  new Map(
    builtInFormats.map((format) => [
      format.name,
      format.name === name ? { ...format, stateVersion } : format,
    ]),
  );

/** A deployment that goes on, row after row, with reports of an agent between the rows. */
const eventsFrom = (first: number, last: number) =>
  Array.from({ length: last - first }, (_, index) => first + index).map((number) => ({
    id: `e${String(number).padStart(6, '0')}`,
    timestamp: number * 1000,
    message:
      number % 10 === 0
        ? JSON.stringify({ progress: { current: number, total: 5000 } })
        : `Api | ${Math.min(number, 2990)}/3000 | 12:00:01 PM | CREATE_COMPLETE | AWS::SQS::Queue | Queue${number} (Queue${number})`,
  }));

const fold = (
  ledger: Ledger,
  first: number,
  last: number,
  formats: ReadonlyMap<string, LogFormat> = FORMATS,
) =>
  advance(ledger, reader.read(eventsFrom(first, last)).ofStream, formats, {
    wholeTask: false,
  });

/** A ledger with folded states and recent signals of two formats, as the store keeps it. */
const stored = (): JsonObject =>
  JSON.parse(JSON.stringify(ledgerToJson(fold(emptyLedger, 1, 3 * REPLAYABLE).ledger, FORMATS)));

const objectOf = (json: Json | undefined): JsonObject => {
  assert.ok(typeof json === 'object' && json !== null && !Array.isArray(json));
  return json as JsonObject;
};

const storedCdk = (json: JsonObject): Json | undefined => objectOf(objectOf(json['states'])['cdk'])['state'];

const test = suite('Stored ledger');

test('a ledger comes back as it was stored', () => {
  const { ledger } = fold(emptyLedger, 1, 3 * REPLAYABLE);
  assert.ok(
    ledger.compacted_at > 0 && Object.hasOwn(ledger.base, 'cdk') && Object.hasOwn(ledger.base, 'agent-json'),
  );
  assert.equal(ledgerFromJson(stored(), FORMATS), { ledger, dropped: [] });
});

test('a state of another version is dropped, and the recent signals are replayed without it', () => {
  const later = withStateVersion('cdk', 99);
  const read = ledgerFromJson(stored(), later);
  assert.equal(read.dropped, ['cdk']);
  assert.equal(Object.keys(read.ledger.base), ['agent-json']);
  assert.equal(Object.keys(read.ledger.runs), ['agent-json']);
  const step = fold(read.ledger, 3 * REPLAYABLE, 3 * REPLAYABLE + 5, later);
  assert.equal(step.dropped, []);
  const run = step.changes.find(({ observation }) => observation.key.startsWith('cdk/'));
  assert.is(run?.observation.current, 1504);
});

test('what the first release stored of a deployment heals by replay: its state has other names', () => {
  const { states: _states, ...json } = stored();
  const first = {
    runs: { 'Api#1': { key: 'Api#1', name: 'Api', c: 7 } },
    last: { Api: 'Api#1' },
    n: { Api: 1 },
    alias: {},
  };
  const read = ledgerFromJson({ ...json, base: { ...objectOf(json['base']), cdk: first } }, FORMATS);
  assert.equal(read.dropped, ['cdk']);
  const step = fold(read.ledger, 3 * REPLAYABLE, 3 * REPLAYABLE + 5);
  assert.equal(step.dropped, []);
  const run = step.changes.find(({ observation }) => observation.key.startsWith('cdk/'));
  assert.equal([run?.observation.key, run?.observation.current], ['cdk/Api#1', 1504]);
});

/** A version of a state that no release has. */
const LATER = 99;

test('a newer state is kept where the first release does not look for it', () => {
  const later = withStateVersion('agent-json', LATER);
  const json = ledgerToJson(fold(emptyLedger, 1, 3 * REPLAYABLE, later).ledger, later);
  assert.equal(Object.keys(objectOf(json['base'])), []);
  assert.equal(objectOf(objectOf(json['states'])['agent-json'])['version'], LATER);
  assert.equal(ledgerFromJson(json, later).dropped, []);
  assert.equal(ledgerFromJson(json, FORMATS).dropped, ['agent-json']);
});

test('of an old and a new state of one format neither is believed', () => {
  const later = withStateVersion('agent-json', LATER);
  const newer = ledgerToJson(fold(emptyLedger, 1, 3 * REPLAYABLE, later).ledger, later);
  const { state = null } = objectOf(objectOf(newer['states'])['agent-json']);
  const json = { ...newer, base: { 'agent-json': state } };
  for (const formats of [FORMATS, later]) assert.equal(ledgerFromJson(json, formats).dropped, ['agent-json']);
});

test('the state of a format that is not configured waits for its return', () => {
  const without = new Map([...FORMATS].filter(([name]) => name !== 'cdk'));
  const read = ledgerFromJson(stored(), without);
  assert.equal(read.dropped, []);
  const step = fold(read.ledger, 1500, 1600, without);
  const back = ledgerFromJson(ledgerToJson(step.ledger, without), FORMATS);
  assert.equal(back.dropped, []);
  assert.equal(back.ledger.base['cdk'], storedCdk(stored()));
  assert.equal(back.ledger.runs['cdk'], ['Api#1']);
});

const damages: readonly (readonly [string, Json])[] = [
  ['no object', 'damaged'],
  ['null', null],
  ['a list', []],
  ['an object without fields', {}],
];

for (const [name, state] of damages) {
  test(`a state that is ${name} is dropped when it is read`, () => {
    const json = stored();
    const read = ledgerFromJson({ ...json, states: { cdk: { version: 2, state } } }, FORMATS);
    assert.equal(read.dropped, ['cdk']);
  });
}

test('a state that only its format can recognise as damaged is dropped when the format fails on it', () => {
  const json = stored();
  const state = { ...objectOf(storedCdk(json)), runs: { 'Api#1': null } };
  const read = ledgerFromJson({ ...json, states: { cdk: { version: 2, state } } }, FORMATS);
  assert.equal(read.dropped, []);
  const step = fold(read.ledger, 1500, 1505);
  assert.equal(step.dropped, ['cdk']);
  const run = step.changes.find(({ observation }) => observation.key.startsWith('cdk/'));
  assert.is(run?.observation.current, 1504);
});

test('recent signals that their format cannot fold are dropped, those of others stay', () => {
  const json = stored();
  const recent = (json['recent'] as readonly JsonObject[]).map((signal) =>
    signal['format'] === 'agent-json' ? { ...signal, signal: null } : signal,
  );
  const read = ledgerFromJson({ ...json, recent }, FORMATS);
  const step = fold(read.ledger, 1500, 1511);
  assert.equal(step.dropped, ['agent-json', 'agent-json']);
  assert.equal(
    step.changes.map(({ observation }) => observation.current),
    [1510, 1509],
  );
});

test('what fails on the new signals themselves is thrown', () => {
  const failing: LogFormat = {
    ...(FORMATS.get('cdk') as LogFormat),
    evolve: () => {
      throw new RangeError('a bug');
    },
  };
  const formats = new Map([...FORMATS, ['cdk', failing] as const]);
  assert.throws(() => fold(emptyLedger, 1, 5, formats), /a bug/);
});

for (const [name, json] of [
  ['null', null],
  ['a text', 'ledger'],
  ['a list', [1]],
  ['an object of nothing known', { seen: 1 }],
  [
    'fields of other kinds',
    { base: 1, sealed_at: 'x', sealed_ids: {}, recent: [1, null], runs: [], attempt: 0 },
  ],
] as const) {
  test(`a ledger that is ${name} is read as one without states`, () => {
    const { ledger } = ledgerFromJson(json, FORMATS);
    assert.equal(ledger, emptyLedger);
    assert.equal(fold(ledger, 1, 3).dropped, []);
  });
}

test('a ledger of another version keeps its recent signals and its attempt, and nothing else', () => {
  const json = stored();
  const { ledger, dropped } = ledgerFromJson({ ...json, version: 2, attempt: 3 }, FORMATS);
  assert.equal(dropped, ['version']);
  assert.equal(ledger, { ...emptyLedger, recent: ledgerFromJson(json, FORMATS).ledger.recent, attempt: 3 });
});

test.run();
