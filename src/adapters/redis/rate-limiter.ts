import { LRUCache } from 'lru-cache';
import { isMiyabiError } from '../../domain/errors.ts';
import type { Clock } from '../../ports/clock.ts';
import type { RateAnswer, RateLimiter } from '../../ports/rate-limiter.ts';
import type { RedisLink } from './link.ts';
import { script } from './script.ts';

export type RedisRateLimiterOptions = Readonly<{
  redis: RedisLink;
  clock: Clock;
  /** Counts while Redis does not answer. */
  fallback: RateLimiter;
  /** Requests in one window. */
  limit: number;
  windowMs?: number;
  /** The beginning of every key, as its hash tag. */
  namespace?: string;
}>;

/**
 * KEYS: counter. ARGV: window. A counter without an expiry would lock its key out permanently, so that is repaired too.
 */
const TAKE = script(`
local count = redis.call('INCR', KEYS[1])
local left = redis.call('PTTL', KEYS[1])
if left < 0 then
  redis.call('PEXPIRE', KEYS[1], ARGV[1])
  left = tonumber(ARGV[1])
end
return {count, left}
`);

/**
 * Counts in Redis, in fixed windows, for all processes together. A caller that has used up a window is refused until it
 * ends without asking Redis again.
 */
export const redisRateLimiter = ({
  redis,
  clock,
  fallback,
  limit,
  windowMs = 60_000,
  namespace = 'miyabi',
}: RedisRateLimiterOptions): RateLimiter => {
  /** Until when callers are refused. Created with the first refusal: it allocates for all at once. */
  let refused: LRUCache<string, number> | undefined;

  const answerFor = (count: number, leftMs: number): RateAnswer => ({
    allowed: count <= limit,
    limit,
    remaining: Math.max(0, limit - count),
    resetSeconds: Math.max(1, Math.ceil(leftMs / 1000)),
  });

  return {
    async take(who) {
      const leftMs = (refused?.get(who) ?? 0) - clock.now();
      if (leftMs > 0) return answerFor(limit + 1, leftMs);
      try {
        const answer = await redis.run((client) => TAKE(client, [`{${namespace}}:rate:${who}`], [windowMs]));
        const [count, left] = Array.isArray(answer) ? answer.map(Number) : [];
        if (count === undefined || left === undefined) return fallback.take(who);
        if (count > limit) {
          refused ??= new LRUCache({ max: 10_000 });
          refused.set(who, clock.now() + left);
        }
        return answerFor(count, left);
      } catch (error) {
        if (!isMiyabiError(error, 'unavailable')) throw error;
        return fallback.take(who);
      }
    },
  };
};
