/** The time. Tests set it; nothing but this port and an entrypoint reads the machine's clock. */
export interface Clock {
  /** Epoch milliseconds, never falling within a process. */
  now(): number;
}
