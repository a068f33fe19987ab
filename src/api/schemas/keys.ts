import * as v from 'valibot';
import { SCOPES } from '../../domain/api-keys.ts';
import { flag, id, moment, name, named, object, oneOf, text, tidy, time } from './fields.ts';

export const newKey = named(
  'NewKey',
  tidy({
    name: name(100),
    scope: oneOf(SCOPES),
    project_id: v.optional(id),
    expires_at: v.optional(time),
  }),
);

export const key = named(
  'Key',
  object({
    key_id: text,
    name: text,
    scope: oneOf(SCOPES),
    project_id: v.optional(text),
    created_at: moment,
    expires_at: v.optional(moment),
    last_used_at: v.optional(moment),
  }),
);

/** `enforced`: whether the server asks for keys at all. */
export const keyList = named('KeyList', object({ keys: v.array(key), enforced: flag }));

/** `secret` is absent in the repeated answer of an idempotent request. */
export const keyCreated = named(
  'KeyCreated',
  object({ key_id: text, status: v.literal('created'), secret: v.optional(text), key, enforced: flag }),
);

export type Key = v.InferOutput<typeof key>;
