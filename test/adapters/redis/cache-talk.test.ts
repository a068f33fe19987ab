import * as assert from 'uvu/assert';
import { memoryLogger } from '../../../src/adapters/memory/logger.ts';
import { cacheTalk } from '../../../src/adapters/redis/cache-talk.ts';
import { redisClient } from '../../../src/adapters/redis/connection.ts';
import { redisLink } from '../../../src/adapters/redis/link.ts';
import { steadyClock } from '../../../src/adapters/system/clock.ts';
import { suite } from '../../support/suite.ts';

const test = suite('How a cache uses its Redis');

test('reserves no memory before a write has failed, and some then', async () => {
  const clock = steadyClock();
  const reserved = () => process.memoryUsage().arrayBuffers;
  const before = reserved();
  const talks = Array.from({ length: 10 }, () => {
    // No server listens there.
    const connect = () => redisClient({ host: '127.0.0.1', port: 1 });
    const link = redisLink({ connect, clock, logger: memoryLogger() });
    return { link, talk: cacheTalk(link, clock, () => []) };
  });
  assert.ok(reserved() - before < 100_000, `${reserved() - before} bytes`);
  for (const { link, talk } of talks) {
    await talk.write('task', (client) => client.set('task', '1'));
    assert.not(talk.isTrusted('task'));
    await link.close();
  }
  assert.ok(reserved() - before > 100_000, `${reserved() - before} bytes`);
});

test.run();
