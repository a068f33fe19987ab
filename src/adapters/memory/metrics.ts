import type { Metrics } from '../../ports/metrics.ts';

/** The content of one flush: sums of counts, and every duration in milliseconds. */
export type MetricsBatch = Readonly<{
  counts: Readonly<Record<string, number>>;
  durations: Readonly<Record<string, readonly number[]>>;
}>;

/** Keeps what is counted and timed, for tests to read. */
export const memoryMetrics = (): Metrics & { readonly flushed: readonly MetricsBatch[] } => {
  const flushed: MetricsBatch[] = [];
  let counts: Record<string, number> = {};
  let durations: Record<string, number[]> = {};
  return {
    flushed,
    count(name, value) {
      counts[name] = (counts[name] ?? 0) + value;
    },
    duration(name, ms) {
      durations[name] = [...(durations[name] ?? []), ms];
    },
    flush() {
      if (Object.keys(counts).length > 0 || Object.keys(durations).length > 0) {
        flushed.push({ counts, durations });
      }
      counts = {};
      durations = {};
    },
  };
};
