import type * as v from 'valibot';
import { eventsQuery } from '../src/api/schemas/events.ts';
import { logTextQuery } from '../src/api/schemas/logs.ts';
import { projectListQuery } from '../src/api/schemas/projects.ts';
import { historyQuery, taskListQuery } from '../src/api/schemas/tasks.ts';
import { type JsonSchema, ref } from './openapi-responses.ts';

/** What a reader needs to know of an operation beyond its route. `problems` are those that not every operation has. */
export type OperationDoc = Readonly<{
  tag: 'tasks' | 'projects' | 'webhooks' | 'logs' | 'live' | 'health';
  summary: string;
  description?: string;
  query?: v.GenericSchema;
  body?: string;
  bodyOptional?: boolean;
  patch?: boolean;
  textBody?: boolean;
  conditional?: boolean;
  resumable?: boolean;
  answers: Readonly<Record<number, JsonSchema>>;
  problems: readonly number[];
}>;

const headers = (...names: readonly string[]): JsonSchema =>
  names.length === 0
    ? {}
    : { headers: Object.fromEntries(names.map((name) => [name, { schema: { type: 'string' } }])) };

const ok = (description: string, schema: string, ...names: readonly string[]): JsonSchema => ({
  description,
  ...headers(...names),
  content: { 'application/json': { schema: ref(schema) } },
});
const empty = (description: string, ...names: readonly string[]): JsonSchema => ({
  description,
  ...headers(...names),
});

const WEBHOOK = { 200: ok('The webhook as it is now', 'Webhook', 'ETag') };
const TASK = { 200: ok('The task as it is now', 'Task', 'ETag') };

