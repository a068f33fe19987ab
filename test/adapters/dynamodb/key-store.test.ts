import { PutItemCommand } from '@aws-sdk/client-dynamodb';
import * as assert from 'uvu/assert';
import { keyToItem } from '../../../src/adapters/dynamodb/key-item.ts';
import { dynamodbKeyStore } from '../../../src/adapters/dynamodb/key-store.ts';
import { type Open, using } from '../../../src/contracts/contract.ts';
import type { StoredKey } from '../../../src/domain/api-keys.ts';
import { keyStoreContract } from '../../contracts/ports.ts';
import { type Dynamodb, onEveryDynamodb } from '../../support/dynamodb.ts';
import { rejects, slowly, suite } from '../../support/suite.ts';

slowly(
  () =>
    onEveryDynamodb('KeyStore', keyStoreContract, ({ client, names }) =>
      dynamodbKeyStore({ client, tableName: names.webhooks }),
    ),
  { only: ['lists more keys than one page of a backend holds'] },
);

const KEY: StoredKey = {
  key_id: 'a1',
  hash: 'a1'.padEnd(64, '0'),
  name: 'CI',
  scope: 'read',
  created_at: '2026-11-24T00:00:00.000Z',
};

const damaged = (adapter: string, open: Open<Dynamodb>): void => {
  const test = suite(`Damaged API keys: ${adapter}`);

  test(
    'are refused by name rather than accepted without a limit, and can be removed',
    using(open, async ({ client, names }) => {
      const store = dynamodbKeyStore({ client, tableName: names.webhooks });
      for (const [attribute, value] of [
        ['scope', { S: 'root' }],
        ['hash', { S: '' }],
        ['expires_at', { S: 'never' }],
        ['project_id', { N: '7' }],
        ['schema', { N: '2' }],
      ] as const) {
        const item = { ...keyToItem(KEY, 'w'), [attribute]: value };
        await client.send(new PutItemCommand({ TableName: names.webhooks, Item: item }));
        const error = await rejects(store.find('a1'), 'internal');
        assert.match(error.message, /^API key a1 /, attribute);
        await rejects(store.list(), 'internal');
        assert.is(await store.remove('a1'), true);
        assert.is(await store.find('a1'), undefined);
      }
    }),
  );

  test.run();
};

onEveryDynamodb('Damaged API keys', damaged, (dynamodb) => dynamodb);
