import { once } from 'node:events';
import { type AddressInfo, createServer, type Socket } from 'node:net';
import { PutItemCommand, ScanCommand } from '@aws-sdk/client-dynamodb';
import * as assert from 'uvu/assert';
import { dynamodbCheckpoints } from '../../../src/adapters/dynamodb/checkpoints.ts';
import { dynamodbClient } from '../../../src/adapters/dynamodb/client.ts';
import { dynamodbOutbox } from '../../../src/adapters/dynamodb/outbox.ts';
import { dynamodbProjectStore } from '../../../src/adapters/dynamodb/project-store.ts';
import { dynamodbTaskHistory } from '../../../src/adapters/dynamodb/task-history.ts';
import { taskKey, taskToItem } from '../../../src/adapters/dynamodb/task-item.ts';
import { dynamodbTaskStore } from '../../../src/adapters/dynamodb/task-store.ts';
import { dynamodbWebhookStore } from '../../../src/adapters/dynamodb/webhook-store.ts';
import { memoryClock } from '../../../src/adapters/memory/clock.ts';
import { using } from '../../../src/contracts/contract.ts';
import { TASK_STATUSES } from '../../../src/domain/tasks/status.ts';
import { toIso } from '../../../src/domain/time.ts';
import type { Delivery } from '../../../src/domain/webhooks/delivery.ts';
import type { TaskQuery } from '../../../src/ports/task-store.ts';
import { noise } from '../../contracts/ports.ts';
import { type Dynamodb, openEmbedded } from '../../support/dynamodb.ts';
import { awsError, type Intercept, intercepted, type Sent } from '../../support/faulty-dynamodb.ts';
import { rejects, suite } from '../../support/suite.ts';
import { allPages, aPoint, aProject, aTask, NOON, nextOf } from '../../support/tasks.ts';

const test = suite('DynamoDB adapters when DynamoDB is in trouble');

const onDynalite = (run: (dynamodb: Dynamodb) => Promise<void>) => using(() => openEmbedded((it) => it), run);

/** All adapters over one intercepted client, and what they waited for. */
const adaptersOf = ({ client, names }: Dynamodb, intercept: Intercept = (_, send) => send()) => {
  const pauses: number[] = [];
  const sent: Sent[] = [];
  const clock = memoryClock(NOON);
  const options = {
    client: intercepted(client, (command, send) => {
      sent.push(command);
      return intercept(command, send);
    }),
    tableName: names.tasks,
    clock,
    random: () => 1,
    pause: async (ms: number) => {
      pauses.push(ms);
    },
  };
  return {
    pauses,
    sent,
    clock,
    tasks: dynamodbTaskStore(options),
    history: dynamodbTaskHistory(options),
    checkpoints: dynamodbCheckpoints(options),
    projects: dynamodbProjectStore({ ...options, tableName: names.projects }),
    webhooks: dynamodbWebhookStore({ ...options, tableName: names.webhooks }),
    outbox: dynamodbOutbox({ ...options, tableName: names.webhooks }),
  };
};

const DELIVERY: Delivery = {
  delivery_id: 'd',
  webhook_id: 'w',
  project_id: 'p',
  event: 'task.failed',
  body: '{}',
  attempts: 0,
  due_at: NOON,
  created_at: NOON,
};

