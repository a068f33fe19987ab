import type { Page } from '../domain/page.ts';
import type { TaskFilter, TaskPosition } from '../domain/tasks/list.ts';
import type { HistoryPoint } from '../domain/tasks/progress.ts';
import type { StoredTask } from '../domain/tasks/task.ts';

export type { TaskFilter, TaskPosition } from '../domain/tasks/list.ts';

/** A query for tasks. `limit` is 1–100; `after` is where the previous page ended. */
export type TaskQuery = TaskFilter & Readonly<{ limit: number; after?: TaskPosition }>;

/** The current state of tasks. Every method throws MiyabiError `unavailable` where the backend does not answer. */
export interface TaskStore {
  /** The task, undefined if there is none. Strongly consistent. */
  find(taskId: string): Promise<StoredTask | undefined>;

  /** Those of these tasks that exist, in no particular order. Ids may repeat; any number of them. */
  findMany(taskIds: readonly string[]): Promise<readonly StoredTask[]>;

  /**
   * Stores a task. `version` 1 creates it; a higher one replaces the version before it.
   *
   * Fields that another release stored come back as `unknown`. They are kept if what was read is changed and saved.
   *
   * @throws MiyabiError `already_exists` where a new task's id is taken.
   * @throws MiyabiError `version_conflict` where the stored version is not the previous one, or the task was removed; also
   * where something else was counted of it since it was read (`TaskTally.markAccounted`), as saving would undo that.
   */
  save(task: StoredTask): Promise<void>;

  /**
   * A page of tasks, newest update first. It may miss the latest saves for a moment, but no task in it is older than a
   * save that ended before. If a filter passes over many tasks, a page may hold fewer than `limit`, even none, and
   * still have a `next`: the work of one call is bounded.
   */
  list(query: TaskQuery): Promise<Page<StoredTask, TaskPosition>>;

  /**
   * Removes the task; with a `version`, only that version. Removing a missing task is no error. Its history is removed
   * by `TaskHistory.remove`.
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
  /** The timestamp, epoch milliseconds, at which the previous page ended. */
  after?: number;
}>;

/** The history of tasks. Every method throws MiyabiError `unavailable` where the backend does not answer. */
export interface TaskHistory {
  /** Adds points. There is one point a millisecond: a later one replaces an earlier one with the same timestamp. */
  append(taskId: string, points: readonly HistoryPoint[]): Promise<void>;

  /** A page of points, oldest first; empty for a missing task. */
  read(taskId: string, query: HistoryQuery): Promise<Page<HistoryPoint, number>>;

  /** Removes every point of the task. */
  remove(taskId: string): Promise<void>;
}
