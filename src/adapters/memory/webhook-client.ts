import type { Answer } from '../../domain/webhooks/delivery.ts';
import type { WebhookClient, WebhookPost } from '../../ports/webhook-client.ts';

/** A client that records messages, and answers as a test tells it to. */
export const memoryWebhookClient = (
  answer: (message: WebhookPost) => Answer | Promise<Answer> = () => ({ kind: 'answered', status: 204 }),
): WebhookClient & Readonly<{ sent: readonly WebhookPost[] }> => {
  const sent: WebhookPost[] = [];
  return {
    sent,
    async post(message) {
      sent.push(message);
      return answer(message);
    },
  };
};
