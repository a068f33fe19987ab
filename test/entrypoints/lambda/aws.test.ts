import { CreateLogStreamCommand, PutLogEventsCommand } from '@aws-sdk/client-cloudwatch-logs';
import { v7 as uuid } from 'uuid';
import * as assert from 'uvu/assert';
import { cloudwatchClient } from '../../../src/adapters/cloudwatch/client.ts';
import { memoryLogger } from '../../../src/adapters/memory/logger.ts';
import { memoryMetrics } from '../../../src/adapters/memory/metrics.ts';
import { readConfig } from '../../../src/config.ts';
import { setUp } from '../../../src/container/set-up.ts';
import { collectorLambda } from '../../../src/entrypoints/lambda/collect.ts';
import { apiLambda } from '../../../src/entrypoints/lambda/http.ts';
import type { SetUpStep } from '../../../src/ports/backend.ts';
import { openApi } from '../../support/api.ts';
import { hasRedisServer, startRedis } from '../../support/redis.ts';
import { suite } from '../../support/suite.ts';

const { DYNAMODB_ENDPOINT: dynamodb, CLOUDWATCH_LOGS_ENDPOINT: cloudwatch } = process.env;

const LOG = [
  'ShopStack: deploying... [1/1]',
  'ShopStack | 0/8 | 10:00:01 AM | UPDATE_IN_PROGRESS   | AWS::CloudFormation::Stack | ShopStack User Initiated',
  'ShopStack | 0/8 | 10:00:05 AM | CREATE_IN_PROGRESS   | AWS::S3::Bucket | Bucket (Bucket83908E77)',
  'ShopStack | 6/8 | 10:00:25 AM | CREATE_COMPLETE      | AWS::S3::Bucket | Bucket (Bucket83908E77)',
];

const stepsOf = async (env: Readonly<Record<string, string>>): Promise<readonly SetUpStep[]> => {
  const steps: SetUpStep[] = [];
  for await (const step of setUp(readConfig(env), memoryLogger())) steps.push(step);
  return steps;
};

/** As `GET /api/tasks?limit=10` through an HTTP API. */
const LIST = {
  version: '2.0',
  rawPath: '/api/tasks',
  rawQueryString: 'limit=10',
  headers: {},
  requestContext: { stage: '$default', http: { method: 'GET' } },
  isBase64Encoded: false,
};

/** Set up twice, logs written, the collector invoked, the API asked: all on servers that are none of ours. */
const endToEnd = async (
  endpoints: Readonly<{ DYNAMODB_ENDPOINT: string; CLOUDWATCH_LOGS_ENDPOINT: string }>,
  redis: Readonly<Record<string, string>>,
): Promise<void> => {
  const run = uuid();
  const env = {
    MIYABI_BACKEND: 'aws',
    AWS_REGION: 'us-east-1',
    ...endpoints,
    ...redis,
    TASKS_TABLE_NAME: `tasks-${run}`,
    PROJECTS_TABLE_NAME: `projects-${run}`,
    WEBHOOKS_TABLE_NAME: `webhooks-${run}`,
    CDK_LOG_GROUP: `/miyabi-${run}/cdk`,
    AGENTS_LOG_GROUP: `/miyabi-${run}/agents`,
  };
  const first = await stepsOf(env);
  const second = await stepsOf(env);
  assert.equal(
    first.map(({ what }) => what),
    second.map(({ what }) => what),
  );
  const made = ({ outcome }: SetUpStep): boolean => /made|created/.test(outcome);
  assert.is(first.filter(made).length, 5, JSON.stringify(first));
  assert.equal(second.filter(made), []);

  const logs = cloudwatchClient({ endpoint: env.CLOUDWATCH_LOGS_ENDPOINT });
  const place = { logGroupName: env.CDK_LOG_GROUP, logStreamName: 'deploy-1' };
  await logs.send(new CreateLogStreamCommand(place));
  const logEvents = LOG.map((message, index) => ({ message, timestamp: Date.now() - 60_000 + index }));
  await logs.send(new PutLogEventsCommand({ ...place, logEvents }));
  logs.destroy();

  const api = await openApi(env, { streaming: false });
  try {
    const collect = collectorLambda({ ...api, metrics: memoryMetrics() });
    const list = async () => {
      const { statusCode, body } = await apiLambda(api.app)(
        LIST as unknown as Parameters<ReturnType<typeof apiLambda>>[0],
      );
      assert.is(statusCode, 200);
      return JSON.parse(body ?? '').tasks.map(({ task_name, status, progress }: Record<string, unknown>) => ({
        task_name,
        status,
        progress,
      }));
    };
    assert.equal(await list(), []);
    const answer = await collect({
      source: 'aws.events',
      'detail-type': 'Scheduled Event',
      time: new Date().toISOString(),
    });
    assert.equal([answer.ok, answer.records > 0], [true, true], JSON.stringify(answer));
    const expected = [
      { task_name: 'ShopStack', status: 'running', progress: { current: 6, total: 8, percentage: 75 } },
    ];
    assert.equal(await list(), expected);
    assert.is((await collect({ log_group: env.CDK_LOG_GROUP })).records, 0);
    assert.equal(await list(), expected);
    const { json } = await api.call('GET', '/health/ready');
    assert.is(json.status, 'ready');
  } finally {
    await api.close();
  }
};

const test = suite('MIYABI_BACKEND=aws on independent servers');

const titles = {
  alone: 'is set up twice and carries a CDK log from its group to the API, without a cache',
  cached: 'is set up twice and carries a CDK log from its group to the API, with Redis',
};

if (!dynamodb || !cloudwatch) {
  const reason = 'DYNAMODB_ENDPOINT and CLOUDWATCH_LOGS_ENDPOINT are not both set';
  for (const title of Object.values(titles)) test.skip(title, reason);
} else {
  const endpoints = { DYNAMODB_ENDPOINT: dynamodb, CLOUDWATCH_LOGS_ENDPOINT: cloudwatch };
  test(titles.alone, () => endToEnd(endpoints, {}));
  if (hasRedisServer) {
    test(titles.cached, async () => {
      const redis = await startRedis();
      try {
        const { port } = redis.address;
        await endToEnd(endpoints, { REDIS_ENDPOINT: '127.0.0.1', REDIS_PORT: String(port) });
      } finally {
        await redis.stop();
      }
    });
  } else {
    test.skip(titles.cached, 'redis-server is not on the PATH');
  }
}

test.run();
