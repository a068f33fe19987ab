// Over 300 lines: a task as it is created, changed, listed and answered is one subject.

import * as v from 'valibot';
import { defined } from '../../domain/defined.ts';
import { OPERATIONS, OUTCOMES } from '../../domain/tasks/details.ts';
import { TASK_STATUSES } from '../../domain/tasks/status.ts';
import { PRIORITIES } from '../../domain/tasks/task.ts';
import {
  amount,
  count,
  cursor,
  documented,
  flag,
  id,
  jsonObject,
  labelPatch,
  labels,
  limit,
  line,
  moment,
  name,
  named,
  nextCursor,
  object,
  oneOf,
  patchOf,
  prose,
  queryTime,
  slug,
  text,
  tidy,
  time,
  url,
  whole,
} from './fields.ts';
import { problem } from './problem.ts';
import { cadence, cadenceAnswer, exitCode, runFacts, runFactsAnswer, signal } from './runs.ts';

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
  exit_code: v.optional(exitCode),
  signal: v.optional(signal),
};

export const newTask = named(
  'NewTask',
  object({
    task_id: v.optional(id),
    task_name: v.optional(name(512)),
    task_type: v.optional(slug),
    description: v.optional(prose(16_384)),
    project_id: v.optional(id),
    parent_id: v.optional(id),
    status: v.optional(oneOf(TASK_STATUSES)),
    priority: v.optional(oneOf(PRIORITIES)),
    progress: v.optional(
      object({
        current: v.optional(current),
        total: v.optional(total),
        failed: v.optional(count(0)),
        skipped: v.optional(count(0)),
      }),
    ),
    details: v.optional(tidy(detailsEntries)),
    labels: v.optional(labels),
    metadata: v.optional(jsonObject),
    github: v.optional(tidy(githubEntries)),
    run: v.optional(runFacts),
    heartbeat: v.optional(cadence),
    expect: v.optional(cadence),
    started_at: v.optional(time),
  }),
);

const beside = (what: string) =>
  v.optional(
    v.nullable(
      v.pipe(count(0), v.description(`Steps that ${what}, counted beside \`current\`; null removes.`)),
    ),
  );
/** The counter in a patch or a report. */
const counterEntries = {
  current: v.optional(current),
  total: v.optional(total),
  failed: beside('failed'),
  skipped: beside('were skipped'),
};

/** A JSON merge patch (RFC 7396). Required fields cannot be null. */
export const taskPatch = named(
  'TaskPatch',
  v.pipe(
    object({
      task_name: v.optional(name(512)),
      task_type: v.optional(slug),
      description: v.optional(v.nullable(prose(16_384))),
      project_id: v.optional(id),
      status: v.optional(oneOf(TASK_STATUSES)),
      priority: v.optional(oneOf(PRIORITIES)),
      progress: v.optional(object(counterEntries)),
      details: v.optional(v.nullable(patchOf(detailsEntries))),
      labels: v.optional(v.nullable(labelPatch)),
      metadata: v.optional(v.nullable(jsonObject)),
      github: v.optional(v.nullable(patchOf(githubEntries))),
      run: v.optional(v.nullable(runFacts)),
      heartbeat: v.optional(v.nullable(cadence)),
      expect: v.optional(v.nullable(cadence)),
    }),
    v.transform((value) => defined(value)),
  ),
);

/** The body of these may be empty. */
export const cancelRequest = named('CancelRequest', object({ message: v.optional(prose(4096)) }));
export const reopenRequest = named(
  'ReopenRequest',
  object({
    status: v.optional(oneOf(['pending', 'running'])),
    message: v.optional(prose(4096)),
  }),
);

const reportEntries = {
  ...counterEntries,
  status: v.optional(oneOf(TASK_STATUSES)),
  phase: v.optional(line(256)),
  message: v.optional(prose(4096)),
  timestamp: v.optional(time),
  exit_code: v.optional(exitCode),
  signal: v.optional(signal),
  error_message: v.optional(
    v.pipe(prose(4096), v.description('The cause; one that was found in the log of the task stays.')),
  ),
};
const SAYS_NOTHING = 'must report something';
export const progressReport = named(
  'ProgressReport',
  v.pipe(object(reportEntries), v.minEntries(1, SAYS_NOTHING)),
);
/** A report in a batch, which names its task. */
export const taskReport = named(
  'TaskReport',
  v.pipe(object({ task_id: id, ...reportEntries }), v.minEntries(2, SAYS_NOTHING)),
);

/** The most items of a batch. */
const MAX_BATCH = 100;
/** Items are checked one by one, so that an invalid one does not stop the others. */
const batchOf = <Item extends v.GenericSchema>(item: Item) =>
  v.pipe(
    v.array(v.custom<v.InferInput<Item>>(() => true)),
    v.minLength(1, 'must not be empty'),
    v.maxLength(MAX_BATCH, `must not have more than ${MAX_BATCH} entries; send them in parts`),
    v.metadata({ item }),
  );
