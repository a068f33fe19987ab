import { once } from 'node:events';
import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import * as assert from 'uvu/assert';
import { bundleFunction, type FunctionName } from '../../deploy/build/bundle.ts';
import { API_GRANTS, COLLECTOR_GRANTS, SENDER_GRANTS, type TableGrants } from '../../deploy/grants.ts';
import { dynamodbClient } from '../../src/adapters/dynamodb/client.ts';
import { createTables } from '../../src/adapters/dynamodb/tables.ts';
import {
  ADMIN_ENTRY,
  apiEvent,
  type Outcome,
  openArtifacts,
  subscriptionEvent,
} from '../support/artifact.ts';
import { openTestDynamodb, TEST_DYNAMODB_TIMEOUTS } from '../support/dynalite.ts';
import { hasRedisServer, startRedis } from '../support/redis.ts';
import { shared, suite } from '../support/suite.ts';

const MEGABYTE = 1_000_000;
const names = ['api', 'collector', 'webhooks'] as const satisfies readonly FunctionName[];

/** Packages that have no business in a Lambda. */
const UNWANTED = [
  'dynalite',
  'classic-level',
  'pino',
  'commander',
  're2js',
  'preact',
  'uplot',
  'ioredis-mock',
];

const artifacts = shared('the bundles', openArtifacts, (opened) => opened.close());
const secrets = { API_KEYS: ADMIN_ENTRY, MIYABI_SECRET: 'a-secret-of-32-characters-or-more' };

const bodyOf = ({ answer, error }: Outcome): Record<string, unknown> => {
  if (error !== undefined) throw new Error(error);
  return JSON.parse((answer as { body: string }).body);
};

const statusOf = ({ answer, error }: Outcome): unknown =>
  error ?? (answer as { statusCode: number }).statusCode;

const test = suite('Lambda bundles');

test.slow('are at most 1 MB each when zipped', async () => {
  for (const { name, zipped } of Object.values((await artifacts()).bundles)) {
    assert.ok(zipped <= MEGABYTE, `${name}: ${zipped} bytes`);
  }
});

test.slow('are the same bytes when they are built again, elsewhere, in another time zone', async () => {
  const outdir = await mkdtemp(join(tmpdir(), 'miyabi-bundle-'));
  const zone = process.env['TZ'];
  try {
    process.env['TZ'] = zone === 'Asia/Tokyo' ? 'America/Lima' : 'Asia/Tokyo';
    for (const name of names) {
      const again = await bundleFunction(name, { outdir });
      assert.is(again.sha256, (await artifacts()).bundles[name].sha256, name);
    }
  } finally {
    if (zone === undefined) delete process.env['TZ'];
    else process.env['TZ'] = zone;
    await rm(outdir, { recursive: true, force: true });
  }
});

test.slow('hold files of JavaScript and nothing of what the local server needs', async () => {
  for (const { name, folder, packages } of Object.values((await artifacts()).bundles)) {
    const files = await readdir(folder);
    assert.ok(files.includes('index.mjs'), name);
    assert.equal(
      files.filter((file) => !/\.m?js$/.test(file)),
      [],
      name,
    );
    assert.equal(
      packages.filter((found) => UNWANTED.includes(found)),
      [],
      name,
    );
  }
});

test.slow(
  'take log formats of one’s own along where they are asked to, and only then their engine',
  async () => {
    const outdir = await mkdtemp(join(tmpdir(), 'miyabi-bundle-'));
    try {
      const logFormats = join(outdir, 'formats.json');
      await writeFile(logFormats, '[]');
      const { folder, packages, zipped } = await bundleFunction('collector', { outdir, logFormats });
      assert.ok((await readdir(folder)).includes('log-formats.json'));
      assert.ok(packages.includes('re2js'));
      assert.ok(zipped <= MEGABYTE);
    } finally {
      await rm(outdir, { recursive: true, force: true });
    }
  },
);

test.slow('of the API: refuses to start without keys', async () => {
  const [outcome] = await (await artifacts()).invoke('api', [], { MIYABI_BACKEND: 'memory' });
  assert.match(outcome?.error ?? '', 'API_KEYS must be set');
});

