import * as v from 'valibot';
import { defined } from '../../domain/defined.ts';
import { TASK_EVENTS } from '../../domain/tasks/events.ts';
import { DELIVERY_EVENTS, OUTCOMES } from '../../domain/webhooks/delivery.ts';
import { WEBHOOK_FORMATS } from '../../domain/webhooks/webhook.ts';
import { flag, moment, named, object, oneOf, text, url, whole } from './fields.ts';

const events = v.pipe(
  v.array(oneOf(TASK_EVENTS)),
  v.minLength(1, 'must not be empty'),
  v.maxLength(20, 'must not have more than 20 entries'),
);
const format = v.pipe(
  oneOf(WEBHOOK_FORMATS),
  v.description('What the receiver reads: the message itself, or one for a chat.'),
);
const SECRET_RULE = 'must be whsec_ and the base64 of 24 to 64 bytes';
const webhookSecret = v.pipe(
  v.string(),
  v.regex(/^whsec_([A-Za-z0-9+/]{4}){8,22}([A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?$/, SECRET_RULE),
  v.check((secret) => Buffer.from(secret.slice('whsec_'.length), 'base64').length <= 64, SECRET_RULE),
);

export const newWebhook = named(
  'NewWebhook',
  object({
    url,
    format: v.optional(format),
    events: v.optional(events),
    active: v.optional(v.boolean()),
    secret: v.optional(webhookSecret),
  }),
);

/** A JSON merge patch (RFC 7396). Required fields cannot be null. */
export const webhookPatch = named(
  'WebhookPatch',
  v.pipe(
    object({
      url: v.optional(url),
      format: v.optional(format),
      events: v.optional(events),
      active: v.optional(v.boolean()),
    }),
    v.transform((value) => defined(value)),
  ),
);

/** The body may be empty. */
export const rotateRequest = named('RotateRequest', object({ secret: v.optional(webhookSecret) }));

export const webhook = named(
  'Webhook',
  object({
    webhook_id: text,
    project_id: text,
    url: text,
    format: oneOf(WEBHOOK_FORMATS),
    events: v.array(oneOf(TASK_EVENTS)),
    active: flag,
    secret: v.optional(text),
    version: whole,
    created_at: moment,
    updated_at: moment,
    last_delivery: v.nullable(
      object({
        delivery_id: text,
        event: oneOf(DELIVERY_EVENTS),
        task_id: v.optional(text),
        attempts: whole,
        at: moment,
        outcome: oneOf(OUTCOMES),
        status_code: v.optional(whole),
        error: v.optional(text),
        next_attempt_at: v.optional(moment),
      }),
    ),
  }),
);

export const webhookList = named(
  'WebhookList',
  object({
    webhooks: v.array(webhook),
    can_change: v.pipe(flag, v.description('Whether the key of this request may add, change and test them.')),
  }),
);
export const webhookCreated = named(
  'WebhookCreated',
  object({ webhook_id: text, status: v.literal('created'), webhook }),
);
export const webhookTest = named('WebhookTest', object({ delivery_id: text, status: v.literal('queued') }));

export type Webhook = v.InferOutput<typeof webhook>;
