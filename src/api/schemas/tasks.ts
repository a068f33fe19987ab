import * as v from 'valibot';
import { OPERATIONS, OUTCOMES } from '../../domain/tasks/details.ts';
import { TASK_STATUSES } from '../../domain/tasks/status.ts';
import { PRIORITIES } from '../../domain/tasks/task.ts';

import {
  count,
  cursor,
  id,
  jsonObject,
  labelPatch,
  labels,
  limit,
  line,
  name,
  object,
  oneOf,
  patchOf,
  prose,
  queryTime,
  slug,
  tidy,
  time,
  url,
  withoutUndefined,
} from './fields.ts';

const current = count(0);
const total = v.nullable(count(1));

const githubEntries = {
  issue_number: v.optional(count(1)),
  issue_url: v.optional(url),
  pr_number: v.optional(count(1)),
  pr_url: v.optional(url),
};

const names = v.pipe(v.array(line(256)), v.maxLength(100, 'must not have more than 100 entries'));

const detailsEntries = {
  phase: v.optional(line(256)),
  current_step: v.optional(line(1024)),
  operation: v.optional(oneOf(OPERATIONS)),
  outcome: v.optional(oneOf(OUTCOMES)),
  stack_state: v.optional(line(128)),
  failed_resources: v.optional(names),
  retained_resources: v.optional(names),
  log_group: v.optional(line(512)),
  log_stream: v.optional(line(512)),
  error_message: v.optional(prose(4096)),
};

export const newTask = object({
  task_id: v.optional(id),
  task_name: v.optional(name(512)),
  task_type: v.optional(slug),
  description: v.optional(prose(16_384)),
  project_id: v.optional(id),
  parent_id: v.optional(id),
  status: v.optional(oneOf(TASK_STATUSES)),
  priority: v.optional(oneOf(PRIORITIES)),
  progress: v.optional(object({ current: v.optional(current), total: v.optional(total) })),
  details: v.optional(tidy(detailsEntries)),
  labels: v.optional(labels),
  metadata: v.optional(jsonObject),
  github: v.optional(tidy(githubEntries)),
});

/** A JSON merge patch (RFC 7396). What a task must have cannot be null. */
export const taskPatch = v.pipe(
  object({
    task_name: v.optional(name(512)),
    task_type: v.optional(slug),
    description: v.optional(v.nullable(prose(16_384))),
    project_id: v.optional(id),
    status: v.optional(oneOf(TASK_STATUSES)),
    priority: v.optional(oneOf(PRIORITIES)),
    progress: v.optional(object({ current: v.optional(current), total: v.optional(total) })),
    details: v.optional(v.nullable(patchOf(detailsEntries))),
    labels: v.optional(v.nullable(labelPatch)),
    metadata: v.optional(v.nullable(jsonObject)),
    github: v.optional(v.nullable(patchOf(githubEntries))),
  }),
  v.transform((value) => withoutUndefined(value)),
);

/** An empty body will do for these. */
export const cancelRequest = object({ message: v.optional(prose(4096)) });
export const reopenRequest = object({
  status: v.optional(oneOf(['pending', 'running'])),
  message: v.optional(prose(4096)),
});

/** The most items of a batch. */
export const MAX_BATCH = 100;
const batchOf = v.pipe(
  v.array(v.unknown()),
  v.minLength(1, 'must not be empty'),
  v.maxLength(MAX_BATCH, `must not have more than ${MAX_BATCH} entries; send them in parts`),
);
/** Each item is looked at on its own. */
export const taskBatch = object({ tasks: batchOf });
export const progressBatch = object({ reports: batchOf });

const reportEntries = {
  current: v.optional(current),
  total: v.optional(total),
  status: v.optional(oneOf(TASK_STATUSES)),
  phase: v.optional(line(256)),
  message: v.optional(prose(4096)),
  timestamp: v.optional(time),
};
const saysSomething = (report: Readonly<Record<string, unknown>>): boolean =>
  Object.entries(report).some(([key, value]) => key !== 'task_id' && value !== undefined);

export const progressReport = v.pipe(
  object(reportEntries),
  v.check((report) => saysSomething(report), 'must report something'),
);
/** A report among others, which says whose it is. */
export const taskReport = v.pipe(
  object({ task_id: id, ...reportEntries }),
  v.check((report) => saysSomething(report), 'must report something'),
);

/** Several at once, by comma or by repetition. */
const statuses = v.pipe(
  v.array(v.string()),
  v.transform((values) => values.flatMap((value) => value.split(','))),
  v.array(oneOf(TASK_STATUSES)),
);

/** Labels as `name:value`, the name up to the first colon. All of them must be there. */
const labelFilter = v.pipe(
  v.array(
    v.pipe(v.string(), v.regex(/^[^:]{1,63}:.{0,256}$/su, 'must be a name and a value, as in env:prod')),
  ),
  v.maxLength(10, 'must not be given more than 10 times'),
  v.transform((values) =>
    values.map((value) => [value.slice(0, value.indexOf(':')), value.slice(value.indexOf(':') + 1)] as const),
  ),
  v.check(
    (pairs) => new Set(pairs.map(([key]) => key)).size === new Set(pairs.map((pair) => pair.join(':'))).size,
    'must not ask for two values of one name',
  ),
  v.transform((pairs) => Object.fromEntries(pairs)),
);

export const taskListQuery = object({
  status: v.optional(statuses),
  project_id: v.optional(id),
  task_type: v.optional(slug),
  parent_id: v.optional(id),
  label: v.optional(labelFilter),
  q: v.optional(line(256)),
  updated_since: v.optional(queryTime),
  limit: v.optional(limit(100), '50'),
  cursor,
});

/** The parameters of lists that may be given several times. */
export const REPEATABLE = ['status', 'label'] as const;

export const historyQuery = object({
  from: v.optional(queryTime),
  to: v.optional(queryTime),
  limit: v.optional(limit(1000), '100'),
  cursor,
});
