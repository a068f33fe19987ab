import { defined } from '../../domain/defined.ts';
import type { Delivery, LastDelivery } from '../../domain/webhooks/delivery.ts';
import type { Clock } from '../../ports/clock.ts';
import { KNOWN_MS, type Outbox, type OutboxQueues } from '../../ports/outbox.ts';
import { deliveryCodec, type QueueRecord, queueCodec } from './codecs.ts';
import type { Change, Database } from './database.ts';
import { dayAfter, daySegment, KEPT_MS, keyOf, segmentsOf, timeSegment, under } from './keys.ts';
import { deliveryKey, dueKey, pendingKey, queueKey } from './outbox-keys.ts';
import { DamagedRecord } from './record.ts';

/**
 * Deliveries, an index of the pending ones, and a queue for each webhook that says when it is due and which process
 * holds it. `tokens` makes an id for each claim.
 */
export const embeddedOutbox = ({
  database,
  clock,
  tokens,
}: Readonly<{ database: Database; clock: Clock; tokens: () => string }>): Outbox & OutboxQueues => {
  const readDelivery = (change: Change, delivery: Pick<Delivery, 'webhook_id' | 'delivery_id'>) => {
    const value = change.get(deliveryKey(delivery));
    if (value === undefined) return undefined;
    const record = deliveryCodec.decode(delivery.delivery_id, value);
    const { ended_until } = record;
    return ended_until !== undefined && ended_until <= clock.now() ? undefined : record;
  };
  const readQueue = (change: Change, webhookId: string): QueueRecord | undefined => {
    const value = change.get(queueKey(webhookId));
    return value === undefined ? undefined : queueCodec.decode(webhookId, value);
  };
  const putQueue = (
    change: Change,
    before: QueueRecord | undefined,
    queue: Omit<QueueRecord, 'expires_on'>,
  ) => {
    const { webhook_id } = queue;
    const expires_on = dayAfter(clock.now() + KEPT_MS);
    if (before?.due_at !== undefined) change.remove(dueKey(before.due_at, webhook_id));
    if (queue.due_at !== undefined) change.put(dueKey(queue.due_at, webhook_id), '');
    if (before?.expires_on !== expires_on) {
      if (before !== undefined) change.remove(keyOf('x', daySegment(before.expires_on), 'q', webhook_id));
      change.put(keyOf('x', daySegment(expires_on), 'q', webhook_id), '');
    }
    change.put(queueKey(webhook_id), queueCodec.encode({ ...queue, expires_on }));
  };
  const isHeld = ({ lease }: QueueRecord): boolean => lease !== undefined && lease.until > clock.now();

  return {
    async add(deliveries) {
      if (deliveries.length === 0) return;
      await database.write((change) => {
        const now = clock.now();
        for (const delivery of deliveries) {
          if (readDelivery(change, delivery) !== undefined) continue;
          change.put(deliveryKey(delivery), deliveryCodec.encode({ delivery }));
          change.put(pendingKey(delivery), '');
        }
        for (const { webhook_id, project_id } of new Map(
          deliveries.map((one) => [one.webhook_id, one]),
        ).values()) {
          const queue = readQueue(change, webhook_id);
          putQueue(change, queue, {
            rest_until: 0,
            ...queue,
            webhook_id,
            project_id,
            woken: true,
            due_at: Math.max(now, queue?.rest_until ?? 0),
          });
        }
      });
    },

    pending(webhookId, limit) {
      return database.view(async (view) => {
        const ids = (await view.keys({ ...under('p', webhookId), limit })).map(
          (key) => segmentsOf(key)[3] ?? '',
        );
        const values = await view.getMany(
          ids.map((delivery_id) => deliveryKey({ webhook_id: webhookId, delivery_id })),
        );
        return values.map((value, index) => {
          const id = ids[index] ?? '';
          const { delivery } = value === undefined ? {} : deliveryCodec.decode(id, value);
          if (delivery === undefined)
            throw new DamagedRecord(
              `The outbox of webhook ${webhookId}`,
              `delivery ${id}, which it names, is missing`,
            );
          return delivery;
        });
      });
    },

    async reschedule(delivery, attempts, dueAt) {
      await database.write((change) => {
        const stored = readDelivery(change, delivery)?.delivery;
        if (stored === undefined) return;
        const next = { ...stored, attempts, due_at: dueAt };
        change.remove(pendingKey(stored));
        change.put(pendingKey(next), '');
        change.put(deliveryKey(next), deliveryCodec.encode({ delivery: next }));
      });
    },

    async end(delivery) {
      await database.write((change) => {
        const stored = readDelivery(change, delivery)?.delivery;
        if (stored === undefined) return;
        const until = clock.now() + KNOWN_MS;
        change.remove(pendingKey(stored));
        change.put(deliveryKey(stored), deliveryCodec.encode({ ended_until: until }));
        const { webhook_id, delivery_id } = stored;
        change.put(keyOf('x', daySegment(dayAfter(until)), 'd', keyOf(webhook_id, delivery_id)), '');
      });
    },

    due(limit) {
      return database.view(async (view) => {
        const now = clock.now();
        const found: string[] = [];
        let { gt } = under('r');
        const lt = keyOf('r', timeSegment(now + 1));
        while (found.length < limit) {
          const keys = await view.keys({ gt, lt, limit });
          const ids = keys.map((key) => segmentsOf(key)[2] ?? '');
          const values = await view.getMany(ids.map(queueKey));
          for (const [index, value] of values.entries()) {
            const id = ids[index] ?? '';
            if (value === undefined)
              throw new DamagedRecord('The index of what is due', `queue ${id}, which it names, is missing`);
            if (found.length < limit && !isHeld(queueCodec.decode(id, value))) found.push(id);
          }
          if (keys.length < limit) break;
          gt = keys.at(-1) ?? gt;
        }
        return found;
      });
    },

    claim(webhookId, leaseMs) {
      return database.write((change) => {
        const queue = readQueue(change, webhookId);
        const now = clock.now();
        if (queue?.due_at === undefined || queue.due_at > now || isHeld(queue)) return undefined;
        const lease = { token: tokens(), until: now + leaseMs };
        // It is due again when the lease ends, so it comes back by itself if its holder dies.
        putQueue(change, queue, { ...queue, lease, woken: false, due_at: lease.until });
        return { webhook_id: webhookId, project_id: queue.project_id, token: lease.token };
      });
    },

    async release({ webhook_id, token }, { dueAt, restUntil = 0, last }) {
      await database.write((change) => {
        const queue = readQueue(change, webhook_id);
        if (queue?.lease?.token !== token) return;
        const { lease: _lease, due_at: _due, ...rest } = queue;
        const next = queue.woken ? clock.now() : dueAt;
        putQueue(change, queue, {
          ...rest,
          rest_until: restUntil,
          ...defined({ last }),
          ...(next === undefined ? {} : { due_at: Math.max(next, restUntil) }),
        });
      });
    },

    last(webhookIds) {
      const ids = [...new Set(webhookIds)];
      return database.view(async (view) => {
        const values = await view.getMany(ids.map(queueKey));
        return new Map(
          values.flatMap((value, index): (readonly [string, LastDelivery])[] => {
            const id = ids[index] ?? '';
            const last = value === undefined ? undefined : queueCodec.decode(id, value).last;
            return last === undefined ? [] : [[id, last]];
          }),
        );
      });
    },
  };
};
