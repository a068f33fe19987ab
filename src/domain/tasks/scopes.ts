import type { TaskFilter, TaskPosition } from './list.ts';
import { TASK_STATUSES, type TaskStatus } from './status.ts';
import type { Task } from './task.ts';

/** A list that a cache keeps in order: all tasks, or those of a status, of a project, of a status in a project. */
export type TaskScope = Readonly<{ project_id?: string; status?: TaskStatus }>;

/** The name of a scope, unique because no id contains a `#`. */
export const scopeName = ({ project_id, status }: TaskScope): string =>
  `${project_id === undefined ? 'all' : `project#${project_id}`}${status === undefined ? '' : `#${status}`}`;

/** The scopes that a task is in. */
export const scopesOf = ({
  project_id,
  status,
}: Pick<Task, 'project_id' | 'status'>): readonly TaskScope[] => [
  {},
  { status },
  { project_id },
  { project_id, status },
];

/**
 * The scopes that make up a list, none of them twice; undefined if a list cannot be made of scopes, because of a filter
 * other than status and project, including any that may be added later.
 */
export const scopesFor = (
  query: TaskFilter & Readonly<{ limit?: number; after?: TaskPosition }>,
): readonly TaskScope[] | undefined => {
  const { project_id, statuses: wanted, labels = {}, limit: _limit, after: _after, ...others } = query;
  if (Object.values(others).some((condition) => condition !== undefined)) return undefined;
  if (Object.keys(labels).length > 0) return undefined;
  const base: TaskScope = project_id === undefined ? {} : { project_id };
  const statuses = new Set(wanted ?? TASK_STATUSES);
  if (statuses.size === 0) return undefined;
  if (TASK_STATUSES.every((status) => statuses.has(status))) return [base];
  return [...statuses].map((status) => ({ ...base, status }));
};
