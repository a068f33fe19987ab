// What the built functions send to the X-Ray daemon of Lambda, here a UDP socket of this test.
import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import * as assert from 'uvu/assert';
import { dynamodbClient } from '../../src/adapters/dynamodb/client.ts';
import { createTables } from '../../src/adapters/dynamodb/tables.ts';
import { ADMIN_ENTRY, apiEvent, openArtifacts } from '../support/artifact.ts';
import { openTestDynamodb, TEST_DYNAMODB_TIMEOUTS } from '../support/dynalite.ts';
import { hasRedisServer, startRedis } from '../support/redis.ts';
import { needs, shared, suite } from '../support/suite.ts';

const TABLES = { tasks: 'miyabi-tasks', projects: 'miyabi-projects', webhooks: 'miyabi-webhooks' };
const TRACE = '1-5759e988-bd862e3fe1be46a994272793';
const PARENT = '53995c3f42cd8ad8';
const headerOf = (sampled: 0 | 1) => `Root=${TRACE};Parent=${PARENT};Sampled=${sampled}`;

const EVENTS = [
  apiEvent('POST', '/api/tasks', { body: { task_id: 'one' } }),
  apiEvent('GET', '/api/tasks/one'),
  apiEvent('GET', '/api/tasks'),
  // What is sent last may be lost here, since the process ends and is not frozen.
  apiEvent('GET', '/api/tasks/missing'),
];

type Subsegment = Readonly<{
  name: string;
  trace_id: string;
  parent_id: string;
  start_time: number;
  end_time: number;
  annotations: Readonly<{ operation: string }>;
}>;

const artifacts = shared('the bundles', openArtifacts, (opened) => opened.close());

const bindDaemon = async () => {
  const socket = createSocket('udp4');
  const messages: string[] = [];
  socket.on('message', (message) => messages.push(message.toString()));
  socket.bind(0, '127.0.0.1');
  await once(socket, 'listening');
  const address = `127.0.0.1:${socket.address().port}`;
  return {
    address,
    /** Everything that arrived before this was called. */
    async received(): Promise<readonly string[]> {
      const probe = createSocket('udp4');
      probe.send('the end', socket.address().port, '127.0.0.1');
      while (!messages.includes('the end')) await once(socket, 'message');
      probe.close();
      return messages.slice(0, messages.indexOf('the end'));
    },
    close: () => socket.close(),
  };
};

/** What the API sends while it answers the events. */
const sentBy = async (env: Readonly<Record<string, string>>): Promise<readonly string[]> => {
  const daemon = await bindDaemon();
  const dynamodb = await openTestDynamodb();
  const client = dynamodbClient({ endpoint: dynamodb.endpoint, ...TEST_DYNAMODB_TIMEOUTS });
  const redis = await startRedis();
  try {
    await createTables(client, TABLES);
    const outcomes = await (await artifacts()).invoke('api', EVENTS, {
      API_KEYS: ADMIN_ENTRY,
      MIYABI_SECRET: 'a-secret-of-32-characters-or-more',
      DYNAMODB_ENDPOINT: dynamodb.endpoint,
      REDIS_ENDPOINT: '127.0.0.1',
      REDIS_PORT: String(redis.address.port),
      AWS_XRAY_DAEMON_ADDRESS: daemon.address,
      ...env,
    });
    assert.equal(
      outcomes.map(({ answer, error }) => error ?? (answer as { statusCode: number }).statusCode),
      [201, 200, 200, 404],
    );
    return await daemon.received();
  } finally {
    client.destroy();
    daemon.close();
    await redis.stop();
    await dynamodb.close();
  }
};

const test = suite('Traces of the functions');
const onRedis = needs(test, hasRedisServer, 'redis-server is not on the PATH');

const slow = (title: string, run: () => Promise<void>): void => onRedis(title, run, { slow: true });

slow('have a subsegment for each call of DynamoDB and Redis, under the function that waited', async () => {
  const began = Date.now() / 1_000;
  const messages = await sentBy({ TRACING: 'true', _X_AMZN_TRACE_ID: headerOf(1) });
  const subsegments = messages.map((message): Subsegment => JSON.parse(message.split('\n')[1] ?? ''));
  const calls = new Set(subsegments.map(({ name, annotations }) => `${name} ${annotations.operation}`));
  for (const call of [
    'DynamoDB taskStore.save',
    'DynamoDB taskStore.list',
    'DynamoDB taskHistory.append',
    'Redis rateLimiter.take',
    'Redis taskCache.find',
  ]) {
    assert.ok(calls.has(call), `${call} is not among ${[...calls].join(', ')}`);
  }
  const now = Date.now() / 1_000;
  for (const one of subsegments) {
    assert.equal([one.trace_id, one.parent_id], [TRACE, PARENT]);
    const { start_time: start, end_time: end } = one;
    assert.ok(began - 1 < start && start <= end && end < now + 1, JSON.stringify(one));
  }
});

slow('are sent of sampled invocations only, and only where they are asked for', async () => {
  assert.equal(await sentBy({ TRACING: 'true', _X_AMZN_TRACE_ID: headerOf(0) }), []);
  assert.equal(await sentBy({ _X_AMZN_TRACE_ID: headerOf(1) }), []);
});

test.run();
