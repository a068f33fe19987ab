import { memoryClock } from '../../../src/adapters/memory/clock.ts';
import { memoryRateLimiter } from '../../../src/adapters/memory/rate-limiter.ts';
import type { RedisLink } from '../../../src/adapters/redis/link.ts';
import { redisRateLimiter } from '../../../src/adapters/redis/rate-limiter.ts';
import { rateLimiterContract } from '../../contracts/rate-limiter.ts';
import { onEveryRedis } from '../../support/redis.ts';
import { freshNamespace, mockLink } from '../../support/redis-mock.ts';

const opens = (link: () => RedisLink | Promise<RedisLink>) => async () => {
  const redis = await link();
  const fallback = memoryRateLimiter({ clock: memoryClock(), limit: 1_000 });
  return {
    port: redisRateLimiter({ redis, fallback, limit: 3, namespace: freshNamespace() }),
    close: () => redis.close(),
  };
};

rateLimiterContract('ioredis-mock', opens(mockLink));
onEveryRedis('RateLimiter', (adapter, link) => rateLimiterContract(adapter, opens(link)));
