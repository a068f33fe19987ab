import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import * as assert from 'uvu/assert';
import { memoryClock } from '../../../src/adapters/memory/clock.ts';
import { xrayDaemon } from '../../../src/adapters/xray/daemon.ts';
import { xrayTracer } from '../../../src/adapters/xray/tracer.ts';
import { MiyabiError } from '../../../src/domain/errors.ts';
import { suite } from '../../support/suite.ts';
import { NOON } from '../../support/tasks.ts';

const SAMPLED = 'Root=1-5759e988-bd862e3fe1be46a994272793;Parent=53995c3f42cd8ad8;Sampled=1;Lineage=1:2';

/** What a tracer sends of one call that takes 25 ms. */
const traced = (header: string | undefined, error?: unknown): readonly string[] => {
  const sent: string[] = [];
  const steadyClock = memoryClock(0);
  const tracer = xrayTracer({
    header: () => header,
    send: (message) => sent.push(message),
    clock: memoryClock(NOON),
    steadyClock,
    random: () => 0.5,
  });
  const end = tracer.begin('DynamoDB', 'taskStore.find');
  steadyClock.advance(25);
  end(error);
  return sent;
};

/** The document of the only message, which follows the daemon's header line. */
const documentIn = ([message = '', ...others]: readonly string[]): Readonly<Record<string, unknown>> => {
  assert.equal(others, []);
  const [header, document = ''] = message.split('\n');
  assert.is(header, '{"format":"json","version":1}');
  return JSON.parse(document);
};

const test = suite('X-Ray');

test('gets a call as a subsegment of the function, in seconds since the epoch', () => {
  assert.equal(documentIn(traced(SAMPLED)), {
    type: 'subsegment',
    id: '8000000080000000',
    name: 'DynamoDB',
    trace_id: '1-5759e988-bd862e3fe1be46a994272793',
    parent_id: '53995c3f42cd8ad8',
    namespace: 'remote',
    start_time: NOON / 1_000,
    end_time: (NOON + 25) / 1_000,
    annotations: { operation: 'taskStore.find' },
  });
});

test('gets nothing of a trace that is not sampled, or of no trace', () => {
  for (const header of [undefined, '', SAMPLED.replace('Sampled=1', 'Sampled=0'), 'Root=1-a;Sampled=1'])
    assert.equal(traced(header), [], header);
});

test('gets a failed backend as a fault, and an answer such as a conflict as an error', () => {
  const down = documentIn(traced(SAMPLED, new MiyabiError('unavailable', 'DynamoDB does not answer')));
  assert.equal([down['fault'], down['error']], [true, undefined]);
  assert.equal(down['cause'], {
    exceptions: [{ id: '8000000080000000', type: 'unavailable', message: 'DynamoDB does not answer' }],
  });
  const conflict = documentIn(traced(SAMPLED, new MiyabiError('version_conflict', 'It was changed')));
  assert.equal([conflict['fault'], conflict['error']], [undefined, true]);
  const unknown = documentIn(traced(SAMPLED, new TypeError('x')));
  assert.is(unknown['fault'], true);
});

test('is reached at the address of its daemon, in both forms, and a wrong one is none', async () => {
  const daemon = createSocket('udp4');
  try {
    daemon.bind(0, '127.0.0.1');
    await once(daemon, 'listening');
    const { port } = daemon.address();
    for (const address of [`127.0.0.1:${port}`, `tcp:127.0.0.1:1 udp:127.0.0.1:${port}`]) {
      const arrived = once(daemon, 'message');
      xrayDaemon(address)?.(address);
      const [message] = await arrived;
      assert.is(String(message), address);
    }
    assert.is(xrayDaemon('127.0.0.1'), undefined);
  } finally {
    daemon.close();
  }
});

test.run();
