import { readdirSync, readFileSync } from 'node:fs';
import * as assert from 'uvu/assert';
import { cdk } from '../../../../../src/domain/logs/formats/cdk/cdk.ts';
import type { CdkState } from '../../../../../src/domain/logs/formats/cdk/state.ts';
import { cleanLine, splitLines } from '../../../../../src/domain/logs/lines.ts';
import { logReader } from '../../../../../src/domain/logs/signals.ts';
import { suite } from '../../../../support/suite.ts';
import { runsOf, signalsOf } from './read-cdk.ts';

const test = suite('CDK logs, what is known besides');

const BEFORE = ['Prod/Shop (Shop): deploying... [2/5]', 'Shop:  start: Building 0a1b2c:1-eu-west-1'];
const CHANGESET = 'Shop: creating CloudFormation changeset...';
const ROWS = [
  'Shop | 0/3 | 8:00:00 PM | UPDATE_IN_PROGRESS   | AWS::CloudFormation::Stack | Shop User Initiated',
  'Shop | 0/3 | 8:00:01 PM | CREATE_IN_PROGRESS   | AWS::SQS::Queue            | Api/Orders (ApiOrders50D9D426)',
  'Shop | 0/3 | 8:00:02 PM | CREATE_IN_PROGRESS   | AWS::SNS::Topic            | News (News0A1B2C3D)',
  'Shop | 1/3 | 8:00:03 PM | CREATE_COMPLETE      | AWS::SNS::Topic            | News (News0A1B2C3D)',
];
const CLEANUP = 'Shop | 2/3 | 8:00:04 PM | UPDATE_COMPLETE_CLEA | AWS::CloudFormation::Stack | Shop';
const FAILED =
  'Shop | 1/3 | 8:00:04 PM | CREATE_FAILED        | AWS::SQS::Queue            | Api/Orders (ApiOrders50D9D426) Name is taken | by another';
const ROLLING_BACK =
  'Shop | 1/3 | 8:00:05 PM | UPDATE_ROLLBACK_IN_P | AWS::CloudFormation::Stack | Shop The following resource(s) failed to create: [ApiOrders50D9D426].';

const last = (...lines: readonly string[]) => {
  const run = runsOf(lines.join('\n')).at(-1);
  if (run === undefined) throw new Error('no run');
  return run;
};

test('the phase says what goes on', () => {
  const log = [...BEFORE, CHANGESET, ...ROWS, CLEANUP, ' ✅  Prod/Shop (Shop)'];
  const phases = log.map((_, index) => last(...log.slice(0, index + 1)).details.phase);
  assert.equal(
    phases.filter((phase, index) => phase !== phases[index - 1]),
    ['deploying', 'building assets', 'creating changeset', 'deploying', 'cleaning up', 'completed'],
  );
  assert.is(last(...BEFORE, ...ROWS, FAILED, ROLLING_BACK).details.phase, 'rolling back');
  assert.is(last('Shop: destroying... [1/1]').details.phase, 'destroying');
});

test('the current step is what was begun last and is not done', () => {
  assert.is(last(...BEFORE, ...ROWS.slice(0, 3)).details.current_step, 'News');
  assert.is(last(...BEFORE, ...ROWS).details.current_step, 'Api/Orders');
  assert.is(last(...BEFORE, ...ROWS, ' ✅  Prod/Shop (Shop)').details.current_step, undefined);
});

test('the error is the reason of what failed first by the clock of the rows', () => {
  const later = 'Shop | 1/3 | 8:00:09 PM | CREATE_FAILED | AWS::SNS::Topic | News (News0A1B2C3D) Not allowed';
  const run = last(
    ...BEFORE,
    ...ROWS,
    later,
    FAILED,
    '❌  Shop failed: Error: The stack named Shop failed to deploy',
  );
  assert.is(run.details.error_message, 'Name is taken | by another');
  assert.equal(run.details.failed_resources, ['ApiOrders50D9D426', 'News0A1B2C3D']);
});

test('the error is that of the stack where no resource failed, else that of the closing line', () => {
  const export_ =
    'Shop | 0/3 | 8:00:05 PM | UPDATE_ROLLBACK_IN_P | AWS::CloudFormation::Stack | Shop Export is in use';
  assert.is(
    last(...BEFORE, ...ROWS, export_, '❌  Shop failed: Error: x').details.error_message,
    'Export is in use',
  );
  assert.is(
    last(...BEFORE, '❌  Shop failed: Error: no such asset').details.error_message,
    'Error: no such asset',
  );
  assert.is(
    last(...BEFORE, ...ROWS, FAILED.replace('taken', 'long '.repeat(1000))).details.error_message?.length,
    1000,
  );
});

const fixture = (name: string) =>
  last(...readFileSync(new URL(`../../../../fixtures/cdk/${name}.log`, import.meta.url), 'utf8').split('\n'));

