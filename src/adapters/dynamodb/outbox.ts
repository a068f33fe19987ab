import { UpdateItemCommand, type UpdateItemCommandInput } from '@aws-sdk/client-dynamodb';
import { defined } from '../../domain/defined.ts';
import { fingerprint } from '../../domain/ids.ts';
import type { Delivery } from '../../domain/webhooks/delivery.ts';
import type { Clock } from '../../ports/clock.ts';
import { KNOWN_MS, type Outbox, type OutboxQueues } from '../../ports/outbox.ts';
import { type Item, itemReader, number, schema, text } from './attributes.ts';
import { failedCondition } from './errors.ts';
import { inParallel } from './in-parallel.ts';
import { newWriteId, type TableOptions, tableOf } from './table.ts';
import { DUE_INDEX } from './tables.ts';
import { ttlAfter } from './task-item.ts';
import {
  deliveryFromItem,
  deliveryKey,
  deliveryToItem,
  lastFromItem,
  lastToMap,
  queueKey,
  waitingOf,
} from './webhook-item.ts';

export type DynamodbOutboxOptions = TableOptions & Readonly<{ clock: Clock }>;

/** How many partitions of the index the queues are spread over. */
const SHARDS = 4;
/** Deliveries that are written in parallel. */
const WIDTH = 8;
/** How long the index may lag behind its table, in milliseconds: it may miss what was added since. */
const INDEX_LAG_MS = 60_000;

const shards = Array.from({ length: SHARDS }, (_, shard) => `queues#${shard}`);
const shardOf = (webhookId: string): string =>
  shards[Number.parseInt(fingerprint(webhookId).slice(0, 7), 36) % SHARDS] ?? 'queues#0';

/**
 * Deliveries in the webhooks table, a sparse index of everything that is due at some time, and an item for each webhook
 * that says when its queue is due and which process holds it.
 */
