import { readdirSync, readFileSync } from 'node:fs';
import * as fc from 'fast-check';
import * as assert from 'uvu/assert';
import type { Observation } from '../../../../../src/domain/logs/format.ts';
import { cdk } from '../../../../../src/domain/logs/formats/cdk/cdk.ts';
import type { CdkSignal } from '../../../../../src/domain/logs/formats/cdk/signals.ts';
import type { CdkState } from '../../../../../src/domain/logs/formats/cdk/state.ts';
import { processorMs } from '../../../../support/processor-time.ts';
import { repeats, suite } from '../../../../support/suite.ts';
import { reported, runsOf, signalsOf } from './read-cdk.ts';

const test = suite('CDK logs, properties');

const FOLDER = new URL('../../../../fixtures/cdk/', import.meta.url);
const LOGS = readdirSync(FOLDER)
  .toSorted()
  .map((file) => readFileSync(new URL(file, FOLDER), 'utf8').replace(/^#.*\n/gm, ''));
const LINES = LOGS.flatMap((log) => log.split('\n'));

const TERMINAL = new Set(['completed', 'failed']);

const fold = (
  signals: readonly CdkSignal[],
  each: (state: CdkState, touched: readonly string[]) => void = () => {},
) =>
  signals.reduce<CdkState>((state, signal) => {
    const evolved = cdk.evolve(state, signal, 1000);
    each(evolved.state, evolved.touched);
    return evolved.state;
  }, cdk.initial);

const sound = ({ status, current, total, details, key }: Observation): void => {
  assert.ok(['running', 'completed', 'failed'].includes(status), key);
  for (const count of [current, total])
    assert.ok(count === null || (Number.isInteger(count) && count >= 0), key);
  assert.ok((details.error_message?.length ?? 0) <= 1000, key);
  assert.ok((details.failed_resources?.length ?? 0) <= 50, key);
};

test('every prefix of a log gives runs that the whole log has too, under the same keys', () => {
  for (const log of LOGS) {
    const keys = new Set(runsOf(log).map(({ key }) => key));
    const lines = log.split('\n');
    for (let length = 0; length <= lines.length; length += repeats({ few: 7, all: 1 })) {
      for (const run of runsOf(lines.slice(0, length).join('\n'))) {
        sound(run);
        // A nested stack stands for itself until its parent has been heard of.
        if (!run.key.includes('NestedStack')) assert.ok(keys.has(run.key), `${run.key} in ${length} lines`);
      }
    }
  }
});

test('a closing line is the last word: nothing that follows it in a log reopens its run', () => {
  for (const log of LOGS) {
    const ended = new Map<string, string>();
    let state = cdk.initial;
    for (const signal of signalsOf(log)) {
      state = cdk.evolve(state, signal, 1000).state;
      if (signal.k !== 'say' || !['ok', 'unchanged', 'destroyed', 'failed'].includes(signal.v)) continue;
      for (const key of Object.keys(state.runs)) {
        const run = cdk.observe(state, key);
        if (run !== undefined && TERMINAL.has(run.status)) ended.set(key, run.status);
      }
    }
    for (const [key, status] of ended) {
      const run = cdk.observe(state, key);
      if (state.runs[key]?.mark !== undefined) assert.is(run?.status, status, key);
    }
  }
});

const renamed = (log: string, suffix: string): string =>
  log.replace(
    /\b(?:Shop|Depot|Attic|Prod-Api|Prod-Db|Prod-Web|Left|Right|Empty|Kept|media|app|data-store)\b/g,
    `$&${suffix}`,
  );

/**
 * Logs whose lines name their stacks. A bootstrap does not: its stack may have any name, so it claims the next change
 * set. The end of a rollback does not either.
 */
const NAMED = LOGS.filter((log) =>
  signalsOf(log).every((signal) =>
    signal.k === 'row'
      ? signal.s !== undefined
      : signal.k === 'say'
        ? signal.v !== 'bootstrapping' && signal.v !== 'rolling-back'
        : signal.k === 'close',
  ),
);

test('two logs of different stacks, interleaved line by line, give both results', () => {
  fc.assert(
    fc.property(
      fc.nat(NAMED.length - 1),
      fc.nat(NAMED.length - 1),
      fc.array(fc.boolean(), { minLength: 40, maxLength: 40 }),
      (left, right, order) => {
        const a = renamed(NAMED[left] ?? '', 'A');
        const b = renamed(NAMED[right] ?? '', 'B');
        const of = (log: string, letter: string) =>
          reported(log)
            .filter((run) => /^\S*[AB]\b/.test(run) && new RegExp(`^\\S*${letter} `).test(run))
            .toSorted();
        const both = interleaved(a.split('\n'), b.split('\n'), order).join('\n');
        assert.equal(of(both, 'A'), of(a, 'A'));
        assert.equal(of(both, 'B'), of(b, 'B'));
      },
    ),
    { numRuns: repeats({ few: 20, all: 300 }) },
  );
});

const interleaved = (
  left: readonly string[],
  right: readonly string[],
  order: readonly boolean[],
): readonly string[] => {
  const rest: readonly [string[], string[]] = [[...left], [...right]];
  const merged: string[] = [];
  for (let round = 0; rest[0].length > 0 || rest[1].length > 0; round += 1) {
    const first = order[round % order.length] ? 0 : 1;
    const line = rest[first].shift() ?? rest[first === 0 ? 1 : 0].shift();
    if (line !== undefined) merged.push(line);
  }
  return merged;
};

test('states and signals are plain JSON, and no state is changed', () => {
  for (const log of LOGS) {
    const signals = signalsOf(log);
    const states: (readonly [CdkState, string])[] = [];
    fold(signals, (state) => states.push([state, JSON.stringify(state)]));
    for (const [state, written] of states) assert.is(JSON.stringify(state), written);
    const thawed = (JSON.parse(JSON.stringify(signals)) as CdkSignal[]).reduce<CdkState>(
      (state, signal) => JSON.parse(JSON.stringify(cdk.evolve(state, signal, 1000).state)) as CdkState,
      cdk.initial,
    );
    assert.equal(thawed, fold(signals));
  }
});

test('an opened state gives the same result, and changes neither its original nor a pruned copy', () => {
  for (const log of LOGS) {
    const signals = signalsOf(log);
    const half = Math.floor(signals.length / 2);
    const before = fold(signals.slice(0, half));
    const written = JSON.stringify(before);
    let state = cdk.open?.(before) ?? before;
    const pruned: (readonly [CdkState, string])[] = [];
    for (const signal of signals.slice(half)) {
      pruned.push([cdk.prune(state), JSON.stringify(cdk.prune(state))]);
      state = cdk.evolve(state, signal, 1000).state;
    }
    const { open, ...end } = state;
    assert.is(open, 1);
    assert.equal(end, fold(signals));
    assert.is(JSON.stringify(before), written);
    for (const [kept, text] of pruned) assert.is(JSON.stringify(kept), text);
    assert.not(pruned.some(([kept]) => 'open' in kept));
  }
});

test('settling at any moment changes nothing of what is still to come', () => {
  for (const log of LOGS) {
    const signals = signalsOf(log);
    const whole = fold(signals);
    for (let at = 0; at <= signals.length; at += 1) {
      const pruned = signals
        .slice(at)
        .reduce<CdkState>(
          (state, signal) => cdk.evolve(state, signal, 1000).state,
          cdk.prune(fold(signals.slice(0, at))),
        );
      for (const key of Object.keys(pruned.runs))
        assert.equal(cdk.observe(pruned, key), cdk.observe(whole, key));
      for (const key of Object.values(whole.lastKeys)) assert.ok(key in pruned.runs, key);
    }
  }
});

test('a long stream keeps numbering runs and does not grow', () => {
  const deployment = signalsOf(
    [
      'Shop: deploying... [1/1]',
      'Shop | 0/2 | 8:00:00 PM | UPDATE_IN_PROGRESS | AWS::CloudFormation::Stack | Shop User Initiated',
      'Shop | 2/2 | 8:00:09 PM | UPDATE_COMPLETE | AWS::CloudFormation::Stack | Shop',
      ' ✅  Shop',
    ].join('\n'),
  );
  let state: CdkState = cdk.initial;
  let touched: readonly string[] = [];
  for (let count = 0; count < 2000; count += 1) {
    for (const signal of deployment) ({ state, touched } = cdk.evolve(state, signal, count));
    if (count % 100 === 99) state = cdk.prune(state);
  }
  assert.equal(touched, ['Shop#2000']);
  assert.ok(Object.keys(state.runs).length <= 17);
});

test('random and mutated lines: no exception, no unsound run, signals of bounded length', () => {
  const line = fc.oneof(
    { weight: 1, arbitrary: fc.string({ unit: 'grapheme', maxLength: 80 }) },
    {
      weight: 4,
      arbitrary: fc
        .tuple(
          fc.constantFrom(...LINES),
          fc.nat(200),
          fc.nat(8),
          fc.oneof(fc.constantFrom(...LINES), fc.string({ maxLength: 5 })),
        )
        .map(([text, at, count, put]) => text.slice(0, at) + put + text.slice(at + count)),
    },
    { weight: 2, arbitrary: fc.constantFrom(...LINES) },
  );
  fc.assert(
    fc.property(fc.array(line, { maxLength: 60 }), (lines) => {
      const signals = signalsOf(lines.join('\n'));
      for (const signal of signals) assert.ok(JSON.stringify(signal).length < 8000);
      fold(signals, (state, touched) => {
        for (const key of touched) {
          const run = cdk.observe(state, key);
          if (run !== undefined) sound(run);
        }
      });
    }),
    { numRuns: repeats({ few: 30, all: 500 }) },
  );
});

const HOSTILE: readonly (readonly [string, string])[] = [
  ['letters', 'a'],
  ['spaces', ' '],
  ['columns', 'a | '],
  ['types', 'A::'],
  ['a row without end', 'S | 1/2 | 8:00:00 PM | CREATE_FAILED | A::B | n '],
  ['parentheses', ' (a'],
  ['a path with spaces', ' (a) '],
  ['marks', '✅  '],
  ['crosses', '❌  a failed: '],
  ['sparkles', "✨ a 'b"],
  ['dots', 'a: deploying... '],
  ['assets', 'a: start: '],
  ['lists', 'The following resource(s) failed to create: [a, '],
  ['the bar', '[█'],
  ['busy', 'Currently in progress: a, '],
  ['causes', 'a  (A::B c) '],
  ['named', 'The stack named a '],
];

const ROW = 'Shop | 0/3 | 20:00:00 | CREATE_FAILED | AWS::SQS::Queue | ';

for (const [name, part] of HOSTILE) {
  test(`reading takes time in proportion to the line: ${name}`, () => {
    const cost = (start: string, length: number) =>
      processorMs(() => cdk.read(start + part.repeat(Math.ceil(length / part.length))));
    for (const start of ['', ROW]) {
      const small = cost(start, 125_000);
      const large = cost(start, 1_000_000);
      assert.ok(
        large < 8 * 6 * Math.max(small, 0.5),
        `${small} ms, then ${large} ms for eight times as much`,
      );
    }
  });
}

test.run();