test('the error is the reason below the row or the cause, however a terminal has broken it', () => {
  const errors = [
    'fails-to-deploy',
    'fails-to-deploy-errors-only',
    'fails-to-deploy-without-rows',
    'fails-to-deploy-bar',
    'change-set-fails-before-deploying',
    'change-set-of-one-of-two-fails',
    'change-set-cannot-be-executed',
    'rollback-asked-for-without-rows',
  ].map((name) => fixture(name).details.error_message);
  assert.equal(errors, [
    'Name is taken',
    'Name is taken',
    'AccessDenied: User: arn:aws:iam::123456789012:user/ann is not authorized to perform: cloudformation:ExecuteChangeSet',
    'Resource handler returned message: "The queue is in use by 3/4 of its consumers (Service: Sqs, Status Code: 400)" (HandlerErrorCode: InvalidRequest)',
    'Template error: instance of Fn::GetAtt references undefined resource Orders',
    "Resource of type 'AWS::S3::Bucket' with identifier 'tea' already exists. (at /Resources/Bucket83908E77)",
    'Change set cdk-deploy-change-set cannot be executed (FAILED): Transform AWS::Serverless-2016-10-31 failed',
    'Not authorized',
  ]);
});

test('an export that another stack uses is a reason by itself, with its hint', () => {
  const reason = 'Export Orders:QueueArn cannot be deleted as it is in use by Billing';
  assert.equal(cdk.read(reason), { k: 'text', m: reason });
  const { ofStream } = logReader([cdk]).read([{ id: 'a', timestamp: 1, message: reason }]);
  assert.is(ofStream.length, 1, 'it has its hint');
});

test('a reason that a terminal has broken at any width is known before the closing line', () => {
  const reason =
    'Resource handler returned message: "Access denied to 3/4 of it" (HandlerErrorCode: AccessDenied)';
  const known = new Set<string>();
  for (let width = 12; width < 120; width += 1) {
    // As CDK does it: broken in the middle of a word, spaces at the edges left out.
    const lines = Array.from({ length: Math.ceil(reason.length / width) }, (_, index) =>
      reason.slice(index * width, (index + 1) * width).trim(),
    );
    for (const indent of ['', ' '.repeat(41)]) {
      const rows = ['Shop: deploying... [1/1]', '8:00:02 PM | UPDATE_FAILED | AWS::SQS::Queue | Api/Orders'];
      const run = last(...rows, ...lines.map((line) => indent + line), '', 'unrelated');
      known.add((run.details.error_message ?? '').replaceAll(' ', ''));
    }
  }
  assert.equal([...known], [reason.replaceAll(' ', '')]);
});

test('the end of a name that a terminal has broken is no part of the reason', () => {
  const row = '8:00:02 PM | CREATE_FAILED           | AWS::SQS::Queue            | Orders50D9D4';
  const messageOf = (...lines: readonly string[]) =>
    last('Shop: deploying...', row, ...lines, '❌  Shop failed to deploy').details.error_message;
  assert.is(messageOf('26', 'The queue exists already'), 'The queue exists already');
  assert.is(messageOf('Unauthorized'), 'Unauthorized');
});

test('events that come one by one and in any order give the reasons that are known by their words', () => {
  const lines = [
    'Shop: deploying... [1/1]',
    '8:00:02 PM | UPDATE_FAILED | AWS::SQS::Queue | Api/Orders',
    'Resource handler returned message: "No room" (RequestToken: 1, HandlerErrorCode: GeneralServiceException)',
    'words of another program',
  ];
  const signals = logReader([cdk]).read(
    lines.map((message, index) => ({ id: String(index), timestamp: index, message })),
  ).ofStream;
  assert.equal(
    signals.map(({ id }) => id),
    ['0', '1', '2'],
  );
  assert.equal(
    lines.flatMap(
      (message, index) => logReader([cdk]).read([{ id: String(index), timestamp: index, message }]).ofStream,
    ),
    signals,
  );
  assert.match(
    last(...lines.slice(0, 3)).details.error_message ?? '',
    /^Resource handler returned message: "No room"/,
  );
});

test('findings of early validation are reported by older versions too', () => {
  const run = last(
    'Shop: creating CloudFormation changeset...',
    "❌  Shop failed: ToolkitError: ChangeSet 'cdk-deploy-change-set' on stack 'Shop' failed early validation:",
    '  - Value 1200 of DelaySeconds is greater than the maximum of 900 (at /Resources/Orders/Properties/DelaySeconds)',
    '  - Bucket names are in lower case (at /Resources/Files/Properties/BucketName)',
  );
  assert.is(run.status, 'failed');
  assert.is(
    run.details.error_message,
    'Value 1200 of DelaySeconds is greater than the maximum of 900 (at /Resources/Orders/Properties/DelaySeconds)',
  );
  assert.equal(run.details.failed_resources, ['Orders', 'Files']);
});

test('older versions print what is wrong with a change set without a mark, and name the stack', () => {
  const begun = 'Shop: creating CloudFormation changeset...';
  const failed = last(
    begun,
    'Failed to create ChangeSet cdk-deploy-change-set on Shop: FAILED, Export Shop:Arn cannot be deleted',
  );
  assert.equal(
    [failed.status, failed.details.error_message],
    ['failed', 'Export Shop:Arn cannot be deleted'],
  );
  const invalid = last(
    begun,
    "ChangeSet 'cdk-deploy-change-set' on stack 'Shop' failed early validation:",
    '  - Bucket names are in lower case (at /Resources/Files/Properties/BucketName)',
  );
  assert.equal(
    [invalid.status, invalid.details.failed_resources, invalid.details.error_message],
    ['failed', ['Files'], 'Bucket names are in lower case (at /Resources/Files/Properties/BucketName)'],
  );
});

