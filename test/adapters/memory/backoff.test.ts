import * as assert from 'uvu/assert';
import { memoryBackoff } from '../../../src/adapters/memory/backoff.ts';
import { memoryClock } from '../../../src/adapters/memory/clock.ts';
import { memorySleep } from '../../../src/adapters/memory/sleep.ts';
import { RETRY_POLICY } from '../../../src/domain/retry.ts';
import { backoffContract } from '../../contracts/backoff.ts';
import { rejects, suite } from '../../support/suite.ts';

backoffContract('memory', () => memoryBackoff({ sleep: memorySleep(memoryClock()), random: () => 0.5 }));

const test = suite('Backoff of the tests');

test('asks for the delays of the policy, and for none after the last attempt', async () => {
  const sleep = memorySleep(memoryClock());
  const backoff = memoryBackoff({ sleep, random: () => 0.5 });
  const run = () => Promise.reject(new Error('x'));
  await rejects(backoff(run, { ...RETRY_POLICY, isWorthRetrying: () => true }));
  assert.equal(sleep.waits, [500, 1000, 2000, 4000]);
});

test.run();
