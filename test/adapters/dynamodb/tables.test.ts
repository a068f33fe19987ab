import { CreateTableCommand, type DynamoDBClient } from '@aws-sdk/client-dynamodb';
import * as assert from 'uvu/assert';
import { dynamodbClient } from '../../../src/adapters/dynamodb/client.ts';
import { createTables, LIST_INDEX, type TableReport } from '../../../src/adapters/dynamodb/tables.ts';
import { openTestDynamodb } from '../../support/dynalite.ts';
import { awsError, intercepted } from '../../support/faulty-dynamodb.ts';
import { rejects, suite } from '../../support/suite.ts';

const test = suite('createTables');

const names = { tasks: 'tasks', projects: 'projects', webhooks: 'webhooks' };

const onDynalite = (run: (client: DynamoDBClient) => Promise<void>) => async () => {
  const { endpoint, close } = await openTestDynamodb();
  const client = dynamodbClient({ endpoint });
  try {
    await run(client);
  } finally {
    client.destroy();
    await close();
  }
};

const outcomes = (reports: readonly TableReport[]) =>
  reports.map(({ table, outcome }) => `${table} ${outcome}`);

test(
  'makes the tables, and finds them the second time',
  onDynalite(async (client) => {
    assert.equal(await createTables(client, names), [
      { table: 'tasks', outcome: 'made', addedIndexes: [], ttl: 'unsupported' },
      { table: 'projects', outcome: 'made', addedIndexes: [] },
      { table: 'webhooks', outcome: 'made', addedIndexes: [], ttl: 'unsupported' },
    ]);
    assert.equal(await createTables(client, names), [
      { table: 'tasks', outcome: 'found', addedIndexes: [], ttl: 'unsupported' },
      { table: 'projects', outcome: 'found', addedIndexes: [] },
      { table: 'webhooks', outcome: 'found', addedIndexes: [], ttl: 'unsupported' },
    ]);
  }),
);

test(
  'may run several times at once',
  onDynalite(async (client) => {
    const reports = await Promise.all(Array.from({ length: 4 }, () => createTables(client, names)));
    assert.is(reports.flatMap(outcomes).filter((it) => it === 'tasks made').length, 1);
    assert.is(reports.flatMap(outcomes).filter((it) => it === 'projects made').length, 1);
  }),
);

test(
  'enables expiry where the backend knows it, and refuses another attribute that is in use',
  onDynalite(async (client) => {
    const sent: unknown[] = [];
    const withTtl = (description: Record<string, unknown>) =>
      intercepted(client, async ({ name, input }, send) => {
        if (name === 'DescribeTimeToLiveCommand') return { TimeToLiveDescription: description };
        if (name !== 'UpdateTimeToLiveCommand') return send();
        sent.push(input);
        return {};
      });
    assert.is((await createTables(withTtl({ TimeToLiveStatus: 'DISABLED' }), names))[0]?.ttl, 'enabled');
    assert.equal(sent, [
      { TableName: 'tasks', TimeToLiveSpecification: { AttributeName: 'ttl', Enabled: true } },
      { TableName: 'webhooks', TimeToLiveSpecification: { AttributeName: 'ttl', Enabled: true } },
    ]);
    const enabled = { TimeToLiveStatus: 'ENABLED', AttributeName: 'ttl' };
    assert.is((await createTables(withTtl(enabled), names))[0]?.ttl, 'found');
    const other = { TimeToLiveStatus: 'ENABLED', AttributeName: 'expires' };
    assert.match((await rejects(createTables(withTtl(other), names), 'configuration')).message, 'expires');
    assert.is(sent.length, 2);
  }),
);

test(
  'refuses a table with another key, without touching it',
  onDynalite(async (client) => {
    await client.send(
      new CreateTableCommand({
        TableName: 'projects',
        AttributeDefinitions: [{ AttributeName: 'id', AttributeType: 'S' }],
        KeySchema: [{ AttributeName: 'id', KeyType: 'HASH' }],
        BillingMode: 'PAY_PER_REQUEST',
      }),
    );
    const error = await rejects(createTables(client, names), 'configuration');
    assert.match(error.message, 'projects');
    assert.match(error.message, 'project_id');
  }),
);

test(
  'says which index an existing table lacks where it cannot be added',
  onDynalite(async (client) => {
    await client.send(
      new CreateTableCommand({
        TableName: 'projects',
        AttributeDefinitions: [{ AttributeName: 'project_id', AttributeType: 'S' }],
        KeySchema: [{ AttributeName: 'project_id', KeyType: 'HASH' }],
        BillingMode: 'PAY_PER_REQUEST',
      }),
    );
    assert.match((await rejects(createTables(client, names), 'configuration')).message, LIST_INDEX);
  }),
);

test('does not wait for ever for a table, and says unavailable without an answer', async () => {
  const client = dynamodbClient({ endpoint: 'http://127.0.0.1:9' });
  const waits: number[] = [];
  const creating = intercepted(client, async () => ({ Table: { TableStatus: 'CREATING' } }));
  const options = { pause: async (ms: number) => waits.push(ms), timeoutMs: 1000 };
  await rejects(createTables(creating, names, options), 'unavailable');
  assert.ok(waits.length < 30);
  const silent = intercepted(client, () => Promise.reject(awsError('TimeoutError')));
  await rejects(createTables(silent, names), 'unavailable');
  await rejects(createTables(silent, { tasks: 'one', projects: 'two', webhooks: 'one' }), 'configuration');
});

test.run();
