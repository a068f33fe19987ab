import type { Delivery, LastDelivery } from '../domain/webhooks/delivery.ts';

/** How long the id of an ended delivery is kept, in milliseconds. During that time it is not accepted again. */
export const KNOWN_MS = 7 * 24 * 60 * 60 * 1000;

/**
 * Messages on their way to webhooks. Only the process that holds a webhook's queue, see `OutboxQueues`, works on its
 * messages. Every method throws MiyabiError `unavailable` where the backend does not answer.
 */
export interface Outbox {
  /**
   * Adds deliveries and makes the queues of their webhooks due. A delivery that was added before is left as it is, but
   * its queue is made due again, so that a caller that crashed in between can simply repeat the call.
   */
  add(deliveries: readonly Delivery[]): Promise<void>;

  /**
   * Deliveries of a webhook that have not ended, earliest due first, at most `limit`. One that was just added may be
   * missing for a moment; those returned are as the last write left them.
   */
  pending(webhookId: string, limit: number): Promise<readonly Delivery[]>;

  /** Records an attempt that another will follow. Only for the holder of the queue. */
  reschedule(delivery: Delivery, attempts: number, dueAt: number): Promise<void>;

  /** Ends a delivery, successful or not: its body is removed, its id is kept for `KNOWN_MS`. Only for the holder. */
  end(delivery: Delivery): Promise<void>;
}

/** The queue of a webhook, held by this process alone until its lease ends. */
export type QueueClaim = Readonly<{ webhook_id: string; project_id: string; token: string }>;

/** Which webhooks have something due. Every method throws MiyabiError `unavailable` as those of `Outbox`. */
export interface OutboxQueues {
  /** Webhooks whose queues are due, longest due first, at most `limit`. Some may turn out to have nothing due. */
  due(limit: number): Promise<readonly string[]>;

  /** Claims a due queue for `leaseMs` milliseconds. Undefined if it is not due or another process holds it. */
  claim(webhookId: string, leaseMs: number): Promise<QueueClaim | undefined>;

  /**
   * Releases a queue, with the result of the latest attempt. It is due again at `dueAt`, epoch milliseconds, or,
   * without it, once a delivery is added. A delivery added meanwhile makes it due at once, but not before `restUntil`.
   * Nothing happens if the lease has ended and another process holds the queue.
   */
  release(
    claim: QueueClaim,
    next: Readonly<{ dueAt?: number; restUntil?: number; last?: LastDelivery }>,
  ): Promise<void>;

  /** The latest results of these webhooks, by their ids. A webhook without attempts for 90 days has none. */
  last(webhookIds: readonly string[]): Promise<ReadonlyMap<string, LastDelivery>>;
}
