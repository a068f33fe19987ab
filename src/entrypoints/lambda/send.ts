import type { Logger } from '../../ports/logger.ts';
import type { Metrics } from '../../ports/metrics.ts';
import type { Sleep } from '../../ports/sleep.ts';
import type { SentCounts, WebhookSender } from '../../services/webhook-sender.ts';

export type WebhooksPorts = Readonly<{
  webhookSender: WebhookSender;
  sleep: Sleep;
  logger: Logger;
  metrics: Metrics;
}>;

/** The part of Lambda's context that a run needs. */
export type RunContext = Readonly<{ getRemainingTimeInMillis(): number }>;

/** With less time left than this, milliseconds, nothing new is started: what is running must finish. */
const RESERVE_MS = 45_000;
/** How often a run looks for due webhooks while a slow receiver is being served. */
const PAUSE_MS = 500;

/**
 * The sender of webhooks as a Lambda: it works until nothing is due, or its time is up.
 *
 * @throws MiyabiError `unavailable` where the outbox does not answer.
 */
export const webhooksLambda =
  ({ webhookSender, sleep, logger, metrics }: WebhooksPorts) =>
  async (_event: unknown, context: RunContext): Promise<SentCounts> => {
    try {
      let isOver = false;
      while (!isOver && context.getRemainingTimeInMillis() > RESERVE_MS) {
        if ((await webhookSender.tick()) > 0) continue;
        const isIdle = await Promise.race([
          webhookSender.idle().then(() => true),
          sleep(PAUSE_MS).then(() => false),
        ]);
        // What has ended may have made room for more.
        isOver = isIdle && (await webhookSender.tick()) === 0;
      }
    } finally {
      await webhookSender.idle();
    }
    const counts = webhookSender.take();
    metrics.count('WebhooksDelivered', counts.delivered);
    metrics.count('WebhooksFailed', counts.failed);
    metrics.duration('WebhooksLateness', counts.latest_ms);
    metrics.flush();
    if (counts.delivered + counts.retrying + counts.failed > 0) logger.info('Webhooks were sent', counts);
    return counts;
  };
