import { dynamodbClient } from '../../src/adapters/dynamodb/client.ts';
import { createTables } from '../../src/adapters/dynamodb/tables.ts';
import { type Api, openApi } from './api.ts';
import { openTestDynamodb, TEST_DYNAMODB_TIMEOUTS } from './dynalite.ts';
import { type DynamodbGate, dynamodbGate } from './dynamodb-gate.ts';
import { startRedis } from './redis.ts';
import { type TcpProxy, tcpProxy } from './tcp-proxy.ts';

export type FaultyApi = Readonly<{
  api: Api;
  /** Between the API and its store: cuts it off, and throttles it. */
  dynamodb: TcpProxy;
  gate: DynamodbGate;
  /** Between the API and its cache. */
  redis: TcpProxy;
}>;

const NAMES = { tasks: 'miyabi-tasks', projects: 'miyabi-projects', webhooks: 'miyabi-webhooks' };

/** Runs with the API over a DynamoDB and, if requested, a redis-server, each with a proxy that can fail. */
export const withFaultyApi =
  (cache: 'memory' | 'redis', run: (world: FaultyApi) => Promise<void>) => async (): Promise<void> => {
    const closers: (() => unknown)[] = [];
    const opened = <T>(thing: T, close: (thing: T) => unknown): T => {
      closers.push(() => close(thing));
      return thing;
    };
    try {
      const embedded = opened(await openTestDynamodb(), (it) => it.close());
      const client = opened(
        dynamodbClient({ endpoint: embedded.endpoint, ...TEST_DYNAMODB_TIMEOUTS }),
        (it) => it.destroy(),
      );
      await createTables(client, NAMES);
      const gate = opened(await dynamodbGate(embedded.endpoint), (it) => it.close());
      const dynamodb = opened(await tcpProxy(gate.port), (it) => it.close());
      const server = cache === 'redis' ? opened(await startRedis(), (it) => it.stop()) : undefined;
      const redis = opened(await tcpProxy(server?.address.port ?? 1), (it) => it.close());
      const api = opened(
        await openApi({
          TASK_STORE: 'dynamodb',
          DYNAMODB_ENDPOINT: `http://127.0.0.1:${dynamodb.port}`,
          CACHE: cache,
          ...(cache === 'redis' ? { FEED: 'redis' } : {}),
          REDIS_ENDPOINT: '127.0.0.1',
          REDIS_PORT: String(redis.port),
        }),
        (it) => it.close(),
      );
      await run({ api, dynamodb, gate, redis });
    } finally {
      for (const close of closers.reverse()) await close();
    }
  };
