import { type NewTask, readPages, type Task } from '../../client/index.ts';
import { TASK_STATUSES, type TaskStatus } from '../../domain/tasks/status.ts';
import type { Priority } from '../../domain/tasks/task.ts';
import { CommandFailure, EXIT } from '../failure.ts';
import { failureLines } from '../failure-lines.ts';
import { runHint, type Session, takeCount, takeLimit, takePair, withServer } from '../session.ts';
import { projectOf } from '../settings.ts';
import { doneText, failureText, isCutShort, markOf, STATUS_PAINT } from '../terminal/bars.ts';
import { logLine } from '../terminal/log-line.ts';
import { type Cell, table } from '../terminal/table.ts';
import { clockText, paint, printable } from '../terminal/terminal.ts';
import { type TaskView, tasksIn, taskView } from '../terminal/views.ts';

type JsonOption = Readonly<{ json?: boolean }>;

export type ListOptions = JsonOption &
  Readonly<{
    status?: string;
    project?: string;
    type?: string;
    label?: readonly string[];
    search?: string;
    limit: string;
  }>;

export const listTasks = (options: ListOptions): Promise<void> =>
  withServer(async ({ client, settings, print, printJson, look, columns }) => {
    const query = {
      status: statusesOf(options.status),
      project_id: options.project,
      task_type: options.type,
      label: labelsOf(options.label),
      q: options.search,
    };
    const { items, next } = await readPages(async (page) => {
      const { tasks, next_cursor } = await client.request('GET /api/tasks', { query: { ...query, ...page } });
      return { items: tasks, next: next_cursor };
    }, takeLimit(options.limit));
    if (options.json) {
      printJson({ tasks: items, next_cursor: next });
      return;
    }
    const views = tasksIn(items);
    if (views.length === 0) print(`No tasks. To get one: ${runHint(settings)}\n`);
    else print(taskTable(views, { look, columns }));
    if (next !== null) print(`More than ${items.length} tasks match; use --limit.\n`);
  });

const statusesOf = (list: string | undefined): readonly string[] | undefined => {
  const unknown = list?.split(',').find((word) => !TASK_STATUSES.some((status) => status === word));
  if (unknown !== undefined)
    throw new CommandFailure(EXIT.usage, `--status must be of ${TASK_STATUSES.join(', ')}, not "${unknown}"`);
  return list?.split(',');
};

const taskTable = (
  views: readonly TaskView[],
  { look, columns }: Pick<Session, 'look' | 'columns'>,
): string =>
  table(
    [
      { title: 'TASK', shrinks: true },
      { title: 'STATUS' },
      { title: 'DONE', align: 'right' },
      { title: 'TIME', align: 'right', spare: true },
      { title: 'PROJECT', shrinks: true, spare: true },
      { title: 'ID', shrinks: true },
    ],
    views.map((view): readonly Cell[] => [
      { text: view.name },
      {
        text: `${markOf(view.status, look)} ${view.status}${view.stale ? ' (stale)' : ''}`,
        paint: STATUS_PAINT[view.status],
      },
      { text: doneText(view) },
      { text: timeText(view) },
      { text: view.project },
      { text: view.id, paint: 'dim' },
    ]),
    { look, columns },
  );

const timeText = ({ startedAt, completedAt }: TaskView): string =>
  startedAt === undefined ? '' : clockText(((completedAt ?? Date.now()) - startedAt) / 1000);

export const showTask = (id: string, { json }: JsonOption): Promise<void> =>
  withServer(async (session) => {
    const answer = await session.client.request('GET /api/tasks/{task_id}', { path: { task_id: id } });
    if (json) {
      session.printJson(answer);
      return;
    }
    session.print(taskText(answer, session));
    if (answer.status === 'failed') session.print(await contextText(answer.task_id, session));
  });

/** The lines around the failure of a task; empty if there are none. */
const contextText = async (id: string, { client, look }: Session): Promise<string> => {
  const lines = (await failureLines(client, id)).map(
    ({ text, isFailing }) => `  ${paint(isFailing ? '>' : ' ', 'red', look)} ${logLine(text, look)}\n`,
  );
  return lines.length === 0 ? '' : `\n${lines.join('')}`;
};

