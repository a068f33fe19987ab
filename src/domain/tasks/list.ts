import type { TaskStatus } from './status.ts';
import type { StoredTask } from './task.ts';

/** A position in the list of tasks, newest update first, equal times by descending id. */
export type TaskPosition = Readonly<{ updated_at: string; task_id: string }>;

/**
 * Which tasks a list contains. All conditions must hold; `statuses` are alternatives, and an empty list matches
 * nothing.
 */
export type TaskFilter = Readonly<{
  statuses?: readonly TaskStatus[];
  project_id?: string;
  task_type?: string;
  /** Parts of that task. */
  parent_id?: string;
  labels?: Readonly<Record<string, string>>;
  /** Part of the name, in any case. */
  q?: string;
  /** ISO 8601 in UTC with milliseconds: tasks last updated at or after it. */
  updated_since?: string;
}>;

/** Order of a list: negative where `a` comes before `b`. */
export const byNewest = (a: TaskPosition, b: TaskPosition): number => {
  if (a.updated_at !== b.updated_at) return a.updated_at > b.updated_at ? -1 : 1;
  if (a.task_id === b.task_id) return 0;
  return a.task_id > b.task_id ? -1 : 1;
};

/** The form of names in which searches compare them. */
export const searchable = (text: string): string => text.toLowerCase();

export const matchesFilter = (task: StoredTask, filter: TaskFilter): boolean =>
  (filter.statuses === undefined || filter.statuses.includes(task.status)) &&
  (filter.project_id === undefined || filter.project_id === task.project_id) &&
  (filter.parent_id === undefined || filter.parent_id === task.parent_id) &&
  (filter.task_type === undefined || filter.task_type === task.task_type) &&
  (filter.updated_since === undefined || task.updated_at >= filter.updated_since) &&
  (filter.q === undefined || searchable(task.task_name).includes(searchable(filter.q))) &&
  Object.entries(filter.labels ?? {}).every(
    ([name, value]) => Object.hasOwn(task.labels, name) && task.labels[name] === value,
  );