export const dynamodbOutbox = ({ clock, ...options }: DynamodbOutboxOptions): Outbox & OutboxQueues => {
  const table = tableOf(options);

  /** Whether the condition held. */
  const update = async (key: Item, change: Change): Promise<boolean> =>
    (await updated(key, change)) !== undefined;

  const updated = async (key: Item, change: Change): Promise<Item | undefined> => {
    try {
      const { Attributes: item = {} } = await table.send((client) =>
        client.send(
          new UpdateItemCommand({ TableName: table.name, Key: key, ReturnValues: 'ALL_NEW', ...change }),
        ),
      );
      return item;
    } catch (error) {
      if (failedCondition(error) === undefined) throw error;
      return undefined;
    }
  };

  /** Makes a queue due: now, or when its rest has ended. */
  const wake = async ({ webhook_id, project_id }: Delivery): Promise<void> => {
    const now = clock.now();
    const woken = {
      ExpressionAttributeNames: {
        '#due': 'due_at',
        '#queue': 'queue',
        '#project': 'project_id',
        '#woken': 'woken_at',
        '#wakings': 'wakings',
        '#ttl': 'ttl',
        '#rest': 'rest_until',
        '#schema': 'schema',
      },
      ExpressionAttributeValues: {
        ':now': number(now),
        ':queue': text(shardOf(webhook_id)),
        ':project': text(project_id),
        ':one': number(1),
        ':schema': schema['schema'] ?? { NULL: true },
      },
    };
    const set = 'SET #schema = :schema, #queue = :queue, #project = :project, #woken = :now, #due = ';
    const rest = ' REMOVE #ttl ADD #wakings :one';
    const isAwake = await update(queueKey(webhook_id), {
      ...woken,
      UpdateExpression: `${set}:now${rest}`,
      ConditionExpression: 'attribute_not_exists(#rest) OR #rest <= :now',
    });
    if (isAwake) return;
    await update(queueKey(webhook_id), { ...woken, UpdateExpression: `${set}#rest${rest}` });
  };

  return {
    async add(deliveries) {
      await inParallel(deliveries, WIDTH, async (delivery) => {
        await table.putIf(deliveryToItem(delivery, newWriteId()), deliveryKey(delivery), {
          ConditionExpression: 'attribute_not_exists(#owner)',
          ExpressionAttributeNames: { '#owner': 'owner' },
        });
      });
      const woken = new Map(deliveries.map((delivery) => [delivery.webhook_id, delivery]));
      await inParallel([...woken.values()], WIDTH, wake);
    },

    async pending(webhookId, limit) {
      const found: Delivery[] = [];
      let from: Item | undefined;
      do {
        const page = await table.query({
          IndexName: DUE_INDEX,
          KeyConditionExpression: '#queue = :queue',
          ExpressionAttributeNames: { '#queue': 'queue', '#item': 'item' },
          ExpressionAttributeValues: { ':queue': text(waitingOf(webhookId)) },
          ProjectionExpression: '#item',
          Limit: limit,
          ...defined({ ExclusiveStartKey: from }),
        });
        const { owner } = queueKey(webhookId);
        const keys = page.items.flatMap(({ item }) =>
          item === undefined || owner === undefined ? [] : [{ owner, item }],
        );
        // The index may still contain ended deliveries and earlier due times.
        const items = (await table.getMany(keys)).filter((item) => item['queue'] !== undefined);
        found.push(...items.map(deliveryFromItem));
        from = page.from;
      } while (from !== undefined && found.length < limit);
      return found.sort((a, b) => a.due_at - b.due_at).slice(0, limit);
    },

    async reschedule(delivery, attempts, dueAt) {
      await update(deliveryKey(delivery), {
        UpdateExpression: 'SET #attempts = :attempts, #due = :due',
        ConditionExpression: 'attribute_exists(#queue)',
        ExpressionAttributeNames: { '#attempts': 'attempts', '#due': 'due_at', '#queue': 'queue' },
        ExpressionAttributeValues: { ':attempts': number(attempts), ':due': number(dueAt) },
      });
    },

    async end(delivery) {
      await update(deliveryKey(delivery), {
        UpdateExpression: 'SET #ttl = :ttl REMOVE #queue, #due, #body',
        ConditionExpression: 'attribute_exists(#queue)',
        ExpressionAttributeNames: { '#ttl': 'ttl', '#queue': 'queue', '#due': 'due_at', '#body': 'body' },
        ExpressionAttributeValues: { ':ttl': number(Math.ceil((clock.now() + KNOWN_MS) / 1000)) },
      });
    },

    async due(limit) {
      const pages = await Promise.all(
        shards.map((shard) =>
          table.query({
            IndexName: DUE_INDEX,
            KeyConditionExpression: '#queue = :shard AND #due <= :now',
            ExpressionAttributeNames: { '#queue': 'queue', '#due': 'due_at', '#owner': 'owner' },
            ExpressionAttributeValues: { ':shard': text(shard), ':now': number(clock.now()) },
            ProjectionExpression: '#owner, #due',
            Limit: limit,
          }),
        ),
      );
      return pages
        .flatMap(({ items }) => items)
        .map((item) => itemReader('The index of what is due', item))
        .sort((a, b) => a.number('due_at') - b.number('due_at'))
        .slice(0, limit)
        .map((item) => item.text('owner').slice('webhook#'.length));
    },

    async claim(webhookId, leaseMs) {
      const now = clock.now();
      const token = newWriteId();
      // It is due again when the lease ends, so a queue comes back by itself if its holder dies.
      const item = await updated(queueKey(webhookId), {
        UpdateExpression: 'SET #token = :token, #lease = :until, #due = :until, #claimed = #wakings',
        ConditionExpression:
          'attribute_exists(#queue) AND #due <= :now AND (attribute_not_exists(#lease) OR #lease <= :now)',
        ExpressionAttributeNames: {
          '#token': 'token',
          '#lease': 'lease_until',
          '#due': 'due_at',
          '#queue': 'queue',
          '#wakings': 'wakings',
          '#claimed': 'claimed_wakings',
        },
        ExpressionAttributeValues: {
          ':token': text(token),
          ':until': number(now + leaseMs),
          ':now': number(now),
        },
      });
      // If a reply was lost, the SDK's second attempt finds our own claim.
      const held = item ?? (await table.get(queueKey(webhookId)));
      if (held?.['token']?.S !== token) return undefined;
      const project_id = itemReader(`The queue of webhook ${webhookId}`, held).text('project_id');
      return { webhook_id: webhookId, project_id, token };
    },

    async release({ webhook_id, token }, { dueAt, restUntil = 0, last }) {
      const key = queueKey(webhook_id);
      const now = clock.now();
      const item = await table.get(key);
      if (item === undefined || item['token']?.S !== token) return;
      // A delivery added a moment ago may have been missed: look once more.
      const lookAgain =
        itemReader(`The queue of webhook ${webhook_id}`, item).number('woken_at') + INDEX_LAG_MS;
      const next = lookAgain > now ? Math.min(dueAt ?? lookAgain, lookAgain) : dueAt;
      const names = { '#token': 'token', '#lease': 'lease_until', '#rest': 'rest_until' };
      const values = {
        ':token': text(token),
        ':rest': number(restUntil),
        ...(last === undefined ? {} : { ':last': lastToMap(last) }),
      };
      const set = `SET #rest = :rest${last === undefined ? '' : ', #last = :last'}`;
      const asItWas = { '#claimed': 'claimed_wakings', '#wakings': 'wakings' };
      const released = await update(key, {
        UpdateExpression:
          next === undefined
            ? `${set}, #ttl = :ttl REMOVE #token, #lease, #queue, #due`
            : `${set}, #due = :due REMOVE #token, #lease`,
        ConditionExpression: '#token = :token AND #claimed = #wakings',
        ExpressionAttributeNames: {
          ...names,
          ...asItWas,
          '#due': 'due_at',
          ...(next === undefined ? { '#queue': 'queue', '#ttl': 'ttl' } : {}),
          ...(last === undefined ? {} : { '#last': 'last' }),
        },
        ExpressionAttributeValues: {
          ...values,
          ...(next === undefined ? { ':ttl': ttlAfter(now) } : { ':due': number(Math.max(next, restUntil)) }),
        },
      });
      if (released) return;
      // A delivery was added meanwhile: the queue stays due.
      await update(key, {
        UpdateExpression: `${set}, #due = :due REMOVE #token, #lease`,
        ConditionExpression: '#token = :token',
        ExpressionAttributeNames: {
          ...names,
          '#due': 'due_at',
          ...(last === undefined ? {} : { '#last': 'last' }),
        },
        ExpressionAttributeValues: { ...values, ':due': number(Math.max(now, restUntil)) },
      });
    },

    async last(webhookIds) {
      const items = await table.getMany([...new Set(webhookIds)].map(queueKey));
      return new Map(
        items.flatMap((item) => {
          const last = lastFromItem(item);
          const id = item['owner']?.S?.slice('webhook#'.length);
          return last === undefined || id === undefined ? [] : [[id, last] as const];
        }),
      );
    },
  };
};

type Change = Omit<UpdateItemCommandInput, 'TableName' | 'Key' | 'ReturnValues'>;
