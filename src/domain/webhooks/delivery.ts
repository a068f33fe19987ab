import { fingerprint } from '../ids.ts';
import { isJsonObject, type JsonObject } from '../json.ts';
import { plainLine } from '../logs/line-text.ts';
import { TASK_EVENTS, type TaskEvent, type TaskEventType } from '../tasks/events.ts';
import { fromIso } from '../time.ts';

/** `webhook.test` is sent on request, to check a receiver. */
export type DeliveryEvent = TaskEventType | 'webhook.test';
export const DELIVERY_EVENTS = [...TASK_EVENTS, 'webhook.test'] as const;

/**
 * One message for one webhook. `body` is sent as it is; `attempts` counts the attempts so far; `due_at` and
 * `created_at` are epoch milliseconds.
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

/** The outcome of the latest attempt to deliver to a webhook. `at` and `next_attempt_at` are ISO 8601. */
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

/** A receiver's answer, or why it was not reached. */
export type Answer =
  | Readonly<{ kind: 'answered'; status: number; retry_after?: string }>
  | Readonly<{ kind: 'unreached'; reason: string }>;

/** What follows after an attempt. `gone`: the receiver does not exist any more. */
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

/** The longest Retry-After that is respected, in milliseconds. */
export const MAX_RETRY_AFTER_MS = 6 * 3_600_000;

/**
 * `attempts` includes this one; `random`, from 0 up to 1, varies the next delay by up to a fifth in either direction.
 */
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

/** The wait of a Retry-After header, in milliseconds and within bounds; 0 without a valid one. */
export const retryAfterMs = (header: string | undefined, now: number): number => {
  if (header === undefined) return 0;
  const text = header.trim();
  const ms = /^\d{1,9}$/.test(text) ? Number(text) * 1000 : fromIso(text) - now;
  return Number.isNaN(ms) ? 0 : Math.min(MAX_RETRY_AFTER_MS, Math.max(0, ms));
};

/** The same id for the same event of a task and the same webhook, so that sending it twice delivers it once. */
export const deliveryIdOf = (webhookId: string, taskId: string, { type, version, at }: TaskEvent): string =>
  `msg_${fingerprint(webhookId, taskId, type, at)}${fingerprint(at, taskId, webhookId)}_${version}`;

/** A message in the form of the Standard Webhooks specification. */
export const messageOf = (type: DeliveryEvent, timestamp: string, data: unknown): string =>
  JSON.stringify({ type, timestamp, data });

/** Why a task failed, for a message: the cause, and the lines around it without colours, each of a bounded length. */
export type Failure = Readonly<{ message: string; lines: readonly string[] }>;

/** The longest line of a failure in a message, in UTF-16 code units. */
const MAX_FAILURE_LINE = 1_000;

export const failureIn = (message: string, lines: readonly string[]): Failure => ({
  message,
  lines: lines.map((line) => shortened(plainLine(line))),
});

const shortened = (text: string): string =>
  text.length <= MAX_FAILURE_LINE ? text : `${text.slice(0, MAX_FAILURE_LINE).toWellFormed()}…`;

/** The task that a message is about, if it has a log; else undefined. */
export const loggedTaskIn = (body: string): JsonObject | undefined => {
  const message: unknown = JSON.parse(body);
  const task = isJsonObject(message) ? message['data'] : undefined;
  const details = isJsonObject(task) ? task['details'] : undefined;
  return isJsonObject(task) && isJsonObject(details) && typeof details['log_stream'] === 'string'
    ? task
    : undefined;
};

/** A message with the reason why its task failed. */
export const withFailure = (body: string, failure: Failure): string => {
  const message: unknown = JSON.parse(body);
  if (!isJsonObject(message) || !isJsonObject(message['data'])) return body;
  return JSON.stringify({ ...message, data: { ...message['data'], failure } });
};

/** The text that is signed. `timestamp` is epoch seconds. Source: Standard Webhooks, "Signature scheme". */
export const signedContent = (deliveryId: string, timestamp: number, body: string): string =>
  `${deliveryId}.${timestamp}.${body}`;
