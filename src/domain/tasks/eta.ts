import { fromIso } from '../time.ts';
import type { StoredTask } from './task.ts';

/** How long finished runs of one name took, in seconds, the latest last. */
export type PastDurations = readonly number[];

/** How many finished runs are remembered for each name: enough for a median, few enough to follow a change. */
export const MAX_PAST = 10;

/** Below these, a rate is no ground for a promise. */
const MIN_ELAPSED_SECONDS = 5;
const MIN_STEPS = 2;
const MIN_FRACTION = 0.05;

/** A run that takes so many times its usual duration is not like those before it. */
const UNUSUAL = 1.5;

/**
 * Seconds until a running task ends, counted from `now` (epoch milliseconds); undefined where there is no ground to
 * say. Two grounds: the rate so far, `elapsed × (total − current) ÷ current`, and what is left of the median duration
 * of earlier runs. Where both are there, the rate counts as much as the part of the work that is done.
 */
export const etaOf = (task: StoredTask, past: PastDurations, now: number): number | undefined => {
  if (task.status !== 'running' || task.started_at === undefined) return undefined;
  const elapsed = (now - fromIso(task.started_at)) / 1000;
  if (elapsed < 0) return undefined;
  const { current, total } = task.progress;
  const fraction =
    current === null || total === null || total === 0 ? undefined : Math.min(1, current / total);
  const byRate =
    fraction !== undefined &&
    (current ?? 0) >= MIN_STEPS &&
    fraction >= MIN_FRACTION &&
    elapsed >= MIN_ELAPSED_SECONDS
      ? (elapsed * (1 - fraction)) / fraction
      : undefined;
  const usual = medianOf(past);
  const byPast = usual === undefined || elapsed > usual * UNUSUAL ? undefined : Math.max(0, usual - elapsed);
  if (byRate === undefined) return byPast === undefined ? undefined : Math.round(byPast);
  if (byPast === undefined || fraction === undefined) return Math.round(byRate);
  return Math.round(byRate * fraction + byPast * (1 - fraction));
};

const medianOf = (values: readonly number[]): number | undefined => {
  const sorted = values.toSorted((a, b) => a - b);
  const upper = sorted[Math.floor(sorted.length / 2)];
  const lower = sorted[Math.ceil(sorted.length / 2) - 1];
  return upper === undefined || lower === undefined ? undefined : (upper + lower) / 2;
};

/** What a finished task adds to the durations of its name: only a success tells how long the next one may take. */
export const withDuration = (past: PastDurations, task: StoredTask): PastDurations =>
  task.status === 'completed' && task.duration_seconds !== undefined && task.duration_seconds > 0
    ? [...past, task.duration_seconds].slice(-MAX_PAST)
    : past;
