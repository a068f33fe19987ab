import { LRUCache } from 'lru-cache';
import { defined } from '../domain/defined.ts';
import { isJsonObject, type JsonObject } from '../domain/json.ts';
import { CONTEXT_LINES, contextOf, failingLine } from '../domain/logs/failure-context.ts';
import { plainLine } from '../domain/logs/line-text.ts';
import { type LineSource, type LogPlace, logPlaceOf } from '../domain/logs/log-place.ts';
import { TASK_STATUSES } from '../domain/tasks/status.ts';
import type { Task } from '../domain/tasks/task.ts';
import { type Failure, failureIn } from '../domain/webhooks/delivery.ts';
import { type LinePage, type ReadLine, STREAM_START } from '../ports/log-reader.ts';
import type { Ports } from '../ports/ports.ts';
import { isCursorOfKeptLines, type KeptLines } from './kept-lines.ts';
import type { Guard, TaskService } from './tasks.ts';

/** Which lines of a task: `tail` is how many of the newest; `limit`, with a cursor, how many at most. Both are 1–1000. */
export type TaskLogQuery = Readonly<{
  tail?: number;
  before?: string;
  after?: string;
  around?: 'failure';
  contains?: string;
  limit?: number;
}>;

/** Lines of a task, oldest first. `failure`: the cursor of the line that shows why the task failed. */
export type TaskLogs = Omit<LinePage, 'before'> &
  Readonly<{
    task_id: string;
    before: string | null;
    failure?: Readonly<{ cursor: string }>;
    source: LineSource;
  }>;

export type TaskLogService = Readonly<{
  /** @throws MiyabiError `task_not_found`; `invalid_input` for a cursor of another log; `unavailable` */
  read(taskId: string, query: TaskLogQuery, guard?: Guard): Promise<TaskLogs>;
  /**
   * Why a task failed and ten lines around the one that shows it, or its last ten; undefined where there are no lines. `task`
   * is as the API answers it.
   *
   * @throws MiyabiError `unavailable`
   */
  failureOf(task: JsonObject): Promise<Failure | undefined>;
}>;

const DEFAULT_LINES = 100;
const PAGE = 1000;
/** How far back the line of a failure is looked for. */
const MAX_SEARCH_PAGES = 3;
/** How many failures a process remembers the lines of. */
const MAX_REMEMBERED = 500;

