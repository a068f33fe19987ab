import { PROJECT_STATUSES } from '../src/domain/projects/project.ts';
import { OPERATIONS, OUTCOMES } from '../src/domain/tasks/details.ts';
import { TASK_EVENTS } from '../src/domain/tasks/events.ts';
import { TASK_STATUSES } from '../src/domain/tasks/status.ts';
import { PRIORITIES } from '../src/domain/tasks/task.ts';
import { DELIVERY_EVENTS, OUTCOMES as DELIVERY_OUTCOMES } from '../src/domain/webhooks/delivery.ts';

export type JsonSchema = { readonly [key: string]: unknown };

export const COUNTED_STATUSES = TASK_STATUSES;

const text: JsonSchema = { type: 'string' };
const count: JsonSchema = { type: 'integer', minimum: 0 };
const number: JsonSchema = { type: 'number', minimum: 0 };
const flag: JsonSchema = { type: 'boolean' };
const moment: JsonSchema = { type: 'string', format: 'date-time' };
const orNull = (schema: JsonSchema): JsonSchema => ({ anyOf: [schema, { type: 'null' }] });
const listOf = (items: JsonSchema): JsonSchema => ({ type: 'array', items });
const oneOf = (options: readonly string[]): JsonSchema => ({ type: 'string', enum: [...options] });
export const ref = (name: string): JsonSchema => ({ $ref: `#/components/schemas/${name}` });

/** An object: names that end with `?` may be missing, and there are no others. */
export const object = (fields: Readonly<Record<string, JsonSchema>>): JsonSchema => ({
  type: 'object',
  properties: Object.fromEntries(
    Object.entries(fields).map(([name, schema]) => [name.replace('?', ''), schema]),
  ),
  required: Object.keys(fields).filter((name) => !name.endsWith('?')),
  additionalProperties: false,
});

const progress = {
  current: orNull(count),
  total: orNull(count),
  percentage: orNull({ type: 'integer', minimum: 0, maximum: 100 }),
};

const itemResults = (...fine: readonly JsonSchema[]): JsonSchema =>
  object({
    results: listOf({ anyOf: [...fine, object({ status: { type: 'integer' }, problem: ref('Problem') })] }),
  });

const logResult = {
  events: count,
  lines: count,
  records: count,
  duplicates: count,
  late: count,
  oversized: count,
  tasks: listOf(ref('Task')),
};

/** What the API answers. */
export const RESPONSES: Readonly<Record<string, JsonSchema>> = {
  Task: object({
    task_id: text,
    task_name: text,
    task_type: text,
    'description?': text,
    project_id: text,
    'parent_id?': text,
    status: oneOf(TASK_STATUSES),
    priority: oneOf(PRIORITIES),
    progress: object(progress),
    'progress_from?': { const: 'parts' },
    details: object({
      'phase?': text,
      'current_step?': text,
      'operation?': { type: 'string', examples: [...OPERATIONS] },
      'outcome?': oneOf(OUTCOMES),
      'stack_state?': text,
      'failed_resources?': listOf(text),
      'retained_resources?': listOf(text),
      'log_group?': text,
      'log_stream?': text,
      'error_message?': text,
    }),
    labels: { type: 'object', additionalProperties: text },
    metadata: { type: 'object', additionalProperties: true },
    'github?': object({ 'issue_number?': count, 'issue_url?': text, 'pr_number?': count, 'pr_url?': text }),
    attempt: count,
    version: count,
    created_at: moment,
    updated_at: moment,
    'started_at?': moment,
    'completed_at?': moment,
    'duration_seconds?': number,
    'eta_seconds?': number,
    stale: flag,
    'reported_at?': moment,
    'last_event_at?': moment,
  }),
  HistoryPoint: object({
    timestamp: moment,
    ...progress,
    status: oneOf(TASK_STATUSES),
    'phase?': text,
    'message?': text,
  }),
  Project: object({
    project_id: text,
    project_name: text,
    'description?': text,
    status: oneOf(PROJECT_STATUSES),
    owner: text,
    'account_id?': text,
    resources: object({
      'github_repo?': text,
      's3_bucket?': text,
      'cloudfront_distribution?': text,
      'api_endpoint?': text,
    }),
    metrics: object({
      total_tasks: count,
      active_tasks: count,
      completed_tasks: count,
      failed_tasks: count,
      blocked_tasks: count,
      success_rate: orNull({ type: 'number', minimum: 0, maximum: 1 }),
      avg_completion_time_seconds: orNull(number),
      last_updated: moment,
    }),
    version: count,
    created_at: moment,
    updated_at: moment,
  }),
  Webhook: object({
    webhook_id: text,
    project_id: text,
    url: text,
    events: listOf(oneOf(TASK_EVENTS)),
    active: flag,
    'secret?': text,
    version: count,
    created_at: moment,
    updated_at: moment,
    last_delivery: orNull(
      object({
        delivery_id: text,
        event: oneOf(DELIVERY_EVENTS),
        'task_id?': text,
        attempts: count,
        at: moment,
        outcome: oneOf(DELIVERY_OUTCOMES),
        'status_code?': count,
        'error?': text,
        'next_attempt_at?': moment,
      }),
    ),
  }),
  Problem: {
    ...object({
      type: text,
      title: text,
      status: { type: 'integer' },
      code: text,
      error: text,
      detail: text,
      'fields?': listOf(object({ path: text, reason: text })),
    }),
    description: 'A problem document (RFC 9457). `code` is stable and for programs.',
  },
  TaskList: object({ tasks: listOf(ref('Task')), next_cursor: orNull(text) }),
  TaskCreated: object({ task_id: text, status: { const: 'created' }, task: ref('Task') }),
  TaskBatchResult: itemResults(object({ status: { const: 201 }, task_id: text, task: ref('Task') })),
  ProgressBatchResult: itemResults(object({ status: { const: 200 }, task_id: text, task: ref('Task') })),
  TaskHistory: object({ task_id: text, history: listOf(ref('HistoryPoint')), next_cursor: orNull(text) }),
  ProjectList: object({ projects: listOf(ref('Project')), next_cursor: orNull(text) }),
  ProjectCreated: object({ project_id: text, status: { const: 'created' }, project: ref('Project') }),
  WebhookList: object({ webhooks: listOf(ref('Webhook')) }),
  WebhookCreated: object({ webhook_id: text, status: { const: 'created' }, webhook: ref('Webhook') }),
  WebhookTest: object({ delivery_id: text, status: { const: 'queued' } }),
  LogResult: object(logResult),
  LogTextResult: object({ ...logResult, next_offset: count }),
  CollectResult: {
    type: 'object',
    properties: {
      message: text,
      records: count,
      groups: listOf({ type: 'object', additionalProperties: true }),
    },
    required: ['message', 'records', 'groups'],
    additionalProperties: true,
  },
  Event: object({
    id: text,
    event: oneOf(['task', 'project']),
    action: oneOf(['saved', 'deleted']),
    'task_id?': text,
    project_id: text,
    version: count,
    'task?': ref('Task'),
    'project?': ref('Project'),
  }),
  EventPage: object({ events: listOf(ref('Event')), next: text, reset: flag }),
  Health: object({ status: { const: 'healthy' } }),
  Readiness: object({
    status: oneOf(['ready', 'degraded', 'unavailable']),
    backends: {
      type: 'object',
      additionalProperties: object({ status: oneOf(['up', 'down']), latency_ms: number }),
    },
  }),
};