const callsOf = ({
  tasks,
  history,
  checkpoints,
  projects,
  webhooks,
  outbox,
}: ReturnType<typeof adaptersOf>) =>
  [
    ['find', () => tasks.find('t')],
    ['findMany', () => tasks.findMany(['t'])],
    ['save', () => tasks.save(aTask('t'))],
    ['save again', () => tasks.save(aTask('t', { version: 2 }))],
    ['list', () => tasks.list({ limit: 10 })],
    ['remove', () => tasks.remove('t')],
    ['history.append', () => history.append('t', [aPoint(1)])],
    ['history.read', () => history.read('t', { limit: 10 })],
    ['history.remove', () => history.remove('t')],
    ['checkpoints.read', () => checkpoints.read('k')],
    ['checkpoints.write', () => checkpoints.write('k', 1, 0)],
    ['checkpoints.remove', () => checkpoints.remove('k')],
    ['projects.find', () => projects.find('p')],
    ['projects.save', () => projects.save(aProject('p'))],
    ['projects.list', () => projects.list({ limit: 10 })],
    ['projects.remove', () => projects.remove('p')],
    ['webhooks.find', () => webhooks.find('p')],
    [
      'webhooks.save',
      () => webhooks.save({ project_id: 'p', project_created_at: '', version: 1, webhooks: [] }),
    ],
    ['webhooks.remove', () => webhooks.remove('p')],
    ['outbox.add', () => outbox.add([DELIVERY])],
    ['outbox.pending', () => outbox.pending('w', 1)],
    ['outbox.reschedule', () => outbox.reschedule(DELIVERY, 1, NOON)],
    ['outbox.end', () => outbox.end(DELIVERY)],
    ['outbox.due', () => outbox.due(1)],
    ['outbox.claim', () => outbox.claim('w', 1000)],
    ['outbox.release', () => outbox.release({ webhook_id: 'w', project_id: 'p', token: 't' }, {})],
    ['outbox.last', () => outbox.last(['w'])],
  ] as const;

const UNREACHABLE = { tasks: 'tasks', projects: 'projects', webhooks: 'webhooks' };

test('every method says unavailable, with the cause, where DynamoDB throttles, fails or times out', async () => {
  const errors = [
    awsError('ProvisionedThroughputExceededException'),
    awsError('ThrottlingException'),
    awsError('InternalServerError', { status: 500 }),
    awsError('SomethingNew', { status: 503 }),
    awsError('TimeoutError'),
    Object.assign(new Error('socket hang up'), { code: 'ECONNRESET' }),
  ];
  for (const error of errors) {
    const adapters = adaptersOf(
      { client: dynamodbClient({ endpoint: 'http://127.0.0.1:9' }), names: UNREACHABLE },
      () => Promise.reject(error),
    );
    for (const [name, call] of callsOf(adapters)) {
      const thrown = await rejects(call(), 'unavailable');
      assert.is(thrown.cause, error, `${name}: ${error.name}`);
    }
  }
});

test('every method says internal, with the cause, where DynamoDB refuses what was asked', async () => {
  const error = awsError('ValidationException', { message: 'Invalid KeyConditionExpression' });
  const adapters = adaptersOf(
    { client: dynamodbClient({ endpoint: 'http://127.0.0.1:9' }), names: UNREACHABLE },
    () => Promise.reject(error),
  );
  for (const [, call] of callsOf(adapters)) assert.is((await rejects(call(), 'internal')).cause, error);
});

test('a port without a server is unavailable', async () => {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, 'close');
  const client = dynamodbClient({ endpoint: `http://127.0.0.1:${port}`, maxAttempts: 1 });
  for (const [, call] of callsOf(adaptersOf({ client, names: UNREACHABLE })))
    await rejects(call(), 'unavailable');
  client.destroy();
});

