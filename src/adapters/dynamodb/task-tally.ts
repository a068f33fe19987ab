import { UpdateItemCommand, type UpdateItemCommandInput } from '@aws-sdk/client-dynamodb';
import type { TaskTally } from '../../ports/task-tally.ts';
import { failedCondition } from './errors.ts';
import { type TableOptions, tableOf } from './table.ts';
import { UNCOUNTED_INDEX } from './tables.ts';
import { countedToItem, positionOf, taskFromItem, taskKey, UNCOUNTED } from './task-item.ts';

/** The tasks that are not accounted for, from an index that contains no others. */
export const dynamodbTaskTally = (options: TableOptions): TaskTally => {
  const table = tableOf(options);

  const update = async (
    taskId: string,
    changes: Omit<UpdateItemCommandInput, 'TableName' | 'Key'>,
  ): Promise<void> => {
    try {
      await table.send((client) =>
        client.send(new UpdateItemCommand({ TableName: table.name, Key: taskKey(taskId), ...changes })),
      );
    } catch (error) {
      if (failedCondition(error) === undefined) throw error;
    }
  };

  return {
    async uncounted(limit) {
      const page = await table.query({
        IndexName: UNCOUNTED_INDEX,
        KeyConditionExpression: '#uncounted = :yes',
        ExpressionAttributeNames: { '#uncounted': 'uncounted', '#updated': 'updated_key' },
        ExpressionAttributeValues: { ':yes': UNCOUNTED['uncounted'] ?? { NULL: true } },
        ProjectionExpression: '#updated',
        Limit: limit,
      });
      const ids = page.items.flatMap((item) => {
        const key = item['updated_key']?.S;
        return key === undefined ? [] : [positionOf(key).task_id];
      });
      const items = await table.getMany([...new Set(ids)].map(taskKey));
      // The index may still contain tasks that have just been accounted for.
      return items.filter((item) => item['uncounted'] !== undefined).map(taskFromItem);
    },

    mark(taskId) {
      return update(taskId, {
        UpdateExpression: 'SET #uncounted = :yes',
        ConditionExpression: 'attribute_exists(task_id)',
        ExpressionAttributeNames: { '#uncounted': 'uncounted' },
        ExpressionAttributeValues: { ':yes': UNCOUNTED['uncounted'] ?? { NULL: true } },
      });
    },

    markAccounted({ task_id, version }, counted, published) {
      return update(task_id, {
        UpdateExpression: `SET #counted = :counted${published ? ' REMOVE #uncounted, #untold' : ''}`,
        ConditionExpression: '#version = :version',
        ExpressionAttributeNames: {
          '#counted': 'counted',
          '#version': 'version',
          ...(published ? { '#uncounted': 'uncounted', '#untold': 'untold' } : {}),
        },
        ExpressionAttributeValues: { ':counted': countedToItem(counted), ':version': { N: String(version) } },
      });
    },
  };
};
