import { fromIso } from '../time.ts';
import type { HistoryPoint } from './progress.ts';
import type { StoredTask } from './task.ts';

/** Every running task may be silent for this long, in milliseconds: creating a database takes minutes. */
export const MIN_SILENCE_MS = 5 * 60_000;

/** If a task's usual gap between updates is unknown, it may be silent for this long. */
const UNKNOWN_SILENCE_MS = 15 * 60_000;

/** The longest permitted silence, however long the usual gap is. */
const MAX_SILENCE_MS = 6 * 3_600_000;

/** A multiple of its longest pause so far. */
const STALE_AFTER_GAPS = 4;

/** When there was last a sign of a task, in its log or in a client's report. Epoch milliseconds. */
export const lastSignOfLife = (task: StoredTask): number =>
  Math.max(
    fromIso(task.last_event_at ?? task.created_at),
    task.reported_at === undefined ? 0 : fromIso(task.reported_at),
  );

/**
 * How long a task may be silent before it counts as stale, in milliseconds: four times the longest pause in its
 * history, within bounds. `points` are those of its history, oldest first.
 */
const allowedSilence = (points: readonly HistoryPoint[]): number => {
  if (points.length < 3) return UNKNOWN_SILENCE_MS;
  let longest = 0;
  for (let index = 1; index < points.length; index += 1) {
    const pause = fromIso(points[index]?.timestamp ?? '') - fromIso(points[index - 1]?.timestamp ?? '');
    if (pause > longest) longest = pause;
  }
  return Math.min(MAX_SILENCE_MS, Math.max(MIN_SILENCE_MS, STALE_AFTER_GAPS * longest));
};

/** Whether a running task has been silent for longer than its usual gap between updates allows. */
export const isStale = (task: StoredTask, points: readonly HistoryPoint[], now: number): boolean =>
  task.status === 'running' && now - lastSignOfLife(task) > allowedSilence(points);
