import type { Page } from '../domain/page.ts';
import type { TaskFilter, TaskPosition } from '../domain/tasks/list.ts';
import type { HistoryPoint } from '../domain/tasks/progress.ts';
import type { StoredTask } from '../domain/tasks/task.ts';

export type { TaskFilter, TaskPosition } from '../domain/tasks/list.ts';

/** What a list is asked for. `limit` is 1–100; `after` is where the page before ended. */
export type TaskQuery = TaskFilter & Readonly<{ limit: number; after?: TaskPosition }>;

/** The current state of tasks. Every method throws MiyabiError `unavailable` where the backend does not answer. */
export interface TaskStore {
  /** The task, undefined where there is none. Sees every save that ended before. */
  find(taskId: string): Promise<StoredTask | undefined>;

  /** The tasks that exist among these, in no particular order. Ids may repeat; any number of them. */
  findMany(taskIds: readonly string[]): Promise<readonly StoredTask[]>;

  /**
   * Keeps a task. `version` 1 creates it; a higher one replaces the version before it.
   *
   * What another version has stored with it comes back as `unknown`, and is kept by saving what was found, changed: no
   * save reads anything for it.
   *
   * @throws MiyabiError `already_exists` where a new task's id is taken.
   * @throws MiyabiError `version_conflict` where the stored version is not the one before, or the task is gone.
   */
  save(task: StoredTask): Promise<void>;

  /**
   * A page of tasks, newest update first. It may trail the latest saves by a moment, but no task in it is older than
   * any save that ended before. Where a filter passes over many tasks, a page may hold fewer than `limit`, even none,
   * and still have a `next`: the work of one call is bounded.
   */
  list(query: TaskQuery): Promise<Page<StoredTask, TaskPosition>>;

  /**
   * Removes the task; with a `version`, that version of it and no other. Removing what is not there is no error. Its
   * history goes by `TaskHistory.remove`.
   *
   * @throws MiyabiError `version_conflict` where the stored version is another.
   */
  remove(taskId: string, version?: number): Promise<void>;
}

/** Which points of a history: `from` and `to` are epoch milliseconds, both included. `limit` is 1–1000. */
export type HistoryQuery = Readonly<{
  from?: number;
  to?: number;
  limit: number;
  /** The timestamp, epoch milliseconds, at which the page before ended. */
  after?: number;
}>;

/** The past of tasks. Every method throws MiyabiError `unavailable` where the backend does not answer. */
export interface TaskHistory {
  /** Adds points. One point a millisecond: a later one with the same timestamp takes the place of the earlier. */
  append(taskId: string, points: readonly HistoryPoint[]): Promise<void>;

  /** A page of points, oldest first; empty for a task that is not there. */
  read(taskId: string, query: HistoryQuery): Promise<Page<HistoryPoint, number>>;

  /** Removes every point of the task. */
  remove(taskId: string): Promise<void>;
}
