import { defined } from '../domain/defined.ts';
import { toIso } from '../domain/time.ts';
import {
  type Answer,
  type Delivery,
  type LastDelivery,
  loggedTaskIn,
  type Verdict,
  verdictOf,
  withFailure,
} from '../domain/webhooks/delivery.ts';
import { formatOf, patchWebhook, secretsAt, type Webhook } from '../domain/webhooks/webhook.ts';
import type { QueueClaim } from '../ports/outbox.ts';
import type { Ports } from '../ports/ports.ts';
import { eachOf } from './keyed-mutex.ts';
import type { RetryOnConflict } from './retry-on-conflict.ts';
import type { TaskLogService } from './task-logs.ts';

/**
 * Attempts by outcome: delivered, to be retried, and deliveries given up. `latest_ms` is how long the message that waited
 * longest was due before its first attempt, in milliseconds.
 */
export type SentCounts = Readonly<{
  delivered: number;
  retrying: number;
  failed: number;
  latest_ms: number;
}>;

export type WebhookSender = Readonly<{
  /**
   * Starts on webhooks with something due, as many as there is room for, without waiting for them: a slow receiver does
   * not delay others. Returns how many it started.
   *
   * @throws MiyabiError `unavailable`
   */
  tick(): Promise<number>;
  /** Waits until everything that was started has ended. */
  idle(): Promise<void>;
  /** The outcomes of attempts since the last call. */
  take(): SentCounts;
}>;

/** How many webhooks are processed in parallel, and deliveries of one of them. */
const WIDTH = 32;
const WIDTH_OF_ONE = 4;
/** How long a queue is claimed, and until when in it an attempt may begin, so that it ends within the lease. */
export const LEASE_MS = 60_000;
const LAST_BEGIN_MS = 30_000;
/** How long the log lines of a failed task may take, in milliseconds; without them the message goes out as it is. */
const MAX_FETCH_MS = 3_000;
/** How many deliveries of one webhook are made before others continue. */
const MAX_IN_A_ROW = 20;
/** How long a receiver that could not be reached gets no further attempts. */
export const REST_MS = 5_000;

/**
 * Delivers the messages of the outbox. Each webhook has a queue that one process at a time holds, for a lease: no
 * delivery is made twice at the same time. After a crash the lease ends and another process continues; a message may
 * then arrive twice, with the same id.
 */
