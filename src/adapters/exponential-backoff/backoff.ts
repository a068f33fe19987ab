import { backOff } from 'exponential-backoff';
import { AttemptsFailed } from '../../domain/retry.ts';
import type { Backoff } from '../../ports/backoff.ts';
import type { Clock } from '../../ports/clock.ts';

/** Retries with the library's own timers and jitter. */
export const exponentialBackoff =
  ({ clock }: Readonly<{ clock: Clock }>): Backoff =>
  async (run, { attempts: numOfAttempts, first_delay_ms, max_delay_ms, isWorthRetrying }) => {
    let attempts = 0;
    let waited = 0;
    let failedAt: number | undefined;
    try {
      const value = await backOff(
        async () => {
          if (failedAt !== undefined) waited += clock.now() - failedAt;
          attempts += 1;
          return run();
        },
        {
          numOfAttempts,
          startingDelay: first_delay_ms,
          maxDelay: max_delay_ms,
          jitter: 'full',
          retry: (error: unknown) => {
            failedAt = clock.now();
            return isWorthRetrying(error);
          },
        },
      );
      return { value, attempts, waited_ms: waited };
    } catch (error) {
      throw new AttemptsFailed(attempts, waited, error);
    }
  };