test.slow('of the API: measures time, by which limits end', async () => {
  const [, refused = {}, ready = {}] = await (await artifacts()).invoke(
    'api',
    [apiEvent('GET', '/api/tasks'), apiEvent('GET', '/api/tasks'), apiEvent('GET', '/health/ready')],
    { ...secrets, MIYABI_BACKEND: 'memory', RATE_LIMIT: '1' },
  );
  assert.is(statusOf(refused), 429);
  const { headers } = refused.answer as { headers: Readonly<Record<string, string>> };
  const seconds = Number(headers['retry-after']);
  assert.ok(seconds >= 1 && seconds <= 60, headers['retry-after']);
  const { backends } = bodyOf(ready) as { backends: { store: { latency_ms: unknown } } };
  assert.type(backends.store.latency_ms, 'number');
});

test.slow('use of the clock only what the one that replaces it has', async () => {
  const used = new Set<string>();
  for (const { folder } of Object.values((await artifacts()).bundles)) {
    for (const file of await readdir(folder)) {
      const code = await readFile(join(folder, file), 'utf8');
      for (const [, member = ''] of code.matchAll(/(?<![.$])\bDate\.(\w+)/g)) used.add(member);
      for (const [taken] of code.matchAll(/\{[^{}]*\}\s*=\s*Date\b/g)) used.add(taken);
    }
  }
  assert.equal(
    [...used].filter((member) => !(member in Date)),
    [],
  );
  assert.ok(used.has('now'));
});

test.slow('say so where the configuration asks for what was left out', async () => {
  const [outcome] = await (await artifacts()).invoke('api', [], { ...secrets, MIYABI_BACKEND: 'local' });
  assert.match(outcome?.error ?? '', 'not part of this bundle');
});

test.slow(
  'with a JWT authorizer, the key in X-API-Key counts, not the token that the gateway has checked',
  async () => {
    const headers = { authorization: 'Bearer a.b.c', 'x-api-key': 'miyabi_test-key-of-the-artifact-tests' };
    const outcomes = await (await artifacts()).invoke(
      'api',
      [
        apiEvent('GET', '/api/tasks', { headers, authorizer: { jwt: { claims: {}, scopes: null } } }),
        apiEvent('GET', '/api/tasks', { headers }),
      ],
      { ...secrets, MIYABI_BACKEND: 'memory' },
    );
    assert.equal(outcomes.map(statusOf), [200, 401]);
  },
);

/** FilterLogEvents for one group, as far as one page goes. */
const openLogs = async (group: string, stream: string, lines: readonly string[]) => {
  const began = Date.now() - 60_000;
  const server = createServer(async (request, response) => {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk);
    const requested = JSON.parse(Buffer.concat(chunks).toString());
    const events = lines
      .map((message, index) => ({
        eventId: `event-${index}`,
        logStreamName: stream,
        timestamp: began + index,
        ingestionTime: began + index,
        message,
      }))
      .filter(({ timestamp }) => requested.logGroupName === group && timestamp >= requested.startTime);
    response.setHeader('content-type', 'application/x-amz-json-1.1').end(JSON.stringify({ events }));
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    endpoint: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    close: () => {
      server.closeAllConnections();
      server.close();
    },
  };
};

const CDK_LOG = [
  'ShopStack: deploying... [1/1]',
  'ShopStack | 0/8 | 10:00:01 AM | UPDATE_IN_PROGRESS   | AWS::CloudFormation::Stack | ShopStack User Initiated',
  'ShopStack | 0/8 | 10:00:05 AM | CREATE_IN_PROGRESS   | AWS::S3::Bucket | Bucket (Bucket83908E77)',
  'ShopStack | 6/8 | 10:00:25 AM | CREATE_COMPLETE      | AWS::S3::Bucket | Bucket (Bucket83908E77)',
];

const AGENT_LINE = JSON.stringify({
  task_id: 'task-of-an-agent',
  task_name: 'Review',
  current: 3,
  total: 4,
  status: 'running',
});

