import * as assert from 'uvu/assert';
import { terraform } from '../../../../src/domain/logs/formats/terraform.ts';
import { suite } from '../../../support/suite.ts';
import { inShort, play } from './play.ts';

const test = suite('terraform');

const APPLY = `
data.aws_region.here: Reading...
data.aws_region.here: Read complete after 0s [id=eu-west-1]
aws_s3_bucket.logs: Refreshing state... [id=logs]
Terraform will perform the following actions:
Plan: 2 to add, 1 to change, 0 to destroy.
Do you want to perform these actions?
aws_sqs_queue.jobs: Creating...
module.web["a"].aws_instance.this[0]: Creating...
aws_sqs_queue.jobs: Still creating... [10s elapsed]
aws_sqs_queue.jobs: Creation complete after 12s [id=https://sqs/jobs]
module.web["a"].aws_instance.this[0]: Creation complete after 1m2s [id=i-1]
aws_s3_bucket.logs: Modifying... [id=logs]
`;

test('counts what an apply has done against its plan', () => {
  const [run] = play(terraform, APPLY);
  assert.is(run?.key, 'terraform#1');
  assert.is(run?.status, 'running');
  assert.is(run?.current, 2);
  assert.is(run?.total, 3);
  assert.equal(run?.details, {
    phase: 'apply',
    outcome: 'in_progress',
    operation: 'update',
    current_step: 'aws_s3_bucket.logs',
  });
});

test('a full counter is no end, the closing line is', () => {
  const full = `${APPLY}aws_s3_bucket.logs: Modifications complete after 1s [id=logs]\n`;
  assert.equal(inShort(terraform, full), ['terraform#1 running 3/3']);
  const closed = `${full}\nApply complete! Resources: 2 added, 1 changed, 0 destroyed.\n`;
  assert.equal(inShort(terraform, closed), ['terraform#1 completed 3/3']);
});

test('waits for approval, and may be refused', () => {
  const requested = APPLY.slice(0, APPLY.indexOf('aws_sqs_queue.jobs: Creating'));
  assert.equal(inShort(terraform, requested), ['terraform#1 blocked 0/3']);
  assert.equal(inShort(terraform, `${requested}Apply cancelled.\n`), ['terraform#1 cancelled 0/3']);
});

test('a failure names its first error and the resources at fault', () => {
  const [run] = play(
    terraform,
    `${APPLY}
╷
│ Error: creating S3 Bucket: AccessDenied
│
│   with aws_s3_bucket.logs,
│   on main.tf line 3, in resource "aws_s3_bucket" "logs":
╵
╷
│ Error: second
╵
`,
  );
  assert.is(run?.status, 'failed');
  assert.is(run?.details.error_message, 'creating S3 Bucket: AccessDenied');
  assert.equal(run?.details.failed_resources, ['aws_s3_bucket.logs']);
  assert.is(run?.current, 2);
});

test('a destroy is one run with a phase of its own', () => {
  const log = `
Plan: 0 to add, 0 to change, 2 to destroy.
aws_sqs_queue.a: Destroying... [id=a]
aws_sqs_queue.a: Destruction complete after 1s
aws_sqs_queue.b: Destroying... [id=b]
aws_sqs_queue.b: Destruction complete after 1s
Destroy complete! Resources: 2 destroyed.`;
  const [run] = play(terraform, log);
  assert.is(run?.status, 'completed');
  assert.equal([run?.current, run?.total], [2, 2]);
  assert.is(run?.details.phase, 'destroy');
  assert.is(run?.details.operation, 'destroy');
});

