// The bundles, run by Lambda's own runtime interface client in Lambda's version of Node, against redis-server, an
// embedded DynamoDB and a CloudWatch Logs endpoint: a CDK log put into its group comes out of GET /api/tasks.
//
//   apt-get install cmake autoconf automake libtool g++ redis-server; pip install 'moto[server]'
//   npm run bench -- --set-up             (builds the runtime client, about a minute)
//   node --import tsx bench/lambda/end-to-end.ts
//
// CLOUDWATCH_LOGS_ENDPOINT names an endpoint that is there already; otherwise moto_server is started. Ends with code 1
// where the answer is not the right one.
import { spawn } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { CreateLogStreamCommand, PutLogEventsCommand } from '@aws-sdk/client-cloudwatch-logs';
import { bundleFunction } from '../../deploy/build/bundle.ts';
import { cloudwatchClient } from '../../src/adapters/cloudwatch/client.ts';
import { createLogGroups } from '../../src/adapters/cloudwatch/log-groups.ts';
import { dynamodbClient } from '../../src/adapters/dynamodb/client.ts';
import { createTables } from '../../src/adapters/dynamodb/tables.ts';
import { ADMIN_ENTRY, apiEvent, subscriptionEvent } from '../../test/support/artifact.ts';
import { openTestDynamodb, TEST_DYNAMODB_TIMEOUTS } from '../../test/support/dynalite.ts';
import { freePort } from '../../test/support/free-port.ts';
import { startRedis } from '../../test/support/redis.ts';
import { lambdaRuntimes } from '../lib/runtimes.ts';
import { hasRuntimeClient, setUp } from '../lib/set-up.ts';
import { type Invoked, startFunction } from './function.ts';

setUp();
const runtime = lambdaRuntimes().at(-1);
if (runtime === undefined) throw new Error('no Node of Lambda is installed');

/** Runs a bundle as Lambda does, and hands it one event after the other. The first time has its start in it. */
const invokeAll = async (
  folder: string,
  name: string,
  events: readonly unknown[],
  env: Readonly<Record<string, string>>,
): Promise<readonly Invoked[]> => {
  const running = await startFunction({ runtime, folder, name, env });
  try {
    const answers: Invoked[] = [];
    for (const event of events) {
      answers.push(await running.invoke(event, answers.length === 0 ? 'start' : 'now'));
    }
    return answers;
  } finally {
    await running.stop();
  }
};

const bodyOf = (invoked: Invoked | undefined): string => {
  const { body } = (invoked?.answer ?? {}) as { body?: string };
  return body ?? '{}';
};

const startLogs = async (): Promise<Readonly<{ endpoint: string; stop(): void }>> => {
  const { CLOUDWATCH_LOGS_ENDPOINT: given } = process.env;
  if (given !== undefined && given !== '') return { endpoint: given, stop: () => undefined };
  const port = await freePort();
  const child = spawn('moto_server', ['-H', '127.0.0.1', '-p', String(port)], { stdio: 'ignore' });
  const endpoint = `http://127.0.0.1:${port}`;
  for (let attempt = 0; attempt < 150; attempt += 1) {
    if (await fetch(`${endpoint}/moto-api/`).catch(() => undefined))
      return { endpoint, stop: () => child.kill() };
    await new Promise((resolve) => setTimeout(resolve, 200));
  }
  child.kill();
  throw new Error('moto_server does not start');
};

const LINES = [
  'ShopStack: deploying... [1/1]',
  'ShopStack | 0/8 | 10:00:01 AM | UPDATE_IN_PROGRESS   | AWS::CloudFormation::Stack | ShopStack User Initiated',
  'ShopStack | 0/8 | 10:00:05 AM | CREATE_IN_PROGRESS   | AWS::S3::Bucket | Bucket (Bucket83908E77)',
  'ShopStack | 6/8 | 10:00:25 AM | CREATE_COMPLETE      | AWS::S3::Bucket | Bucket (Bucket83908E77)',
];

