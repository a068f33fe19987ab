import { isMiyabiError } from '../../domain/errors.ts';
import type { RateLimiter } from '../../ports/rate-limiter.ts';
import type { RedisLink } from './link.ts';
import { script } from './script.ts';

export type RedisRateLimiterOptions = Readonly<{
  redis: RedisLink;
  /** Counts while Redis does not. */
  fallback: RateLimiter;
  /** Requests in one window. */
  limit: number;
  windowMs?: number;
  /** Begins every key, as its hash tag. */
  namespace?: string;
}>;

/** KEYS: counter. ARGV: window. A counter without an expiry would lock its key out for good, so that is mended too. */
const TAKE = script(`
local count = redis.call('INCR', KEYS[1])
local left = redis.call('PTTL', KEYS[1])
if left < 0 then
  redis.call('PEXPIRE', KEYS[1], ARGV[1])
  left = tonumber(ARGV[1])
end
return {count, left}
`);

/** Counts in Redis, in fixed windows, for all processes together. */
export const redisRateLimiter = ({
  redis,
  fallback,
  limit,
  windowMs = 60_000,
  namespace = 'miyabi',
}: RedisRateLimiterOptions): RateLimiter => ({
  async take(who) {
    try {
      const answer = await redis.run((client) => TAKE(client, [`{${namespace}}:rate:${who}`], [windowMs]));
      const [count, left] = Array.isArray(answer) ? answer.map(Number) : [];
      if (count === undefined || left === undefined) return fallback.take(who);
      return {
        allowed: count <= limit,
        limit,
        remaining: Math.max(0, limit - count),
        resetSeconds: Math.max(1, Math.ceil(left / 1000)),
      };
    } catch (error) {
      if (!isMiyabiError(error, 'unavailable')) throw error;
      return fallback.take(who);
    }
  },
});