export const taskLogService = ({
  taskService,
  keptLines,
  logReader,
  logSourceName,
}: Pick<Ports, 'logReader'> &
  Readonly<{
    taskService: TaskService;
    keptLines: KeptLines;
    logSourceName: LineSource;
  }>): TaskLogService => {
  const failures = new LRUCache<string, string>({ max: MAX_REMEMBERED });

  /** What was posted is kept here; everything else is where it is collected from. */
  const readLines = async (place: LogPlace, which: Which): Promise<Found | undefined> => {
    const cursor = which.before ?? which.after;
    if (isCursorOfKeptLines(cursor) || cursor === undefined || cursor === STREAM_START) {
      const kept = await keptLines.read({ ...place, ...which });
      if (kept !== undefined) return { page: kept, source: 'store' };
      if (isCursorOfKeptLines(cursor)) return undefined;
    }
    const page = await logReader.read({ ...place, ...which });
    return page === undefined ? undefined : { page, source: logSourceName };
  };

  /** The lines that may show why a task failed, those before them left out, and the index of the one that does. */
  const searchFailure = async (task: LoggedTask, place: LogPlace): Promise<Search> => {
    let lines: readonly ReadLine[] = [];
    let before: string | undefined;
    let source: LineSource = 'none';
    for (let pages = 0; pages < MAX_SEARCH_PAGES; pages += 1) {
      const found = await readLines(place, { limit: PAGE, ...defined({ before }) });
      if (found === undefined) break;
      lines = [...found.page.lines, ...lines];
      source = found.source;
      before = found.page.before;
      if (before === undefined) break;
    }
    const texts = lines.map(({ text }) => text);
    const index = task.status === 'failed' ? failingLine(texts, task.details.error_message) : undefined;
    const failing = index === undefined ? undefined : lines[index];
    if (failing !== undefined) failures.set(nameOf(task), failing.cursor);
    return { lines, index, failing, source, hasMore: before !== undefined };
  };

  const failureCursor = async (task: LoggedTask, place: LogPlace): Promise<string | undefined> =>
    failures.get(nameOf(task)) ?? (await searchFailure(task, place)).failing?.cursor;

  const aroundFailure = async (task: LoggedTask, place: LogPlace): Promise<TaskLogs> => {
    const { lines, index, failing, source, hasMore } = await searchFailure(task, place);
    const context = contextIn(lines, index);
    const first = context[0];
    return {
      task_id: task.task_id,
      lines: context,
      before: first === undefined || (first === lines[0] && !hasMore) ? null : first.cursor,
      after: context.at(-1)?.cursor ?? STREAM_START,
      ...(failing === undefined ? {} : { failure: { cursor: failing.cursor } }),
      source,
    };
  };

  return {
    async read(taskId, query, guard = {}) {
      const task = loggedTask(JSON.parse((await taskService.read(taskId, guard)).json));
      const place = task === undefined ? undefined : logPlaceOf(task);
      if (task === undefined || place === undefined) return nothingOf(taskId);
      const { around, tail, limit, ...which } = query;
      if (around === 'failure') return aroundFailure(task, place);
      const isNewest = which.before === undefined && which.after === undefined;
      const count = (isNewest ? (tail ?? limit) : (limit ?? tail)) ?? DEFAULT_LINES;
      const found = await readLines(place, { ...which, limit: count });
      if (found === undefined) return nothingOf(taskId);
      const failure =
        task.status === 'failed' && isNewest && which.contains === undefined
          ? await failureCursor(task, place)
          : undefined;
      return {
        task_id: taskId,
        ...found.page,
        before: found.page.before ?? null,
        ...(failure === undefined ? {} : { failure: { cursor: failure } }),
        source: found.source,
      };
    },

    async failureOf(json) {
      const task = loggedTask(json);
      const place = task === undefined ? undefined : logPlaceOf(task);
      if (task === undefined || place === undefined) return undefined;
      const { lines, index, failing } = await searchFailure(task, place);
      const context = contextIn(lines, index);
      const message = task.details.error_message ?? failing?.text ?? context.at(-1)?.text;
      return message === undefined
        ? undefined
        : failureIn(
            plainLine(message),
            context.map(({ text }) => text),
          );
    },
  };
};

type Which = Readonly<{ limit: number; before?: string; after?: string; contains?: string }>;
type Found = Readonly<{ page: LinePage; source: LineSource }>;
type Search = Readonly<{
  lines: readonly ReadLine[];
  index: number | undefined;
  failing: ReadLine | undefined;
  source: LineSource;
  hasMore: boolean;
}>;

const nothingOf = (task_id: string): TaskLogs => ({
  task_id,
  lines: [],
  before: null,
  after: STREAM_START,
  source: 'none',
});

/** The ten lines around the failing one; without one, the last ten. */
const contextIn = (lines: readonly ReadLine[], index: number | undefined): readonly ReadLine[] => {
  if (index === undefined) return lines.slice(-CONTEXT_LINES);
  const { start, end } = contextOf(index, lines.length);
  return lines.slice(start, end);
};

const nameOf = ({ task_id, version }: Pick<Task, 'task_id' | 'version'>): string => `${task_id} ${version}`;

/** A task as far as its log goes, out of the text that the API answers. */
type LoggedTask = Pick<
  Task,
  'task_id' | 'status' | 'version' | 'details' | 'created_at' | 'started_at' | 'completed_at' | 'reported_at'
> &
  Readonly<{ is_run: boolean }>;

const loggedTask = (task: unknown): LoggedTask | undefined => {
  if (!isJsonObject(task)) return undefined;
  const details = isJsonObject(task['details']) ? task['details'] : {};
  const { task_id, status, version, created_at } = task;
  const known = TASK_STATUSES.find((one) => one === status);
  if (typeof task_id !== 'string' || typeof version !== 'number' || typeof created_at !== 'string')
    return undefined;
  if (known === undefined) return undefined;
  return {
    task_id,
    status: known,
    version,
    created_at,
    is_run: isJsonObject(task['run']),
    ...textsOf(task, 'started_at', 'completed_at', 'reported_at'),
    details: textsOf(details, 'log_group', 'log_stream', 'error_message'),
  };
};

const textsOf = <Name extends string>(
  json: JsonObject,
  ...names: readonly Name[]
): { [K in Name]?: string } => {
  const texts: { [K in Name]?: string } = {};
  for (const name of names) {
    const value = json[name];
    if (typeof value === 'string') texts[name] = value;
  }
  return texts;
};
