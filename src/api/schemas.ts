import * as v from 'valibot';
import { ID_PATTERN, ID_RULE } from '../domain/ids.ts';
import { isJsonObject, type Json, type JsonObject } from '../domain/json.ts';
import { PROJECT_STATUSES } from '../domain/projects/project.ts';
import { OPERATIONS, OUTCOMES } from '../domain/tasks/details.ts';
import { TASK_EVENTS } from '../domain/tasks/events.ts';
import { MAX_COUNT } from '../domain/tasks/progress.ts';
import { TASK_STATUSES } from '../domain/tasks/status.ts';
import { MAX_LABELS, MAX_METADATA, PRIORITIES } from '../domain/tasks/task.ts';
import { isTime } from '../domain/time.ts';

/** A union that tells its options in words. */
const oneOf = <const T extends readonly string[]>(options: T) =>
  v.picklist(options, `must be one of ${options.join(', ')}`);

const id = v.pipe(v.string(), v.regex(ID_PATTERN, ID_RULE));

/** An object with these fields and no others. An array, which has no fields either, is none. */
const object = <const E extends v.ObjectEntries>(entries: E): v.StrictObjectSchema<E, undefined> => {
  const schema = v.strictObject(entries);
  return {
    ...schema,
    '~run': (dataset, config) =>
      schema['~run'](Array.isArray(dataset.value) ? { value: 'an array' } : dataset, config),
  };
};

/** Text on one line. */
const line = (maxLength: number) =>
  v.pipe(
    v.string(),
    v.maxLength(maxLength, `must not be longer than ${maxLength} characters`),
    v.regex(NO_CONTROL, 'must not contain control characters'),
    v.check((value) => value.isWellFormed(), 'must be well-formed Unicode'),
  );
const name = (maxLength: number) =>
  // The length is what the contract can say of it.
  v.pipe(line(maxLength), v.minLength(1, 'must not be empty'), v.regex(/\S/, 'must not be empty'));
// biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what this looks for
const NO_CONTROL = /^[^\u0000-\u001f\u007f]*$/;

