import { MiyabiError } from '../domain/errors.ts';
import type { Page } from '../domain/page.ts';
import type { HistoryPoint } from '../domain/progress.ts';
import {
  createTask,
  DEFAULT_PROJECT_ID,
  type NewTask,
  type ProgressReport,
  reportProgress,
  type Task,
} from '../domain/task.ts';
import type { Clock } from '../ports/clock.ts';
import type { Ids } from '../ports/ids.ts';
import type { TaskCache, TaskDocument } from '../ports/task-cache.ts';
import type { HistoryQuery, TaskHistory, TaskPosition, TaskQuery, TaskStore } from '../ports/task-store.ts';
import { untilWon } from './optimistic.ts';
import type { ProjectService } from './projects.ts';
import type { TaskWriter } from './task-writer.ts';

export type TaskService = Readonly<{
  /** @throws MiyabiError `already_exists` where the chosen id is taken. */
  create(input: NewTask): Promise<Task>;
  /** The task as the API answers it, from the cache where it is there. @throws MiyabiError `task_not_found` */
  read(taskId: string): Promise<TaskDocument>;
  list(query: TaskQuery): Promise<Page<Task, TaskPosition>>;
  /** @throws MiyabiError `task_not_found`; `invalid_transition` where the task has ended. */
  report(taskId: string, report: ProgressReport): Promise<Task>;
  /** @throws MiyabiError `task_not_found` */
  history(taskId: string, query: HistoryQuery): Promise<Page<HistoryPoint, number>>;
}>;

export const taskService = (
  tasks: TaskStore,
  history: TaskHistory,
  cache: TaskCache,
  writer: TaskWriter,
  projects: ProjectService,
  clock: Clock,
  ids: Ids,
): TaskService => {
  const find = async (taskId: string): Promise<Task> => {
    const task = await tasks.find(taskId);
    if (task === undefined) throw notFound();
    return task;
  };

  const read = async (taskId: string): Promise<TaskDocument> => {
    const cached = await cache.find(taskId);
    if (cached === 'absent') throw notFound();
    if (cached !== undefined) return cached;
    const task = await tasks.find(taskId);
    if (task === undefined) {
      await cache.markAbsent(taskId);
      throw notFound();
    }
    await cache.save([task]);
    return { task_id: taskId, version: task.version, json: JSON.stringify(task) };
  };

  return {
    async create(input) {
      await projects.ensure(input.project_id ?? DEFAULT_PROJECT_ID);
      const { task, point } = createTask(input, { id: input.task_id ?? ids.next(), now: clock.now() });
      const write = { after: task, points: point === undefined ? [] : [point] };
      await writer.save(write);
      await writer.account([write]);
      return task;
    },

    read,

    list(query) {
      return tasks.list(query);
    },

    async report(taskId, report) {
      return untilWon(async () => {
        const before = await find(taskId);
        const { task: after, point } = reportProgress(before, report, clock.now());
        const write = { before, after, points: point === undefined ? [] : [point] };
        await writer.save(write);
        await writer.account([write]);
        return after;
      });
    },

    async history(taskId, query) {
      await read(taskId);
      return history.read(taskId, query);
    },
  };
};

const notFound = (): MiyabiError => new MiyabiError('task_not_found', 'Task not found');
