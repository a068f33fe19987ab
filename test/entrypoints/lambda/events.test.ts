import { gzipSync } from 'node:zlib';
import fc from 'fast-check';
import * as assert from 'uvu/assert';
import { type ErrorCode, isMiyabiError, MiyabiError } from '../../../src/domain/errors.ts';
import { decodeCollectorEvent, MAX_INFLATED_BYTES } from '../../../src/entrypoints/lambda/events.ts';
import { repeats, suite } from '../../support/suite.ts';

const test = suite('what invokes the collector Lambda');

const awslogs = (payload: unknown) => ({
  awslogs: {
    data: gzipSync(typeof payload === 'string' ? payload : JSON.stringify(payload)).toString('base64'),
  },
});

const DATA = {
  messageType: 'DATA_MESSAGE',
  owner: '123456789012',
  logGroup: '/miyabi/cdk-deploy',
  logStream: 'task-1',
  subscriptionFilters: ['all'],
  logEvents: [
    { id: '37', timestamp: 1_795_000_000_000, message: 'MyStack |  1/4 | CREATE_COMPLETE' },
    { id: '38', timestamp: 1_795_000_000_001, message: '{"task_id":"task-1"}', extractedFields: { a: 'b' } },
  ],
};

const refusal = (event: unknown, code: ErrorCode = 'invalid_input'): MiyabiError => {
  try {
    decodeCollectorEvent(event);
  } catch (error) {
    if (!isMiyabiError(error)) throw error;
    assert.is(error.code, code);
    return error;
  }
  throw new Error(`${JSON.stringify(event)} was taken`);
};

test('the direct event of the first design, its times in any of three forms', () => {
  const expected = {
    kind: 'direct',
    log_group: '/aws/x',
    start_time: 1_700_000_000_000,
    end_time: 1_700_000_060_000,
  };
  const forms = [
    ['2023-11-14T22:13:20Z', '2023-11-14T22:14:20.000+00:00'],
    [1_700_000_000, 1_700_000_060],
    [1_700_000_000_000, 1_700_000_060_000],
    ['1700000000', '1700000060000'],
    ['2023-11-14 22:13:20', '2023-11-15T07:14:20+0900'],
    [1_700_000_000.0004, '1700000060.0'],
  ];
  for (const [start_time, end_time] of forms) {
    assert.equal(decodeCollectorEvent({ log_group: '/aws/x', start_time, end_time }), expected);
  }
});

test('an event that says nothing asks for everything', () => {
  for (const event of [{}, null, undefined, { log_group: null, start_time: null }]) {
    assert.equal(decodeCollectorEvent(event), { kind: 'direct' });
  }
});

test('a time without an offset is UTC, whatever this machine’s zone', () => {
  const event = decodeCollectorEvent({ start_time: '2026-11-23T10:00:00.123456' });
  assert.equal(event, { kind: 'direct', start_time: Date.UTC(2026, 10, 23, 10, 0, 0, 123) });
  assert.equal(decodeCollectorEvent({ end_time: '2026-11-23' }), {
    kind: 'direct',
    end_time: Date.UTC(2026, 10, 23),
  });
});

test('a rule of EventBridge, and a schedule without an input', () => {
  for (const source of ['aws.events', 'aws.scheduler']) {
    const event = {
      version: '0',
      id: '53dc4d37-cffa-4f76-80c9-8b7d4a4d2eaa',
      'detail-type': 'Scheduled Event',
      source,
      account: '123456789012',
      time: '2026-10-08T16:53:06Z',
      region: 'us-east-1',
      resources: ['arn:aws:events:us-east-1:123456789012:rule/collect'],
      detail: {},
    };
    assert.equal(decodeCollectorEvent(event), {
      kind: 'schedule',
      scheduled_time: Date.UTC(2026, 9, 8, 16, 53, 6),
    });
  }
});

test('a schedule whose input carries its time', () => {
  const input = {
    scheduled_time: '2026-03-22T18:59:43Z',
    schedule_arn: 'arn:aws:scheduler:us-east-1:123456789012:schedule/default/collect',
    execution_id: 'd32c5kddcf5bb8c3',
    attempt_number: '1',
  };
  const scheduled_time = Date.UTC(2026, 2, 22, 18, 59, 43);
  assert.equal(decodeCollectorEvent(input), { kind: 'schedule', scheduled_time });
  assert.equal(decodeCollectorEvent({ scheduledTime: '2026-03-22T18:59:43Z', log_group: 'g' }), {
    kind: 'schedule',
    scheduled_time,
    log_group: 'g',
  });
  assert.match(
    refusal({ scheduled_time: '<aws.scheduler.scheduled-time>' }).message,
    'scheduled_time must be a time',
  );
});

test('a subscription of CloudWatch Logs', () => {
  assert.equal(decodeCollectorEvent(awslogs(DATA)), {
    kind: 'subscription',
    log_group: '/miyabi/cdk-deploy',
    log_stream: 'task-1',
    events: DATA.logEvents.map(({ id, timestamp, message }) => ({ id, timestamp, message })),
    malformed: 0,
  });
});

