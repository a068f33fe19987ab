/**
 * Waits this many milliseconds, or until the signal aborts: it resolves in both cases. Like the clock it is a port, so
 * that no test waits.
 */
export type Sleep = (ms: number, signal?: AbortSignal) => Promise<void>;