const main = async (): Promise<void> => {
  if (!hasRuntimeClient()) throw new Error('the runtime client is not built');
  const closers: (() => unknown)[] = [];
  try {
    const folder = await mkdtemp(join(tmpdir(), 'miyabi-ric-'));
    closers.push(() => rm(folder, { recursive: true, force: true }));
    const api = await bundleFunction('api', { outdir: folder });
    const collector = await bundleFunction('collector', { outdir: folder });

    const redis = await startRedis();
    closers.push(() => redis.stop());
    const dynamodb = await openTestDynamodb();
    closers.push(() => dynamodb.close());
    const logs = await startLogs();
    closers.push(() => logs.stop());

    const run = randomUUID().slice(0, 8);
    const names = { tasks: `tasks-${run}`, projects: `projects-${run}`, webhooks: `webhooks-${run}` };
    const store = dynamodbClient({ endpoint: dynamodb.endpoint, ...TEST_DYNAMODB_TIMEOUTS });
    closers.push(() => store.destroy());
    await createTables(store, names);
    const cloudwatch = cloudwatchClient({ endpoint: logs.endpoint });
    closers.push(() => cloudwatch.destroy());
    const group = `/miyabi/cdk-deploy-${run}`;
    const agents = `/miyabi/agents-${run}`;
    await createLogGroups(cloudwatch, [group, agents]);
    const stream = { logGroupName: group, logStreamName: 'deploy-1' };
    await cloudwatch.send(new CreateLogStreamCommand(stream));
    await cloudwatch.send(
      new PutLogEventsCommand({
        ...stream,
        logEvents: LINES.map((message, index) => ({ timestamp: Date.now() - 5_000 + index, message })),
      }),
    );

    const env = {
      API_KEYS: ADMIN_ENTRY,
      MIYABI_SECRET: 'a-secret-of-32-characters-or-more',
      REDIS_ENDPOINT: '127.0.0.1',
      REDIS_PORT: String(redis.address.port),
      DYNAMODB_ENDPOINT: dynamodb.endpoint,
      CLOUDWATCH_LOGS_ENDPOINT: logs.endpoint,
      TASKS_TABLE_NAME: names.tasks,
      PROJECTS_TABLE_NAME: names.projects,
      WEBHOOKS_TABLE_NAME: names.webhooks,
      CDK_LOG_GROUP: group,
      AGENTS_LOG_GROUP: agents,
    };
    const schedule = {
      source: 'aws.events',
      'detail-type': 'Scheduled Event',
      time: new Date().toISOString(),
    };
    const agentLine = {
      task_id: 'task-of-an-agent',
      task_name: 'Review',
      current: 3,
      total: 4,
      status: 'running',
    };
    const collected = await invokeAll(
      collector.folder,
      'miyabi-collector',
      [
        schedule,
        schedule,
        subscriptionEvent(agents, 'agent-1', [
          { id: '1', timestamp: Date.now(), message: JSON.stringify(agentLine) },
        ]),
      ],
      env,
    );
    const answered = await invokeAll(
      api.folder,
      'miyabi-api',
      [apiEvent('GET', '/api/tasks'), apiEvent('GET', '/api/tasks'), apiEvent('GET', '/health/ready')],
      env,
    );
    for (const [what, invocations] of [
      ['collector', collected],
      ['api', answered],
    ] as const) {
      console.log(`${what.padEnd(10)} ${invocations.map(({ ms }) => `${ms.toFixed(0)} ms`).join(', ')}`);
    }
    const body = JSON.parse(bodyOf(answered[1])) as {
      tasks: { task_name: string; status: string; progress: { percentage: number } }[];
    };
    const found = body.tasks.map(
      ({ task_name, status, progress }) => `${task_name} ${status} ${progress.percentage} %`,
    );
    console.log(found.sort().join('\n'));
    console.log(bodyOf(answered[2]));
    const expected = ['Review running 75 %', 'ShopStack running 75 %'];
    if (JSON.stringify(found) !== JSON.stringify(expected)) {
      throw new Error(`GET /api/tasks should show ${expected.join(', ')}`);
    }
    console.log('A CDK log and an agent’s line came through both bundles with the right percentages.');
  } finally {
    for (const close of closers.reverse()) await close();
  }
};

main().catch((error: unknown) => {
  console.error(error instanceof Error ? error.message : error);
  process.exitCode = 1;
});
