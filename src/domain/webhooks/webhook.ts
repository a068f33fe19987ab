import { TASK_EVENTS, type TaskEventType } from '../tasks/events.ts';
import { fromIso, toIso } from '../time.ts';
import type { UnknownFields } from '../unknown-fields.ts';
import { type AddressRange, kindOfAddress, parseAddress } from './address.ts';
import type { LastDelivery } from './delivery.ts';

/** What the receiver of a webhook reads. `generic` is the message itself, for programs. */
export const WEBHOOK_FORMATS = ['generic', 'slack', 'teams', 'discord'] as const;
export type WebhookFormat = (typeof WEBHOOK_FORMATS)[number];

/**
 * The target of a project's events. `secret` signs them, as `whsec_` and the base64 of 24 to 64 bytes; until
 * `previous_until` the previous secret signs too.
 */
export type Webhook = Readonly<{
  webhook_id: string;
  project_id: string;
  url: string;
  /** Absent for `generic`; a newer version may have stored one that is unknown here. */
  format?: string;
  events: readonly TaskEventType[];
  active: boolean;
  secret: string;
  previous_secret?: string;
  previous_until?: string;
  version: number;
  created_at: string;
  updated_at: string;
  /** `events` in it names events that only a newer version sends. */
  unknown?: UnknownFields;
}>;

/**
 * All webhooks of a project, oldest first. `project_created_at` distinguishes a project from an earlier one with its
 * id. `version` counts the writes of the whole from 1.
 */
export type ProjectWebhooks = Readonly<{
  project_id: string;
  project_created_at: string;
  version: number;
  webhooks: readonly Webhook[];
  unknown?: UnknownFields;
}>;

/** The most webhooks of a project. */
export const MAX_WEBHOOKS = 10;

/** How long a replaced secret still signs, in milliseconds. */
export const ROTATION_MS = 24 * 60 * 60 * 1000;

export type NewWebhook = Readonly<{
  url: string;
  format?: WebhookFormat | undefined;
  events?: readonly TaskEventType[] | undefined;
  active?: boolean | undefined;
  secret?: string | undefined;
}>;

/** What a client may change of a webhook, as a merge patch (RFC 7396). */
export type WebhookPatch = Readonly<{
  url?: string;
  format?: WebhookFormat;
  events?: readonly TaskEventType[];
  active?: boolean;
}>;

/** A webhook as the API answers it. The secret is included only in the answer that creates it. */
export type PublicWebhook = Omit<
  Webhook,
  'format' | 'secret' | 'previous_secret' | 'previous_until' | 'unknown'
> &
  Readonly<{ format: WebhookFormat; secret?: string; last_delivery: LastDelivery | null }>;

export const createWebhook = (
  input: NewWebhook,
  context: Readonly<{ id: string; project_id: string; secret: string; now: number }>,
): Webhook => ({
  webhook_id: context.id,
  project_id: context.project_id,
  url: input.url,
  ...stored(input.format),
  events: inOrder(input.events ?? TASK_EVENTS),
  active: input.active ?? true,
  secret: input.secret ?? context.secret,
  version: 1,
  created_at: toIso(context.now),
  updated_at: toIso(context.now),
});

/** A webhook after a patch, with the next version; undefined if the patch changes nothing. */
export const patchWebhook = (webhook: Webhook, patch: WebhookPatch, now: number): Webhook | undefined => {
  const { format: before, ...rest } = webhook;
  const url = patch.url ?? webhook.url;
  const format = stored(patch.format ?? before);
  const events = inOrder(patch.events ?? webhook.events);
  const active = patch.active ?? webhook.active;
  const isSame =
    url === webhook.url &&
    format.format === before &&
    active === webhook.active &&
    events.join() === webhook.events.join();
  return isSame
    ? undefined
    : { ...rest, ...format, url, events, active, version: webhook.version + 1, updated_at: toIso(now) };
};

/**
 * A webhook with a new secret and the next version. The previous one signs for another day. Undefined if it has that
 * secret already: a repeated request must not remove the previous secret.
 */
export const rotateSecret = (webhook: Webhook, secret: string, now: number): Webhook | undefined =>
  secret === webhook.secret
    ? undefined
    : {
        ...webhook,
        secret,
        previous_secret: webhook.secret,
        previous_until: toIso(now + ROTATION_MS),
        version: webhook.version + 1,
        updated_at: toIso(now),
      };

/** The format of a webhook; `generic` for one that only a newer version knows. */
export const formatOf = ({ format }: Pick<Webhook, 'format'>): WebhookFormat =>
  WEBHOOK_FORMATS.find((known) => known === format) ?? 'generic';

const stored = (format: string | undefined): Readonly<{ format?: string }> =>
  format === undefined || format === 'generic' ? {} : { format };

/** The secrets that sign a delivery now, newest first. */
export const secretsAt = (webhook: Webhook, now: number): readonly string[] => {
  const { secret, previous_secret, previous_until } = webhook;
  return previous_secret !== undefined && previous_until !== undefined && fromIso(previous_until) > now
    ? [secret, previous_secret]
    : [secret];
};

/**
 * `withUrl`: a URL may be all it takes to post there, so a caller who may not change a webhook sees only its origin.
 */
export const publicWebhook = (
  webhook: Webhook,
  last: LastDelivery | undefined,
  { withUrl, withSecret = false }: Readonly<{ withUrl: boolean; withSecret?: boolean }>,
): PublicWebhook => {
  const { secret, previous_secret: _previous, previous_until: _until, unknown: _unknown, ...shown } = webhook;
  return {
    ...shown,
    url: withUrl ? shown.url : `${new URL(shown.url).origin}/…`,
    format: formatOf(webhook),
    ...(withSecret ? { secret } : {}),
    last_delivery: last ?? null,
  };
};

/** Each event once, in a fixed order. */
const inOrder = (events: readonly TaskEventType[]): readonly TaskEventType[] =>
  TASK_EVENTS.filter((event) => events.includes(event));

/**
 * What is wrong with a URL as the target of a webhook, as far as the URL itself shows; undefined if nothing is. The
 * addresses of its host are checked when a delivery connects.
 */
export const problemOfTarget = (text: string, allowed: readonly AddressRange[]): string | undefined => {
  if (!URL.canParse(text)) return 'must be a URL';
  const { protocol, username, password, hostname } = new URL(text);
  if (protocol !== 'https:' && protocol !== 'http:') return 'must be an https URL';
  if (username !== '' || password !== '') return 'must not hold a user name or a password';
  const literal = hostname.replace(/^\[|\]$/g, '');
  const kind = parseAddress(literal) === undefined ? undefined : kindOfAddress(literal, allowed);
  if (kind === 'refused') return 'must not lead to a private, loopback or reserved address';
  if (protocol === 'https:') return undefined;
  // A name may still resolve to an allowed range, if there are any.
  return kind === 'allowed' || (kind === undefined && allowed.length > 0)
    ? undefined
    : 'must be an https URL';
};
