import type { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { dynamodbClient } from '../../src/adapters/dynamodb/client.ts';
import { createTables, type TableNames } from '../../src/adapters/dynamodb/tables.ts';
import { type TaskShards, UNSHARDED } from '../../src/adapters/dynamodb/task-shards.ts';
import type { Opened } from '../../src/contracts/contract.ts';
import { openTestDynamodb, TEST_DYNAMODB_TIMEOUTS } from './dynalite.ts';
import { suite } from './suite.ts';

/** A client and tables of one test alone. */
export type Dynamodb = Readonly<{ client: DynamoDBClient; names: TableNames }>;
type Endpoint = Readonly<{ endpoint: string; close(): Promise<void> }>;

let count = 0;

/** Tables that no other test has, on a server that is closed with the last test that uses it. */
const shared = (start: () => Promise<Endpoint>, shards: TaskShards = UNSHARDED) => {
  let users = 0;
  let server: Promise<Endpoint> | undefined;
  return async <T>(make: (dynamodb: Dynamodb) => T): Promise<Opened<T>> => {
    users += 1;
    server ??= start();
    const { endpoint, close } = await server;
    const client = dynamodbClient({ endpoint, ...TEST_DYNAMODB_TIMEOUTS });
    count += 1;
    const run = `${process.pid}-${Date.now().toString(36)}-${count}`;
    const names = { tasks: `tasks-${run}`, projects: `projects-${run}`, webhooks: `webhooks-${run}` };
    await createTables(client, names, { shards });
    return {
      port: make({ client, names }),
      close: async () => {
        client.destroy();
        users -= 1;
        if (users > 0) return;
        server = undefined;
        await close();
      },
    };
  };
};

/** Opens on the embedded DynamoDB, in memory. */
export const openEmbedded = shared(() => openTestDynamodb());

/** The same, with a tasks table of these shards. */
export const openShardedDynamodb = (shards: TaskShards) => shared(() => openTestDynamodb(), shards);

const { DYNAMODB_ENDPOINT: endpoint } = process.env;

/**
 * Runs a contract on the embedded DynamoDB, and once more on the one at `DYNAMODB_ENDPOINT`. Without that variable it
 * is a skipped test of that name, so that the report shows what was not covered.
 */
export const onEveryDynamodb = <T>(
  port: string,
  contract: (adapter: string, open: () => Promise<Opened<T>>) => void,
  make: (dynamodb: Dynamodb) => T,
  shards: TaskShards = UNSHARDED,
): void => {
  const layout = shards.count === 1 ? '' : `, ${shards.count} shards, step ${shards.step}`;
  const openHere = shards.count === 1 ? openEmbedded : openShardedDynamodb(shards);
  contract(`dynamodb on dynalite${layout}`, () => openHere(make));
  if (endpoint === undefined || endpoint === '') {
    const absent = suite(`${port}: dynamodb at DYNAMODB_ENDPOINT${layout}`);
    absent.skip('meets the contract', 'DYNAMODB_ENDPOINT is not set');
    absent.run();
    return;
  }
  const openThere = shared(async () => ({ endpoint, close: async () => {} }), shards);
  contract(`dynamodb at ${new URL(endpoint).host}${layout}`, () => openThere(make));
};
