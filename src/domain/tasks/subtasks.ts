import { fromIso, toIso } from '../time.ts';
import { progressOf } from './progress.ts';
import { isTerminal, type TaskStatus } from './status.ts';
import { pointOf, type StoredTask, type TaskChange, withTimes } from './task.ts';

/** The share of a part in the progress of its parent. */
const PART = 100;

/** Whether a task has reported no progress itself, so that it may take that of its parts. */
const followsSubtasks = (task: StoredTask): boolean =>
  task.progress_from === 'parts' ||
  (!isTerminal(task.status) && task.progress.total === null && (task.progress.current ?? 0) === 0);

/**
 * A task with the progress of its parts: each has the same weight, and cancelled ones have none. It runs once one of
 * them has begun, and ends with the last of them: failed if one failed, completed if one completed. A part that is
 * added later sets it back to running. Undefined if nothing changes, or if progress of the task itself was reported. The
 * task of a process, or with heartbeats, keeps its status: it ends when its process does.
 */
export const followSubtasks = (
  task: StoredTask,
  parts: readonly StoredTask[],
  now: number,
): TaskChange | undefined => {
  if (!followsSubtasks(task) || parts.length === 0) return undefined;
  const counted = parts.filter(({ status }) => status !== 'cancelled');
  const status = statusOf(task, parts);
  const current = counted.reduce(
    (sum, part) => sum + (part.status === 'completed' ? PART : (part.progress.percentage ?? 0)),
    0,
  );
  const progress = progressOf(
    { current, total: counted.length === 0 ? null : counted.length * PART },
    status,
  );
  const { current: a, total: b } = task.progress;
  if (
    task.progress_from === 'parts' &&
    task.status === status &&
    a === progress.current &&
    b === progress.total
  ) {
    return undefined;
  }
  const at = toIso(now);
  const next = withTimes(
    {
      ...task,
      status,
      progress,
      progress_from: 'parts',
      stale: false,
      version: task.version + 1,
      updated_at: at,
    },
    { at: now },
  );
  return { task: next, point: pointOf(next, at) };
};

/**
 * A sub-task that is closed because its parent has ended: failed if the parent failed, else cancelled. Undefined where
 * it has ended itself. A later line of its log can still say how it really ended.
 */
export const closeWithParent = (
  task: StoredTask,
  parent: Pick<StoredTask, 'task_name' | 'status' | 'completed_at'>,
  now: number,
): TaskChange | undefined => {
  if (isTerminal(task.status) || !isTerminal(parent.status)) return undefined;
  const status = parent.status === 'failed' ? 'failed' : 'cancelled';
  const at = toIso(now);
  const { progress_from: _from, eta_seconds: _eta, ...rest } = task;
  const why = `It was ${task.status} when its parent "${parent.task_name}" ${END_WORDS[parent.status]}`;
  const next = withTimes(
    {
      ...rest,
      status,
      progress: progressOf(task.progress, status),
      details: { ...task.details, outcome: 'parent_ended', error_message: task.details.error_message ?? why },
      stale: false,
      version: task.version + 1,
      updated_at: at,
    },
    { at: Math.min(now, fromIso(parent.completed_at ?? at)) },
  );
  return { task: next, point: pointOf(next, at, why) };
};

const END_WORDS: Readonly<Record<TaskStatus, string>> = {
  pending: 'was pending',
  running: 'was running',
  blocked: 'was blocked',
  completed: 'completed',
  failed: 'failed',
  cancelled: 'was cancelled',
};

const statusOf = (task: StoredTask, parts: readonly StoredTask[]): TaskStatus => {
  // A process that runs, or shows by heartbeats that it does, ends when it says so.
  if (task.run !== undefined || task.heartbeat !== undefined) return task.status;
  const has = (status: TaskStatus) => parts.some((part) => part.status === status);
  if (parts.every(({ status }) => isTerminal(status))) {
    return has('failed') ? 'failed' : has('completed') ? 'completed' : 'cancelled';
  }
  const hasBegun = parts.some(({ status }) => status !== 'pending');
  return task.status === 'blocked'
    ? 'blocked'
    : hasBegun || task.status !== 'pending'
      ? 'running'
      : 'pending';
};
