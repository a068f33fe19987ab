import { DeleteItemCommand, UpdateItemCommand } from '@aws-sdk/client-dynamodb';
import type { StoredKey } from '../../domain/api-keys.ts';
import type { KeyStore } from '../../ports/key-store.ts';
import { type Item, text } from './attributes.ts';
import { failedCondition } from './errors.ts';
import { KEYS_OWNER, keyFromItem, keyKey, keyToItem } from './key-item.ts';
import { isNext, newWriteId, refusal, type TableOptions, tableOf } from './table.ts';

/** API keys in one partition of the webhooks table: they are few, and a process reads each of them rarely. */
export const dynamodbKeyStore = (options: TableOptions): KeyStore => {
  const table = tableOf(options);

  return {
    async find(keyId) {
      const item = await table.get(keyKey(keyId));
      return item === undefined ? undefined : keyFromItem(item);
    },

    async add(key) {
      const { key_id } = key;
      const isAdded = await table.putIf(keyToItem(key, newWriteId()), keyKey(key_id), isNext(1, 'owner'));
      if (!isAdded) throw refusal('API key', key_id, 1);
    },

    async list() {
      const keys: StoredKey[] = [];
      let from: Item | undefined;
      do {
        const page = await table.query({
          KeyConditionExpression: '#owner = :owner',
          ExpressionAttributeNames: { '#owner': 'owner' },
          ExpressionAttributeValues: { ':owner': text(KEYS_OWNER) },
          ConsistentRead: true,
          ...(from === undefined ? {} : { ExclusiveStartKey: from }),
        });
        keys.push(...page.items.map(keyFromItem));
        from = page.from;
      } while (from !== undefined);
      return keys;
    },

    async recordUse(keyId, at) {
      try {
        await table.send((client) =>
          client.send(
            new UpdateItemCommand({
              TableName: table.name,
              Key: keyKey(keyId),
              UpdateExpression: 'SET #used = :at',
              ConditionExpression:
                'attribute_exists(#owner) AND (attribute_not_exists(#used) OR #used < :at)',
              ExpressionAttributeNames: { '#owner': 'owner', '#used': 'last_used_at' },
              ExpressionAttributeValues: { ':at': text(at) },
            }),
          ),
        );
      } catch (error) {
        if (failedCondition(error) === undefined) throw error;
      }
    },

    async remove(keyId) {
      const { Attributes: old, $metadata } = await table.send((client) =>
        client.send(
          new DeleteItemCommand({ TableName: table.name, Key: keyKey(keyId), ReturnValues: 'ALL_OLD' }),
        ),
      );
      // After a repetition the item may be gone because the reply to the first attempt was lost.
      return old !== undefined || ($metadata.attempts ?? 1) > 1;
    },
  };
};
