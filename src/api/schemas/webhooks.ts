import * as v from 'valibot';
import { TASK_EVENTS } from '../../domain/tasks/events.ts';

import { object, oneOf, url, withoutUndefined } from './fields.ts';

const events = v.pipe(
  v.array(oneOf(TASK_EVENTS)),
  v.minLength(1, 'must not be empty'),
  v.maxLength(20, 'must not have more than 20 entries'),
);
const SECRET_RULE = 'must be whsec_ and the base64 of 24 to 64 bytes';
const webhookSecret = v.pipe(
  v.string(),
  v.regex(/^whsec_([A-Za-z0-9+/]{4}){8,22}([A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?$/, SECRET_RULE),
  v.check((secret) => Buffer.from(secret.slice('whsec_'.length), 'base64').length <= 64, SECRET_RULE),
);

export const newWebhook = object({
  url,
  events: v.optional(events),
  active: v.optional(v.boolean()),
  secret: v.optional(webhookSecret),
});

/** A JSON merge patch (RFC 7396). What a webhook must have cannot be null. */
export const webhookPatch = v.pipe(
  object({ url: v.optional(url), events: v.optional(events), active: v.optional(v.boolean()) }),
  v.transform((value) => withoutUndefined(value)),
);

/** An empty body will do. */
export const rotateRequest = object({ secret: v.optional(webhookSecret) });
