import { LRUCache } from 'lru-cache';
import type { Clock } from '../../ports/clock.ts';
import type { RateLimiter } from '../../ports/rate-limiter.ts';

export type MemoryRateLimiterOptions = Readonly<{
  clock: Clock;
  /** Requests in one window. */
  limit: number;
  windowMs?: number;
}>;

/** Counts in this process's memory, in fixed windows. */
export const memoryRateLimiter = ({
  clock,
  limit,
  windowMs = 60_000,
}: MemoryRateLimiterOptions): RateLimiter => {
  // Created with the first request: it allocates for all at once, and most of these limiters stand in for a Redis that
  // works.
  let windows: LRUCache<string, { until: number; count: number }> | undefined;

  return {
    async take(who) {
      const now = clock.now();
      windows ??= new LRUCache({ max: 10_000 });
      let current = windows.get(who);
      if (current === undefined || current.until <= now) {
        current = { until: now + windowMs, count: 0 };
        windows.set(who, current);
      }
      current.count += 1;
      return {
        allowed: current.count <= limit,
        limit,
        remaining: Math.max(0, limit - current.count),
        resetSeconds: Math.max(1, Math.ceil((current.until - now) / 1000)),
      };
    },
  };
};
