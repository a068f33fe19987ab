/** Counts and durations for operators. None of these methods throws. */
export interface Metrics {
  /** Adds to a count. Names are in PascalCase, e.g. `RecordsCollected`. */
  count(name: string, value: number): void;
  /** A duration in milliseconds. */
  duration(name: string, ms: number): void;
  /** Publishes what has been recorded since the last flush. */
  flush(): void;
}
