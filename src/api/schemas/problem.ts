import * as v from 'valibot';
import { named, object, text } from './fields.ts';

export const problem = named(
  'Problem',
  v.pipe(
    object({
      type: text,
      title: text,
      status: v.pipe(v.number(), v.integer()),
      code: text,
      error: text,
      detail: text,
      fields: v.optional(v.array(object({ path: text, reason: text }))),
    }),
    v.description('A problem document (RFC 9457). `code` is stable and for programs.'),
  ),
);

export type Problem = v.InferOutput<typeof problem>;
