import { PutItemCommand, ScanCommand } from '@aws-sdk/client-dynamodb';
import * as assert from 'uvu/assert';
import { dynamodbLineStore } from '../../../src/adapters/dynamodb/line-store.ts';
import type { LineStore } from '../../../src/ports/line-store.ts';
import { keptLinesContract } from '../../contracts/kept-lines.ts';
import { lineStoreContract } from '../../contracts/ports.ts';
import { type Dynamodb, onEveryDynamodb, openEmbedded } from '../../support/dynamodb.ts';
import { rejects, slowly, suite } from '../../support/suite.ts';
import { NOON } from '../../support/tasks.ts';

const storeOn = ({ client, names }: Dynamodb): LineStore =>
  dynamodbLineStore({ client, tableName: names.tasks });

onEveryDynamodb('LineStore', lineStoreContract, storeOn);
slowly(() => onEveryDynamodb('Kept lines', keptLinesContract, storeOn), {
  only: [
    'keeps the first and the last lines of posts of one line, and says how many are left out',
    'keeps no more bytes than it may, the first lines among them, and cuts long lines',
  ],
});

const test = suite('LineStore: dynamodb, its own ways');

test('gives index and chunks a time to live, and names a damaged one', async () => {
  const stream = { log_group: 'g', log_stream: 's' };
  const { port, close } = await openEmbedded((dynamodb) => ({ ...dynamodb, store: storeOn(dynamodb) }));
  const { client, names, store } = port;
  try {
    const write = { index: {}, put: [{ key: 'a', value: [] }], remove: [], expires_at: NOON };
    await store.write(stream, write, 0);
    const TableName = names.tasks;
    const items = await allItems(port);
    assert.equal(
      items.map(({ ttl }) => ttl?.N),
      [String(NOON / 1000), String(NOON / 1000)],
    );
    const index = items.find((item) => item['version'] !== undefined) ?? {};
    await client.send(
      new PutItemCommand({ TableName, Item: { ...index, value: { B: new Uint8Array([1]) } } }),
    );
    const error = await rejects(store.find(stream), 'internal');
    assert.match(error.message, 'Kept lines of s are damaged');
    await client.send(new PutItemCommand({ TableName, Item: { ...index, schema: { N: '9' } } }));
    assert.match((await rejects(store.find(stream), 'internal')).message, 'newer Miyabi');
  } finally {
    await close?.();
  }
});

const allItems = async ({ client, names }: Dynamodb) => {
  return (await client.send(new ScanCommand({ TableName: names.tasks }))).Items ?? [];
};

test.run();