const prose = (maxLength: number) =>
  v.pipe(
    v.string(),
    v.maxLength(maxLength, `must not be longer than ${maxLength} characters`),
    // biome-ignore lint/suspicious/noControlCharactersInRegex: NUL is what this looks for
    v.regex(/^[^\u0000]*$/, 'must not contain NUL'),
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

/** Epoch milliseconds of ISO 8601 text, NaN where it is none. Without a zone it is UTC, wherever this runs. */
const epochOf = (text: string): number => {
  const [, year, month, day, clock, zone] = ISO.exec(text) ?? [];
  if (Number(day) > new Date(Date.UTC(Number(year), Number(month), 0)).getUTCDate()) return Number.NaN;
  return year === undefined
    ? Number.NaN
    : Date.parse(clock !== undefined && zone === undefined ? `${text}Z` : text);
};
const ISO = /^(\d{4})-(\d\d)-(\d\d)(T\d\d:\d\d(?::\d\d(?:\.\d{1,9})?)?(Z|[+-]\d\d:?\d\d)?)?$/;

const TIME_RULE = 'must be an ISO 8601 time or epoch milliseconds, of the years 1970 to 9999';
/** A moment, as ISO 8601 text or epoch milliseconds; epoch milliseconds inside. */
export const time = v.pipe(
  v.union([v.string(), v.number()], TIME_RULE),
  v.transform((value) => (typeof value === 'number' ? value : epochOf(value))),
  v.check(isTime, TIME_RULE),
);

/** Any JSON object. Schemas of records lose keys such as `constructor`, so it is looked through by hand. */
export const jsonObject = v.pipe(
  v.custom<JsonObject>(isJsonObject, 'must be an object'),
  v.rawCheck(({ dataset, addIssue }) => {
    if (!dataset.typed) return;
    const problem = problemOfJson(dataset.value);
    if (problem !== undefined) addIssue({ message: problem });
  }),
);

const problemOfJson = (value: JsonObject): string | undefined => {
  const texts: string[] = [];
  const collect = (inner: Json): void => {
    if (typeof inner === 'string') texts.push(inner);
    else if (typeof inner === 'object' && inner !== null) {
      if (!Array.isArray(inner)) texts.push(...Object.keys(inner));
      for (const member of Object.values(inner)) collect(member);
    }
  };
  collect(value);
  if (texts.some((text) => text.includes('\u0000'))) return 'must not contain NUL';
  if (texts.some((text) => !text.isWellFormed())) return 'must be well-formed Unicode';
  if (JSON.stringify(value).length > MAX_METADATA)
    return `must not be longer than ${MAX_METADATA} characters of JSON`;
  return undefined;
};

const url = v.pipe(line(2048), v.url('must be a URL'), v.regex(/^https?:/i, 'must be an http or https URL'));

const LABEL_NAME = 63;
const LABEL_VALUE = 256;

type Labels<Value> = Readonly<Record<string, Value>>;

const labelsOf = <Value extends string | null>(isValue: (value: Json) => value is Value, rule: string) =>
  v.pipe(
    v.custom<Labels<Value>>(isJsonObject, 'must be an object'),
    v.rawCheck(({ dataset, addIssue }) => {
      if (!dataset.typed) return;
      const entries: readonly [string, Json][] = Object.entries(dataset.value);
      if (entries.length > MAX_LABELS) addIssue({ message: `must not have more than ${MAX_LABELS} entries` });
      for (const [key, value] of entries) {
        const path: [v.IssuePathItem] = [
          { type: 'object', origin: 'value', input: dataset.value, key, value },
        ];
        if (!v.is(name(LABEL_NAME), key)) {
          addIssue({
            message: `must have a name of 1 to ${LABEL_NAME} characters, none of them control characters`,
            path,
          });
        }
        if (!isValue(value)) addIssue({ message: rule, path });
      }
    }),
  );
const isLabelValue = (value: Json): value is string => v.is(line(LABEL_VALUE), value);
const LABEL_RULE = `must be a string of at most ${LABEL_VALUE} characters, none of them control characters`;
export const labels = labelsOf(isLabelValue, LABEL_RULE);
export const labelPatch = labelsOf(
  (value): value is string | null => value === null || isLabelValue(value),
  `${LABEL_RULE}, or null`,
);

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

const tidy = <const E extends v.ObjectEntries>(entries: E) =>
  v.pipe(
    object(entries),
    v.transform((value) => withoutUndefined(value)),
  );

/** A merge patch of an object: each field may be left out, or null to remove it. */
const patchOf = <const E extends v.ObjectEntries>(entries: E) =>
  tidy(nullable(entries)) as v.GenericSchema<
    unknown,
    { [K in keyof E]?: Exclude<v.InferOutput<E[K]>, undefined> | null }
  >;

const nullable = (entries: v.ObjectEntries): v.ObjectEntries =>
  Object.fromEntries(
    Object.entries(entries).map(([key, schema]) => [
      key,
      v.optional(v.nullable('wrapped' in schema ? (schema.wrapped as v.GenericSchema) : schema)),
    ]),
  );

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

const resourcesEntries = {
  github_repo: v.optional(line(256)),
  s3_bucket: v.optional(line(256)),
  cloudfront_distribution: v.optional(line(256)),
  api_endpoint: v.optional(url),
};
const accountId = v.pipe(v.string(), v.regex(/^\d{12}$/, 'must be 12 digits'));

export const newProject = object({
  project_id: v.optional(id),
  project_name: name(256),
  description: v.optional(prose(16_384)),
  status: v.optional(oneOf(PROJECT_STATUSES)),
  owner: v.optional(line(256)),
  account_id: v.optional(accountId),
  resources: v.optional(tidy(resourcesEntries)),
});

/** A JSON merge patch (RFC 7396). What a project must have cannot be null. */
export const projectPatch = v.pipe(
  object({
    project_name: v.optional(name(256)),
    description: v.optional(v.nullable(prose(16_384))),
    status: v.optional(oneOf(PROJECT_STATUSES)),
    owner: v.optional(line(256)),
    account_id: v.optional(v.nullable(accountId)),
    resources: v.optional(v.nullable(patchOf(resourcesEntries))),
  }),
  v.transform((value) => withoutUndefined(value)),
);

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

/** The most log events in one post. */
export const MAX_EVENTS = 10_000;

export const logBatch = object({
  project_id: v.optional(id),
  log_group: name(512),
  log_stream: name(512),
  events: v.pipe(
    v.array(
      object({
        id: v.optional(name(256)),
        timestamp: time,
        message: v.string(),
      }),
    ),
    v.maxLength(MAX_EVENTS, `must not have more than ${MAX_EVENTS} entries; send them in parts`),
  ),
});

const wholeNumber = v.pipe(v.string(), v.regex(/^\d{1,15}$/, 'must be a whole number'), v.transform(Number));

/** Where a piece of a log belongs: `offset` is the place of its first byte, `last` says that nothing follows. */
export const logTextQuery = object({
  log_group: name(512),
  log_stream: name(512),
  project_id: v.optional(id),
  offset: v.optional(wholeNumber),
  last: v.optional(
    v.pipe(
      v.picklist(['true', 'false'], 'must be true or false'),
      v.transform((value) => value === 'true'),
    ),
    'false',
  ),
});

export const collectRequest = v.pipe(
  object({
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
const CURSOR_RULE = 'is not a cursor of this list, or an earlier release issued it; start again without it';
const cursor = v.optional(
  v.pipe(v.string(), v.maxLength(12_288, CURSOR_RULE), v.regex(/^[A-Za-z0-9_-]+$/, CURSOR_RULE)),
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

const queryTime = v.pipe(
  v.string(),
  v.transform((value) => (/^\d{1,15}$/.test(value) ? Number(value) : value)),
  time,
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

export const projectListQuery = object({
  limit: v.optional(limit(100), '50'),
  cursor,
});

export const historyQuery = object({
  from: v.optional(queryTime),
  to: v.optional(queryTime),
  limit: v.optional(limit(1000), '100'),
  cursor,
});

const position = v.pipe(v.string(), v.regex(/^[\x21-\x7e]{1,200}$/, 'must be the id of an event'));

export const eventsQuery = object({
  since: v.optional(position),
  project_id: v.optional(id),
  task_id: v.optional(id),
});

export const isPosition = (value: string): boolean => v.is(position, value);

/** An id in a path, under the name that an error is to call it. */
export const pathParams = (name: string) => {
  const known = PATH_PARAMS.get(name) ?? v.object({ [name]: id });
  PATH_PARAMS.set(name, known);
  return known;
};

/** To make a schema takes longer than to check an id by it. */
const PATH_PARAMS = new Map<string, v.ObjectSchema<Record<string, typeof id>, undefined>>();

const withoutUndefined = <T extends object>(value: T): { [K in keyof T]: Exclude<T[K], undefined> } =>
  Object.fromEntries(Object.entries(value).filter(([, inner]) => inner !== undefined)) as {
    [K in keyof T]: Exclude<T[K], undefined>;
  };
