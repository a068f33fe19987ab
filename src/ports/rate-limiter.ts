/**
 * The result of one request. `remaining` are those left in the window, `resetSeconds` is when the next window begins.
 */
export type RateAnswer = Readonly<{
  allowed: boolean;
  limit: number;
  remaining: number;
  resetSeconds: number;
}>;

/** Limits how many requests a caller may make in a window of time. */
export interface RateLimiter {
  /** Counts one request. A limiter that cannot count allows everything: it never throws. */
  take(who: string): Promise<RateAnswer>;
}
