import { performance } from 'node:perf_hooks';
import fc from 'fast-check';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { loadPatterns } from '../../../../src/adapters/re2/pattern.ts';
import type { LogFormat, Observation } from '../../../../src/domain/logs/format.ts';
import { customFormat } from '../../../../src/domain/logs/formats/custom.ts';
import { formatsWith } from '../../../../src/domain/logs/formats/registry.ts';
import { percentageOf } from '../../../../src/domain/progress.ts';
import { isTerminal } from '../../../../src/domain/status.ts';

const test = suite('every format');

const own = customFormat(
  { name: 'own', pattern: '^(?<task>(?:[a-z]+)+): (?<current>\\d+)/(?<total>\\d+)$' },
  await loadPatterns(),
);
const formats = formatsWith([own]);

/** Lines that formats know, to be taken apart and put together in other ways. */
const SEEDS: readonly string[] = [
  'abc: 3/10',
  'Processing 3/10',
  'Progress: 45%',
  'Step 2/7: RUN npm ci',
  '[####    ] 45%',
  '12 of 40 files',
  '{"task_id":"t1","progress":{"current":3,"total":10},"status":"done","timestamp":"2026-01-02T03:04:05Z"}',
  '{"log":"{\\"progress\\":50}","stream":"stdout"}',
  'Plan: 2 to add, 1 to change, 0 to destroy.',
  'aws_sqs_queue.jobs: Creating...',
  'aws_sqs_queue.jobs: Creation complete after 12s [id=x]',
  'Apply complete! Resources: 2 added, 1 changed, 0 destroyed.',
  'Error: creating S3 Bucket',
  '{"@level":"info","@module":"terraform.ui","type":"change_summary","changes":{"add":2,"operation":"plan"}}',
  '#1 [internal] load build definition from Dockerfile',
  '#7 [build 2/5] RUN npm ci',
  '#7 DONE 1.2s',
  '#7 ERROR: process failed',
  '#9 exporting to image',
  '[+] Building 12.3s (5/12) FINISHED',
  'ERROR: failed to solve: exit code: 1',
  '===== test session starts =====',
  'tests/test_a.py::test_x FAILED [ 45%]',
  'tests/test_a.py ..... [ 9/20]',
  '=== 3 failed, 97 passed in 12.34s ===',
  '[12/345] Building CXX object a.o',
  '[100%] Built target app',
  'FAILED: [code=1] a.o',
  'ninja: build stopped: subcommand failed.',
  'Building [=====>   ] 12/345: serde',
  'Compiling serde v1.0.0',
  'error: could not compile `app` (lib)',
  'Finished `dev` profile [unoptimized] target(s) in 3.2s',
  '• Running build in 5 packages',
  'Tasks:    3 successful, 5 total',
  'Shop | 3/6 | 7:26:41 PM | CREATE_COMPLETE      | AWS::SQS::Queue | name (Id)',
  'Shop: deploying... [1/2]',
  '✅  Shop',
  '❌  Shop failed: Error: x',
  '{"source":"aws.cloudformation","detail":{"stack-id":"arn:aws:cloudformation:a:1:stack/S/x","status-details":{"status":"CREATE_COMPLETE"}}}',
  '{"code":"CDK_TOOLKIT_I5501","data":{"deployment":"d","stackName":"S","resourcesTotal":4}}',
];

const junk = fc.oneof(
  fc.string({ maxLength: 30 }),
  fc.string({ unit: 'binary', maxLength: 10 }),
  fc.constantFrom(
    '0',
    '-1',
    '99999999999999999999',
    '1e999',
    'NaN',
    '%',
    '/',
    '|',
    '\u001b[31m',
    '{',
    '}',
    '"',
    '__proto__',
  ),
  fc.integer().map(String),
);

/** A line that a format knows with some of it cut out, repeated or replaced. */
const mutated = fc
  .tuple(
    fc.constantFrom(...SEEDS),
    fc.constantFrom(...SEEDS),
    fc.array(fc.tuple(fc.nat(200), fc.nat(20), junk), { maxLength: 4 }),
  )
  .map(([seed, other, edits]) =>
    edits.reduce(
      (line, [at, length, text]) => line.slice(0, at) + text + line.slice(at + length),
      edits.length > 3 ? seed.slice(0, seed.length / 2) + other.slice(other.length / 2) : seed,
    ),
  );

const line = fc.oneof(mutated, fc.constantFrom(...SEEDS), junk);

const check = (run: Observation): void => {
  for (const count of [run.current, run.total]) {
    assert.ok(count === null || (Number.isInteger(count) && count >= 0), `a count of ${count}`);
  }
  const percentage = percentageOf(run, run.status);
  assert.ok(percentage === null || (percentage >= 0 && percentage <= 100), `${percentage} %`);
  assert.ok(run.started_at <= run.last_at);
  if (run.ended_at !== undefined) assert.ok(isTerminal(run.status));
};

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
      { numRuns: 1000 },
    );
  });
}

/** What a run has failed of may still be learnt after its end. */
const withoutCauses = (run: Observation): Observation => {
  const { failed_resources: _failed, error_message: _error, ...details } = run.details;
  return { ...run, details };
};

/** Ends that something later may take back, as their formats say: a full counter, and CDK's retries and late rows. */
const MAY_TAKE_BACK = ['ninja', 'buildkit', 'cdk'];

for (const format of formats.filter(({ name }) => !MAY_TAKE_BACK.includes(name))) {
  test(`${format.name}: a run that has ended in a prefix of a log has ended so in the whole`, () => {
    fc.assert(
      fc.property(fc.array(line, { maxLength: 16 }), fc.nat(16), (lines, length) => {
        const whole = runsOf(format, lines);
        for (const [key, run] of runsOf(format, lines.slice(0, length))) {
          const later = whole.get(key);
          assert.ok(later !== undefined);
          if (!isTerminal(run.status)) continue;
          assert.equal(withoutCauses(later), withoutCauses(run));
        }
      }),
      { numRuns: 500 },
    );
  });

  test(`${format.name}: settling in between loses no run that goes on`, () => {
    fc.assert(
      fc.property(fc.array(line, { maxLength: 16 }), fc.nat(16), (lines, length) => {
        let settled = format.initial;
        let kept = format.initial;
        lines.forEach((text, index) => {
          const signal = format.read(text);
          if (signal === undefined) return;
          const a = format.evolve(settled, signal, index);
          const b = format.evolve(kept, signal, index);
          assert.equal(a.touched, b.touched);
          for (const key of a.touched)
            assert.equal(format.observe(a.state, key), format.observe(b.state, key));
          settled = index === length ? format.settle(a.state) : a.state;
          kept = b.state;
        });
      }),
      { numRuns: 500 },
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

const once = (format: LogFormat, text: string): number => {
  const begin = performance.now();
  format.read(text);
  return performance.now() - begin;
};

for (const format of formats) {
  test(`${format.name}: reading a line of 1 MB takes no more than in proportion to one of 64 KB`, () => {
    for (const [head, repeated, tail] of SLOW) {
      const lineOf = (length: number) => head + repeated.repeat(Math.ceil(length / repeated.length)) + tail;
      const [short, long] = [lineOf(65_000), lineOf(1_040_000)];
      // 16 times as long: in proportion it takes 16 times, squared 256 times. What takes no time at all is noise, and
      // so is a machine that is busy with something else: a pattern that is slow is slow every time.
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