/** All fields of a task, one per line. */
const taskText = (task: Task, { look }: Session): string => {
  const view = taskView(task);
  if (view === undefined) return '';
  const { details, labels, github = {} } = task;
  const when = (at: number | undefined) => (at === undefined ? undefined : new Date(at).toISOString());
  const lines: readonly (readonly [string, string | undefined])[] = [
    ['id', view.id],
    ['project', view.project],
    ['type', view.type],
    progressLine(view),
    ['phase', view.phase],
    ['step', view.step],
    ['outcome', details.outcome],
    ['stack', details.stack_state],
    ['failed', view.failed.length === 0 ? undefined : view.failed.join(', ')],
    ['error', view.error],
    ['started', when(view.startedAt)],
    ['ended', when(view.completedAt)],
    ['took', view.completedAt === undefined ? undefined : timeText(view)],
    ['remaining', view.etaSeconds === undefined ? undefined : `about ${clockText(view.etaSeconds)}`],
    [
      'labels',
      Object.entries(labels)
        .map(([name, value]) => `${name}=${value}`)
        .join(' ') || undefined,
    ],
    ['issue', github.issue_url],
    ['pull', github.pr_url],
    ['log', details.log_group === undefined ? undefined : `${details.log_group} ${details.log_stream ?? ''}`],
  ];
  const title = `${paint(`${markOf(view.status, look)} ${view.status}`, STATUS_PAINT[view.status], look)}  ${paint(printable(view.name), 'bold', look)}${view.stale ? '  (stale)' : ''}\n`;
  return (
    title +
    lines
      .filter((line): line is readonly [string, string] => line[1] !== undefined && line[1] !== '')
      .map(([name, value]) => `  ${paint(name.padEnd(9), 'dim', look)} ${printable(value)}\n`)
      .join('')
  );
};

const progressLine = (view: TaskView): readonly [string, string | undefined] => {
  const failures = failureText({ failed: view.failedSteps, skipped: view.skippedSteps });
  if (isCutShort(view.status))
    return ['stopped', [doneText(view), failures].filter((text) => text !== '').join(', ') || undefined];
  const counter = view.current === null ? '' : `${view.current}/${view.total ?? '?'}`;
  const counts = [counter, failures].filter((text) => text !== '').join(', ');
  const done = view.percentage === null ? 'unknown' : `${view.percentage}%`;
  return ['done', counts === '' ? done : `${done} (${counts})`];
};

export type CreateOptions = JsonOption &
  Readonly<{
    id?: string;
    project?: string;
    type?: string;
    description?: string;
    total?: string;
    status?: TaskStatus;
    priority?: Priority;
    label?: readonly string[];
  }>;

export const createTask = (name: string, options: CreateOptions): Promise<void> =>
  withServer(async ({ client, settings, print, printJson }) => {
    const project =
      options.project === undefined ? settings.project : projectOf(options.project, '--project');
    const body: NewTask = {
      task_name: name,
      task_id: options.id,
      project_id: project,
      task_type: options.type,
      description: options.description,
      status: options.status,
      priority: options.priority,
      progress: options.total === undefined ? undefined : { current: 0, total: takeCount(options.total) },
      labels: labelsOf(options.label),
    };
    const answer = await client.request('POST /api/tasks', { body });
    if (options.json) printJson(answer);
    // Only the id, for `id=$(miyabi tasks create …)`.
    else print(`${answer.task_id}\n`);
  });

const labelsOf = (pairs: readonly string[] | undefined): Readonly<Record<string, string>> | undefined =>
  pairs?.reduce<Readonly<Record<string, string>>>((labels, text) => takePair(text, labels), {});

export type ReportOptions = JsonOption &
  Readonly<{
    current?: string;
    total?: string;
    failed?: string;
    skipped?: string;
    status?: TaskStatus;
    phase?: string;
    message?: string;
  }>;

export const reportTask = (id: string, options: ReportOptions): Promise<void> =>
  withServer(async ({ client, look, print, printJson }) => {
    const answer = await client.request('POST /api/tasks/{task_id}/progress', {
      path: { task_id: id },
      body: {
        current: givenCount(options.current),
        total: givenCount(options.total),
        failed: givenCount(options.failed),
        skipped: givenCount(options.skipped),
        status: options.status,
        phase: options.phase,
        message: options.message,
      },
    });
    if (options.json) {
      printJson(answer);
      return;
    }
    const view = taskView(answer);
    if (view === undefined) return;
    print(
      `${paint(`${markOf(view.status, look)} ${view.status}`, STATUS_PAINT[view.status], look)} ${doneText(view)} ${printable(view.name)}\n`,
    );
  });

const givenCount = (text: string | undefined): number | undefined =>
  text === undefined ? undefined : takeCount(text);
