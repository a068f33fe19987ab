import fc from 'fast-check';
import * as assert from 'uvu/assert';
import { loadPatterns } from '../../../../src/adapters/re2/pattern.ts';
import type { LogFormat, Observation } from '../../../../src/domain/logs/format.ts';
import { customFormat } from '../../../../src/domain/logs/formats/custom.ts';
import { formatsWith } from '../../../../src/domain/logs/formats/registry.ts';
import { isTerminal } from '../../../../src/domain/tasks/status.ts';
import { processorMs } from '../../../support/processor-time.ts';
import { repeats, suite } from '../../../support/suite.ts';
import { checkRun as check, anyLine as line } from '../any-line.ts';

const test = suite('every format');

const own = customFormat(
  { name: 'own', pattern: '^(?<task>(?:[a-z]+)+): (?<current>\\d+)/(?<total>\\d+)$' },
  await loadPatterns(),
);
const formats = formatsWith([own]);

/** The runs of some lines, a second apart; whatever is stored on the way passes through JSON. */
const runsOf = (format: LogFormat, lines: readonly string[]): ReadonlyMap<string, Observation> => {
  let state = format.initial;
  const runs = new Map<string, Observation>();
  lines.forEach((text, index) => {
    const signal = format.read(text);
    if (signal === undefined) return;
    const stored = JSON.parse(JSON.stringify(signal));
    assert.equal(stored, signal, 'a signal is plain JSON');
    const before = JSON.stringify(state);
    const evolved = format.evolve(state, stored, (index + 1) * 1000);
    assert.is(JSON.stringify(state), before, 'a state is never changed');
    state = JSON.parse(JSON.stringify(evolved.state));
    for (const key of evolved.touched) {
      const run = format.observe(state, key);
      if (run !== undefined) runs.set(key, run);
    }
  });
  return runs;
};

for (const format of formats) {
  test(`${format.name}: random and mutated lines give no exception, no NaN, nothing below 0 or over 100 %`, () => {
    fc.assert(
      fc.property(fc.array(line, { maxLength: 12 }), (lines) => {
        for (const run of runsOf(format, lines).values()) check(run);
      }),
      { numRuns: repeats({ few: 10, all: 1000 }) },
    );
  });
}

/** What a run has failed of may still be learnt after its end. */
const withoutCauses = (run: Observation): Observation => {
  const { failed_resources: _failed, error_message: _error, ...details } = run.details;
  return { ...run, details };
};

/** CDK's retries and late rows may take back any end, BuildKit's late rows may name what has failed. */
const MAY_TAKE_BACK = ['buildkit', 'cdk'];

/** A retry begins the run again, and a full counter is failed by what is printed after it. */
const isTakenBack = (format: LogFormat, run: Observation, later: Observation): boolean =>
  (later.retries ?? 0) > (run.retries ?? 0) || (format.revisesEnds === true && run.status === 'completed');

for (const format of formats.filter(({ name }) => !MAY_TAKE_BACK.includes(name))) {
  test(`${format.name}: a run that has ended in a prefix of a log has ended so in the whole`, () => {
    fc.assert(
      fc.property(fc.array(line, { maxLength: 16 }), fc.nat(16), (lines, length) => {
        const whole = runsOf(format, lines);
        for (const [key, run] of runsOf(format, lines.slice(0, length))) {
          const later = whole.get(key);
          assert.ok(later !== undefined);
          if (!isTerminal(run.status) || isTakenBack(format, run, later)) continue;
          assert.equal(withoutCauses(later), withoutCauses(run));
        }
      }),
      { numRuns: repeats({ few: 8, all: 500 }) },
    );
  });

  test(`${format.name}: settling in between loses no run that goes on`, () => {
    fc.assert(
      fc.property(fc.array(line, { maxLength: 16 }), fc.nat(16), (lines, length) => {
        let pruned = format.initial;
        let kept = format.initial;
        lines.forEach((text, index) => {
          const signal = format.read(text);
          if (signal === undefined) return;
          const a = format.evolve(pruned, signal, index);
          const b = format.evolve(kept, signal, index);
          assert.equal(a.touched, b.touched);
          for (const key of a.touched)
            assert.equal(format.observe(a.state, key), format.observe(b.state, key));
          pruned = index === length ? format.prune(a.state) : a.state;
          kept = b.state;
        });
      }),
      { numRuns: repeats({ few: 8, all: 500 }) },
    );
  });
}

/** Beginnings that a careless pattern takes long to give up on, and what they are repeated with. */
const SLOW: readonly (readonly [string, string, string])[] = [
  ['', ' ', 'x'],
  ['', '[', ''],
  ['', '{', ''],
  ['{"a":', '[', ''],
  ['{"task_id":"', '\\"', ''],
  ['', '1/', ''],
  ['', '9', '%'],
  ['', '1 of ', ''],
  ['Processing ', '3/10 ', ''],
  ['Progress: [', '=', ''],
  ['', 'a:', ' '],
  ['', 'a.', ': Creating...'],
  ['#7 [', 'stage ', '2/5] x'],
  ['=> ', ' ', '1.2s'],
  ['tests/', 'a::', ' PASSED [ 45%'],
  ['', '.', ' [ 45%]'],
  ['=', '=', ''],
  ['[1/2] ', 'a/', ''],
  ['make: *** ', 'x', ' Error'],
  ['Finished ', '[', ''],
  ['Failed: ', 'a#b, ', ''],
  ['Failed: ', 'aaaaaaaa#', '!'],
  ['web: command (', ') ', ''],
  ['[1/2] x', '.o.1', ' '],
  ['Shop | ', '| ', ''],
  ['', 'a', '!'],
];

const once = (format: LogFormat, text: string): number => processorMs(() => format.read(text), 1);

for (const format of formats) {
  test(`${format.name}: reading a line of 1 MB takes no more than in proportion to one of 64 KB`, () => {
    for (const [head, repeated, tail] of SLOW) {
      const lineOf = (length: number) => head + repeated.repeat(Math.ceil(length / repeated.length)) + tail;
      const [short, long] = [lineOf(65_000), lineOf(1_040_000)];
      // 16 times as long: in proportion it takes 16 times, squared 256 times. What takes no time at all is noise: a
      // pattern that is slow is slow every time.
      const ratios = Array.from(
        { length: 5 },
        () => once(format, long) / Math.max(once(format, short), 0.25),
      );
      const ratio = Math.min(...ratios);
      assert.ok(ratio < 80, `${JSON.stringify([head, repeated, tail])}: ${ratio.toFixed(1)} times`);
    }
  });
}

test.run();
