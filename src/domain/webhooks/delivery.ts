import { fingerprint } from '../ids.ts';
import type { TaskEvent, TaskEventType } from '../tasks/events.ts';
import { fromIso } from '../time.ts';

/** `webhook.test` is what a client asks for to see whether its receiver works. */
export type DeliveryEvent = TaskEventType | 'webhook.test';
export const DELIVERY_EVENTS = ['task.completed', 'task.failed', 'task.stale', 'webhook.test'] as const;

/**
 * One message to one webhook, on its way. `body` is sent as it is; `attempts` counts those that were made; `due_at`
 * and `created_at` are epoch milliseconds.
 */
export type Delivery = Readonly<{
  delivery_id: string;
  webhook_id: string;
  project_id: string;
  event: DeliveryEvent;
  task_id?: string;
  body: string;
  attempts: number;
  due_at: number;
  created_at: number;
}>;

export const OUTCOMES = ['delivered', 'retrying', 'failed'] as const;

/** What the latest attempt to deliver to a webhook came to. `at` and `next_attempt_at` are ISO 8601. */
export type LastDelivery = Readonly<{
  delivery_id: string;
  event: DeliveryEvent;
  task_id?: string;
  attempts: number;
  at: string;
  outcome: (typeof OUTCOMES)[number];
  status_code?: number;
  error?: string;
  next_attempt_at?: string;
}>;

/** What a receiver answered, or why it was not reached. */
export type Answer =
  | Readonly<{ kind: 'answered'; status: number; retry_after?: string }>
  | Readonly<{ kind: 'unreached'; reason: string }>;

/** What is to be done after an attempt. `gone`: nobody will ever be there again. */
export type Verdict = Readonly<{ kind: 'delivered' | 'failed' | 'gone' } | { kind: 'retry'; due_at: number }>;

/** Waits before the second and each further attempt, in milliseconds: about a day in all. */
export const RETRY_DELAYS_MS: readonly number[] = [
  5_000,
  30_000,
  2 * 60_000,
  10 * 60_000,
  30 * 60_000,
  2 * 3_600_000,
  6 * 3_600_000,
  15 * 3_600_000,
];

/** The longest that a receiver may ask for by Retry-After, in milliseconds. */
export const MAX_RETRY_AFTER_MS = 6 * 3_600_000;

/** `attempts` includes this one; `random`, from 0 up to 1, moves the next by up to a fifth in either direction. */
export const verdictOf = (answer: Answer, attempts: number, now: number, random: number): Verdict => {
  if (answer.kind === 'answered') {
    if (answer.status >= 200 && answer.status < 300) return { kind: 'delivered' };
    if (answer.status === 410) return { kind: 'gone' };
  }
  const delay = RETRY_DELAYS_MS[attempts - 1];
  if (delay === undefined) return { kind: 'failed' };
  const retryAfter =
    answer.kind === 'answered' && (answer.status === 429 || answer.status === 503)
      ? retryAfterMs(answer.retry_after, now)
      : 0;
  return { kind: 'retry', due_at: now + Math.max(Math.round(delay * (0.8 + 0.4 * random)), retryAfter) };
};

/** How long a Retry-After header asks to wait, in milliseconds and within bounds; 0 where it says nothing. */
export const retryAfterMs = (header: string | undefined, now: number): number => {
  if (header === undefined) return 0;
  const text = header.trim();
  const ms = /^\d{1,9}$/.test(text) ? Number(text) * 1000 : fromIso(text) - now;
  return Number.isNaN(ms) ? 0 : Math.min(MAX_RETRY_AFTER_MS, Math.max(0, ms));
};

/** The same for the same event of a task and the same webhook, so that telling it twice is telling it once. */
export const deliveryIdOf = (webhookId: string, taskId: string, { type, version, at }: TaskEvent): string =>
  `msg_${fingerprint(webhookId, taskId, type, at)}${fingerprint(at, taskId, webhookId)}_${version}`;

/** A message in the form of the Standard Webhooks specification. */
export const messageOf = (type: DeliveryEvent, timestamp: string, data: unknown): string =>
  JSON.stringify({ type, timestamp, data });

/** What a signature is made over. `timestamp` is epoch seconds. Source: Standard Webhooks, "Signature scheme". */
export const signedContent = (deliveryId: string, timestamp: number, body: string): string =>
  `${deliveryId}.${timestamp}.${body}`;
