import type { Delivery, LastDelivery } from '../../domain/webhooks/delivery.ts';
import type { Clock } from '../../ports/clock.ts';
import { KNOWN_MS, type Outbox, type OutboxQueues } from '../../ports/outbox.ts';
import { frozenCopy } from './frozen-copy.ts';

type Queue = {
  project_id: string;
  dueAt?: number;
  restUntil: number;
  /** A delivery was added since it was claimed. */
  woken: boolean;
  lease?: Readonly<{ token: string; until: number }>;
  last?: LastDelivery;
};

/** Deliveries in this process's memory. Nothing survives it. What it returns is frozen. */
export const memoryOutbox = ({ clock }: Readonly<{ clock: Clock }>): Outbox & OutboxQueues => {
  const waiting = new Map<string, Map<string, Delivery>>();
  const queues = new Map<string, Queue>();
  /** Ended deliveries, by when their ids expire. */
  const ended = new Map<string, number>();
  let claims = 0;

  const keyOf = ({ webhook_id, delivery_id }: Delivery) => `${webhook_id}#${delivery_id}`;
  const waitingOf = (webhookId: string) => {
    const found = waiting.get(webhookId) ?? new Map<string, Delivery>();
    waiting.set(webhookId, found);
    return found;
  };
  const isHeld = ({ lease }: Queue) => lease !== undefined && lease.until > clock.now();

  return {
    async add(deliveries) {
      const now = clock.now();
      for (const [key, until] of ended) {
        if (until > now) break;
        ended.delete(key);
      }
      for (const delivery of deliveries) {
        const { webhook_id, project_id, delivery_id } = delivery;
        const own = waitingOf(webhook_id);
        if (!ended.has(keyOf(delivery)) && !own.has(delivery_id)) own.set(delivery_id, frozenCopy(delivery));
        const queue = queues.get(webhook_id) ?? { project_id, restUntil: 0, woken: false };
        queues.set(webhook_id, queue);
        queue.woken = true;
        queue.dueAt = Math.max(now, queue.restUntil);
      }
    },

    async pending(webhookId, limit) {
      return [...(waiting.get(webhookId)?.values() ?? [])]
        .sort((a, b) => a.due_at - b.due_at)
        .slice(0, limit);
    },

    async reschedule(delivery, attempts, dueAt) {
      const own = waitingOf(delivery.webhook_id);
      if (own.has(delivery.delivery_id)) {
        own.set(delivery.delivery_id, frozenCopy({ ...delivery, attempts, due_at: dueAt }));
      }
    },

    async end(delivery) {
      waitingOf(delivery.webhook_id).delete(delivery.delivery_id);
      ended.set(keyOf(delivery), clock.now() + KNOWN_MS);
    },

    async due(limit) {
      const now = clock.now();
      return [...queues]
        .filter(([, queue]) => queue.dueAt !== undefined && queue.dueAt <= now && !isHeld(queue))
        .sort(([, a], [, b]) => (a.dueAt ?? 0) - (b.dueAt ?? 0))
        .slice(0, limit)
        .map(([webhookId]) => webhookId);
    },

    async claim(webhookId, leaseMs) {
      const queue = queues.get(webhookId);
      const now = clock.now();
      if (queue?.dueAt === undefined || queue.dueAt > now || isHeld(queue)) return undefined;
      claims += 1;
      const token = String(claims);
      queue.lease = { token, until: now + leaseMs };
      queue.woken = false;
      // It comes back by itself if its holder dies.
      queue.dueAt = now + leaseMs;
      return { webhook_id: webhookId, project_id: queue.project_id, token };
    },

    async release({ webhook_id, token }, { dueAt, restUntil = 0, last }) {
      const queue = queues.get(webhook_id);
      if (queue?.lease?.token !== token) return;
      delete queue.lease;
      queue.restUntil = restUntil;
      if (last !== undefined) queue.last = frozenCopy(last);
      const next = queue.woken ? clock.now() : dueAt;
      if (next === undefined) delete queue.dueAt;
      else queue.dueAt = Math.max(next, restUntil);
    },

    async last(webhookIds) {
      return new Map(
        webhookIds.flatMap((id) => {
          const last = queues.get(id)?.last;
          return last === undefined ? [] : [[id, last] as const];
        }),
      );
    },
  };
};
