import { invalidField, MiyabiError } from '../domain/errors.ts';
import { isJsonObject } from '../domain/json.ts';
import { type Page, roomFor } from '../domain/page.ts';
import { ownDetails } from '../domain/projects/access.ts';
import type { HistoryPoint } from '../domain/tasks/progress.ts';
import { causeIn } from '../domain/tasks/run-output.ts';
import { beat } from '../domain/tasks/staleness.ts';
import { publicTask, taskText } from '../domain/tasks/stored.ts';
import {
  cancelTask,
  createTask,
  DEFAULT_PROJECT_ID,
  MAX_LABELS,
  MAX_METADATA,
  type NewTask,
  type ProgressReport,
  patchTask,
  reopenTask,
  reportProgress,
  type StoredTask,
  type Task,
  type TaskChange,
  type TaskPatch,
} from '../domain/tasks/task.ts';
import { fromIso } from '../domain/time.ts';
import type { Ports } from '../ports/ports.ts';
import type { TaskDocument } from '../ports/task-cache.ts';
import type { HistoryQuery, TaskPosition, TaskQuery } from '../ports/task-store.ts';
import type { Estimates } from './estimates.ts';
import type { Expectations } from './expectations.ts';
import type { KeptLines } from './kept-lines.ts';
import type { TaskWriter } from './task-writer.ts';
import type { Telemetry } from './telemetry.ts';

/**
 * A precondition. `versions`: the stored one must be among them. `project_id`: a caller bound to one project does not
 * see tasks of others.
 */
export type Guard = Readonly<{ versions?: readonly number[] | undefined; project_id?: string | undefined }>;

/**
 * Every method but `list` throws MiyabiError `task_not_found` where there is no such task, or it is another project's;
 * those that take versions throw `precondition_failed` where the stored one is not among them; every method throws
 * `unavailable` where a store does not answer.
 */
export type TaskService = Readonly<{
  /**
   * @throws MiyabiError `already_exists` where the chosen id is taken; `invalid_input` where its parent does not exist.
   */
  create(input: NewTask): Promise<Task>;
  /** The task as the API answers it, from the cache if possible. */
  read(taskId: string, guard?: Guard): Promise<TaskDocument>;
  /** Whole tasks, from the store. */
  list(query: TaskQuery): Promise<Page<Task, TaskPosition>>;
  /** @throws MiyabiError `invalid_transition` where the task has ended. */
  report(taskId: string, report: ProgressReport, guard?: Guard): Promise<Task>;
  /** @throws MiyabiError `invalid_transition` where it would change the status of an ended task; `invalid_input`. */
  patch(taskId: string, patch: TaskPatch, guard?: Guard): Promise<Task>;
  /** @throws MiyabiError `invalid_transition` where it has ended with another status. */
  cancel(taskId: string, message: string | undefined, guard?: Guard): Promise<Task>;
  /** @throws MiyabiError `invalid_transition` where it has not ended. */
  reopen(taskId: string, options: Parameters<typeof reopenTask>[1], guard?: Guard): Promise<Task>;
  /** Removes the task, its history, and its log lines unless another task has the same log. Its subtasks stay. */
  remove(taskId: string, guard?: Guard): Promise<void>;
  /** A sign of life of its process. @throws MiyabiError `invalid_transition` where it has ended. */
  beat(taskId: string, guard?: Guard): Promise<Task>;
  /** Any other change, as the domain decides it. */
  step(taskId: string, guard: Guard, change: (task: StoredTask) => TaskChange | undefined): Promise<Task>;
  history(taskId: string, query: HistoryQuery, guard?: Guard): Promise<Page<HistoryPoint, number>>;
}>;

/** How many levels of subtasks there may be. */
const MAX_NESTING = 8;

