import * as assert from 'uvu/assert';
import { cloudformation } from '../../../../src/domain/logs/formats/cloudformation.ts';
import { suite } from '../../../support/suite.ts';
import { inShort, play } from './play.ts';

const test = suite('cloudformation');

const arn = (stack: string) => `arn:aws:cloudformation:eu-west-1:111111111111:stack/${stack}/0a1b`;

const eventBridge =
  (stack: string, token?: string) =>
  (id: string, status: string, reason = '') =>
    JSON.stringify({
      version: '0',
      source: 'aws.cloudformation',
      account: '111111111111',
      time: '2026-01-02T03:04:05Z',
      'detail-type': `CloudFormation ${id === '' ? 'Stack' : 'Resource'} Status Change`,
      detail: {
        'stack-id': arn(stack),
        ...(id !== '' && { 'logical-resource-id': id, 'resource-type': 'AWS::SQS::Queue' }),
        'status-details': { status, 'status-reason': reason },
        ...(token !== undefined && { 'client-request-token': token }),
      },
    });

test('follows the events of a creation', () => {
  const event = eventBridge('Shop');
  const log = [
    event('', 'CREATE_IN_PROGRESS'),
    event('A', 'CREATE_IN_PROGRESS'),
    event('A', 'CREATE_COMPLETE'),
  ];
  const [run] = play(cloudformation, log.join('\n'));
  assert.is(run?.key, 'Shop#1');
  assert.is(run?.task_name, 'Shop');
  assert.is(run?.task_type, 'cdk_deploy');
  assert.equal([run?.current, run?.total], [1, null]);
  assert.equal(run?.details, {
    phase: 'deploying',
    outcome: 'in_progress',
    stack_state: 'CREATE_IN_PROGRESS',
    operation: 'create',
    current_step: 'A',
  });
  const again = [...log, event('A', 'CREATE_COMPLETE'), event('', 'CREATE_COMPLETE')];
  assert.equal(inShort(cloudformation, again.join('\n')), ['Shop#1 completed 1/-']);
});

for (const [last, status, outcome] of [
  ['CREATE_COMPLETE', 'completed', 'completed'],
  ['UPDATE_COMPLETE_CLEANUP_IN_PROGRESS', 'running', 'in_progress'],
  ['UPDATE_COMPLETE', 'completed', 'completed'],
  ['ROLLBACK_IN_PROGRESS', 'running', 'rolling_back'],
  ['ROLLBACK_COMPLETE', 'failed', 'rolled_back'],
  ['UPDATE_ROLLBACK_COMPLETE_CLEANUP_IN_PROGRESS', 'running', 'rolling_back'],
  ['UPDATE_ROLLBACK_COMPLETE', 'failed', 'rolled_back'],
  ['UPDATE_ROLLBACK_FAILED', 'failed', 'rollback_failed'],
  ['CREATE_FAILED', 'failed', 'failed'],
  ['DELETE_FAILED', 'failed', 'failed'],
  ['DELETE_COMPLETE', 'completed', 'completed'],
  ['IMPORT_COMPLETE', 'completed', 'completed'],
] as const) {
  test(`a stack in ${last} is ${status}, ${outcome}`, () => {
    const [run] = play(cloudformation, eventBridge('Shop')('', last));
    assert.is(run?.status, status);
    assert.is(run?.details.outcome, outcome);
    assert.is(run?.details.stack_state, last);
  });
}

test('names what failed first, not what was cancelled after it', () => {
  const event = eventBridge('Shop');
  const [run] = play(
    cloudformation,
    [
      event('', 'UPDATE_IN_PROGRESS'),
      event('A', 'UPDATE_FAILED', 'Queue exists'),
      event('B', 'CREATE_FAILED', 'Resource creation cancelled'),
      event('', 'UPDATE_ROLLBACK_IN_PROGRESS', 'The following resource(s) failed to update: [A].'),
      event('C', 'DELETE_FAILED', 'not of this failure'),
      event('', 'UPDATE_ROLLBACK_COMPLETE'),
    ].join('\n'),
  );
  assert.is(run?.status, 'failed');
  assert.is(run?.details.operation, 'update');
  assert.equal(run?.details.failed_resources, ['A']);
  assert.is(run?.details.error_message, 'Queue exists');
});

test('a deletion is another run, and so is an operation with another token', () => {
  const log = [
    eventBridge('Shop', 't1')('', 'CREATE_IN_PROGRESS'),
    eventBridge('Shop', 't1')('', 'CREATE_COMPLETE'),
    eventBridge('Shop', 't1')('', 'CREATE_IN_PROGRESS'),
    eventBridge('Shop', 't2')('', 'UPDATE_IN_PROGRESS'),
    eventBridge('Shop', 't3')('', 'DELETE_IN_PROGRESS'),
    eventBridge('Shop', 't3')('', 'DELETE_COMPLETE'),
  ];
  assert.equal(inShort(cloudformation, log.join('\n')), [
    'Shop#1 completed -/-',
    'Shop#2 running -/-',
    'Shop#3 completed -/-',
  ]);
});

test('a failed creation that is deleted again has failed', () => {
  const event = eventBridge('Shop', 't1');
  const log = [event('', 'CREATE_IN_PROGRESS'), event('', 'ROLLBACK_COMPLETE'), event('', 'DELETE_COMPLETE')];
  assert.equal(inShort(cloudformation, log.join('\n')), ['Shop#1 failed -/-']);
});

