import { isCounted } from '../projects/metrics.ts';
import type { Task } from './task.ts';

/** What of a task others may be told of. */
export const TASK_EVENTS = ['task.completed', 'task.failed', 'task.stale'] as const;
export type TaskEventType = (typeof TASK_EVENTS)[number];

/** That it happened to a task, in which project, with which write of it; `at` is when, ISO 8601. */
export type TaskEvent = Readonly<{ type: TaskEventType; project_id: string; version: number; at: string }>;

/**
 * How many events a task carries that nobody was told of. So many wait only through an outage, and beyond them the
 * oldest go: what a task carries has to fit its item.
 */
export const MAX_UNTOLD = 100;

/** What happened to a task with a write of it, if it is anything to tell. */
export const eventOf = (before: Task | undefined, after: Task): TaskEventType | undefined => {
  const isSame = before?.status === after.status && before.attempt === after.attempt;
  if (after.status === 'completed' && !isSame) return 'task.completed';
  if (after.status === 'failed' && !isSame) return 'task.failed';
  return after.stale && before?.stale !== true ? 'task.stale' : undefined;
};

/** A task as it is saved, with what happened to it: the event is kept by the same write that makes it happen. */
export const withEvent = (before: Task | undefined, after: Task): Task => {
  const type = eventOf(before, after);
  if (type === undefined) return after;
  const { project_id, version, updated_at: at } = after;
  return {
    ...after,
    untold: [...(after.untold ?? []), { type, project_id, version, at }].slice(-MAX_UNTOLD),
  };
};

/** Whether the metrics hold of a task what they should, and whoever wants to be told of it was told. */
export const isSettled = (task: Task): boolean => isCounted(task) && (task.untold ?? []).length === 0;
