import { backoffMs } from '../../domain/backoff.ts';
import { AttemptsFailed } from '../../domain/retry.ts';
import type { Backoff } from '../../ports/backoff.ts';
import type { Random } from '../../ports/random.ts';
import type { Sleep } from '../../ports/sleep.ts';

/** Retries without waiting: each delay is handed to `sleep`, which a test reads. */
export const memoryBackoff =
  ({ sleep, random }: Readonly<{ sleep: Sleep; random: Random }>): Backoff =>
  async (run, { attempts: maxAttempts, first_delay_ms, max_delay_ms, isWorthRetrying }) => {
    let waited = 0;
    for (let attempts = 1; ; attempts += 1) {
      try {
        return { value: await run(), attempts, waited_ms: waited };
      } catch (error) {
        if (attempts >= maxAttempts || !isWorthRetrying(error))
          throw new AttemptsFailed(attempts, waited, error);
        const delay = Math.round(
          random() * backoffMs(attempts, { firstMs: first_delay_ms, lastMs: max_delay_ms }),
        );
        waited += delay;
        await sleep(delay);
      }
    }
  };
