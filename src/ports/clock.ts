/** The time. Only this port and entrypoints read the machine's clock; tests set it. */
export interface Clock {
  /** Epoch milliseconds. They go back if the machine's clock is set back, except for the port `steadyClock`. */
  now(): number;
}
