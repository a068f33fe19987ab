import * as assert from 'uvu/assert';
import { memoryClock } from '../../../src/adapters/memory/clock.ts';
import { memoryRateLimiter } from '../../../src/adapters/memory/rate-limiter.ts';
import { rateLimiterContract } from '../../contracts/ports.ts';
import { suite } from '../../support/suite.ts';

rateLimiterContract('memory', () => ({ port: memoryRateLimiter({ clock: memoryClock(), limit: 3 }) }));

const test = suite('memoryRateLimiter');

test('starts again after the window', async () => {
  const clock = memoryClock();
  const limiter = memoryRateLimiter({ clock, limit: 1 });
  await limiter.take('a');
  clock.advance(59_999);
  assert.equal(await limiter.take('a'), { allowed: false, limit: 1, remaining: 0, resetSeconds: 1 });
  clock.advance(1);
  assert.equal(await limiter.take('a'), { allowed: true, limit: 1, remaining: 0, resetSeconds: 60 });
});

test.run();
