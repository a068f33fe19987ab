import * as v from 'valibot';
import { OPERATIONS, OUTCOMES } from '../../domain/details.ts';
import { ID_PATTERN, ID_RULE } from '../../domain/ids.ts';
import type { Json, JsonObject } from '../../domain/json.ts';
import { MAX_COUNT } from '../../domain/progress.ts';
import { PROJECT_STATUSES } from '../../domain/project.ts';
import { TASK_STATUSES } from '../../domain/status.ts';
import { PRIORITIES } from '../../domain/task.ts';
import { isTime } from '../../domain/time.ts';

/** A union that tells its options in words. */
const oneOf = <const T extends readonly string[]>(options: T) =>
  v.picklist(options, `must be one of ${options.join(', ')}`);

const id = v.pipe(v.string(), v.regex(ID_PATTERN, ID_RULE));

const line = (maxLength: number) =>
  v.pipe(
    v.string(),
    v.maxLength(maxLength, `must not be longer than ${maxLength} characters`),
    v.check((value) => !CONTROL.test(value), 'must not contain control characters'),
    v.check((value) => value.isWellFormed(), 'must be well-formed Unicode'),
  );
const name = (maxLength: number) =>
  v.pipe(
    line(maxLength),
    v.check((value) => value.trim() !== '', 'must not be empty'),
  );
// biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what this looks for
const CONTROL = /[\u0000-\u001f\u007f]/;

const prose = (maxLength: number) =>
  v.pipe(
    v.string(),
    v.maxLength(maxLength, `must not be longer than ${maxLength} characters`),
    v.check((value) => !value.includes('\u0000'), 'must not contain NUL'),
    v.check((value) => value.isWellFormed(), 'must be well-formed Unicode'),
  );

const slug = v.pipe(
  v.string(),
  v.regex(/^[a-z0-9][a-z0-9_-]{0,63}$/, 'must be 1 to 64 lower-case letters, digits, _ or -'),
);

const integerRule = (min: number) => `must be a whole number from ${min} to ${MAX_COUNT}`;
const count = (min: number) =>
  v.pipe(
    v.number(),
    v.integer(integerRule(min)),
    v.minValue(min, integerRule(min)),
    v.maxValue(MAX_COUNT, integerRule(min)),
  );
const current = count(0);
const total = v.nullable(count(1));

const TIME_RULE = 'must be an ISO 8601 time or epoch milliseconds, of the years 1970 to 9999';
/** A moment, as ISO 8601 text or epoch milliseconds; epoch milliseconds inside. */
export const time = v.pipe(
  v.union([v.string(), v.number()], TIME_RULE),
  v.transform((value) =>
    typeof value === 'number' ? value : ISO.test(value) ? Date.parse(value) : Number.NaN,
  ),
  v.check(isTime, TIME_RULE),
);
const ISO = /^\d{4}-\d\d-\d\d(T\d\d:\d\d(:\d\d(\.\d{1,9})?)?(Z|[+-]\d\d:?\d\d)?)?$/;

const jsonValue: v.GenericSchema<Json> = v.lazy(() =>
  v.union([
    v.null(),
    v.boolean(),
    v.pipe(v.number(), v.finite()),
    prose(65_536),
    v.array(jsonValue),
    jsonObject,
  ]),
);
const jsonObject: v.GenericSchema<JsonObject> = v.record(v.pipe(v.string(), v.maxLength(256)), jsonValue);

const url = v.pipe(line(2048), v.url('must be a URL'), v.regex(/^https?:/i, 'must be an http or https URL'));

const labels = v.pipe(
  v.record(name(63), line(256)),
  v.check((value) => Object.keys(value).length <= 50, 'must not have more than 50 entries'),
);

const github = v.pipe(
  v.strictObject({
    issue_number: v.optional(count(1)),
    issue_url: v.optional(url),
    pr_number: v.optional(count(1)),
    pr_url: v.optional(url),
  }),
  v.transform((value) => withoutUndefined(value)),
);

const details = v.pipe(
  v.strictObject({
    phase: v.optional(line(256)),
    current_step: v.optional(line(1024)),
    operation: v.optional(oneOf(OPERATIONS)),
    outcome: v.optional(oneOf(OUTCOMES)),
    stack_state: v.optional(line(128)),
    failed_resources: v.optional(
      v.pipe(v.array(line(256)), v.maxLength(100, 'must not have more than 100 entries')),
    ),
    log_group: v.optional(line(512)),
    log_stream: v.optional(line(512)),
    error_message: v.optional(prose(4096)),
  }),
  v.transform((value) => withoutUndefined(value)),
);