/** Runs a client against a peer that may do anything with each connection. */
const againstPeer = async (onSocket: (socket: Socket) => void, run: (endpoint: string) => Promise<void>) => {
  const sockets = new Set<Socket>();
  const server = createServer((socket) => {
    sockets.add(socket);
    socket.on('error', () => socket.destroy());
    onSocket(socket);
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  try {
    await run(`http://127.0.0.1:${(server.address() as AddressInfo).port}`);
  } finally {
    for (const socket of sockets) socket.destroy();
    server.close();
    await once(server, 'close');
  }
};

test('a peer that never answers is given up within the time-outs', () =>
  againstPeer(
    () => {},
    async (endpoint) => {
      const client = dynamodbClient({ endpoint, requestTimeoutMs: 60, maxAttempts: 2 });
      const { tasks } = adaptersOf({ client, names: UNREACHABLE });
      await rejects(tasks.find('t'), 'unavailable');
      client.destroy();
    },
  ));

test('an emulator on this machine or in a neighbouring container is given no real credentials', async () => {
  for (const endpoint of [
    'http://127.0.0.1:8000',
    'http://localhost:8000',
    'http://[::1]:8000',
    'http://dynamodb:8000',
  ]) {
    const client = dynamodbClient({ endpoint });
    assert.is((await client.config.credentials()).accessKeyId, 'local', endpoint);
    assert.is(await client.config.region(), 'us-east-1');
    client.destroy();
  }
});

test('requests beyond the connections there are wait for their turn, and not for ever', () =>
  againstPeer(
    () => {},
    async (endpoint) => {
      const client = dynamodbClient({
        endpoint,
        concurrency: 1,
        requestTimeoutMs: 250,
        queueTimeoutMs: 40,
        maxAttempts: 1,
      });
      const { tasks } = adaptersOf({ client, names: UNREACHABLE });
      const refusals = await Promise.all(
        [tasks.find('a'), tasks.find('b')].map((found) => rejects(found, 'unavailable')),
      );
      assert.equal(
        refusals.map(({ cause }) => (cause instanceof Error ? cause.name : cause)),
        ['TimeoutError', 'QueueTimeoutError'],
      );
      client.destroy();
    },
  ));

test.slow(
  'a burst of ten times as many requests as there are connections is served, each within its time-outs',
  onDynalite(async (dynamodb) => {
    const endpoint = await dynamodb.client.config.endpoint?.();
    assert.ok(endpoint);
    const client = dynamodbClient({
      endpoint: `http://${endpoint.hostname}:${endpoint.port}`,
      concurrency: 10,
      connectTimeoutMs: 500,
      queueTimeoutMs: 30_000,
    });
    const { tasks } = adaptersOf({ client, names: dynamodb.names });
    await Promise.all(Array.from({ length: 100 }, (_, index) => tasks.save(aTask(`burst-${index}`))));
    assert.is((await allPages(tasks, { limit: 100 })).length, 100);
    client.destroy();
  }),
);

test('a reply that stops half-way, or is cut there, is unavailable and never half an answer', async () => {
  const half =
    'HTTP/1.1 200 OK\r\nContent-Type: application/x-amz-json-1.0\r\nContent-Length: 500\r\n\r\n{"Item":{"task_id"';
  for (const isCut of [false, true]) {
    await againstPeer(
      (socket) => socket.once('data', () => (isCut ? socket.end(half) : socket.write(half))),
      async (endpoint) => {
        const client = dynamodbClient({ endpoint, requestTimeoutMs: 60, maxAttempts: 1 });
        await rejects(adaptersOf({ client, names: UNREACHABLE }).tasks.find('t'), 'unavailable');
        client.destroy();
      },
    );
  }
});

test(
  'a table that is not there is a matter of configuration that names it',
  onDynalite(async ({ client }) => {
    const adapters = adaptersOf({
      client,
      names: { tasks: 'no-such-tasks', projects: 'no-such-projects', webhooks: 'no-such-webhooks' },
    });
    for (const [name, call] of callsOf(adapters)) {
      assert.match(
        (await rejects(call(), 'configuration')).message,
        /no-such-(tasks|projects|webhooks)/,
        name,
      );
    }
  }),
);

test(
  'what a batch leaves undone is sent again, with growing pauses while nothing of it gets done',
  onDynalite(async (dynamodb) => {
    let refusals = 3;
    const { tasks, history, pauses, sent } = adaptersOf(dynamodb, async ({ name, input }, send) => {
      const requests = input['RequestItems'];
      if (refusals > 0 && name === 'BatchGetItemCommand') {
        refusals -= 1;
        return { UnprocessedKeys: requests };
      }
      if (refusals > 0 && name === 'BatchWriteItemCommand') {
        refusals -= 1;
        return { UnprocessedItems: requests };
      }
      return send();
    });
    await tasks.save(aTask('one'));
    assert.is((await tasks.findMany(['one'])).length, 1);
    assert.equal(pauses.splice(0), [100, 200, 400]);
    refusals = 2;
    await history.append('one', [aPoint(1)]);
    assert.equal(pauses.splice(0), [100, 200]);
    assert.is((await history.read('one', { limit: 5 })).items.length, 1);
    sent.length = 0;
    refusals = 100;
    await rejects(tasks.findMany(['one']), 'unavailable');
    await rejects(history.append('one', [aPoint(2)]), 'unavailable');
    assert.is(sent.length, 14);
  }),
);

test(
  'a batch is cut to what DynamoDB takes, and each key is asked for once',
  onDynalite(async (dynamodb) => {
    const { tasks, history, sent } = adaptersOf(dynamodb);
    const ids = Array.from({ length: 250 }, (_, index) => `id-${index}`);
    await tasks.findMany([...ids, ...ids]);
    const keys = sent.map(
      ({ input }) => Object.values(input['RequestItems'] as Record<string, { Keys: [] }>)[0]?.Keys,
    );
    assert.equal(
      keys.map((list) => list?.length),
      [100, 100, 50],
    );
    sent.length = 0;
    await history.append(
      'one',
      Array.from({ length: 60 }, (_, index) => aPoint(index % 55)),
    );
    const writes = sent.map(
      ({ input }) => Object.values(input['RequestItems'] as Record<string, []>)[0]?.length,
    );
    assert.equal(writes, [25, 25, 5]);
  }),
);

test(
  'a save whose reply was lost, and which the SDK sent again, has won',
  onDynalite(async (dynamodb) => {
    const { tasks, projects, checkpoints } = adaptersOf(dynamodb, async ({ name }, send) => {
      if (name !== 'PutItemCommand') return send();
      await send();
      await send().catch(() => {});
      throw awsError('ConditionalCheckFailedException', { attempts: 2 });
    });
    const first = aTask('lost');
    await tasks.save(first);
    await tasks.save(nextOf(first, 1, { task_name: 'second' }));
    assert.is((await tasks.find('lost'))?.task_name, 'second');
    await projects.save(aProject('lost'));
    await checkpoints.write('lost', 1, 0);
    await checkpoints.write('lost', 2, 1);
    assert.equal(await checkpoints.read('lost'), { value: 2, version: 2 });
  }),
);

test(
  'a save that was sent again and met the write of another has lost',
  onDynalite(async (dynamodb) => {
    const other = adaptersOf(dynamodb);
    const { tasks, checkpoints } = adaptersOf(dynamodb, async ({ name }, send) => {
      if (name !== 'PutItemCommand') return send();
      throw awsError('ConditionalCheckFailedException', { attempts: 2 });
    });
    const first = aTask('met');
    await other.tasks.save(first);
    await other.tasks.save(nextOf(first, 1));
    await rejects(tasks.save(nextOf(first, 1)), 'version_conflict');
    await rejects(tasks.save(first), 'already_exists');
    await other.checkpoints.write('met', 1, 0);
    await rejects(checkpoints.write('met', 1, 0), 'version_conflict');
  }),
);

test(
  'a task of more than 400 KB is too large, and the one before it stays',
  onDynalite(async (dynamodb) => {
    const { tasks, history } = adaptersOf(dynamodb);
    const first = aTask('large');
    await tasks.save(first);
    await rejects(
      tasks.save(nextOf(first, 1, { metadata: { text: 'x'.repeat(420_000) } })),
      'payload_too_large',
    );
    assert.equal(await tasks.find('large'), first);
    await rejects(
      history.append('large', [aPoint(1, { message: 'x'.repeat(420_000) })]),
      'payload_too_large',
    );
  }),
);

test.slow(
  'many tasks near the limit of an item come in as many rounds as it takes',
  onDynalite(async (dynamodb) => {
    const { tasks } = adaptersOf(dynamodb);
    const ids = Array.from({ length: 12 }, (_, index) => `large-${index}`);
    for (const id of ids) await tasks.save(aTask(id, { metadata: { text: 'x'.repeat(300_000) } }));
    assert.is((await tasks.findMany(ids)).length, 12);
    assert.is((await tasks.list({ limit: 100 })).items.length, 12);
  }),
);

test(
  'an item that is damaged is named, with what is wrong with it',
  onDynalite(async (dynamodb) => {
    const { tasks } = adaptersOf(dynamodb);
    const whole = taskToItem(aTask('hurt'), 'w');
    const damages = [
      [{ ...whole, status: { S: 'dancing' } }, /Task hurt .*status/],
      [{ ...whole, version: { S: '1' } }, /Task hurt .*version is no number/],
      [{ ...whole, metadata: { S: '{' } }, /Task hurt .*metadata is no JSON/],
      [{ ...whole, labels: { S: '{"a":1}' } }, /Task hurt .*labels/],
      [{ ...whole, progress: { M: {} } }, /Task hurt .*progress\.current is missing/],
    ] as const;
    for (const [item, message] of damages) {
      await dynamodb.client.send(new PutItemCommand({ TableName: dynamodb.names.tasks, Item: item }));
      assert.match((await rejects(tasks.find('hurt'), 'internal')).message, message);
    }
  }),
);

test(
  'half a surrogate pair, as a cut leaves it, is stored as a replacement character',
  onDynalite(async (dynamodb) => {
    const { tasks } = adaptersOf(dynamodb);
    await tasks.save(aTask('cut', { task_name: 'rocket \ud83d' }));
    assert.is((await tasks.find('cut'))?.task_name, 'rocket \ufffd');
  }),
);

test(
  'no request scans a table, and a list asks only the partitions that can hold it',
  onDynalite(async (dynamodb) => {
    const adapters = adaptersOf(dynamodb);
    for (const [, call] of callsOf(adapters)) await call().catch(() => {});
    assert.not(adapters.sent.some(({ name }) => name === 'ScanCommand'));
    const requested = async (query: Omit<TaskQuery, 'limit'>) => {
      adapters.sent.length = 0;
      await adapters.tasks.list({ ...query, limit: 10 });
      return adapters.sent.map(({ input }) => {
        const values = input['ExpressionAttributeValues'] as Record<string, { S: string }>;
        return `${input['IndexName']} ${values[':hash']?.S}`;
      });
    };
    assert.equal(
      await requested({}),
      TASK_STATUSES.map((status) => `StatusIndex ${status}`),
    );
    assert.equal(await requested({ statuses: ['running', 'failed'] }), [
      'StatusIndex running',
      'StatusIndex failed',
    ]);
    assert.equal(await requested({ project_id: 'p', statuses: ['failed'] }), ['ProjectIndex p']);
    assert.equal(await requested({ task_type: 'build' }), ['TypeIndex build']);
    assert.equal(await requested({ task_type: 'build', statuses: ['running'] }), ['StatusIndex running']);
    assert.equal(await requested({ statuses: [] }), []);
  }),
);

test('a filter that passes over everything costs a bounded number of requests a page, and gets on with each', async () => {
  let queries = 0;
  const client = dynamodbClient({ endpoint: 'http://127.0.0.1:9' });
  const { tasks } = adaptersOf({ client, names: UNREACHABLE }, async ({ input }) => {
    queries += 1;
    const values = input['ExpressionAttributeValues'] as Record<string, { S: string }>;
    const start = input['ExclusiveStartKey'] as { updated_key: { S: string } } | undefined;
    const from = start?.updated_key.S ?? values[':newest']?.S ?? '';
    const at = from === '~' ? NOON : Date.parse(from.slice(0, 24)) - 400;
    return { Items: [], LastEvaluatedKey: { updated_key: { S: `${toIso(at)}#someone` } } };
  });
  let after: TaskQuery['after'];
  for (let page = 0; page < 5; page += 1) {
    queries = 0;
    const query = { q: 'nowhere', limit: 10, ...(after === undefined ? {} : { after }) };
    const { items, next } = await tasks.list(query);
    assert.equal(items, []);
    assert.ok(next !== undefined && (after === undefined || next.updated_at < after.updated_at));
    assert.ok(queries > 0 && queries <= 6 * 9, `${queries} queries`);
    after = next;
  }
});

test(
  'a queue whose claim lost its reply, and which the SDK claimed again, is held',
  onDynalite(async (dynamodb) => {
    const { outbox: plain } = adaptersOf(dynamodb);
    await plain.add([DELIVERY]);
    const { outbox } = adaptersOf(dynamodb, async ({ name }, send) => {
      if (name !== 'UpdateItemCommand') return send();
      await send();
      await send().catch(() => {});
      throw awsError('ConditionalCheckFailedException', { attempts: 2 });
    });
    const claim = await outbox.claim('w', 1000);
    assert.is(claim?.project_id, 'p');
    assert.is(await plain.claim('w', 1000), undefined);
    if (claim !== undefined) await plain.release(claim, { dueAt: NOON });
    assert.equal(await plain.due(10), ['w']);
  }),
);

test(
  'a delivery that the index does not show yet is looked for again, and found',
  onDynalite(async (dynamodb) => {
    let lags = true;
    const { outbox, clock } = adaptersOf(dynamodb, async ({ name, input }, send) => {
      const values = input['ExpressionAttributeValues'] as Record<string, { S: string }> | undefined;
      const isLagging = lags && name === 'QueryCommand' && values?.[':queue']?.S === 'webhook#w';
      return isLagging ? { Items: [] } : send();
    });
    await outbox.add([DELIVERY]);
    const look = async () => {
      const claim = await outbox.claim('w', 10_000);
      const found = await outbox.pending('w', 10);
      if (claim !== undefined) await outbox.release(claim, {});
      return found.map(({ delivery_id }) => delivery_id);
    };
    assert.equal(await look(), []);
    assert.equal(await outbox.due(10), []);
    lags = false;
    // No index lags for longer.
    clock.advance(60_000);
    assert.equal(await outbox.due(10), ['w']);
    assert.equal(await look(), ['d']);
  }),
);

test(
  'a list shows a task as it is now, even where the index still has it at its old place',
  onDynalite(async (dynamodb) => {
    const plain = adaptersOf(dynamodb);
    const first = aTask('moved', { status: 'running' }, -5000);
    await plain.tasks.save(first);
    await plain.tasks.save(aTask('other', { status: 'running' }, -4000));
    // As an index that lags: it has only the first version.
    const stale = (name: string, input: Sent['input'], output: Record<string, unknown>) => {
      const values = input['ExpressionAttributeValues'] as Record<string, { S: string }> | undefined;
      if (name !== 'QueryCommand') return output;
      const items = (output['Items'] as { updated_key: { S: string } }[]).filter(
        ({ updated_key }) => !updated_key.S.endsWith('#moved'),
      );
      if (values?.[':hash']?.S === 'running') items.push({ updated_key: { S: `${first.updated_at}#moved` } });
      return { ...output, Items: items };
    };
    const lagging = adaptersOf(dynamodb, async ({ name, input }, send) => stale(name, input, await send()));
    await plain.tasks.save(nextOf(first, -1000, { status: 'completed' }));
    const listed = await lagging.tasks.list({ limit: 10 });
    assert.equal(
      listed.items.map(({ task_id, version }) => [task_id, version]),
      [
        ['moved', 2],
        ['other', 1],
      ],
    );
    assert.equal(
      (await lagging.tasks.list({ limit: 10, statuses: ['running'] })).items.map(({ task_id }) => task_id),
      ['other'],
    );
    // No index lags for minutes: by then the old entry is a leftover of a killed process.
    lagging.clock.advance(120_000);
    assert.equal(
      (await lagging.tasks.list({ limit: 10 })).items.map(({ task_id }) => task_id),
      ['other'],
    );
    assert.equal(
      (await allPages(plain.tasks, { limit: 1 })).map(({ task_id }) => task_id),
      ['moved', 'other'],
    );
  }),
);

test(
  'items expire 90 days after their last write, but for lasting checkpoints and what large values have left',
  onDynalite(async (dynamodb) => {
    const { tasks, history, checkpoints } = adaptersOf(dynamodb);
    await tasks.save(aTask('task'));
    await history.append('task', [aPoint(0)]);
    await checkpoints.write('stream#a', noise(900_000), 0);
    await checkpoints.write('stream#a', noise(700_000, 2), 1);
    await rejects(checkpoints.write('stream#a', noise(500_000, 3), 1), 'version_conflict');
    await checkpoints.write('source#a', 1, 0);
    await checkpoints.write('links#secret', 1, 0);
    const { Items: items = [] } = await dynamodb.client.send(
      new ScanCommand({ TableName: dynamodb.names.tasks }),
    );
    const expiry = String((NOON + 90 * 24 * 3600 * 1000) / 1000);
    const parts = items.filter((item) => item['task_id']?.S?.startsWith('checkpoint-part#'));
    assert.is(parts.length, 2, 'the parts of the present value alone');
    assert.is(items.length, 5 + parts.length);
    for (const item of items) {
      const isLasting = /^checkpoint#(source|links)#/.test(item['task_id']?.S ?? '');
      assert.is(item['ttl']?.N, isLasting ? undefined : expiry);
    }
    await checkpoints.remove('stream#a');
    const left = await dynamodb.client.send(new ScanCommand({ TableName: dynamodb.names.tasks }));
    assert.is(left.Items?.length, 4);
  }),
);

test(
  'a writer that dies between the parts of a large value and its head leaves the old value',
  onDynalite(async (dynamodb) => {
    const plain = adaptersOf(dynamodb);
    const dying = adaptersOf(dynamodb, async ({ name }, send) =>
      name === 'PutItemCommand' ? Promise.reject(awsError('TimeoutError')) : send(),
    );
    const value = noise(800_000);
    await plain.checkpoints.write('large', value, 0);
    await rejects(dying.checkpoints.write('large', noise(800_000, 2), 1), 'unavailable');
    assert.equal(await plain.checkpoints.read('large'), { value, version: 1 });
    await plain.checkpoints.write('large', 'next', 1);
    assert.equal(await plain.checkpoints.read('large'), { value: 'next', version: 2 });
  }),
);

test.slow(
  'a reader from whom a writer takes the parts away reads again; parts that are gone for good are damage',
  onDynalite(async (dynamodb) => {
    const plain = adaptersOf(dynamodb);
    await plain.checkpoints.write('large', noise(800_000), 0);
    let overtaken = false;
    const { checkpoints } = adaptersOf(dynamodb, async ({ name }, send) => {
      if (name === 'BatchGetItemCommand' && !overtaken) {
        overtaken = true;
        await plain.checkpoints.write('large', noise(900_000, 2), 1);
      }
      return send();
    });
    assert.equal(await checkpoints.read('large'), { value: noise(900_000, 2), version: 2 });
    assert.ok(overtaken);
    const damaged = adaptersOf(dynamodb, async ({ name }, send) =>
      name === 'BatchGetItemCommand' ? { Responses: {} } : send(),
    );
    assert.match((await rejects(damaged.checkpoints.read('large'), 'internal')).message, 'Checkpoint large');
  }),
);

test(
  'an outage while old parts are cleared away does not undo a write that has won',
  onDynalite(async (dynamodb) => {
    const { checkpoints } = adaptersOf(dynamodb, async ({ name, input }, send) =>
      name === 'BatchWriteItemCommand' && JSON.stringify(input).includes('DeleteRequest')
        ? Promise.reject(awsError('ThrottlingException'))
        : send(),
    );
    await checkpoints.write('large', noise(500_000), 0);
    await checkpoints.write('large', 'small', 1);
    assert.equal(await checkpoints.read('large'), { value: 'small', version: 2 });
  }),
);

test(
  'the current state of a task is found under timestamp 0 by anyone who reads the table',
  onDynalite(async (dynamodb) => {
    const { tasks, history } = adaptersOf(dynamodb);
    await tasks.save(aTask('shape', { labels: { env: 'prod' } }));
    await history.append('shape', [aPoint(7)]);
    const { Items: items = [] } = await dynamodb.client.send(
      new ScanCommand({ TableName: dynamodb.names.tasks }),
    );
    assert.equal(items.map((item) => item['timestamp']?.N).toSorted(), ['0', String(NOON + 7)]);
    assert.equal(taskKey('shape'), { task_id: { S: 'shape' }, timestamp: { N: '0' } });
  }),
);

test.run();
