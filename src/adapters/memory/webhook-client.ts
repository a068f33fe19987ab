import type { Answer } from '../../domain/webhooks/delivery.ts';
import type { WebhookClient, WebhookPost } from '../../ports/webhook-client.ts';

/** A client that keeps what it is to send, and answers as it is told to. */
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
