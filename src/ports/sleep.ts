/** Waits this many milliseconds. Like the clock it is a port, so that no test waits. */
export type Sleep = (ms: number) => Promise<void>;
