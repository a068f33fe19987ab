import type { MiyabiClient, Task, TaskLogs } from '../../client/index.ts';
import { TASK_STATUSES } from '../../domain/tasks/status.ts';
import { type InputSchema, inputSchema, text, whole } from './schema.ts';

export type ToolContext = Readonly<{
  client: MiyabiClient;
  /** The project of new tasks if none is named. */
  project: string | undefined;
}>;

/** A tool as the protocol describes it; `call` gets an input that its schema has checked. */
export type Tool = Readonly<{
  name: string;
  title: string;
  description: string;
  readOnly: boolean;
  input: InputSchema;
  /** @throws MiyabiApiError if the server refuses or does not answer. */
  call(context: ToolContext, input: Input): Promise<Readonly<Record<string, unknown>>>;
}>;

type Input = Readonly<Record<string, unknown>>;

const LIST_LIMIT = 20;
const MAX_LIST = 100;
/** Of how many failed tasks the log is read for one answer. */
const MAX_LOGS = 10;
const LOG_TAIL = 50;
const MAX_LOG_TAIL = 500;

const TASK_ID = text('The task_id.');
const PROJECT = text('The project_id.');

export const TOOLS: readonly Tool[] = [
  {
    name: 'start_task',
    title: 'Start a task',
    description:
      'Start a task for work that takes longer than a minute, so that people can see how far it is. Report progress as ' +
      'steps are done, and always finish it. Returns its task_id.',
    readOnly: false,
    input: inputSchema(
      {
        name: text('What is being done, in a few words.'),
        total: whole('How many steps there are, if that is known.', 1),
        project_id: PROJECT,
        parent_id: text('The task_id of the task of which this is a part.'),
        description: text('What the task is for.'),
        labels: {
          type: 'object',
          additionalProperties: { type: 'string' },
          description: 'Names and values to filter by.',
        },
      },
      'name',
    ),
    async call({ client, project }, input) {
      const total = numberIn(input, 'total');
      const parent_id = textIn(input, 'parent_id');
      const { task } = await client.request('POST /api/tasks', {
        body: {
          task_name: textIn(input, 'name'),
          task_type: 'agent_execution',
          status: 'running',
          // A part belongs to the project of its parent.
          project_id: textIn(input, 'project_id') ?? (parent_id === undefined ? project : undefined),
          parent_id,
          description: textIn(input, 'description'),
          progress: total === undefined ? undefined : { current: 0, total },
          labels: labelsIn(input),
        },
      });
      return { task: summary(task) };
    },
  },
  {
    name: 'report_progress',
    title: 'Report progress',
    description:
      'Say how far a started task is. A full count does not end the task: finish_task does. A report on a task that ' +
      'someone has cancelled is refused: stop working on it then.',
    readOnly: false,
    input: inputSchema(
      {
        task_id: TASK_ID,
        current: whole('Steps done so far.'),
        total: whole('Steps in all.', 1),
        phase: text('What is being done now, in a few words.'),
        message: text('A sentence for the history of the task.'),
      },
      'task_id',
    ),
    async call({ client }, input) {
      const task = await client.request('POST /api/tasks/{task_id}/progress', {
        path: { task_id: taskIdIn(input) },
        body: {
          status: 'running',
          current: numberIn(input, 'current'),
          total: numberIn(input, 'total'),
          phase: textIn(input, 'phase'),
          message: textIn(input, 'message'),
        },
      });
      return { task: summary(task) };
    },
  },
  {
    name: 'finish_task',
    title: 'Finish a task',
    description: 'End a task as completed, failed or cancelled. Say the cause if it failed.',
    readOnly: false,
    input: inputSchema(
      {
        task_id: TASK_ID,
        status: { type: 'string', enum: ['completed', 'failed', 'cancelled'], description: 'How it ended.' },
        message: text('A sentence for the history; of a failed task, the cause.'),
      },
      'task_id',
      'status',
    ),
    async call({ client }, input) {
      const message = textIn(input, 'message');
      const status = oneOf(['completed', 'failed', 'cancelled'], textIn(input, 'status'));
      const task = await client.request('POST /api/tasks/{task_id}/progress', {
        path: { task_id: taskIdIn(input) },
        body: { status, message, error_message: status === 'failed' ? message : undefined },
      });
      return { task: summary(task) };
    },
  },
  {
    name: 'get_task',
    title: 'Read a task',
    description:
      'Read one task: its status, progress and times, and why it failed with the log lines around the cause.',
    readOnly: true,
    input: inputSchema({ task_id: TASK_ID }, 'task_id'),
    async call({ client }, input) {
      const task = await client.request('GET /api/tasks/{task_id}', { path: { task_id: taskIdIn(input) } });
      return { task: task.status === 'failed' ? await withLog(client, task) : summary(task) };
    },
  },
  {
    name: 'list_tasks',
    title: 'List tasks',
    description: 'List tasks, the one that changed last first.',
    readOnly: true,
    input: inputSchema({
      status: {
        type: 'array',
        items: { type: 'string', enum: TASK_STATUSES },
        description: 'Only with one of these.',
      },
      project_id: PROJECT,
      search: text('Text that the name contains.'),
      limit: whole(`How many; ${LIST_LIMIT} by default.`, 1, MAX_LIST),
    }),
    call: ({ client }, input) =>
      list(client, {
        status: textsIn(input, 'status'),
        project_id: textIn(input, 'project_id'),
        q: textIn(input, 'search'),
        limit: String(numberIn(input, 'limit') ?? LIST_LIMIT),
      }),
  },
  {
    name: 'list_running',
    title: 'What is running',
    description: 'List the tasks that are running or blocked now, with their progress and remaining time.',
    readOnly: true,
    input: inputSchema({ project_id: PROJECT }),
    call: ({ client }, input) =>
      list(client, {
        status: ['running', 'blocked'],
        project_id: textIn(input, 'project_id'),
        limit: String(MAX_LIST),
      }),
  },
  {
    name: 'list_failures',
    title: 'What has failed',
    description: 'List the tasks that failed most recently, each with its cause and the log lines around it.',
    readOnly: true,
    input: inputSchema({
      project_id: PROJECT,
      limit: whole('How many; 5 by default.', 1, MAX_LOGS),
    }),
    async call({ client }, input) {
      const { tasks } = await client.request('GET /api/tasks', {
        query: {
          status: ['failed'],
          project_id: textIn(input, 'project_id'),
          limit: String(numberIn(input, 'limit') ?? 5),
        },
      });
      return { tasks: await Promise.all(tasks.map((task) => withLog(client, task))) };
    },
  },
  {
    name: 'read_log',
    title: 'Read the log of a task',
    description: 'Read the newest log lines of a task, or those that contain a text.',
    readOnly: true,
    input: inputSchema(
      {
        task_id: TASK_ID,
        tail: whole(`How many lines; ${LOG_TAIL} by default.`, 1, MAX_LOG_TAIL),
        search: text('Only lines that contain this.'),
      },
      'task_id',
    ),
    async call({ client }, input) {
      const logs = await client.request('GET /api/tasks/{task_id}/logs', {
        path: { task_id: taskIdIn(input) },
        query: {
          tail: String(numberIn(input, 'tail') ?? LOG_TAIL),
          q: textIn(input, 'search'),
        },
      });
      return { lines: linesOf(logs) };
    },
  },
];