export const taskBatch = named('TaskBatch', object({ tasks: batchOf(newTask) }));
export const progressBatch = named('ProgressBatch', object({ reports: batchOf(taskReport) }));

/** Several statuses, separated by commas or repeated. */
const statuses = documented(
  {
    description: 'Any of these: repeated, or separated by commas.',
    type: 'array',
    items: { enum: TASK_STATUSES },
  },
  v.pipe(
    v.array(v.string()),
    v.transform((values) => values.flatMap((value) => value.split(','))),
    v.array(oneOf(TASK_STATUSES)),
  ),
);

/** Labels as `name:value`, the name up to the first colon. A task must have all of them. */
const labelFilter = v.pipe(
  v.array(
    v.pipe(v.string(), v.regex(/^[^:]{1,63}:.{0,256}$/su, 'must be a name and a value, as in env:prod')),
  ),
  v.description('A label as `name:value`; if repeated, a task must have all of them.'),
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
  parent_id: v.optional(v.pipe(id, v.description('The parts of this task.'))),
  label: v.optional(labelFilter),
  q: v.optional(v.pipe(line(256), v.description('Found in the name, regardless of case.'))),
  updated_since: queryTime('Updated at or after this time'),
  limit: limit(100, 50),
  cursor,
});

export const historyQuery = object({
  from: queryTime('At or after this time'),
  to: queryTime('At or before this time'),
  limit: limit(1000, 100),
  cursor,
});

const progressEntries = {
  current: v.nullable(whole),
  total: v.nullable(whole),
  percentage: v.nullable(v.pipe(whole, v.maxValue(100))),
  failed: v.optional(whole),
  skipped: v.optional(whole),
};

export const task = named(
  'Task',
  object({
    task_id: text,
    task_name: text,
    task_type: text,
    description: v.optional(text),
    project_id: text,
    parent_id: v.optional(text),
    status: oneOf(TASK_STATUSES),
    priority: oneOf(PRIORITIES),
    progress: object(progressEntries),
    progress_from: v.optional(v.literal('parts')),
    details: object({
      phase: v.optional(text),
      current_step: v.optional(text),
      operation: v.optional(v.pipe(text, v.examples([...OPERATIONS]))),
      outcome: v.optional(oneOf(OUTCOMES)),
      stack_state: v.optional(text),
      failed_resources: v.optional(v.array(text)),
      retained_resources: v.optional(v.array(text)),
      log_group: v.optional(text),
      log_stream: v.optional(text),
      error_message: v.optional(text),
      exit_code: v.optional(whole),
      signal: v.optional(text),
    }),
    labels: v.record(v.string(), text),
    metadata: jsonObject,
    github: v.optional(
      object({
        issue_number: v.optional(whole),
        issue_url: v.optional(text),
        pr_number: v.optional(whole),
        pr_url: v.optional(text),
      }),
    ),
    run: v.optional(runFactsAnswer),
    heartbeat: v.optional(cadenceAnswer),
    expect: v.optional(cadenceAnswer),
    attempt: whole,
    version: whole,
    created_at: moment,
    updated_at: moment,
    started_at: v.optional(moment),
    completed_at: v.optional(moment),
    duration_seconds: v.optional(amount),
    eta_seconds: v.optional(amount),
    stale: flag,
    reported_at: v.optional(moment),
    last_event_at: v.optional(moment),
  }),
);

export const historyPoint = named(
  'HistoryPoint',
  object({
    timestamp: moment,
    ...progressEntries,
    status: oneOf(TASK_STATUSES),
    phase: v.optional(text),
    message: v.optional(text),
  }),
);

export const taskList = named('TaskList', object({ tasks: v.array(task), next_cursor: nextCursor }));
export const taskCreated = named(
  'TaskCreated',
  object({ task_id: text, status: v.literal('created'), task }),
);
export const taskHistory = named(
  'TaskHistory',
  object({ task_id: text, history: v.array(historyPoint), next_cursor: nextCursor }),
);

const resultsOf = <const Status extends number>(status: Status) =>
  object({
    results: v.array(
      v.union([
        object({ status: v.literal(status), task_id: text, task }),
        object({ status: v.pipe(v.number(), v.integer()), problem }),
      ]),
    ),
  });
export const taskBatchResult = named('TaskBatchResult', resultsOf(201));
export const progressBatchResult = named('ProgressBatchResult', resultsOf(200));

export type Task = v.InferOutput<typeof task>;
export type HistoryPoint = v.InferOutput<typeof historyPoint>;
export type TaskList = v.InferOutput<typeof taskList>;
export type NewTask = v.InferInput<typeof newTask>;
