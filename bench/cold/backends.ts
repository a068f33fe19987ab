import { spawn } from 'node:child_process';
import { createHash, randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { join } from 'node:path';
import { CreateTableCommand, PutItemCommand, waitUntilTableExists } from '@aws-sdk/client-dynamodb';
import { dynamodbClient } from '../../src/adapters/dynamodb/client.ts';
import { memoryLogger } from '../../src/adapters/memory/logger.ts';
import { redisClient } from '../../src/adapters/redis/connection.ts';
import { readConfig } from '../../src/config.ts';
import { compose } from '../../src/container/compose.ts';
import { setUp } from '../../src/container/set-up.ts';
import { TEST_DYNAMODB_TIMEOUTS } from '../../test/support/dynalite.ts';
import { startRedis } from '../../test/support/redis.ts';
import { ROOT } from '../lib/set-up.ts';

const PEER_TABLE = 'peer-tasks';
const TASK_ID = 'deploy-of-the-shop';

/** The request to every variant, and the answer that each has to give. */
export type FirstRequest = Readonly<{ path: string; authorization: string; body: string }>;

export type Backends = Readonly<{
  request: FirstRequest;
  /** The environment that leads our function, and any peer, to what is below. */
  env: Readonly<Record<string, string>>;
  /** Puts the task into the cache, ours and the peers', or takes it out of both. */
  cache(state: 'hit' | 'miss'): Promise<void>;
  stop(): Promise<void>;
}>;

/** A Redis and a DynamoDB, each in a process of its own, and in them one task: as ours and the peers store it. */
export const openBackends = async (): Promise<Backends> => {
  const closers: (() => unknown)[] = [];
  const stop = async () => {
    for (const close of closers.splice(0).reverse()) await close();
  };
  try {
    const redis = await startRedis();
    closers.push(() => redis.stop());
    const endpoint = await startStore(closers);
    const key = `miyabi_${randomBytes(24).toString('base64url')}`;
    const hash = createHash('sha256').update(key).digest('hex');
    const env = {
      API_KEYS: `${hash}:admin`,
      API_KEY_HASH: hash,
      MIYABI_BACKEND: 'aws',
      MIYABI_SECRET: randomBytes(24).toString('base64url'),
      // What peers do not do is not request of ours either.
      RATE_LIMIT: '0',
      REDIS_ENDPOINT: '127.0.0.1',
      REDIS_PORT: String(redis.address.port),
      DYNAMODB_ENDPOINT: endpoint,
      TASKS_TABLE_NAME: 'bench-tasks',
      PROJECTS_TABLE_NAME: 'bench-projects',
      PEER_TABLE_NAME: PEER_TABLE,
    };
    const logger = memoryLogger();
    const config = readConfig({ ...env, LOG_SOURCE: 'memory' });
    for await (const { what, outcome } of setUp(config, logger)) logger.info(what, { outcome });
    const services = await compose(config, { logger });
    closers.push(() => services.close());
    await services.tasks.create({
      task_id: TASK_ID,
      task_name: 'Deploy of the shop',
      task_type: 'cdk_deploy',
      project_id: 'shop',
      status: 'completed',
      progress: { current: 42, total: 42 },
      labels: { stage: 'production', region: 'us-east-1' },
    });

    const client = redisClient({ host: '127.0.0.1', port: redis.address.port });
    closers.push(() => client.disconnect());
    const ours = `{miyabi}:task:${TASK_ID}`;
    // Out of the store, whose decoder has an order of fields of its own.
    await client.del(ours);
    const { json: body } = await services.tasks.read(TASK_ID);
    const entry = await client.get(ours);
    if (entry?.endsWith(body) !== true) throw new Error('the task is not in the cache');
    await storeForPeers(endpoint, body);
    return {
      request: { path: `/api/tasks/${TASK_ID}`, authorization: `Bearer ${key}`, body },
      env,
      async cache(state) {
        if (state === 'hit') await client.mset({ [ours]: entry, [`peer:task:${TASK_ID}`]: body });
        else await client.del(ours, `peer:task:${TASK_ID}`);
      },
      stop,
    };
  } catch (error) {
    await stop();
    throw error;
  }
};

const startStore = async (closers: (() => unknown)[]): Promise<string> => {
  const program = join(ROOT, 'bench/cold/store-process.ts');
  const child = spawn(process.execPath, ['--import', 'tsx', program], {
    cwd: ROOT,
    stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
  });
  closers.push(async () => {
    const ended = once(child, 'exit');
    child.disconnect();
    await ended;
  });
  const [{ endpoint }] = (await once(child, 'message')) as [{ endpoint: string }];
  return endpoint;
};

const storeForPeers = async (endpoint: string, body: string): Promise<void> => {
  const client = dynamodbClient({ endpoint, ...TEST_DYNAMODB_TIMEOUTS });
  try {
    await client.send(
      new CreateTableCommand({
        TableName: PEER_TABLE,
        BillingMode: 'PAY_PER_REQUEST',
        KeySchema: [{ AttributeName: 'task_id', KeyType: 'HASH' }],
        AttributeDefinitions: [{ AttributeName: 'task_id', AttributeType: 'S' }],
      }),
    );
    // Until a table is active, DynamoDB refuses its items; ours waits in the same way.
    await waitUntilTableExists(
      { client, minDelay: 0.05, maxDelay: 0.2, maxWaitTime: 30 },
      { TableName: PEER_TABLE },
    );
    await client.send(
      new PutItemCommand({ TableName: PEER_TABLE, Item: { task_id: { S: TASK_ID }, answer: { S: body } } }),
    );
  } finally {
    client.destroy();
  }
};
