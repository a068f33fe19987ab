import { redisChangeFeed } from '../../../src/adapters/redis/change-feed.ts';
import type { RedisLink } from '../../../src/adapters/redis/link.ts';
import { changeFeedContract } from '../../contracts/change-feed.ts';
import { onEveryRedis } from '../../support/redis.ts';
import { freshNamespace, mockLink } from '../../support/redis-mock.ts';

const opens = (link: () => RedisLink | Promise<RedisLink>, capacity: number) => async () => {
  const redis = await link();
  const port = redisChangeFeed({ redis, namespace: freshNamespace(), capacity, pollMs: 5 });
  return { port, close: () => redis.close() };
};

// The mock makes ids of the length of a stream, and refuses its own once it has trimmed one.
changeFeedContract('ioredis-mock', opens(mockLink, 1_000_000), { trims: false });
onEveryRedis('ChangeFeed', (adapter, link) => changeFeedContract(adapter, opens(link, 50)));