test('a control message asks for nothing', () => {
  const message = { ...DATA, messageType: 'CONTROL_MESSAGE', logGroup: '', logStream: '' };
  assert.equal(decodeCollectorEvent(awslogs(message)), { kind: 'control' });
});

test('a broken entry of a subscription is counted, and the others are read', () => {
  const logEvents = [
    null,
    'text',
    { id: '1', timestamp: 'now', message: 'x' },
    { id: '', timestamp: 1, message: 'x' },
    { id: '1', timestamp: -1, message: 'x' },
    { id: '2', timestamp: 5, message: 'good' },
  ];
  const event = decodeCollectorEvent(awslogs({ ...DATA, logEvents }));
  assert.ok(event.kind === 'subscription');
  assert.equal(event.events, [{ id: '2', timestamp: 5, message: 'good' }]);
  assert.is(event.malformed, 5);
});

test('garbage in a subscription is named', () => {
  const cases = [
    [{ awslogs: null }, 'awslogs.data must be text'],
    [{ awslogs: { data: 5 } }, 'awslogs.data must be text'],
    [{ awslogs: { data: '' } }, 'awslogs.data must be text'],
    [{ awslogs: { data: 'not base64!' } }, 'awslogs.data must be base64'],
    [{ awslogs: { data: 'bm8gZ3ppcA==' } }, 'awslogs.data must be gzip'],
    [{ awslogs: { data: awslogs(DATA).awslogs.data.slice(0, 80) } }, 'awslogs.data must be gzip'],
    [awslogs('no JSON'), 'awslogs.data must hold JSON'],
    [awslogs([1]), 'awslogs.data must hold a JSON object'],
    [awslogs({ ...DATA, messageType: 'OTHER' }), 'awslogs.data.messageType must be'],
    [awslogs({ ...DATA, logEvents: {} }), 'awslogs.data.logEvents must be a list'],
    [awslogs({ ...DATA, logGroup: '' }), 'logGroup must be text'],
    [awslogs({ ...DATA, logStream: 7 }), 'logStream must be text'],
  ] as const;
  for (const [event, message] of cases) assert.match(refusal(event).message, message);
});

test('a bomb is not inflated', () => {
  const bomb = gzipSync(Buffer.alloc(MAX_INFLATED_BYTES + 1)).toString('base64');
  assert.ok(bomb.length < 200_000);
  refusal({ awslogs: { data: bomb } }, 'payload_too_large');
});

test('anything else is refused by name', () => {
  const cases = [
    [[], 'must be a JSON object'],
    ['text', 'must be a JSON object'],
    [7, 'must be a JSON object'],
    [{ log_groups: ['a'] }, 'log_groups is unknown'],
    [JSON.parse('{"__proto__": {"log_group": "x"}}'), '__proto__ is unknown'],
    [{ constructor: 1 }, 'constructor is unknown'],
    [{ log_group: '' }, 'log_group must be text'],
    [{ log_group: 5 }, 'log_group must be text'],
    [{ log_group: 'x'.repeat(513) }, 'log_group must not be longer'],
    [{ start_time: 'yesterday' }, 'start_time must be a time'],
    [{ start_time: {} }, 'start_time must be a time'],
    [{ start_time: -1 }, 'start_time must be a time'],
    [{ start_time: '2026-13-45T00:00:00Z' }, 'start_time must be a time'],
    [{ end_time: Number.MAX_VALUE }, 'end_time must be a time'],
    [{ start_time: 1_700_000_001, end_time: 1_700_000_000 }, 'end_time must not come before'],
    [
      { 'detail-type': 'EC2 Instance State-change Notification', source: 'aws.ec2', time: 'x' },
      'detail-type must be',
    ],
    [{ 'detail-type': 'Scheduled Event', source: 'mine', time: 'x' }, 'source must be'],
    [{ 'detail-type': 'Scheduled Event', source: 'aws.events' }, 'time must be a time'],
    [{ httpMethod: 'GET', path: '/health' }, 'httpMethod is unknown'],
  ] as const;
  for (const [event, message] of cases) assert.match(refusal(event).message, message);
});

test('no event makes it fail in another way', () => {
  fc.assert(
    fc.property(
      fc.oneof(
        fc.jsonValue(),
        fc.record({ awslogs: fc.record({ data: fc.oneof(fc.string(), fc.base64String()) }) }),
        fc.jsonValue().map(awslogs),
        fc.record({ log_group: fc.jsonValue(), start_time: fc.jsonValue(), end_time: fc.jsonValue() }),
      ),
      (event) => {
        try {
          decodeCollectorEvent(event);
        } catch (error) {
          assert.instance(error, MiyabiError);
        }
      },
    ),
    { numRuns: repeats({ few: 100, all: 500 }) },
  );
});

test.run();
