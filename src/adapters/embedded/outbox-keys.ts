import type { Delivery } from '../../domain/webhooks/delivery.ts';
import { keyOf, timeSegment } from './keys.ts';

export const deliveryKey = ({
  webhook_id,
  delivery_id,
}: Pick<Delivery, 'webhook_id' | 'delivery_id'>): string => keyOf('d', webhook_id, delivery_id);

/** The position of a delivery among the pending ones of its webhook. */
export const pendingKey = ({
  webhook_id,
  delivery_id,
  due_at,
}: Pick<Delivery, 'webhook_id' | 'delivery_id' | 'due_at'>): string =>
  keyOf('p', webhook_id, timeSegment(due_at), delivery_id);

export const queueKey = (webhookId: string): string => keyOf('q', webhookId);

/** The position of a queue among those that are due at some time. */
export const dueKey = (dueAt: number, webhookId: string): string => keyOf('r', timeSegment(dueAt), webhookId);
