/** What is counted and timed, for whoever runs the system. None of these throws. */
export interface Metrics {
  /** Adds to a count. Names are in PascalCase, e.g. `RecordsCollected`. */
  count(name: string, value: number): void;
  /** A duration in milliseconds. */
  duration(name: string, ms: number): void;
  /** Hands over what has gathered since the last time. */
  flush(): void;
}