export const webhookSender = ({
  webhookStore: store,
  outbox,
  outboxQueues: queues,
  webhookClient: client,
  clock,
  logger,
  random,
  sleep,
  retryOnConflict,
  taskLogService,
}: Pick<
  Ports,
  'webhookStore' | 'outbox' | 'outboxQueues' | 'webhookClient' | 'clock' | 'logger' | 'random' | 'sleep'
> &
  Readonly<{ retryOnConflict: RetryOnConflict; taskLogService: TaskLogService }>): WebhookSender => {
  const running = new Map<string, Promise<void>>();
  let counts: SentCounts = NONE;

  const find = async ({ webhook_id, project_id }: QueueClaim): Promise<Webhook | undefined> => {
    const kept = await store.find(project_id);
    const webhook = kept?.webhooks.find((one) => one.webhook_id === webhook_id);
    return webhook?.active === true ? webhook : undefined;
  };

  /** A receiver answered that it is permanently gone. */
  const deactivate = async ({ project_id, webhook_id }: Webhook): Promise<void> => {
    await retryOnConflict(async () => {
      const kept = await store.find(project_id);
      if (kept === undefined) return { result: undefined };
      const webhooks = kept.webhooks.map((one) =>
        one.webhook_id === webhook_id ? (patchWebhook(one, { active: false }, clock.now()) ?? one) : one,
      );
      const write = () => store.save({ ...kept, webhooks, version: kept.version + 1 });
      return { result: undefined, write };
    });
    logger.warn('A webhook is gone and was deactivated', { project_id, webhook_id });
  };

  /** The message; of a failed task with the lines around its failure, if they can be read soon. */
  const bodyOf = async (delivery: Delivery): Promise<string> => {
    if (delivery.event !== 'task.failed') return delivery.body;
    const giveUp = new AbortController();
    try {
      const task = loggedTaskIn(delivery.body);
      if (task === undefined) return delivery.body;
      const failure = await Promise.race([
        taskLogService.failureOf(task),
        sleep(MAX_FETCH_MS, giveUp.signal).then(() => undefined),
      ]);
      return failure === undefined ? delivery.body : withFailure(delivery.body, failure);
    } catch (error) {
      const { webhook_id, delivery_id } = delivery;
      logger.warn('A webhook goes out without the log lines of its task', { webhook_id, delivery_id, error });
      return delivery.body;
    } finally {
      giveUp.abort();
    }
  };

  const attempt = async (webhook: Webhook, delivery: Delivery): Promise<Attempt> => {
    const body = await rendered(webhook, await bodyOf(delivery));
    const began = clock.now();
    if (delivery.attempts === 0) {
      counts = { ...counts, latest_ms: Math.max(counts.latest_ms, began - delivery.due_at) };
    }
    const answer = await client.post({
      url: webhook.url,
      id: delivery.delivery_id,
      timestamp: Math.floor(began / 1000),
      body,
      secrets: secretsAt(webhook, began),
    });
    const now = clock.now();
    const attempts = delivery.attempts + 1;
    const verdict = verdictOf(answer, attempts, now, random());
    if (verdict.kind === 'retry') await outbox.reschedule(delivery, attempts, verdict.due_at);
    else await outbox.end(delivery);
    if (verdict.kind === 'gone') await deactivate(webhook);
    count(verdict);
    const { webhook_id, delivery_id } = delivery;
    if (verdict.kind === 'failed') {
      logger.warn('A webhook delivery was given up', {
        webhook_id,
        delivery_id,
        attempts,
        ...saidBy(answer),
      });
    }
    return { answer, verdict, last: lastOf(delivery, attempts, now, answer, verdict) };
  };

  const count = ({ kind }: Verdict): void => {
    const { delivered, retrying, failed } = counts;
    counts = {
      ...counts,
      delivered: delivered + (kind === 'delivered' ? 1 : 0),
      retrying: retrying + (kind === 'retry' ? 1 : 0),
      failed: failed + (kind === 'failed' || kind === 'gone' ? 1 : 0),
    };
  };

  /** One round of a webhook. */
  const serve = async (webhookId: string): Promise<void> => {
    const claim = await queues.claim(webhookId, LEASE_MS);
    if (claim === undefined) return;
    const lastBegin = clock.now() + LAST_BEGIN_MS;
    let last: LastDelivery | undefined;
    let made = 0;
    const release = (next: Readonly<{ dueAt?: number; restUntil?: number }>) =>
      queues.release(claim, { ...next, ...defined({ last }) });

    for (;;) {
      const waiting = await outbox.pending(webhookId, MAX_IN_A_ROW);
      const webhook = await find(claim);
      if (webhook === undefined && waiting.length > 0) {
        // The webhook was removed or deactivated: its deliveries are dropped.
        await eachOf(waiting, WIDTH_OF_ONE, outbox.end);
        continue;
      }
      const due = waiting.filter(({ due_at }) => due_at <= clock.now());
      if (webhook === undefined || due.length === 0) {
        const dueAt = waiting[0]?.due_at;
        return release(dueAt === undefined ? {} : { dueAt });
      }
      let isOver = false;
      let isUnreached = false;
      await eachOf(due, WIDTH_OF_ONE, async (delivery) => {
        isOver ||= made >= MAX_IN_A_ROW || clock.now() >= lastBegin;
        if (isOver) return;
        made += 1;
        const { answer, verdict, last: result } = await attempt(webhook, delivery);
        if (last === undefined || last.at <= result.at) last = result;
        isUnreached ||= answer.kind === 'unreached';
        isOver ||= isUnreached || verdict.kind === 'gone';
      });
      const now = clock.now();
      if (isUnreached) return release({ dueAt: now + REST_MS, restUntil: now + REST_MS });
      if (isOver) return release({ dueAt: now });
    }
  };

  const begin = (webhookId: string): void => {
    const done = serve(webhookId)
      .catch((error: unknown) => {
        // The lease ends, and what was not recorded is done again.
        logger.warn('The deliveries of a webhook were interrupted', { webhook_id: webhookId, error });
      })
      .finally(() => running.delete(webhookId));
    running.set(webhookId, done);
  };

  return {
    async tick() {
      const room = WIDTH - running.size;
      if (room <= 0) return 0;
      const due = await queues.due(WIDTH + room);
      const free = due.filter((webhookId) => !running.has(webhookId)).slice(0, room);
      for (const webhookId of free) begin(webhookId);
      return free.length;
    },

    async idle() {
      while (running.size > 0) await Promise.all(running.values());
    },

    take() {
      const before = counts;
      counts = NONE;
      return before;
    },
  };
};

/** Loaded on first use: most webhooks are for programs. */
const rendered = async (webhook: Webhook, body: string): Promise<string> => {
  const format = formatOf(webhook);
  if (format === 'generic') return body;
  const { bodyIn } = await import('../domain/webhooks/formats.ts');
  return bodyIn(format, body);
};

type Attempt = Readonly<{ answer: Answer; verdict: Verdict; last: LastDelivery }>;

const NONE: SentCounts = { delivered: 0, retrying: 0, failed: 0, latest_ms: 0 };

const saidBy = (answer: Answer): Pick<LastDelivery, 'status_code' | 'error'> =>
  answer.kind === 'answered' ? { status_code: answer.status } : { error: answer.reason };

const lastOf = (
  { delivery_id, event, task_id }: Delivery,
  attempts: number,
  now: number,
  answer: Answer,
  verdict: Verdict,
): LastDelivery => ({
  delivery_id,
  event,
  ...defined({ task_id }),
  attempts,
  at: toIso(now),
  outcome: verdict.kind === 'retry' ? 'retrying' : verdict.kind === 'delivered' ? 'delivered' : 'failed',
  ...saidBy(answer),
  ...(verdict.kind === 'retry' ? { next_attempt_at: toIso(verdict.due_at) } : {}),
});
