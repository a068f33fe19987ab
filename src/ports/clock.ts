/** The time. Tests set it; nothing but this port and an entrypoint reads the machine's clock. */
export interface Clock {
  /** Epoch milliseconds. They fall where the machine's clock is set back, but for the port `steadyClock`. */
  now(): number;
}
