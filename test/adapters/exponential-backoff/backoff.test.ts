import * as assert from 'uvu/assert';
import { exponentialBackoff } from '../../../src/adapters/exponential-backoff/backoff.ts';
import { memoryClock } from '../../../src/adapters/memory/clock.ts';
import { systemClock } from '../../../src/adapters/system/clock.ts';
import { RETRY_POLICY } from '../../../src/domain/retry.ts';
import { backoffContract } from '../../contracts/backoff.ts';
import { suite } from '../../support/suite.ts';

backoffContract('exponential-backoff', () => exponentialBackoff({ clock: systemClock() }));

const test = suite('Backoff of production');

/** Runs with timers that end at once and advance the clock, and with jitter at its longest. */
const withoutWaiting = async (run: () => Promise<void>, advance: (ms: number) => void): Promise<void> => {
  // The time limit of this test is a timer too, which is set by then.
  await Promise.resolve();
  const { setTimeout: realTimeout } = globalThis;
  const { random } = Math;
  Math.random = () => 0.999_999;
  globalThis.setTimeout = ((done: () => void, ms = 0) => {
    advance(ms);
    return setImmediate(done);
  }) as unknown as typeof setTimeout;
  try {
    await run();
  } finally {
    globalThis.setTimeout = realTimeout;
    Math.random = random;
  }
};

test('waits up to 1, 2, 4 and 8 seconds between five attempts, and reports the sum', async () => {
  const clock = memoryClock();
  const backoff = exponentialBackoff({ clock });
  const waits: number[] = [];
  let waited: number | undefined;
  let failures = 4;
  const run = async () => {
    failures -= 1;
    if (failures >= 0) throw new Error('x');
  };
  await withoutWaiting(
    async () => {
      waited = (await backoff(run, { ...RETRY_POLICY, isWorthRetrying: () => true })).waited_ms;
    },
    (ms) => {
      waits.push(ms);
      clock.advance(ms);
    },
  );
  assert.equal([waits, waited], [[1000, 2000, 4000, 8000], 15_000]);
});

test.run();
