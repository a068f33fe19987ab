import { isCounted } from '../projects/metrics.ts';
import type { StoredTask } from './task.ts';

/** The events that webhooks receive. */
export const TASK_EVENTS = ['task.completed', 'task.failed', 'task.stale'] as const;
export type TaskEventType = (typeof TASK_EVENTS)[number];

/** An event of a task, with the project and version it happened in; `at` is ISO 8601. */
export type TaskEvent = Readonly<{ type: TaskEventType; project_id: string; version: number; at: string }>;

/**
 * How many events may be pending on a task. Only an outage leaves so many. The oldest beyond them are dropped: a task
 * with its events must fit an item of DynamoDB.
 */
const MAX_PENDING_EVENTS = 100;

/** The event that a write of a task causes, if any. */
export const eventOf = (before: StoredTask | undefined, after: StoredTask): TaskEventType | undefined => {
  const isSame = before?.status === after.status && before.attempt === after.attempt;
  if (after.status === 'completed' && !isSame) return 'task.completed';
  if (after.status === 'failed' && !isSame) return 'task.failed';
  return after.stale && before?.stale !== true ? 'task.stale' : undefined;
};

/** A task with the event of this write: the write that causes an event also stores it. */
export const withEvent = (before: StoredTask | undefined, after: StoredTask): StoredTask => {
  const type = eventOf(before, after);
  if (type === undefined) return after;
  const { project_id, version, updated_at: at } = after;
  return {
    ...after,
    pendingEvents: [...(after.pendingEvents ?? []), { type, project_id, version, at }].slice(
      -MAX_PENDING_EVENTS,
    ),
  };
};

/** A task without its pending events. */
export const withoutEvents = (task: StoredTask): StoredTask => {
  if (task.pendingEvents === undefined) return task;
  const { pendingEvents: _events, ...rest } = task;
  return rest;
};

/** Whether the metrics count a task as it is, and none of its events are pending. */
export const isAccounted = (task: StoredTask): boolean =>
  isCounted(task) && (task.pendingEvents ?? []).length === 0;
