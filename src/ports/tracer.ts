/** Follows calls of backends for a tracing service. */
export interface Tracer {
  /**
   * Begins a call, e.g. of `DynamoDB`, `taskStore.find`. The function that it returns reports the call when it ends, with
   * its error if it failed. It never throws.
   */
  begin(backend: string, operation: string): (error?: unknown) => void;
}