test('of several errors below the closing line the last one is the cause of the others', () => {
  const run = last(
    'Shop: deploying... [1/1]',
    '❌  Shop failed to deploy',
    '‣ AssetError: Cannot publish the assets of Shop',
    '‣ TypeError: no such bucket',
  );
  assert.is(run.details.error_message, 'TypeError: no such bucket');
});

test('what comes after a reason is no part of it', () => {
  const rows = [
    'Shop: deploying... [1/1]',
    '8:00:02 PM | UPDATE_FAILED | AWS::SQS::Queue | Api/Orders',
    'No room',
  ];
  const bar = '[██████▌···········] (1/4)';
  for (const next of ['', bar, '8:00:03 PM | UPDATE_COMPLETE | AWS::SNS::Topic | News', '{"status":"done"}'])
    assert.is(last(...rows, next, 'words of another program').details.error_message, 'No room', next);
  const cause = ['Shop/Orders  (AWS::SQS::Queue Orders50D9D426)', '  Too many', 'npm error code 1'];
  const failed = ['Shop: deploying... [1/1]', '❌  Shop failed to deploy', ...cause];
  assert.is(last(...failed).details.error_message, 'Too many');
});

test('what was to be deleted and is kept is listed', () => {
  assert.equal(fixture('destroy-keeps-resources').details.retained_resources, ['Bucket83908E77']);
  assert.is(fixture('destroy').details.retained_resources, undefined);
});

test('what is no failure has no error', () => {
  const run = last(...ROWS, FAILED.replace('CREATE', 'DELETE'), CLEANUP, ' ✅  Shop');
  assert.is(run.details.error_message, undefined);
  assert.is(run.details.failed_resources, undefined);
});

test('names, positions and durations are kept', () => {
  const run = last(...BEFORE, CHANGESET, ...ROWS, ' ✅  Prod/Shop (Shop)', '✨  Deployment time: 12.35s');
  assert.is(run.key, 'Shop#1');
  assert.is(run.task_type, 'cdk_deploy');
  assert.equal(run.metadata, { display_name: 'Prod/Shop', position: '2/5', deployment_seconds: 12.35 });
  assert.is(run.message, 'deployed');
  assert.is(last(...BEFORE, ...ROWS).message, 'CREATE_COMPLETE News');
});

test('a later deployment has the next key', () => {
  const deployment = [...BEFORE, CHANGESET, ...ROWS, ' ✅  Prod/Shop (Shop)'];
  assert.equal(
    runsOf([...deployment, ...deployment, ...deployment].join('\n')).map(({ key }) => key),
    ['Shop#1', 'Shop#2', 'Shop#3'],
  );
});

test('a run begins with the first line about it and ends with the first that ends it', () => {
  let state: CdkState = cdk.initial;
  const lines = [
    ...BEFORE,
    ...ROWS,
    CLEANUP.replace('2/3', '3/3').replace('_CLEA', '     '),
    ' ✅  Prod/Shop (Shop)',
  ];
  for (const [index, signal] of signalsOf(lines.join('\n')).entries())
    state = cdk.evolve(state, signal, index * 10).state;
  const run = cdk.observe(state, 'Shop#1');
  assert.equal([run?.started_at, run?.ended_at, run?.last_at], [0, 60, 70]);
});

test('a deployment the next day at an earlier hour is another, if the log has times of its own', () => {
  const day = 24 * 60 * 60 * 1000;
  const rows = ['CREATE_IN_PROGRESS', 'CREATE_COMPLETE'].map(
    (status, index) =>
      `Shop | ${index}/1 | 8:00:0${index} PM | ${status} | AWS::CloudFormation::Stack | Shop`,
  );
  const next = 'Shop | 0/2 | 7:59:00 PM | UPDATE_IN_PROGRESS | AWS::CloudFormation::Stack | Shop';
  let state: CdkState = cdk.initial;
  for (const signal of signalsOf(rows.join('\n'))) state = cdk.evolve(state, signal, 0).state;
  for (const signal of signalsOf(next)) state = cdk.evolve(state, signal, day - 60_000).state;
  assert.equal(Object.keys(state.runs), ['Shop#1', 'Shop#2']);
});

test('a row in its usual form is read like one whose columns have to be searched for', () => {
  const folder = new URL('../../../../fixtures/cdk/', import.meta.url);
  const rows = readdirSync(folder)
    .filter((name) => name.endsWith('.log'))
    .flatMap((name) => splitLines(readFileSync(new URL(name, folder), 'utf8')))
    .map(cleanLine)
    .filter((line) => /^[A-Za-z][A-Za-z0-9-]* \| /.test(line));
  assert.ok(rows.length > 100);
  for (const row of rows) assert.equal(cdk.read(row), cdk.read(`logger: ${row}`), row);
});

test.run();
