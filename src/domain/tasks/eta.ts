import { fromIso } from '../time.ts';
import type { Counter, HistoryPoint } from './progress.ts';
import type { TaskStatus } from './status.ts';
import type { StoredTask } from './task.ts';

/** How long finished runs of one name took, in seconds, oldest first. */
export type PastDurations = readonly number[];

/** How many finished runs are kept for each name: enough for a median, few enough to follow a change. */
export const MAX_PAST = 10;

/** With fewer steps, a rate is no estimate: one or two steps may be the slow or the quick ones. */
const MIN_ELAPSED_SECONDS = 5;
const MIN_STEPS = 2;
/** A share of the steps left when the run was first seen. */
const MIN_FRACTION = 0.05;
/** After this time and number of steps the rate is used, however small the share of a large total is. */
const LONG_SECONDS = 60;
const LONG_STEPS = 10;

/** A run that takes this many times its usual duration is not comparable with earlier ones. */
const UNUSUAL = 1.5;

/** The base of a task's rate: the first counter that was seen of it. `at` is ISO 8601. */
export type RateStart = Readonly<{ current: number; at: string }>;

/**
 * The base of the rate after more of a task's history. A run may have been under way when it was first seen
 * (`130/1351`), so its counter at that time does not count as work done since. A counter that falls below its base sets a new one.
 */
export const rateStartOf = (
  known: RateStart | undefined,
  points: readonly HistoryPoint[],
): RateStart | undefined => {
  // The usual case: nothing is older than the base, or below it. ISO times are in the order of their text.
  if (
    known !== undefined &&
    points.every(
      ({ status, current, timestamp }) =>
        status !== 'running' || current === null || (current >= known.current && timestamp >= known.at),
    )
  )
    return known;
  const seen = points.flatMap(({ status, current, timestamp }) =>
    status === 'running' && current !== null ? [{ current, at: timestamp }] : [],
  );
  return [...(known === undefined ? [] : [known]), ...seen]
    .toSorted((a, b) => fromIso(a.at) - fromIso(b.at))
    .reduce<RateStart | undefined>(
      (start, next) => (start === undefined || next.current < start.current ? next : start),
      undefined,
    );
};

/** What an estimate is made from: a `StoredTask`, or the same fields of a run on a terminal. */
export type Estimated = Readonly<{
  status: TaskStatus;
  progress: Pick<Counter, 'current' | 'total'>;
  started_at?: string;
  rateFrom?: RateStart;
}>;

/**
 * Seconds until a running task ends, from `now` (epoch milliseconds); undefined without a basis. There are two: the
 * rate since the task was first seen, `elapsed × (total − current) ÷ (current − first)`, and the rest of the median
 * duration of earlier runs. If both exist, the rate is weighted by the completed share.
 */
export const etaOf = (task: Estimated, past: PastDurations, now: number): number | undefined => {
  if (task.status !== 'running' || task.started_at === undefined) return undefined;
  const elapsed = (now - fromIso(task.started_at)) / 1000;
  if (elapsed < 0) return undefined;
  const { current, total } = task.progress;
  const fraction =
    current === null || total === null || total === 0 ? undefined : Math.min(1, current / total);
  const byRate = etaByRate(task, now);
  const usual = medianOf(past);
  const byPast = usual === undefined || elapsed > usual * UNUSUAL ? undefined : Math.max(0, usual - elapsed);
  if (byRate === undefined) return byPast === undefined ? undefined : Math.round(byPast);
  if (byPast === undefined || fraction === undefined) return Math.round(byRate);
  return Math.round(byRate * fraction + byPast * (1 - fraction));
};

const etaByRate = (
  { progress: { current, total }, rateFrom }: Estimated,
  now: number,
): number | undefined => {
  if (rateFrom === undefined || current === null || total === null || total <= rateFrom.current)
    return undefined;
  const steps = current - rateFrom.current;
  const seconds = (now - fromIso(rateFrom.at)) / 1000;
  const isLong = steps >= LONG_STEPS && seconds >= LONG_SECONDS;
  const isMuch = steps >= MIN_STEPS && steps / (total - rateFrom.current) >= MIN_FRACTION;
  if (seconds < MIN_ELAPSED_SECONDS || !(isLong || isMuch)) return undefined;
  return (seconds * Math.max(0, total - current)) / steps;
};

const medianOf = (values: readonly number[]): number | undefined => {
  const sorted = values.toSorted((a, b) => a - b);
  const upper = sorted[Math.floor(sorted.length / 2)];
  const lower = sorted[Math.ceil(sorted.length / 2) - 1];
  return upper === undefined || lower === undefined ? undefined : (upper + lower) / 2;
};

/** What a finished task adds to the durations of its name. Only a success says how long the next run may take. */
export const withDuration = (past: PastDurations, task: StoredTask): PastDurations =>
  task.status === 'completed' && task.duration_seconds !== undefined && task.duration_seconds > 0
    ? [...past, task.duration_seconds].slice(-MAX_PAST)
    : past;
