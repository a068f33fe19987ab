import type { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { dynamodbClient } from '../../src/adapters/dynamodb/client.ts';
import { createTables } from '../../src/adapters/dynamodb/tables.ts';
import { openTestDynamodb } from './dynalite.ts';
import { startRedis } from './redis.ts';

/** Of all clients: an emulator may keep the tables of each Region apart, as AWS does. */
const REGION = 'eu-central-1';

export type SharedBackends = Readonly<{
  client: DynamoDBClient;
  tables: Readonly<{ tasks: string; projects: string; webhooks: string }>;
  /** Configures a server or a function of any version to use them. */
  env: Readonly<Record<string, string>>;
  close(): Promise<void>;
}>;

/** One DynamoDB, with tables of their own, and one Redis, for several versions at once. */
export const openSharedBackends = async (): Promise<SharedBackends> => {
  const given = process.env['DYNAMODB_ENDPOINT'];
  const dynamodb =
    given === undefined || given === ''
      ? await openTestDynamodb()
      : { endpoint: given, close: async () => {} };
  const redis = await startRedis();
  const client = dynamodbClient({ endpoint: dynamodb.endpoint, region: REGION });
  const stamp = `${process.pid}-${Date.now().toString(36)}`;
  const tables = { tasks: `tasks-${stamp}`, projects: `projects-${stamp}`, webhooks: `webhooks-${stamp}` };
  await createTables(client, tables);
  return {
    client,
    tables,
    env: {
      MIYABI_BACKEND: 'aws',
      LOG_SOURCE: 'memory',
      AWS_REGION: REGION,
      AWS_ACCESS_KEY_ID: 'test',
      AWS_SECRET_ACCESS_KEY: 'test',
      DYNAMODB_ENDPOINT: dynamodb.endpoint,
      REDIS_ENDPOINT: redis.address.host,
      REDIS_PORT: String(redis.address.port),
      TASKS_TABLE_NAME: tables.tasks,
      PROJECTS_TABLE_NAME: tables.projects,
      WEBHOOKS_TABLE_NAME: tables.webhooks,
      MIYABI_SECRET: 'a secret that both versions know',
      WEBHOOK_ALLOW: '127.0.0.0/8',
      RATE_LIMIT: '0',
    },
    async close() {
      client.destroy();
      await redis.stop();
      await dynamodb.close();
    },
  };
};
