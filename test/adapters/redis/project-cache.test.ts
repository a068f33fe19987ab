import * as assert from 'uvu/assert';
import { memoryClock } from '../../../src/adapters/memory/clock.ts';
import { memoryLogger } from '../../../src/adapters/memory/logger.ts';
import { redisClient } from '../../../src/adapters/redis/connection.ts';
import { type RedisLink, redisLink } from '../../../src/adapters/redis/link.ts';
import { redisProjectCache } from '../../../src/adapters/redis/project-cache.ts';
import { systemClock } from '../../../src/adapters/system/clock.ts';
import { projectCacheContract } from '../../contracts/ports.ts';
import { hasRedisServer, onEveryRedis, startRedis, until } from '../../support/redis.ts';
import { freshNamespace, mockLink, onMock } from '../../support/redis-mock.ts';
import { suite } from '../../support/suite.ts';
import { aProject } from '../../support/tasks.ts';
import { tcpProxy } from '../../support/tcp-proxy.ts';

const opens = (link: () => RedisLink | Promise<RedisLink>) => async () => {
  const redis = await link();
  const clock = memoryClock();
  const cache = redisProjectCache({ redis, clock, namespace: freshNamespace() });
  return { port: { cache, clock }, close: () => redis.close() };
};

onMock(() => projectCacheContract('ioredis-mock', opens(mockLink)));
onEveryRedis('ProjectCache', (adapter, link) => projectCacheContract(adapter, opens(link)));

const test = suite('ProjectCache in trouble');

const title = 'forgets, when Redis is back, what changed while it was away';
if (hasRedisServer) {
  test(title, async () => {
    const server = await startRedis();
    const proxy = await tcpProxy(server.address.port);
    const clock = systemClock();
    const connect = () => redisClient({ host: '127.0.0.1', port: proxy.port });
    const redis = redisLink({ connect, clock, logger: memoryLogger() });
    const cache = redisProjectCache({ redis, clock, namespace: freshNamespace() });
    try {
      await until('it is kept', async () => {
        await cache.save(aProject('a'));
        await cache.save(aProject('b'));
        return (await cache.find('b')) !== undefined;
      });
      await proxy.set('refuse');
      await cache.save(aProject('a', { version: 2 }));
      assert.is(await cache.find('a'), undefined);
      await proxy.set('pass');
      await until('it is back', async () => (await cache.find('b')) !== undefined);
      assert.is(await cache.find('a'), undefined);
    } finally {
      await redis.close();
      await proxy.close();
      await server.stop();
    }
  });
} else {
  test.skip(title, 'redis-server is not on the PATH');
}

test.run();