/** What an agent needs of a task; everything else is in its resource. */
const summary = (task: Task) => {
  const { details, progress } = task;
  return present({
    task_id: task.task_id,
    name: task.task_name,
    project_id: task.project_id,
    parent_id: task.parent_id,
    status: task.status,
    stale: task.stale ? true : undefined,
    current: progress.current ?? undefined,
    total: progress.total ?? undefined,
    percentage: progress.percentage ?? undefined,
    phase: details.phase,
    outcome: details.outcome,
    error: details.error_message,
    failed_resources: details.failed_resources,
    started_at: task.started_at,
    completed_at: task.completed_at,
    duration_seconds: task.duration_seconds,
    eta_seconds: task.eta_seconds,
  });
};

/** A failed task with the lines around its failure; the lines are missing if they cannot be read. */
const withLog = async (client: MiyabiClient, task: Task) => {
  const logs = await client
    .request('GET /api/tasks/{task_id}/logs', {
      path: { task_id: task.task_id },
      query: { around: 'failure' },
    })
    .catch(() => undefined);
  const log = logs === undefined ? [] : linesOf(logs);
  return log.length === 0 ? summary(task) : { ...summary(task), log };
};

// biome-ignore lint/suspicious/noControlCharactersInRegex: the escapes of colours begin with one
const COLOURS = /\u001b\[[\d;:]*m/g;

const linesOf = ({ lines }: TaskLogs): readonly string[] =>
  lines.map((line) => line.text.replace(COLOURS, ''));

const list = async (
  client: MiyabiClient,
  query: Readonly<{
    status?: readonly string[] | undefined;
    project_id: string | undefined;
    q?: string | undefined;
    limit: string;
  }>,
) => {
  const { tasks, next_cursor } = await client.request('GET /api/tasks', { query });
  return { tasks: tasks.map(summary), ...(next_cursor === null ? {} : { more: true }) };
};

const present = (value: Readonly<Record<string, unknown>>): Readonly<Record<string, unknown>> =>
  Object.fromEntries(Object.entries(value).filter(([, inner]) => inner !== undefined));

const textIn = (input: Input, name: string): string | undefined => {
  const value = input[name];
  return typeof value === 'string' ? value : undefined;
};

const numberIn = (input: Input, name: string): number | undefined => {
  const value = input[name];
  return typeof value === 'number' ? value : undefined;
};

const textsIn = (input: Input, name: string): readonly string[] | undefined => {
  const value = input[name];
  return Array.isArray(value) ? value.map(String) : undefined;
};

const labelsIn = ({ labels }: Input): Readonly<Record<string, string>> | undefined =>
  typeof labels === 'object' && labels !== null
    ? Object.fromEntries(Object.entries(labels).map(([name, value]) => [name, String(value)]))
    : undefined;

const taskIdIn = (input: Input): string => textIn(input, 'task_id') ?? '';

const oneOf = <const T extends string>(values: readonly T[], value: string | undefined): T | undefined =>
  values.find((one) => one === value);