for (const [title, log, expected] of [
  [
    'nothing to do',
    'No changes. Your infrastructure matches the configuration.',
    ['terraform#1 completed 0/0'],
  ],
  [
    'an apply of nothing',
    'No changes. Your infrastructure matches the configuration.\nApply complete! Resources: 0 added, 0 changed, 0 destroyed.',
    ['terraform#1 completed 0/0'],
  ],
  [
    'a plan alone',
    "Plan: 1 to add, 0 to change, 0 to destroy.\nNote: You didn't use the -out option to save this plan",
    ['terraform#1 completed 0/1'],
  ],
  [
    'a saved plan that is applied',
    'Plan: 1 to add, 0 to change, 0 to destroy.\nSaved the plan to: tfplan\naws_x.y: Creating...\naws_x.y: Creation complete after 1s [id=1]\nApply complete! Resources: 1 added, 0 changed, 0 destroyed.',
    ['terraform#1 completed 1/1'],
  ],
  [
    'imports',
    'Plan: 1 to import, 0 to add, 0 to change, 0 to destroy.\naws_x.y: Importing... [id=1]\naws_x.y: Import complete [id=1]',
    ['terraform#1 running 1/1'],
  ],
  [
    'only the end',
    'Apply complete! Resources: 5 added, 0 changed, 0 destroyed.',
    ['terraform#1 completed 5/5'],
  ],
  [
    'only the middle',
    'aws_x.y: Creating...\naws_x.y: Creation complete after 1s',
    ['terraform#1 running 1/-'],
  ],
  [
    'two applies',
    'Apply complete! Resources: 5 added, 0 changed, 0 destroyed.\nPlan: 1 to add, 0 to change, 0 to destroy.',
    ['terraform#1 completed 5/5', 'terraform#2 running 0/1'],
  ],
  ['an error of something else', 'Error: something\n│ with a,', []],
  ['prose', 'The Plan: 5 to add\nweb: Creating...\nstill creating', []],
] as const) {
  test(title, () => assert.equal(inShort(terraform, log), expected));
}

const json = (type: string, rest: object) =>
  JSON.stringify({
    '@level': 'info',
    '@module': 'terraform.ui',
    '@timestamp': '2026-01-02T03:04:05.000000Z',
    type,
    ...rest,
  });
const hook = (addr: string, action: string) => ({ hook: { resource: { addr }, action } });

test('reads -json', () => {
  const log = [
    json('version', { terraform: '1.9.0' }),
    json('refresh_start', hook('aws_x.a', '')),
    json('change_summary', { changes: { add: 2, change: 0, import: 0, remove: 0, operation: 'plan' } }),
    json('apply_start', hook('aws_x.a', 'create')),
    json('apply_progress', hook('aws_x.a', 'create')),
    json('apply_complete', hook('aws_x.a', 'create')),
    json('apply_start', hook('aws_x.b', 'create')),
  ];
  assert.equal(inShort(terraform, log.join('\n')), ['terraform#1 running 1/2']);
  const summary = json('change_summary', { changes: { add: 2, change: 0, remove: 0, operation: 'apply' } });
  const good = [...log, json('apply_complete', hook('aws_x.b', 'create')), summary];
  assert.equal(inShort(terraform, good.join('\n')), ['terraform#1 completed 2/2']);
  const bad = [
    ...log,
    json('apply_errored', hook('aws_x.b', 'create')),
    json('diagnostic', {
      diagnostic: { severity: 'error', summary: 'denied', detail: 'no', address: 'aws_x.b' },
    }),
  ];
  const [run] = play(terraform, bad.join('\n'));
  assert.is(run?.status, 'failed');
  assert.is(run?.details.error_message, 'denied: no');
  assert.equal(run?.details.failed_resources, ['aws_x.b']);
});

test('takes the time of a -json line', () => {
  const signal = terraform.read(json('refresh_start', hook('aws_x.a', '')));
  assert.is(signal && terraform.timeOf?.(signal), Date.UTC(2026, 0, 2, 3, 4, 5));
});

test('settles old runs and keeps the number of the next', () => {
  let state = terraform.initial;
  for (const line of [
    'Apply complete! Resources: 5 added, 0 changed, 0 destroyed.',
    'Plan: 1 to add, 0 to change, 0 to destroy.',
  ]) {
    const signal = terraform.read(line);
    assert.ok(signal);
    state = terraform.prune(terraform.evolve(state, signal, 1).state);
  }
  assert.is(terraform.observe(state, 'terraform#1'), undefined);
  assert.is(terraform.observe(state, 'terraform#2')?.total, 1);
});

test.run();
