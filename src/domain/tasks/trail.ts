import { fromIso, toIso } from '../time.ts';
import { byNewest, type TaskPosition } from './list.ts';
import type { StoredTask } from './task.ts';

/** How many earlier places in the lists a task remembers, and for how long, in milliseconds. */
export const TRAIL_LENGTH = 16;
export const TRAIL_MS = 15 * 60 * 1000;

/** A task as it is saved, with the times of its earlier updates: where it stood in the lists a while ago. */
export const withTrail = (before: StoredTask | undefined, after: StoredTask): StoredTask => {
  if (before === undefined) return after;
  const oldest = fromIso(after.updated_at) - TRAIL_MS;
  const trail = [...(before.trail ?? []), before.updated_at]
    .filter((time) => fromIso(time) >= oldest && time !== after.updated_at)
    .slice(-TRAIL_LENGTH);
  const { trail: _trail, ...rest } = after;
  return trail.length === 0 ? rest : { ...rest, trail };
};

/** Where a task stood at a moment, epoch milliseconds; undefined where it was not there yet, or nobody knows. */
export const positionAt = (task: StoredTask, at: number): TaskPosition | undefined => {
  const moment = toIso(at);
  const updated_at = [...(task.trail ?? []), task.updated_at].findLast((time) => time <= moment);
  return updated_at === undefined ? undefined : { task_id: task.task_id, updated_at };
};

/** Part of a list as it was read: behind `from`, up to and with `to`; without them from its beginning, or to its end. */
export type ReadRange = Readonly<{ from?: TaskPosition; to?: TaskPosition; at: number }>;

/** Whether a range had a task in it when it was read. */
export const wasIn = (task: StoredTask, { from, to, at }: ReadRange): boolean => {
  const position = positionAt(task, at);
  if (position === undefined) return false;
  return (
    (from === undefined || byNewest(from, position) < 0) && (to === undefined || byNewest(position, to) <= 0)
  );
};