/** Passes requests on to a DynamoDB and records the action on each table and index. */
const openRecorder = async (endpoint: string) => {
  const requested = new Set<string>();
  const server = createServer(async (request, response) => {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk);
    const body = Buffer.concat(chunks).toString();
    const action = String(request.headers['x-amz-target']).split('.')[1];
    const { TableName, IndexName, RequestItems } = JSON.parse(body) as Record<string, string | object>;
    const owners = new Set([...body.matchAll(/"owner":\{"S":"(\w+#?)/g)].map(([, owner]) => owner));
    if (body.includes('"#owner = :owner"')) owners.add('keys');
    for (const table of RequestItems === undefined ? [TableName] : Object.keys(RequestItems)) {
      const what = IndexName === undefined ? 'table' : 'index';
      for (const owner of owners.size === 0 ? [''] : owners)
        requested.add(`${action} ${table} ${what} ${owner}`);
    }
    const passed = await fetch(endpoint, {
      method: 'POST',
      headers: Object.entries(request.headers).flatMap(([name, value]): [string, string][] =>
        typeof value === 'string' && !/^(host|connection|content-length|expect)$/.test(name)
          ? [[name, value]]
          : [],
      ),
      body,
    });
    response
      .writeHead(passed.status, { 'content-type': 'application/x-amz-json-1.0' })
      .end(Buffer.from(await passed.arrayBuffer()));
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    endpoint: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    /** What was asked since the last time, e.g. `Query artifact-tasks index`, in the webhooks table with the owner. */
    take: (): readonly string[] => {
      const taken = [...requested].sort();
      requested.clear();
      return taken;
    },
    close: () => {
      server.closeAllConnections();
      server.close();
    },
  };
};

const isGranted =
  ({ tasks, projects, webhooks, indexesOf, webhookKeys }: TableGrants) =>
  (request: string): boolean => {
    const [action = '', table = '', what, owner = ''] = request.split(' ');
    const name = (['tasks', 'projects'] as const).find((one) => table.endsWith(one)) ?? 'webhooks';
    if (what === 'index') return action === 'Query' && indexesOf.includes(name);
    if (name === 'webhooks' && webhookKeys?.includes(`${owner}*`) === false) return false;
    return { tasks, projects, webhooks }[name].includes(action);
  };

const endToEnd = async (redis: Record<string, string>) => {
  const dynamodb = await openTestDynamodb();
  const recorder = await openRecorder(dynamodb.endpoint);
  const logs = await openLogs('/miyabi/cdk-deploy', 'deploy-1', CDK_LOG);
  const client = dynamodbClient({ endpoint: dynamodb.endpoint, ...TEST_DYNAMODB_TIMEOUTS });
  const env = {
    ...secrets,
    ...redis,
    DYNAMODB_ENDPOINT: recorder.endpoint,
    CLOUDWATCH_LOGS_ENDPOINT: logs.endpoint,
    TASKS_TABLE_NAME: 'artifact-tasks',
    PROJECTS_TABLE_NAME: 'artifact-projects',
    WEBHOOKS_TABLE_NAME: 'artifact-webhooks',
  };
  try {
    await createTables(client, {
      tasks: 'artifact-tasks',
      projects: 'artifact-projects',
      webhooks: 'artifact-webhooks',
    });
    const collected = await (await artifacts()).invoke(
      'collector',
      [
        { source: 'aws.events', 'detail-type': 'Scheduled Event', time: new Date().toISOString() },
        subscriptionEvent('/miyabi/agents', 'agent-1', [
          { id: '1', timestamp: Date.now(), message: AGENT_LINE },
        ]),
      ],
      env,
    );
    assert.equal(
      collected.map(({ answer, error }) => error ?? (answer as { ok: boolean }).ok),
      [true, true],
    );

    const byCollector = recorder.take();
    assert.ok(byCollector.length > 3, byCollector.join());
    assert.equal(
      byCollector.filter((request) => !isGranted(COLLECTOR_GRANTS)(request)),
      [],
      'the role of the collector allows what it does',
    );

    const [ready, list, refused, ...changes] = await (await artifacts()).invoke(
      'api',
      [
        apiEvent('GET', '/health/ready'),
        apiEvent('GET', '/api/tasks?limit=10'),
        apiEvent('GET', '/api/tasks', { headers: {} }),
        apiEvent('POST', '/api/projects', {
          body: { project_id: 'shop', project_name: 'Shop', owner: 'ops' },
        }),
        apiEvent('POST', '/api/tasks', { body: { task_id: 'one', task_name: 'One', project_id: 'shop' } }),
        apiEvent('PATCH', '/api/tasks/one', { body: { status: 'running' } }),
        apiEvent('POST', '/api/projects/shop/webhooks', { body: { url: 'https://hook.invalid/' } }),
        apiEvent('GET', '/api/projects/shop/webhooks'),
        apiEvent('POST', '/api/tasks/one/progress', { body: { status: 'completed' } }),
        apiEvent('GET', '/api/tasks/one/history'),
        apiEvent('GET', '/api/projects'),
        apiEvent('DELETE', '/api/tasks/one'),
        apiEvent('DELETE', '/api/projects/shop'),
        apiEvent('POST', '/api/keys', { body: { name: 'CI', scope: 'read' } }),
        apiEvent('GET', '/api/keys'),
        apiEvent('DELETE', '/api/keys/nothing'),
        apiEvent('POST', '/api/collect', { body: {} }),
      ],
      env,
    );
    assert.equal(
      recorder.take().filter((request) => !isGranted(API_GRANTS)(request)),
      [],
      'the role of the API allows what it does',
    );
    assert.equal(
      changes.map(({ answer, error }) => error ?? (answer as { statusCode: number }).statusCode),
      [201, 201, 200, 201, 200, 200, 200, 200, 204, 204, 201, 200, 404, 200],
    );

    const [sent] = await (await artifacts()).invoke('webhooks', [{}], {
      DYNAMODB_ENDPOINT: recorder.endpoint,
      WEBHOOKS_TABLE_NAME: 'artifact-webhooks',
      CACHE: 'none',
      FEED: 'memory',
      MIYABI_PRIME: 'none',
    });
    assert.equal(
      sent?.answer,
      { delivered: 0, retrying: 0, failed: 0, latest_ms: 0 },
      'its project is gone, and it with it',
    );
    const bySender = recorder.take();
    assert.ok(
      bySender.some((request) => request.startsWith('UpdateItem')),
      bySender.join(),
    );
    assert.equal(
      bySender.filter((request) => !isGranted(SENDER_GRANTS)(request)),
      [],
      'the role of the sender allows what it does',
    );
    assert.is(bodyOf(ready as Outcome)['status'], 'ready');
    assert.is(statusOf(refused as Outcome), 401);
    const tasks = bodyOf(list as Outcome)['tasks'] as {
      task_name: string;
      status: string;
      progress: unknown;
    }[];
    assert.equal(
      tasks
        .map(({ task_name, status, progress }) => ({ task_name, status, progress }))
        .sort((a, b) => (a.task_name < b.task_name ? -1 : 1)),
      [
        { task_name: 'Review', status: 'running', progress: { current: 3, total: 4, percentage: 75 } },
        { task_name: 'ShopStack', status: 'running', progress: { current: 6, total: 8, percentage: 75 } },
      ],
    );
  } finally {
    client.destroy();
    logs.close();
    recorder.close();
    await dynamodb.close();
  }
};

test.slow('carry a CDK log and an agent’s line from the collector to the API, without a cache', () =>
  endToEnd({}),
);

const withRedis =
  'carry a CDK log and an agent’s line from the collector to the API, with Redis between them';
if (hasRedisServer) {
  test.slow(withRedis, async () => {
    const redis = await startRedis();
    try {
      await endToEnd({ REDIS_ENDPOINT: '127.0.0.1', REDIS_PORT: String(redis.address.port) });
    } finally {
      await redis.stop();
    }
  });
} else {
  test.skip(withRedis, 'redis-server is not on the PATH');
}

test.run();
