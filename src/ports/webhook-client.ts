import type { Answer } from '../domain/webhooks/delivery.ts';

/** A message to a receiver, signed with each of the `secrets`, `whsec_…`. `timestamp` is epoch seconds. */
export type WebhookPost = Readonly<{
  url: string;
  id: string;
  timestamp: number;
  body: string;
  secrets: readonly string[];
}>;

/** Posts to webhooks. */
export interface WebhookClient {
  /**
   * Posts a message and returns the outcome, within a bounded time. It connects to no address that is neither public
   * nor allowed, and follows no redirect. It never throws.
   */
  post(message: WebhookPost): Promise<Answer>;
}
