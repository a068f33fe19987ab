import * as assert from 'uvu/assert';
import { memoryClock } from '../../../src/adapters/memory/clock.ts';
import { memoryRateLimiter } from '../../../src/adapters/memory/rate-limiter.ts';
import type { RedisLink } from '../../../src/adapters/redis/link.ts';
import { redisRateLimiter } from '../../../src/adapters/redis/rate-limiter.ts';
import { rateLimiterContract } from '../../contracts/ports.ts';
import { onEveryRedis } from '../../support/redis.ts';
import { freshNamespace, mockLink, onMock } from '../../support/redis-mock.ts';
import { suite } from '../../support/suite.ts';

const opens = (link: () => RedisLink | Promise<RedisLink>) => async () => {
  const redis = await link();
  const clock = memoryClock();
  const fallback = memoryRateLimiter({ clock, limit: 1_000 });
  return {
    port: redisRateLimiter({ redis, clock, fallback, limit: 3, namespace: freshNamespace() }),
    close: () => redis.close(),
  };
};

onMock(() => rateLimiterContract('ioredis-mock', opens(mockLink)));
onEveryRedis('RateLimiter', (adapter, link) => rateLimiterContract(adapter, opens(link)));

const test = suite('A limiter in Redis');

test('does not ask Redis again for a caller that has used up a window, until it ends', async () => {
  const link = mockLink();
  let requested = 0;
  const redis: RedisLink = {
    ...link,
    run: (commands) => {
      requested += 1;
      return link.run(commands);
    },
  };
  const clock = memoryClock();
  const fallback = memoryRateLimiter({ clock, limit: 1_000 });
  const limiter = redisRateLimiter({ redis, clock, fallback, limit: 1, namespace: freshNamespace() });
  const allowed = async (who: string) => (await limiter.take(who)).allowed;
  assert.equal([await allowed('a'), await allowed('a'), await allowed('a')], [true, false, false]);
  assert.is(requested, 2);
  assert.is(await allowed('b'), true);
  clock.advance(60_000);
  await limiter.take('a');
  assert.is(requested, 4);
  await link.close();
});

test.run();
