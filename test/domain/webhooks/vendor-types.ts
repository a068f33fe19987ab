import type { KnownBlock } from '@slack/types';
import type { RESTPostAPIWebhookWithTokenJSONBody } from 'discord-api-types/v10';

/** Messages by the types that Slack publishes, and those of Discord's API that its documentation names. */
export type Messages = {
  slack: { text: string; blocks: KnownBlock[] };
  discord: RESTPostAPIWebhookWithTokenJSONBody;
};
