import type { Delivery, LastDelivery } from '../domain/webhooks/delivery.ts';

/** How long a delivery is known after it ended, in milliseconds: for so long it is not taken in again. */
export const KNOWN_MS = 7 * 24 * 60 * 60 * 1000;

/**
 * Messages on their way to webhooks. Those of a webhook are worked on by whoever holds its queue, by `OutboxQueues`.
 * Every method throws MiyabiError `unavailable` where the backend does not answer.
 */
export interface Outbox {
  /**
   * Takes deliveries in and makes the queues of their webhooks due. One that was taken in before is left as it is,
   * but its queue is made due again, so that whoever died in between only has to do it once more.
   */
  add(deliveries: readonly Delivery[]): Promise<void>;

  /**
   * Deliveries of a webhook that have not ended, those due first foremost, at most `limit`. One that was just added
   * may be missing for a moment; what is given is as the last write left it.
   */
  pending(webhookId: string, limit: number): Promise<readonly Delivery[]>;

  /** Notes an attempt that is to be followed by another. Only for whoever holds the queue. */
  reschedule(delivery: Delivery, attempts: number, dueAt: number): Promise<void>;

  /** Ends a delivery, whatever became of it: its body goes, its id is known for `KNOWN_MS`. Only for the holder. */
  end(delivery: Delivery): Promise<void>;
}

/** The queue of a webhook, held by this process alone until the lease that it was claimed for is over. */
export type QueueClaim = Readonly<{ webhook_id: string; project_id: string; token: string }>;

/** Which webhooks have something due. Every method throws MiyabiError `unavailable` as those of `Outbox`. */
export interface OutboxQueues {
  /** Webhooks whose queues are due, longest due first, at most `limit`; now and then one that has nothing to do. */
  due(limit: number): Promise<readonly string[]>;

  /** Takes a due queue for `leaseMs` milliseconds. Undefined where it is not due, or somebody else holds it. */
  claim(webhookId: string, leaseMs: number): Promise<QueueClaim | undefined>;

  /**
   * Gives a queue back, with what came of the latest attempt. It is due again at `dueAt`, epoch milliseconds; without,
   * once something is added. What was added meanwhile makes it due at once, but not before `restUntil`. Nothing
   * happens where the lease is over and somebody else holds it.
   */
  release(
    claim: QueueClaim,
    next: Readonly<{ dueAt?: number; restUntil?: number; last?: LastDelivery }>,
  ): Promise<void>;

  /** The latest results of these webhooks, by their ids; none of one without attempts for 90 days. */
  last(webhookIds: readonly string[]): Promise<ReadonlyMap<string, LastDelivery>>;
}
