/**
 * Records what a checkout stores, for the fixtures of a release:
 *
 *     node --import tsx test/golden/record.ts CHECKOUT VERSION
 *
 * CHECKOUT is a folder with the release's files and packages (`git worktree add`, `npm ci`). Everything goes through
 * its command line and its API, so that this script records any release. It needs redis-server, and moto_server for
 * the cursor of CloudWatch Logs.
 */
import { spawn } from 'node:child_process';
import { cp, mkdir, rm, writeFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import {
  CloudWatchLogsClient,
  CreateLogGroupCommand,
  CreateLogStreamCommand,
  PutLogEventsCommand,
} from '@aws-sdk/client-cloudwatch-logs';
import { type AttributeValue, type DynamoDBClient, ScanCommand } from '@aws-sdk/client-dynamodb';
import { Redis } from 'ioredis';
import { dynamodbClient } from '../../src/adapters/dynamodb/client.ts';
import { createTables } from '../../src/adapters/dynamodb/tables.ts';
import { openTestDynamodb } from '../support/dynalite.ts';
import { freePort } from '../support/free-port.ts';
import { startRedis } from '../support/redis.ts';
import { build, runBuilt, startBuilt } from '../support/release.ts';
import { temporaryFolder } from '../support/server.ts';
import { CUSTOM_FORMATS, eventsOf, GOLDEN_GROUP, GOLDEN_LOGS } from './logs.ts';

const [checkout = '', version = ''] = process.argv.slice(2);
if (checkout === '' || version === '') throw new Error('usage: record.ts CHECKOUT VERSION');

const SECRET = 'the secret of the golden fixtures';
const WEBHOOK_SECRET = `whsec_${Buffer.alloc(32, 'golden').toString('base64')}`;
const NAMES = { tasks: 'golden-tasks', projects: 'golden-projects', webhooks: 'golden-webhooks' };
const NOWHERE = 'http://127.0.0.1:1';

const clientOf =
  (url: string) =>
  async (method: string, path: string, body?: unknown, headers: Record<string, string> = {}) => {
    const response = await fetch(`${url}${path}`, {
      method,
      headers: {
        'content-type':
          method === 'PATCH'
            ? 'application/merge-patch+json'
            : typeof body === 'string'
              ? 'text/plain'
              : 'application/json',
        ...headers,
      },
      ...(body === undefined ? {} : { body: typeof body === 'string' ? body : JSON.stringify(body) }),
    });
    const text = await response.text();
    if (!response.ok) throw new Error(`${method} ${path}: ${response.status} ${text}`);
    return text === '' ? undefined : JSON.parse(text);
  };

/** Binary values as base64, as DynamoDB's own JSON has them. */
const lineOf = (item: Readonly<Record<string, AttributeValue>>): string =>
  JSON.stringify(
    Object.fromEntries(
      Object.entries(item).map(([name, value]) => [
        name,
        value.B === undefined ? value : { B: Buffer.from(value.B).toString('base64') },
      ]),
    ),
  );

type Client = ReturnType<typeof clientOf>;

const scan = async (client: DynamoDBClient, table: string) => {
  const { Items: items = [] } = await client.send(new ScanCommand({ TableName: table }));
  return items;
};

const valueAt = async (redis: Redis, key: string) => {
  const type = await redis.type(key);
  if (type === 'string') return { type, value: await redis.get(key) };
  if (type === 'hash') return { type, value: await redis.hgetall(key) };
  if (type === 'zset') return { type, value: await redis.zrange(key, 0, -1, 'WITHSCORES') };
  if (type === 'stream')
    return { type, value: (await redis.xrevrange(key, '+', '-', 'COUNT', 20)).reverse() };
  if (type === 'set') return { type, value: await redis.smembers(key) };
  if (type === 'list') return { type, value: await redis.lrange(key, 0, -1) };
  throw new Error(`${key} is a ${type}`);
};

const writeTasks = async (call: Client): Promise<void> => {
  await call('POST', '/api/projects', {
    project_id: 'shop',
    project_name: 'Shop',
    description: 'A project with everything',
    owner: 'team',
    account_id: '123456789012',
    resources: {
      github_repo: 'o/r',
      s3_bucket: 'b',
      cloudfront_distribution: 'd',
      api_endpoint: 'https://x',
    },
  });
  await call('POST', '/api/projects/shop/webhooks', { url: `${NOWHERE}/hook`, secret: WEBHOOK_SECRET });
  await call('POST', `/api/projects/shop/webhooks/${await webhookId(call)}/rotate`, {});
  await call('POST', '/api/tasks', {
    task_id: 'full',
    task_name: 'A task with everything',
    task_type: 'data_import',
    description: 'd',
    project_id: 'shop',
    priority: 'P0',
    status: 'running',
    progress: { current: 2, total: 8 },
    details: { phase: 'load', current_step: 'rows', operation: 'update', error_message: 'none' },
    labels: { env: 'prod', 'a=b': 'c' },
    metadata: { deep: { list: [1, 'two', null], text: 'ü' } },
    github: { issue_number: 1, issue_url: 'https://x/1', pr_number: 2, pr_url: 'https://x/2' },
  });
  for (let current = 3; current <= 6; current += 1)
    await call('POST', '/api/tasks/full/progress', {
      current,
      phase: `phase ${current}`,
      message: 'goes on',
    });
  for (const status of ['pending', 'running', 'blocked', 'completed', 'failed', 'cancelled'])
    await call('POST', '/api/tasks', {
      task_id: `is-${status}`,
      task_name: `Is ${status}`,
      project_id: 'states',
      status,
    });
  await call('POST', '/api/tasks', { task_id: 'whole', task_name: 'Whole', project_id: 'shop' });
  for (const part of ['part-1', 'part-2'])
    await call('POST', '/api/tasks', {
      task_id: part,
      task_name: part,
      parent_id: 'whole',
      status: 'running',
    });
  await call('POST', '/api/tasks/part-1/progress', { status: 'completed' });
  // Two runs of one name, for the estimate of the third.
  for (const id of ['first-run', 'second-run', 'third-run'])
    await call('POST', '/api/tasks', {
      task_id: id,
      task_name: 'Nightly',
      project_id: 'shop',
      status: 'running',
      progress: { current: 1, total: 4 },
    });
  await pause(1_500);
  for (const id of ['first-run', 'second-run'])
    await call('POST', `/api/tasks/${id}/progress`, { current: 4 });
  await call('POST', '/api/tasks/is-failed/reopen', {});
  await call(
    'POST',
    '/api/tasks',
    { task_id: 'once', task_name: 'Once', project_id: 'shop' },
    { 'idempotency-key': 'golden-key' },
  );
};

const pause = (ms: number) => new Promise((done) => setTimeout(done, ms));

const webhookId = async (call: Client): Promise<string> =>
  (await call('GET', '/api/projects/shop/webhooks')).webhooks[0].webhook_id;

const main = async () => {
  const target = join(fileURLToPath(new URL('.', import.meta.url)), version);
  const release = resolve(checkout);
  await build(release);
  await rm(target, { recursive: true, force: true });
  await mkdir(target, { recursive: true });

  const dynamodb = await openTestDynamodb();
  const redisServer = await startRedis();
  const client = dynamodbClient({ endpoint: dynamodb.endpoint });
  await createTables(client, NAMES);
  const folder = await temporaryFolder();
  const logDir = join(folder, 'logs');
  await mkdir(join(logDir, 'nightly'), { recursive: true });
  await writeFile(join(logDir, 'nightly', 'job.log'), 'Processing 1/9\nProcessing 2/9\nProcess');
  const formats = join(folder, 'formats.json');
  await writeFile(formats, JSON.stringify(CUSTOM_FORMATS));

  const env = {
    MIYABI_BACKEND: 'aws',
    LOG_SOURCE: 'file',
    MIYABI_LOG_DIR: logDir,
    MIYABI_LOG_FORMATS: formats,
    AWS_REGION: 'eu-central-1',
    AWS_ACCESS_KEY_ID: 'test',
    AWS_SECRET_ACCESS_KEY: 'test',
    DYNAMODB_ENDPOINT: dynamodb.endpoint,
    REDIS_ENDPOINT: redisServer.address.host,
    REDIS_PORT: String(redisServer.address.port),
    TASKS_TABLE_NAME: NAMES.tasks,
    PROJECTS_TABLE_NAME: NAMES.projects,
    WEBHOOKS_TABLE_NAME: NAMES.webhooks,
    MIYABI_SECRET: SECRET,
    WEBHOOK_ALLOW: '127.0.0.0/8',
    RATE_LIMIT: '0',
    COLLECT_INTERVAL_MS: '3600000',
  };
  const server = await startBuilt(release, env);
  const call = clientOf(server.url);
  await writeTasks(call);
  await call('POST', '/api/collect', {});
  await call(
    'POST',
    '/api/logs/text?log_group=text&log_stream=piece&project_id=shop',
    'Processing 1/9\nProcessing 2/9\nProc',
  );

  const recordedAt = Date.now();
  for (const { format, begin } of GOLDEN_LOGS) {
    const events = eventsOf(begin, recordedAt - 3_600_000);
    for (let from = 0; from < events.length; from += 600) {
      await call('POST', '/api/logs', {
        log_group: GOLDEN_GROUP,
        log_stream: format,
        project_id: 'logs',
        events: events.slice(from, from + 600),
      });
    }
  }
  await pause(3_000);
  const webhooks = await call('GET', '/api/projects/shop/webhooks');
  await server.stop();

  const port = await freePort();
  const moto = spawn('moto_server', ['-H', '127.0.0.1', '-p', String(port)], {
    stdio: 'ignore',
    env: { ...process.env, PATH: `${process.env['PATH']}:/opt/venv/bin` },
  });
  const cloudwatchEndpoint = `http://127.0.0.1:${port}`;
  const logs = new CloudWatchLogsClient({
    endpoint: cloudwatchEndpoint,
    region: env.AWS_REGION,
    credentials: { accessKeyId: 'test', secretAccessKey: 'test' },
    maxAttempts: 20,
  });
  await logs.send(new CreateLogGroupCommand({ logGroupName: '/golden/cloudwatch' }));
  await logs.send(new CreateLogStreamCommand({ logGroupName: '/golden/cloudwatch', logStreamName: 's' }));
  await logs.send(
    new PutLogEventsCommand({
      logGroupName: '/golden/cloudwatch',
      logStreamName: 's',
      logEvents: [1, 2, 3].map((step) => ({
        timestamp: Date.now() - 10_000 + step,
        message: `Processing ${step}/9`,
      })),
    }),
  );
  const collecting = await startBuilt(release, {
    ...env,
    LOG_SOURCE: 'cloudwatch',
    // Webhooks cannot be read now: events stay pending on their task.
    WEBHOOKS_TABLE_NAME: 'golden-missing',
    CLOUDWATCH_LOGS_ENDPOINT: cloudwatchEndpoint,
    CDK_LOG_GROUP: '/golden/cloudwatch',
    AGENTS_LOG_GROUP: '/golden/cloudwatch',
  });
  const collected = clientOf(collecting.url);
  await collected('POST', '/api/collect', { log_group: '/golden/cloudwatch' });
  await collected('POST', '/api/tasks/third-run/progress', { status: 'failed', message: 'pending event' });

  // Everything is stored: this release's own answers about it.
  const list = await collected('GET', '/api/tasks?limit=100');
  const ids: string[] = list.tasks.map(({ task_id }: { task_id: string }) => task_id);
  const projects = await collected('GET', '/api/projects?limit=100');
  const histories = Object.fromEntries(
    await Promise.all(
      ['full', 'whole', 'is-failed'].map(async (id) => [
        id,
        (await collected('GET', `/api/tasks/${id}/history`)).history,
      ]),
    ),
  );
  for (const id of ids) await collected('GET', `/api/tasks/${id}`);
  for (const { project_id } of projects.projects) await collected('GET', `/api/projects/${project_id}`);
  await collected('GET', '/api/tasks?limit=100&status=running');
  const cursors = {
    tasks: (await collected('GET', '/api/tasks?limit=2')).next_cursor,
    history: (await collected('GET', '/api/tasks/full/history?limit=2')).next_cursor,
    projects: (await collected('GET', '/api/projects?limit=1')).next_cursor,
  };
  const redis = new Redis(redisServer.address.port, redisServer.address.host);
  // Marks live for seconds, and nothing reads what is in them.
  const keys = (await redis.keys('*')).filter((key) => !key.includes(':mark:')).sort();
  const cached = Object.fromEntries(
    await Promise.all(keys.map(async (key) => [key, await valueAt(redis, key)])),
  );
  const at = Date.now();
  redis.disconnect();
  await collecting.stop();
  moto.kill();

  const spool = join(folder, 'spool');
  const wrapped = runBuilt(
    release,
    'cli.js',
    ['run', '--project', 'shop', '--', 'sh', '-c', 'echo "Step 1/5"; echo "Step 2/5"'],
    {
      MIYABI_URL: NOWHERE,
      MIYABI_FLUSH_SECONDS: '0',
      MIYABI_SPOOL_DIR: spool,
      HOME: folder,
    },
  );
  await wrapped.ended;
  await cp(spool, join(target, 'spool'), { recursive: true });

  const items = {
    tasks: await scan(client, NAMES.tasks),
    projects: await scan(client, NAMES.projects),
    webhooks: await scan(client, NAMES.webhooks),
  };
  await writeFile(
    join(target, 'dynamodb.json'),
    `{\n${Object.entries(items)
      .map(([table, rows]) => `"${table}": [\n${rows.map(lineOf).join(',\n')}\n]`)
      .join(',\n')}\n}\n`,
  );
  await writeFile(join(target, 'redis.json'), `${JSON.stringify({ at, keys: cached }, null, 1)}\n`);
  await writeFile(
    join(target, 'answers.json'),
    `${JSON.stringify({ at, logsFrom: recordedAt - 3_600_000, secret: SECRET, cursors, tasks: list.tasks, projects: projects.projects, histories, webhooks: webhooks.webhooks }, null, 1)}\n`,
  );
  client.destroy();
  await redisServer.stop();
  await dynamodb.close();
};

await main();
process.exit(0);
