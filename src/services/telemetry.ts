import type { TaskStatus } from '../domain/tasks/status.ts';
import { isTerminal } from '../domain/tasks/status.ts';
import type { Ports } from '../ports/ports.ts';
import type { Ingested, ProgressService } from './progress.ts';

/** Upper bounds of the buckets of durations, in seconds: from a unit test to a migration. */
export const DURATION_BUCKETS = [1, 5, 15, 60, 300, 900, 1_800, 3_600, 14_400, 86_400] as const;

/** How many ended within each bucket alone, the last one without a bound; `sum` in seconds. */
export type DurationHistogram = Readonly<{ counts: readonly number[]; sum: number }>;

/** `collectedAt`: when the group was last read without a failure, in epoch milliseconds. */
export type GroupFigures = Readonly<{ collected: number; failed: number; collectedAt: number | undefined }>;

/** What this process has done since it started. */
export type Figures = Readonly<{
  startedAt: number;
  logEvents: number;
  logLines: number;
  logSignals: number;
  cacheHits: number;
  cacheMisses: number;
  /** By log group; further groups than the first hundred are one. */
  groups: ReadonlyMap<string, GroupFigures>;
  durations: ReadonlyMap<TaskStatus, DurationHistogram>;
}>;

export type Telemetry = Readonly<{
  cacheRead(isHit: boolean): void;
  ingested(result: Pick<Ingested, 'events' | 'lines' | 'records'>): void;
  collected(group: string, isSuccess: boolean): void;
  /** A task has changed its status. Only those that have ended count. */
  changed(task: Readonly<{ status: TaskStatus; duration_seconds?: number }>): void;
  figures(): Figures;
}>;

const MAX_GROUPS = 100;
/** No log group can be called so. */
const OTHER_GROUPS = '(other)';

export const telemetry = ({ clock }: Pick<Ports, 'clock'>): Telemetry => {
  const startedAt = clock.now();
  const totals = { logEvents: 0, logLines: 0, logSignals: 0, cacheHits: 0, cacheMisses: 0 };
  const groups = new Map<string, GroupFigures>();
  const durations = new Map<TaskStatus, { counts: number[]; sum: number }>();
  return {
    cacheRead(isHit) {
      if (isHit) totals.cacheHits += 1;
      else totals.cacheMisses += 1;
    },
    ingested({ events, lines, records }) {
      totals.logEvents += events;
      totals.logLines += lines;
      totals.logSignals += records;
    },
    collected(group, isSuccess) {
      const name = groups.has(group) || groups.size < MAX_GROUPS ? group : OTHER_GROUPS;
      const { collected, failed, collectedAt } = groups.get(name) ?? {
        ...{ collected: 0, failed: 0, collectedAt: undefined },
      };
      groups.set(
        name,
        isSuccess
          ? { collected: collected + 1, failed, collectedAt: clock.now() }
          : { collected, failed: failed + 1, collectedAt },
      );
    },
    changed({ status, duration_seconds: seconds }) {
      if (!isTerminal(status) || seconds === undefined) return;
      const histogram = durations.get(status) ?? {
        counts: Array.from({ length: DURATION_BUCKETS.length + 1 }, () => 0),
        sum: 0,
      };
      const within = DURATION_BUCKETS.findIndex((bound) => seconds <= bound);
      const bucket = within === -1 ? DURATION_BUCKETS.length : within;
      histogram.counts[bucket] = (histogram.counts[bucket] ?? 0) + 1;
      histogram.sum += seconds;
      durations.set(status, histogram);
    },
    figures: () => ({ startedAt, ...totals, groups, durations }),
  };
};

/** The service, whose results are counted. */
export const countingIngest = (service: ProgressService, counter: Telemetry): ProgressService => ({
  async ingest(batch) {
    const result = await service.ingest(batch);
    counter.ingested(result);
    return result;
  },
});
