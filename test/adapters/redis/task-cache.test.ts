import { memoryClock } from '../../../src/adapters/memory/clock.ts';
import type { RedisLink } from '../../../src/adapters/redis/link.ts';
import { redisTaskCache } from '../../../src/adapters/redis/task-cache.ts';
import { taskCacheContract, taskListCacheContract, trailingStoreContract } from '../../contracts/ports.ts';
import { onEveryRedis } from '../../support/redis.ts';
import { freshNamespace, mockLink, onMock } from '../../support/redis-mock.ts';

const opens =
  (link: () => RedisLink | Promise<RedisLink>, storeDelayMs = 0) =>
  async () => {
    const redis = await link();
    const clock = memoryClock();
    const cache = redisTaskCache({ redis, clock, namespace: freshNamespace(), storeDelayMs });
    return { port: { cache, clock }, close: () => redis.close() };
  };

onMock(() => {
  taskCacheContract('ioredis-mock', opens(mockLink));
  // The mock takes 10 ms for a script.
  taskListCacheContract('ioredis-mock', opens(mockLink), { steps: 40 });
  trailingStoreContract('ioredis-mock', opens(mockLink, 5_000));
});
onEveryRedis('TaskCache', (adapter, link) => {
  taskCacheContract(adapter, opens(link));
  taskListCacheContract(adapter, opens(link));
  trailingStoreContract(adapter, opens(link, 5_000));
});
