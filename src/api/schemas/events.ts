import * as v from 'valibot';

import { id, object } from './fields.ts';

const position = v.pipe(v.string(), v.regex(/^[\x21-\x7e]{1,200}$/, 'must be the id of an event'));

export const eventsQuery = object({
  since: v.optional(position),
  project_id: v.optional(id),
  task_id: v.optional(id),
});

export const isPosition = (value: string): boolean => v.is(position, value);
