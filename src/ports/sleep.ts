/**
 * Waits this many milliseconds, or until the signal aborts; it resolves in both cases. A port, so that no test waits.
 */
export type Sleep = (ms: number, signal?: AbortSignal) => Promise<void>;
