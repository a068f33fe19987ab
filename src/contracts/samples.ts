import {
  createProject,
  type Project,
  publicProject,
  type StoredProject,
} from '../domain/projects/project.ts';
import type { HistoryPoint } from '../domain/tasks/progress.ts';
import { publicTask } from '../domain/tasks/stored.ts';
import { createTask, type StoredTask, type Task } from '../domain/tasks/task.ts';
import { toIso } from '../domain/time.ts';
import type { TaskQuery, TaskStore } from '../ports/task-store.ts';
import { itemsOf } from './pages.ts';

/** A moment to count from. */
export const NOON = Date.UTC(2026, 10, 23, 12);

/** A valid task, version 1, created and updated at `NOON` plus that many milliseconds. */
export const aTask = (id: string, changes: Partial<Task> = {}, ms = 0): Task => ({
  ...publicTask(createTask({ task_name: `Task ${id}`, status: 'running' }, { id, now: NOON + ms }).task),
  ...changes,
});

/** As `aTask`, with bookkeeping. */
export const aStoredTask = (id: string, changes: Partial<StoredTask> = {}, ms = 0): StoredTask => ({
  ...aTask(id, {}, ms),
  ...changes,
});

/** The next version of a task, updated that many milliseconds after `NOON`. */
export const nextOf = <T extends StoredTask>(task: T, ms: number, changes: Partial<T> = {}): T => ({
  ...task,
  ...changes,
  version: task.version + 1,
  updated_at: toIso(NOON + ms),
});

export const aProject = (id: string, changes: Partial<Project> = {}): Project => ({
  ...publicProject(createProject({ project_id: id, project_name: `Project ${id}` }, { id, now: NOON })),
  ...changes,
});

/** As `aProject`, with bookkeeping. */
export const aStoredProject = (id: string, changes: Partial<StoredProject> = {}): StoredProject => ({
  ...aProject(id),
  ...changes,
});

/** A point of a history, that many milliseconds after `NOON`. */
export const aPoint = (ms: number, changes: Partial<HistoryPoint> = {}): HistoryPoint => ({
  timestamp: toIso(NOON + ms),
  current: ms,
  total: 1000,
  percentage: 0,
  status: 'running',
  ...changes,
});

/** Every task of a list, page by page. */
export const allPages = (store: TaskStore, query: TaskQuery): Promise<readonly StoredTask[]> =>
  itemsOf((from) => store.list(from), query);