export const taskService = ({
  taskStore: tasks,
  taskHistory: history,
  taskCache: cache,
  taskWriter: writer,
  estimates: estimate,
  keptLines,
  expectations,
  clock,
  ids,
  telemetry,
}: Pick<Ports, 'taskStore' | 'taskHistory' | 'taskCache' | 'clock' | 'ids'> &
  Readonly<{
    expectations: Expectations;
    taskWriter: TaskWriter;
    estimates: Estimates;
    keptLines: KeptLines;
    telemetry: Telemetry;
  }>): TaskService => {
  const find = async (taskId: string, guard: Guard): Promise<StoredTask> => {
    const task = await tasks.find(taskId);
    if (task === undefined || isHidden(task, guard)) throw notFound();
    if (guard.versions !== undefined && !guard.versions.includes(task.version)) {
      throw new MiyabiError(
        'precondition_failed',
        `Task ${taskId} is at version ${task.version}; read it again`,
      );
    }
    return task;
  };

  const read = async (taskId: string, guard: Guard = {}): Promise<TaskDocument> => {
    const cached = await cache.find(taskId);
    telemetry.cacheRead(cached !== undefined);
    if (cached === 'absent') throw notFound();
    if (cached !== undefined) {
      if (guard.project_id !== undefined && projectIn(cached.json) !== guard.project_id) throw notFound();
      return cached;
    }
    const asOf = clock.now();
    const stored = await tasks.find(taskId);
    if (stored === undefined) {
      await cache.markAbsent(taskId, asOf);
      throw notFound();
    }
    const task = publicTask(stored);
    await cache.save([task], asOf);
    if (isHidden(task, guard)) throw notFound();
    return { task_id: taskId, version: task.version, json: taskText(task) };
  };

  /** A patch without a change writes nothing. */
  const change = async (
    taskId: string,
    guard: Guard,
    step: (before: StoredTask) => TaskChange | undefined | Promise<TaskChange | undefined>,
  ): Promise<Task> => {
    let unchanged: StoredTask | undefined;
    const result = await writer.change(async () => {
      const before = await find(taskId, guard);
      const changed = await step(before);
      unchanged = before;
      if (changed === undefined) return undefined;
      const { task, point } = changed;
      const points = point === undefined ? [] : [point];
      return { before, after: await estimate.estimated(task, points), points };
    });
    if (result !== undefined) await writer.account([result]);
    const task = result?.after ?? unchanged;
    if (task === undefined) throw notFound();
    return publicTask(task);
  };

  /** The project of a new task; a part takes its parent's. */
  const projectOf = async ({ task_id, parent_id, project_id }: NewTask): Promise<string> => {
    if (parent_id === undefined) return project_id ?? DEFAULT_PROJECT_ID;
    let parent = await tasks.find(parent_id);
    if (parent === undefined || (project_id !== undefined && parent.project_id !== project_id)) {
      throw invalidField('parent_id', 'names no task of this project');
    }
    const inherited = parent.project_id;
    for (let depth = 2; parent !== undefined; depth += 1) {
      // By its name: whether a deleted task had that id does not matter.
      if (task_id !== undefined && [parent.task_id, parent.parent_id].includes(task_id)) {
        throw invalidField('parent_id', 'leads back to this task');
      }
      if (depth > MAX_NESTING)
        throw invalidField('parent_id', `nests tasks deeper than ${MAX_NESTING} levels`);
      parent = parent.parent_id === undefined ? undefined : await tasks.find(parent.parent_id);
    }
    return inherited;
  };

  /** Why a process failed, as one of its parts says; undefined where none does. */
  const causeOf = async (task: StoredTask): Promise<string | undefined> => {
    if (task.run === undefined || task.progress_from !== 'parts') return undefined;
    const { items } = await tasks.list({ parent_id: task.task_id, statuses: MAY_HAVE_FAILED, limit: PARTS });
    return causeIn(items);
  };

  return {
    async create(given) {
      const project_id = await projectOf(given);
      const input = { ...given, task_id: given.task_id ?? ids.next() };
      if (input.expect !== undefined) await expectations.add(input.task_id);
      const { task, point } = createTask({ ...input, project_id }, { id: input.task_id, now: clock.now() });
      const result = await writer.create({ after: task, points: point === undefined ? [] : [point] });
      await writer.account([result]);
      return publicTask(result.after ?? task);
    },

    read,

    async list(query) {
      const page = await tasks.list(query);
      return { ...page, items: page.items.map(publicTask) };
    },

    report(taskId, report, guard = {}) {
      return change(taskId, guard, async (task) => {
        const cause = report.status === 'failed' ? await causeOf(task) : undefined;
        return reportProgress(
          task,
          cause === undefined ? report : { ...report, error_message: cause },
          clock.now(),
        );
      });
    },

    async patch(taskId, patch, guard = {}) {
      if (patch.expect != null) await expectations.add(taskId);
      return change(taskId, guard, (task) => {
        const { details } = patch;
        const own = details ? { ...patch, details: ownDetails(guard, details, task.details) } : patch;
        const changed = patchTask(task, own, clock.now());
        if (changed !== undefined) requireBounds(changed.task);
        return changed;
      });
    },

    cancel(taskId, message, guard = {}) {
      return change(taskId, guard, (task) => cancelTask(task, message, clock.now()));
    },

    reopen(taskId, options, guard = {}) {
      return change(taskId, guard, (task) => reopenTask(task, options, clock.now()));
    },

    beat(taskId, guard = {}) {
      return change(taskId, guard, (task) => beat(task, clock.now()));
    },

    step: change,

    async remove(taskId, guard = {}) {
      const mayFail = guard.versions !== undefined;
      const result = await writer.remove(() => find(taskId, guard), { mayFail });
      if (result === undefined) return;
      await writer.account([result]);
      if (result.before !== undefined) await keptLines.forget(result.before);
    },

    async history(taskId, query, guard = {}) {
      await read(taskId, guard);
      const page = await history.read(taskId, query);
      const held = page.items.slice(0, roomFor(page.items.map(({ message = '' }) => POINT + message.length)));
      const end = held.at(-1);
      return held.length === page.items.length || end === undefined
        ? page
        : { items: held, next: fromIso(end.timestamp) };
    },
  };
};

const MAY_HAVE_FAILED = ['failed', 'running', 'blocked'] as const;
/** So many parts are asked for the cause. */
const PARTS = 50;

/** The size of a history point in characters of JSON, without its message: a phase may be 256 characters. */
const POINT = 500;

const notFound = (): MiyabiError => new MiyabiError('task_not_found', 'Task not found');

const projectIn = (json: string): unknown => {
  const task: unknown = JSON.parse(json);
  return isJsonObject(task) ? task['project_id'] : undefined;
};

const isHidden = ({ project_id }: Pick<Task, 'project_id'>, guard: Guard): boolean =>
  guard.project_id !== undefined && guard.project_id !== project_id;

/** Patches together have the limits of a single creation. */
const requireBounds = (task: StoredTask): void => {
  if (Object.keys(task.labels).length > MAX_LABELS) {
    throw invalidField('labels', `must not have more than ${MAX_LABELS} entries`);
  }
  if (JSON.stringify(task.metadata).length > MAX_METADATA) {
    throw invalidField('metadata', `must not be longer than ${MAX_METADATA} characters of JSON`);
  }
};
