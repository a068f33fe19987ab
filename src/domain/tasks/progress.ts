import { isTerminal, type TaskStatus } from './status.ts';

/**
 * The progress of a task. `current` and `total` are integers ≥ 0, null while unknown. `percentage` is an integer 0–100,
 * null while the total is unknown or 0.
 */
export type Progress = Counter & Readonly<{ percentage: number | null }>;

/** `failed` and `skipped` are integers ≥ 0, counted beside `current`; absent while unknown. */
export type Counter = Readonly<{ current: number | null; total: number | null }> & PartialFailure;

export type PartialFailure = Readonly<{ failed?: number; skipped?: number }>;

/** The known counts of `failed` and `skipped`. */
export const partialFailure = (
  counts: Readonly<{ failed?: number | null | undefined; skipped?: number | null | undefined }>,
): PartialFailure => ({
  ...(counts.failed != null && { failed: counts.failed }),
  ...(counts.skipped != null && { skipped: counts.skipped }),
});

/** `partialFailure` after a change: undefined leaves a count as it is, null removes it. */
export const changedFailure = (
  before: PartialFailure,
  change: Readonly<{ failed?: number | null | undefined; skipped?: number | null | undefined }> = {},
): PartialFailure =>
  partialFailure({
    failed: change.failed === undefined ? before.failed : change.failed,
    skipped: change.skipped === undefined ? before.skipped : change.skipped,
  });

/** Larger counters are a mistake; the bound also keeps every sum an exact integer. */
export const MAX_COUNT = 1_000_000_000_000;

/**
 * The percentage of a counter, rounded down. Real counters overshoot (`6/5`), fall and end early (`2/3`), so it is
 * clamped, and 100 is only for completed tasks: full but not completed shows 99.
 */
export const percentageOf = (
  { current, total }: Pick<Counter, 'current' | 'total'>,
  status: TaskStatus,
): number | null => {
  if (current === null || total === null || total === 0) return null;
  if (status === 'completed') return 100;
  return Math.max(0, Math.min(99, Math.floor((current * 100) / total)));
};

export const progressOf = (counter: Counter, status: TaskStatus): Progress => ({
  current: counter.current,
  total: counter.total,
  percentage: percentageOf(counter, status),
  ...partialFailure(counter),
});

/** The state of a task at one moment. `timestamp` is ISO 8601 in UTC with milliseconds. */
export type HistoryPoint = Progress &
  Readonly<{ timestamp: string; status: TaskStatus; phase?: string; message?: string }>;

/**
 * Reduces points to at most `limit`, in order of time: every change of status or phase stays if there is room, the
 * counters in between are sampled evenly, the first and last are kept.
 */
export const thinPoints = (points: readonly HistoryPoint[], limit: number): readonly HistoryPoint[] => {
  if (points.length <= limit) return points;
  const turning = points.filter((point, index) => {
    const before = points[index - 1];
    return (
      index === points.length - 1 ||
      before?.status !== point.status ||
      before.phase !== point.phase ||
      isTerminal(point.status)
    );
  });
  if (turning.length >= limit) return sampleEvenly(turning, limit);
  const kept = new Set(turning);
  const rest = points.filter((point) => !kept.has(point));
  for (const point of sampleEvenly(rest, limit - turning.length)) kept.add(point);
  return points.filter((point) => kept.has(point));
};

const sampleEvenly = <T>(items: readonly T[], count: number): readonly T[] => {
  if (items.length <= count) return items;
  if (count === 1) return items.slice(-1);
  return Array.from(
    { length: count },
    (_, index) => items[Math.round((index * (items.length - 1)) / (count - 1))],
  ).filter((item): item is T => item !== undefined);
};
