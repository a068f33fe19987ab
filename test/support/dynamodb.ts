import { setImmediate as nextTurn } from 'node:timers/promises';
import { CreateTableCommand, DescribeTableCommand, type DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { dynamodbClient } from '../../src/adapters/dynamodb/client.ts';
import {
  createInput,
  createTables,
  type TableNames,
  tableDefinitions,
} from '../../src/adapters/dynamodb/tables.ts';
import { type TaskShards, UNSHARDED } from '../../src/adapters/dynamodb/task-shards.ts';

import type { Opened } from '../../src/contracts/contract.ts';
import { openTestDynamodb, TEST_DYNAMODB_TIMEOUTS } from './dynalite.ts';
import { suite } from './suite.ts';

/** A client and tables of one test alone. */
export type Dynamodb = Readonly<{ client: DynamoDBClient; names: TableNames }>;
type Endpoint = Readonly<{ endpoint: string; close(): Promise<void> }>;
type MakeTables = (dynamodb: Dynamodb, used: ReadonlySet<string>, shards: TaskShards) => Promise<unknown>;

const makeAll: MakeTables = ({ client, names }, _used, shards) => createTables(client, names, { shards });

/** Only the tables that are used, without what dynalite does not have: most tests spend more time on these than on their own. */
const makeUsed: MakeTables = async ({ client, names }, used, shards) => {
  const make = async (definition: ReturnType<typeof tableDefinitions>[number]): Promise<void> => {
    await client.send(new CreateTableCommand(createInput(definition)));
    const describe = new DescribeTableCommand({ TableName: definition.name });
    while ((await client.send(describe)).Table?.TableStatus !== 'ACTIVE') await nextTurn();
  };
  const definitions = tableDefinitions(names, shards);
  await Promise.all(definitions.filter(({ name }) => used.size === 0 || used.has(name)).map(make));
};

/** The names, and which of them are read. */
const watched = (names: TableNames) => {
  const used = new Set<string>();
  const read = (key: keyof TableNames): string => {
    used.add(names[key]);
    return names[key];
  };
  const watchedNames: TableNames = {
    get tasks() {
      return read('tasks');
    },
    get projects() {
      return read('projects');
    },
    get webhooks() {
      return read('webhooks');
    },
  };
  return { used, names: watchedNames };
};

let count = 0;

/** Tables that no other test has, on a server that is closed with the last test that uses it. */
const shared = (start: () => Promise<Endpoint>, makeTables: MakeTables, shards: TaskShards = UNSHARDED) => {
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
    const { used, names: namesToMake } = watched(names);
    const port = make({ client, names: namesToMake });
    await makeTables({ client, names }, used, shards);
    return {
      port,
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
export const openEmbedded = shared(() => openTestDynamodb(), makeUsed);

/** The same, with a tasks table of these shards. */
export const openShardedDynamodb = (shards: TaskShards) => shared(() => openTestDynamodb(), makeUsed, shards);

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
  const openThere = shared(async () => ({ endpoint, close: async () => {} }), makeAll, shards);
  contract(`dynamodb at ${new URL(endpoint).host}${layout}`, () => openThere(make));
};
