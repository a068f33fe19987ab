/** A backend whose calls are followed. */
export type TracedBackend = 'DynamoDB' | 'Redis';

/** Follows calls of backends for a tracing service. */
export interface Tracer {
  /**
   * Begins a call, e.g. of `DynamoDB`, `taskStore.find`. The function that it returns reports the call when it ends, with
   * its error if it failed. It never throws.
   */
  begin(backend: TracedBackend, operation: string): (error?: unknown) => void;
}