test('takes the time of an event', () => {
  const signal = cloudformation.read(eventBridge('Shop')('', 'CREATE_COMPLETE'));
  assert.is(signal && cloudformation.timeOf?.(signal), Date.UTC(2026, 0, 2, 3, 4, 5));
});

const message = (code: string, data: object) =>
  JSON.stringify({
    time: '2026-01-02T03:04:00.000Z',
    level: 'info',
    action: 'deploy',
    code,
    message: 'x',
    data,
  });
const start = (stackName: string, deployment: string, isStackUpdate = false) =>
  message('CDK_TOOLKIT_I5501', { deployment, stackName, resourcesTotal: 4, isStackUpdate });
const activity = (
  deployment: string,
  stack: string,
  id: string,
  status: string,
  completed: number,
  reason?: string,
) =>
  message('CDK_TOOLKIT_I5502', {
    deployment,
    event: {
      StackId: arn(stack),
      StackName: stack,
      LogicalResourceId: id,
      PhysicalResourceId: id === stack ? arn(stack) : `p-${id}`,
      ResourceType: id === stack ? 'AWS::CloudFormation::Stack' : 'AWS::SQS::Queue',
      Timestamp: '2026-01-02T03:04:05.678Z',
      ResourceStatus: status,
      ...(reason !== undefined && { ResourceStatusReason: reason }),
    },
    ...(id !== stack && { metadata: { constructPath: `${stack}/${id}/Resource` } }),
    progress: { completed, total: 4, formatted: `${completed}/4` },
  });

test('follows the messages of the CDK toolkit, nested stacks included', () => {
  const log = [
    start('Shop', 'd1', true),
    activity('d1', 'Shop', 'Shop', 'UPDATE_IN_PROGRESS', 0),
    activity('d1', 'Shop-Nested-X1', 'Shop-Nested-X1', 'CREATE_COMPLETE', 1),
    activity('d1', 'Shop', 'A', 'UPDATE_COMPLETE', 2),
  ];
  const [run, other] = play(cloudformation, log.join('\n'));
  assert.is(other, undefined);
  assert.is(run?.status, 'running');
  assert.equal([run?.current, run?.total], [2, 4]);
  assert.is(run?.details.operation, 'update');
  assert.is(run?.details.current_step, 'Shop/A/Resource');
  const end = [
    activity('d1', 'Shop', 'Shop', 'UPDATE_COMPLETE', 4),
    message('CDK_TOOLKIT_I5503', { deployment: 'd1', stackName: 'Shop' }),
    message('CDK_TOOLKIT_I5900', {
      type: 'did-deploy-stack',
      noOp: false,
      stackArn: arn('Shop'),
      outputs: {},
    }),
  ];
  assert.equal(inShort(cloudformation, [...log, ...end].join('\n')), ['Shop#1 completed 4/4']);
});

test('a full counter of the toolkit is no end', () => {
  const log = [start('Shop', 'd1'), activity('d1', 'Shop', 'A', 'CREATE_COMPLETE', 4)];
  assert.equal(inShort(cloudformation, log.join('\n')), ['Shop#1 running 4/4']);
});

test('keeps concurrent deployments apart', () => {
  const log = [
    start('A', 'd1'),
    start('B', 'd2'),
    activity('d2', 'B', 'X', 'CREATE_COMPLETE', 3),
    activity('d1', 'A', 'X', 'CREATE_FAILED', 1, 'boom'),
    start('A', 'd3'),
  ];
  assert.equal(inShort(cloudformation, log.join('\n')), [
    'A#1 running 1/4',
    'B#1 running 3/4',
    'A#2 running 0/4',
  ]);
});

test('a deployment without changes', () => {
  const [run] = play(
    cloudformation,
    message('CDK_TOOLKIT_I5900', {
      type: 'did-deploy-stack',
      noOp: true,
      stackArn: arn('Shop'),
      outputs: {},
    }),
  );
  assert.is(run?.status, 'completed');
  assert.is(run?.details.outcome, 'no_changes');
  assert.is(run?.details.operation, 'none');
});

test('a deployment without changes leaves the one before it alone', () => {
  const unchanged = message('CDK_TOOLKIT_I5900', {
    type: 'did-deploy-stack',
    noOp: true,
    stackArn: arn('Shop'),
    outputs: {},
  });
  const log = [start('Shop', 'd1'), activity('d1', 'Shop', 'Shop', 'CREATE_COMPLETE', 4), unchanged];
  const [first, second] = play(cloudformation, log.join('\n'));
  assert.is(first?.details.outcome, 'completed');
  assert.is(second?.details.outcome, 'no_changes');
});

for (const [title, line] of [
  ['another source', '{"source":"aws.ec2","detail":{}}'],
  ['no stack', '{"source":"aws.cloudformation","detail":{"status-details":{"status":"CREATE_COMPLETE"}}}'],
  [
    'a drift',
    '{"source":"aws.cloudformation","detail":{"stack-id":"x","status-details":{"status":"DRIFTED"}}}',
  ],
  ['another message', message('CDK_TOOLKIT_I5000', {})],
  ['no data', '{"code":"CDK_TOOLKIT_I5502"}'],
  ['prose', 'aws.cloudformation CDK_TOOLKIT_I5502'],
] as const) {
  test(`${title} says nothing`, () => assert.is(cloudformation.read(line), undefined));
}

test.run();
