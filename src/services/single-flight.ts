/** Runs what is asked for under a key; while it is under way, whoever asks under the same key gets its result. */
export type SingleFlight<T> = (key: string, run: () => Promise<T>) => Promise<T>;

/**
 * One run for many callers: one read of the store, however many miss the cache at the same moment. Nothing is kept
 * once a run has ended, and a failure fails those who were waiting for it, nobody later.
 *
 * Whoever joins may get what was read a moment before it asked. So it is for answers, which may be that old anyway,
 * and not for a read that a write is decided on.
 */
export const singleFlight = <T>(): SingleFlight<T> => {
  const underWay = new Map<string, Promise<T>>();
  return (key, run) => {
    const known = underWay.get(key);
    if (known !== undefined) return known;
    const started = run().finally(() => {
      underWay.delete(key);
    });
    underWay.set(key, started);
    return started;
  };
};
