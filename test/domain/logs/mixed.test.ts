import * as fc from 'fast-check';
import * as assert from 'uvu/assert';
import type { LogEvent } from '../../../src/domain/logs/event.ts';
import type { Observation } from '../../../src/domain/logs/format.ts';
import { builtInFormats } from '../../../src/domain/logs/formats/registry.ts';
import { advance, emptyLedger, type Ledger } from '../../../src/domain/logs/ledger.ts';
import { logReader } from '../../../src/domain/logs/signals.ts';
import { isTerminal } from '../../../src/domain/tasks/status.ts';
import { repeats, suite } from '../../support/suite.ts';
import { RECORDED, SAMPLES } from './samples.ts';

/** Logs of every format, alone and in one stream with others, read through the ledger as a server reads them. */
const reader = logReader(builtInFormats);
const FORMATS = new Map(builtInFormats.map((format) => [format.name, format]));
const NOON = Date.UTC(2026, 10, 23, 12);

const eventsOf = (lines: readonly string[]): readonly LogEvent[] =>
  lines.map((message, index) => ({ id: `e${index}`, timestamp: NOON + index, message }));

type Runs = ReadonlyMap<string, Observation>;

const runsOf = (...batches: readonly (readonly LogEvent[])[]): Runs => {
  let ledger: Ledger = emptyLedger;
  const runs = new Map<string, Observation>();
  for (const batch of batches) {
    const { ofStream } = reader.read(batch);
    const step = advance(ledger, ofStream, FORMATS, { wholeTask: false });
    ledger = step.ledger;
    for (const { observation } of step.changes) runs.set(observation.key, observation);
    for (const { key } of step.removed) runs.delete(key);
  }
  return runs;
};

/** What a run is, but for when. */
const timeless = (runs: Runs): readonly unknown[] =>
  [...runs]
    .toSorted(([a], [b]) => (a < b ? -1 : 1))
    .map(([, { started_at: _started, last_at: _last, ended_at: _ended, ...run }]) => run);

const inShort = (runs: Runs): readonly string[] =>
  [...runs.values()].map(({ key, status, current, total }) => `${key} ${status} ${current}/${total}`);

const alternating = (a: readonly string[], b: readonly string[]): readonly string[] =>
  Array.from({ length: Math.max(a.length, b.length) }, (_, index) => [a[index], b[index]])
    .flat()
    .filter((line) => line !== undefined);

const test = suite('Logs of every format');

test('every format has a sample', () => {
  const sampled = new Set(SAMPLES.map(({ run }) => run.slice(0, run.indexOf('/'))));
  assert.equal(
    builtInFormats.map(({ name }) => name).filter((name) => !sampled.has(name)),
    [],
  );
});

/** An end that its format may take back right after. */
const isConcluded = ({ key, status }: Observation): boolean =>
  status === 'completed' && FORMATS.get(key.slice(0, key.indexOf('/')))?.revisesEnds === true;

/** Every prefix is read from its beginning, so all of them take time in the square of a log's length. */
const STEP = repeats({ few: 40, all: 1 });

const all = [...SAMPLES, ...RECORDED.filter((recorded) => !SAMPLES.includes(recorded))];

for (const { name, run, lines } of all) {
  test(`${name}: tells of one run`, () => {
    assert.equal(inShort(runsOf(eventsOf(lines))), [run]);
  });

  test(`${name}: a prefix tells of the same run, not ended or ended as the whole`, () => {
    const whole = runsOf(eventsOf(lines));
    lines.forEach((_, length) => {
      if (length % STEP > 0) return;
      for (const [key, prefix] of runsOf(eventsOf(lines.slice(0, length)))) {
        const end = whole.get(key);
        assert.ok(end !== undefined, key);
        if (isTerminal(prefix.status) && !isConcluded(prefix)) assert.is(prefix.status, end.status);
      }
    });
  });

  test(`${name}: lines with times end the same however they are shuffled and cut into posts`, () => {
    const events = eventsOf(lines);
    const whole = [...runsOf(events)];
    fc.assert(
      fc.property(
        fc.shuffledSubarray([...events], { minLength: events.length }),
        fc.nat(events.length),
        (shuffled, cut) => {
          assert.equal([...runsOf(shuffled.slice(0, cut), shuffled.slice(cut))], whole);
        },
      ),
      { numRuns: repeats({ few: 1, all: 60 }) },
    );
  });
}

const everyNth = repeats({ few: 40, all: 1 });
const pairs = SAMPLES.flatMap((a, index) => SAMPLES.slice(index + 1).map((b) => [a, b] as const)).filter(
  (_, index) => index % everyNth === 0,
);

test(`${pairs.length} pairs of logs in one stream, line by line in turn, give what each gives alone`, () => {
  for (const [a, b] of pairs) {
    const alone = timeless(new Map([...runsOf(eventsOf(a.lines)), ...runsOf(eventsOf(b.lines))]));
    for (const lines of [alternating(a.lines, b.lines), alternating(b.lines, a.lines)])
      assert.equal(timeless(runsOf(eventsOf(lines))), alone, `${a.name} and ${b.name}`);
  }
});

test('all logs in one stream, in any interleaving that keeps the order of each, give what each gives alone', () => {
  const alone = timeless(new Map(SAMPLES.flatMap(({ lines }) => [...runsOf(eventsOf(lines))])));
  const turns = SAMPLES.flatMap(({ lines }, index) => lines.map(() => index));
  fc.assert(
    fc.property(fc.shuffledSubarray(turns, { minLength: turns.length }), (order) => {
      const left = SAMPLES.map(({ lines }) => [...lines]);
      const mixed = order.map((index) => left[index]?.shift() ?? '');
      assert.equal(timeless(runsOf(eventsOf(mixed))), alone);
    }),
    { numRuns: repeats({ few: 1, all: 100 }) },
  );
});

test.run();
