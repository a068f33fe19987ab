import * as v from 'valibot';
import { BADGE_STYLES } from '../../domain/badge.ts';
import { OUTCOMES } from '../../domain/tasks/details.ts';
import { TASK_STATUSES } from '../../domain/tasks/status.ts';
import { flag, named, object, oneOf, text, whole } from './fields.ts';

const style = v.optional(
  v.pipe(oneOf(BADGE_STYLES), v.description('`badge`, one line, by default; `bar` has a wide progress bar.')),
);

export const badgeQuery = object({
  sig: v.optional(v.pipe(v.string(), v.description('The signature of the link.'))),
  style,
});

const BASE_URL_RULE = 'must be the address of the server, such as https://miyabi.example';

export const badgeLinkQuery = object({
  base_url: v.optional(
    v.pipe(
      v.string(),
      v.maxLength(1024, BASE_URL_RULE),
      v.url(BASE_URL_RULE),
      v.regex(
        /^https?:\/\/([A-Za-z0-9.-]+|\[[0-9A-Fa-f:.]+\])(:\d{1,5})?(\/[A-Za-z0-9._~/-]*)?$/,
        BASE_URL_RULE,
      ),
      v.description('The address that the link begins with. Without it the link is a path.'),
    ),
  ),
  style,
});

export const badgeLink = named('BadgeLink', object({ url: text, markdown: text, html: text }));

/** What a badge needs of the JSON text of a task. */
export const badgeTask = v.object({
  task_name: text,
  status: oneOf(TASK_STATUSES),
  stale: flag,
  progress: v.object({ percentage: v.nullable(whole) }),
  details: v.object({ outcome: v.optional(oneOf(OUTCOMES)) }),
});
