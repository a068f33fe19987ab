import * as fc from 'fast-check';
import * as assert from 'uvu/assert';
import type { Observation } from '../../../src/domain/logs/format.ts';
import { percentageOf } from '../../../src/domain/tasks/progress.ts';
import { isTerminal } from '../../../src/domain/tasks/status.ts';
import { anyCharacter } from '../../support/any-character.ts';
import { RECORDED, SAMPLES } from './samples.ts';

/** Lines that formats recognise, to be cut and recombined. */
const SEEDS: readonly string[] = [
  'abc: 3/10',
  'Processing 3/10',
  'Processing 0/10',
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
  ' ❌  Shop failed: Error: The stack named Shop failed creation: ROLLBACK_COMPLETE',
  '8:00:00 PM | CREATE_FAILED        | AWS::SQS::Queue | Store/Queue',
  'The following resource(s) failed to create: [A, B]. Rollback requested by user.',
  '[███▌····] (5/29)',
  'Shop:  start: Building 0a1b:env',
  '✨ hotswapping resources:',
  '2026-01-02T03:04:05.123Z [INFO] Shop: destroying...',
  '{"source":"aws.cloudformation","detail":{"stack-id":"arn:aws:cloudformation:a:1:stack/S/x","status-details":{"status":"CREATE_COMPLETE"}}}',
  '{"code":"CDK_TOOLKIT_I5501","data":{"deployment":"d","stackName":"S","resourcesTotal":4}}',
  ...new Set([...SAMPLES, ...RECORDED].flatMap(({ lines }) => lines)),
];

/** Text that is in no log, or in the wrong place. */
const junk = fc.oneof(
  fc.string({ maxLength: 30 }),
  fc.string({ unit: anyCharacter, maxLength: 10 }),
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

/** A recognised line with some of it cut out, repeated or replaced. */
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

export const anyLine = fc.oneof(mutated, fc.constantFrom(...SEEDS), junk);

/** No count but a whole number from 0, no percentage outside 0 to 100, no end before the end. */
export const checkRun = (run: Observation): void => {
  for (const count of [run.current, run.total]) {
    assert.ok(count === null || (Number.isInteger(count) && count >= 0), `a count of ${count}`);
  }
  const percentage = percentageOf(run, run.status);
  assert.ok(percentage === null || (percentage >= 0 && percentage <= 100), `${percentage} %`);
  assert.ok(run.started_at <= run.last_at);
  if (run.ended_at !== undefined) assert.ok(isTerminal(run.status));
};
