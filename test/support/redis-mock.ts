import RedisMock from 'ioredis-mock';
import * as assert from 'uvu/assert';
import { memoryLogger } from '../../src/adapters/memory/logger.ts';
import type { RedisClient } from '../../src/adapters/redis/connection.ts';
import { type RedisLink, redisLink } from '../../src/adapters/redis/link.ts';
import { systemClock } from '../../src/adapters/system/clock.ts';
import { isOnPath } from './cli.ts';
import { slowly } from './suite.ts';

/** A link whose `close` fails where Redis has failed or refused anything: the adapters themselves keep quiet. */
export const strictLink = (connect: () => RedisClient): RedisLink => {
  const logger = memoryLogger();
  // The mock runs Lua in JavaScript, and a busy machine takes its time.
  const link = redisLink({ connect, clock: systemClock(), logger, timeoutMs: 10_000 });
  return {
    ...link,
    async close() {
      await link.close();
      assert.equal(logger.entries, []);
    },
  };
};

/** A link to ioredis-mock. All of its clients share one memory: tests keep apart by namespaces. */
export const mockLink = (): RedisLink => strictLink(() => new RedisMock());

/** Suites on the mock: slow where a redis-server runs the same ones. */
export const onMock = (suites: () => void): void => {
  if (isOnPath('redis-server')) slowly(suites);
  else suites();
};

let namespaces = 0;
/** A namespace that no other test of this process, and none of another, uses. */
export const freshNamespace = (): string => {
  namespaces += 1;
  return `test-${process.pid}-${Date.now().toString(36)}-${namespaces}`;
};