/** Every operation by its name. */
export const OPERATIONS: Readonly<Record<string, OperationDoc>> = {
  getHealth: {
    tag: 'health',
    summary: 'Whether the process lives',
    answers: { 200: ok('It lives', 'Health') },
    problems: [],
  },
  getReadiness: {
    tag: 'health',
    summary: 'Each backend and its latency',
    answers: {
      200: ok('Ready, or degraded without what it can do without', 'Readiness'),
      503: ok('The store is away', 'Readiness'),
    },
    problems: [],
  },
  listTasks: {
    tag: 'tasks',
    summary: 'List tasks, newest update first',
    query: taskListQuery,
    answers: { 200: ok('A page', 'TaskList') },
    problems: [],
  },
  createTask: {
    tag: 'tasks',
    summary: 'Create a task',
    description:
      'Everything has a default; `task_name` is "Untitled". A part has its project from its parent.',
    body: 'NewTask',
    answers: { 201: ok('Created', 'TaskCreated', 'Location', 'ETag') },
    problems: [409],
  },
  getTask: {
    tag: 'tasks',
    summary: 'Read a task',
    conditional: true,
    answers: { 200: ok('The task', 'Task', 'ETag'), 304: empty('It is still that version', 'ETag') },
    problems: [404],
  },
  patchTask: {
    tag: 'tasks',
    summary: 'Change a task by a merge patch (RFC 7396)',
    description:
      'What is left out stays, null removes. A task that has ended keeps its status and progress: reopen it.',
    body: 'TaskPatch',
    patch: true,
    conditional: true,
    answers: TASK,
    problems: [404, 409],
  },
  deleteTask: {
    tag: 'tasks',
    summary: 'Delete a task and its history',
    description: 'Its parts stay.',
    conditional: true,
    answers: { 204: empty('Deleted') },
    problems: [404, 409],
  },
  reportProgress: {
    tag: 'tasks',
    summary: 'Report progress',
    description: 'A count that reaches its total without a status completes the task.',
    body: 'ProgressReport',
    conditional: true,
    answers: TASK,
    problems: [404, 409],
  },
  cancelTask: {
    tag: 'tasks',
    summary: 'Cancel a task',
    body: 'CancelRequest',
    bodyOptional: true,
    conditional: true,
    answers: TASK,
    problems: [404, 409],
  },
  reopenTask: {
    tag: 'tasks',
    summary: 'Begin a task that has ended anew, as its next attempt',
    body: 'ReopenRequest',
    bodyOptional: true,
    conditional: true,
    answers: TASK,
    problems: [404, 409],
  },
  getTaskHistory: {
    tag: 'tasks',
    summary: 'Read the history of a task, oldest first',
    query: historyQuery,
    answers: { 200: ok('A page', 'TaskHistory') },
    problems: [404],
  },
  createTasks: {
    tag: 'tasks',
    summary: 'Create up to 100 tasks',
    description: 'Each has a result of its own, in the same order; one that is refused stops no other.',
    body: 'TaskBatch',
    answers: { 200: ok('The results', 'TaskBatchResult') },
    problems: [],
  },
  reportProgressOfTasks: {
    tag: 'tasks',
    summary: 'Report progress of up to 100 tasks',
    description: 'Each has a result of its own, in the same order; one that is refused stops no other.',
    body: 'ProgressBatch',
    answers: { 200: ok('The results', 'ProgressBatchResult') },
    problems: [],
  },
  listProjects: {
    tag: 'projects',
    summary: 'List projects',
    query: projectListQuery,
    answers: { 200: ok('A page', 'ProjectList') },
    problems: [],
  },
  createProject: {
    tag: 'projects',
    summary: 'Create a project',
    body: 'NewProject',
    answers: { 201: ok('Created', 'ProjectCreated', 'Location', 'ETag') },
    problems: [409],
  },
  getProject: {
    tag: 'projects',
    summary: 'Read a project and its metrics',
    conditional: true,
    answers: { 200: ok('The project', 'Project', 'ETag'), 304: empty('It is still that version', 'ETag') },
    problems: [404],
  },
  patchProject: {
    tag: 'projects',
    summary: 'Change a project by a merge patch (RFC 7396)',
    body: 'ProjectPatch',
    patch: true,
    conditional: true,
    answers: { 200: ok('The project as it is now', 'Project', 'ETag') },
    problems: [404, 409],
  },
  deleteProject: {
    tag: 'projects',
    summary: 'Delete a project that has no tasks',
    conditional: true,
    answers: { 204: empty('Deleted') },
    problems: [404, 409],
  },
  listWebhooks: {
    tag: 'webhooks',
    summary: 'List the webhooks of a project, oldest first',
    description: 'Whole URLs are told to keys of scope `admin` only, secrets to nobody.',
    answers: { 200: ok('All of them', 'WebhookList') },
    problems: [404],
  },
  createWebhook: {
    tag: 'webhooks',
    summary: 'Create a webhook',
    description:
      'The answer tells the secret that signs its messages, which is told never again. At most 10 a project. Messages ' +
      'follow the Standard Webhooks specification.',
    body: 'NewWebhook',
    answers: { 201: ok('Created', 'WebhookCreated', 'Location', 'ETag') },
    problems: [404, 409],
  },
  getWebhook: {
    tag: 'webhooks',
    summary: 'Read a webhook and what came of its latest delivery',
    answers: { 200: ok('The webhook', 'Webhook', 'ETag') },
    problems: [404],
  },
  patchWebhook: {
    tag: 'webhooks',
    summary: 'Change a webhook by a merge patch (RFC 7396)',
    body: 'WebhookPatch',
    patch: true,
    conditional: true,
    answers: WEBHOOK,
    problems: [404, 409],
  },
  deleteWebhook: {
    tag: 'webhooks',
    summary: 'Delete a webhook',
    description: 'What is on its way to it is dropped.',
    conditional: true,
    answers: { 204: empty('Deleted') },
    problems: [404, 409],
  },
  rotateWebhookSecret: {
    tag: 'webhooks',
    summary: 'Give a webhook a new secret',
    description: 'The answer tells it. For 24 hours messages are signed with the one before, too.',
    body: 'RotateRequest',
    bodyOptional: true,
    conditional: true,
    answers: WEBHOOK,
    problems: [404, 409],
  },
  testWebhook: {
    tag: 'webhooks',
    summary: 'Send a webhook a message `webhook.test`',
    answers: { 202: ok('On its way', 'WebhookTest') },
    problems: [404, 409],
  },
  sendLogs: {
    tag: 'logs',
    summary: 'Send log lines',
    description:
      'Sending the same lines again changes nothing. An event without an id is known by its time and text.',
    body: 'LogBatch',
    answers: { 200: ok('What came of them', 'LogResult') },
    problems: [409],
  },
  sendLogText: {
    tag: 'logs',
    summary: 'Send a log as raw text, in pieces cut anywhere',
    description:
      '`offset` is the place of the first byte in the whole log: a piece that was taken already is passed over.',
    query: logTextQuery,
    textBody: true,
    answers: { 200: ok('What came of it', 'LogTextResult') },
    problems: [409],
  },
  collect: {
    tag: 'logs',
    summary: 'Collect logs now',
    body: 'CollectRequest',
    bodyOptional: true,
    answers: { 200: ok('What came of it, by log group', 'CollectResult') },
    problems: [409],
  },
  getEvents: {
    tag: 'live',
    summary: 'Changes of tasks and projects as they happen',
    description:
      'Server-sent events `task` and `project`; their `id` is where to resume; `reset` says that events were missed. ' +
      'Asked for `application/json`, or where the server has no streams, it answers at once with what came behind `since`.',
    query: eventsQuery,
    resumable: true,
    answers: {
      200: {
        description: 'A stream, or a page of events',
        content: {
          'text/event-stream': { schema: { type: 'string' } },
          'application/json': { schema: ref('EventPage') },
        },
      },
      304: empty('Nothing has happened since', 'ETag'),
    },
    problems: [],
  },
  getOpenApi: {
    tag: 'health',
    summary: 'This contract',
    answers: {
      200: {
        description: 'An OpenAPI 3.1 document',
        content: { 'application/json': { schema: { type: 'object' } } },
      },
    },
    problems: [],
  },
  getDocs: {
    tag: 'health',
    summary: 'This contract as a page',
    answers: { 200: { description: 'A page', content: { 'text/html': { schema: { type: 'string' } } } } },
    problems: [],
  },
};