export const newTask = v.strictObject({
  task_id: v.optional(id),
  task_name: v.optional(name(512)),
  task_type: v.optional(slug),
  description: v.optional(prose(16_384)),
  project_id: v.optional(id),
  status: v.optional(oneOf(TASK_STATUSES)),
  priority: v.optional(oneOf(PRIORITIES)),
  progress: v.optional(v.strictObject({ current: v.optional(current), total: v.optional(total) })),
  details: v.optional(details),
  labels: v.optional(labels),
  metadata: v.optional(jsonObject),
  github: v.optional(github),
});

export const progressReport = v.pipe(
  v.strictObject({
    current: v.optional(current),
    total: v.optional(total),
    status: v.optional(oneOf(TASK_STATUSES)),
    phase: v.optional(line(256)),
    message: v.optional(prose(4096)),
    timestamp: v.optional(time),
  }),
  v.check((report) => Object.values(report).some((value) => value !== undefined), 'must report something'),
);

export const newProject = v.strictObject({
  project_id: v.optional(id),
  project_name: name(256),
  description: v.optional(prose(16_384)),
  status: v.optional(oneOf(PROJECT_STATUSES)),
  owner: v.optional(line(256)),
  account_id: v.optional(v.pipe(v.string(), v.regex(/^\d{12}$/, 'must be 12 digits'))),
  resources: v.optional(
    v.pipe(
      v.strictObject({
        github_repo: v.optional(line(256)),
        s3_bucket: v.optional(line(256)),
        cloudfront_distribution: v.optional(line(256)),
        api_endpoint: v.optional(url),
      }),
      v.transform((value) => withoutUndefined(value)),
    ),
  ),
});

/** The most log events in one post. */
export const MAX_EVENTS = 10_000;

export const logBatch = v.strictObject({
  project_id: v.optional(id),
  log_group: name(512),
  log_stream: name(512),
  events: v.pipe(
    v.array(
      v.strictObject({
        id: v.optional(name(256)),
        timestamp: time,
        message: v.string(),
      }),
    ),
    v.maxLength(MAX_EVENTS, `must not have more than ${MAX_EVENTS} entries; send them in parts`),
  ),
});

export const collectRequest = v.pipe(
  v.strictObject({
    log_group: v.optional(name(512)),
    start_time: v.optional(time),
    end_time: v.optional(time),
  }),
  v.check(
    ({ start_time, end_time }) =>
      start_time === undefined || end_time === undefined || start_time <= end_time,
    'must not end before it starts',
  ),
);

const limit = (max: number) =>
  v.pipe(
    v.string(),
    v.regex(/^\d{1,6}$/, `must be a whole number from 1 to ${max}`),
    v.transform(Number),
    v.minValue(1, `must be a whole number from 1 to ${max}`),
    v.maxValue(max, `must be a whole number from 1 to ${max}`),
  );
const list = v.pipe(
  v.string(),
  v.transform((value) => value.split(',')),
);

export const taskListQuery = v.strictObject({
  status: v.optional(v.pipe(list, v.array(oneOf(TASK_STATUSES)))),
  project_id: v.optional(id),
  task_type: v.optional(slug),
  limit: v.optional(limit(100), '50'),
  cursor: v.optional(v.string()),
});

export const projectListQuery = v.strictObject({
  limit: v.optional(limit(100), '50'),
  cursor: v.optional(v.string()),
});

const queryTime = v.pipe(
  v.string(),
  v.transform((value) => (/^\d{1,15}$/.test(value) ? Number(value) : value)),
  time,
);

export const historyQuery = v.strictObject({
  from: v.optional(queryTime),
  to: v.optional(queryTime),
  limit: v.optional(limit(1000), '100'),
  cursor: v.optional(v.string()),
});

const position = v.pipe(v.string(), v.regex(/^[\x21-\x7e]{1,200}$/, 'must be the id of an event'));

export const eventsQuery = v.strictObject({
  since: v.optional(position),
  project_id: v.optional(id),
  task_id: v.optional(id),
});

export const lastEventId = v.pipe(
  v.string(),
  v.check((value) => v.is(position, value), 'Last-Event-ID must be the id of an event'),
);

/** An id in a path, under the name that an error is to call it. */
export const pathParams = (name: string) => v.object({ [name]: id });

const withoutUndefined = <T extends object>(value: T): { [K in keyof T]: Exclude<T[K], undefined> } =>
  Object.fromEntries(Object.entries(value).filter(([, inner]) => inner !== undefined)) as {
    [K in keyof T]: Exclude<T[K], undefined>;
  };
