import {
  type DynamoDBClient,
  PutItemCommand,
  ScanCommand,
  type ScanCommandOutput,
  UpdateItemCommand,
} from '@aws-sdk/client-dynamodb';
import type { MiyabiError } from '../../domain/errors.ts';
import type { Archive, ArchiveEntry } from '../../ports/archive.ts';
import type { Checkpoints } from '../../ports/checkpoints.ts';
import type { Clock } from '../../ports/clock.ts';
import type { Outbox } from '../../ports/outbox.ts';
import { entriesFromItems, type TableItem } from './archive-item.ts';
import { type Item, number, schema, text } from './attributes.ts';
import { failedCondition } from './errors.ts';
import { projectToItem } from './project-item.ts';
import { newWriteId, type Table, tableOf } from './table.ts';
import type { TableNames } from './tables.ts';
import { pointToItem, taskToItem, ttlAfter } from './task-item.ts';
import { type TaskShards, UNSHARDED } from './task-shards.ts';
import { deliveryKey, lastToMap, projectWebhooksToItem, queueKey } from './webhook-item.ts';

export type DynamodbArchiveOptions = Readonly<{
  client: DynamoDBClient;
  names: TableNames;
  /** Of the tasks table. */
  shards?: TaskShards;
  clock: Clock;
  checkpoints: Checkpoints;
  outbox: Outbox;
  /** Called for items that cannot be read and are left out. */
  onDamaged: (error: MiyabiError) => void;
}>;

/** Everything in the three tables, by scans. */
export const dynamodbArchive = ({
  client,
  names,
  shards = UNSHARDED,
  clock,
  checkpoints,
  outbox,
  onDamaged,
}: DynamodbArchiveOptions): Archive => {
  const tables = {
    tasks: tableOf({ client, tableName: names.tasks }),
    projects: tableOf({ client, tableName: names.projects }),
    webhooks: tableOf({ client, tableName: names.webhooks }),
  };

  async function* items(): AsyncGenerator<TableItem> {
    for (const table of ['projects', 'webhooks', 'tasks'] as const) {
      let from: Item | undefined;
      do {
        const start = from === undefined ? {} : { ExclusiveStartKey: from };
        const page: ScanCommandOutput = await tables[table].send((it) =>
          it.send(new ScanCommand({ TableName: tables[table].name, ConsistentRead: true, ...start })),
        );
        for (const item of page.Items ?? []) yield { table, item };
        from = page.LastEvaluatedKey;
      } while (from !== undefined);
    }
  }

  /** Puts an item unless one of the same or a higher version exists. */
  const putNewer = (table: Table, item: Item): Promise<void> =>
    unlessRefused(() =>
      table.send((it) =>
        it.send(
          new PutItemCommand({
            TableName: table.name,
            Item: item,
            ConditionExpression: 'attribute_not_exists(#version) OR #version < :version',
            ExpressionAttributeNames: { '#version': 'version' },
            ExpressionAttributeValues: { ':version': item['version'] ?? number(0) },
          }),
        ),
      ),
    );

  const restoreOne = async (entry: Exclude<ArchiveEntry, { kind: 'point' }>): Promise<void> => {
    switch (entry.kind) {
      case 'task':
        return putNewer(tables.tasks, taskToItem(entry.task, newWriteId(), shards.count));
      case 'project':
        return putNewer(tables.projects, projectToItem(entry.project, newWriteId()));
      case 'webhooks':
        return putNewer(tables.webhooks, projectWebhooksToItem(entry.webhooks, newWriteId()));
      case 'checkpoint': {
        const there = await checkpoints.read(entry.key);
        // Here a version counts the writes to this table. Different values are written, equal ones stay.
        if (JSON.stringify(there?.value) === JSON.stringify(entry.value)) return;
        if (there !== undefined && there.version >= entry.version) return;
        return checkpoints.write(entry.key, entry.value, there?.version ?? 0);
      }
      case 'delivery':
        return outbox.add([entry.delivery]);
      case 'ended': {
        const key = deliveryKey(entry);
        await tables.webhooks.putIf(
          { ...key, ...schema, ttl: number(Math.ceil(entry.until / 1000)), write_id: text(newWriteId()) },
          key,
          {
            ConditionExpression: 'attribute_not_exists(#owner)',
            ExpressionAttributeNames: { '#owner': 'owner' },
          },
        );
        return;
      }
      case 'result':
        return unlessRefused(() =>
          tables.webhooks.send((it) =>
            it.send(
              new UpdateItemCommand({
                TableName: tables.webhooks.name,
                Key: queueKey(entry.webhook_id),
                UpdateExpression:
                  'SET #last = :last, #schema = :schema, #project = if_not_exists(#project, :project), #ttl = if_not_exists(#ttl, :ttl)',
                ConditionExpression: 'attribute_not_exists(#last) OR #last.#at < :at',
                ExpressionAttributeNames: {
                  '#last': 'last',
                  '#at': 'at',
                  '#schema': 'schema',
                  '#project': 'project_id',
                  '#ttl': 'ttl',
                },
                ExpressionAttributeValues: {
                  ':last': lastToMap(entry.last),
                  ':at': text(entry.last.at),
                  ':schema': schema['schema'] ?? number(1),
                  ':project': text(entry.project_id),
                  ':ttl': ttlAfter(clock.now()),
                },
              }),
            ),
          ),
        );
      default:
        throw new Error(`An entry of no kind: ${JSON.stringify(entry satisfies never)}`);
    }
  };

  return {
    entries: () => entriesFromItems(items(), onDamaged),

    async restore(entries) {
      const points = new Map<string, Item>();
      for (const entry of entries) {
        if (entry.kind !== 'point') {
          await restoreOne(entry);
          continue;
        }
        const item = pointToItem(entry.task_id, entry.point, clock.now());
        points.set(`${entry.task_id} ${entry.point.timestamp}`, item);
      }
      await tables.tasks.writeMany([...points.values()].map((item) => ({ PutRequest: { Item: item } })));
    },
  };
};

const unlessRefused = async (write: () => Promise<unknown>): Promise<void> => {
  try {
    await write();
  } catch (error) {
    if (failedCondition(error) === undefined) throw error;
  }
};
