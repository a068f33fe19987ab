import { backOff } from 'exponential-backoff';
import {
  AttemptsFailed,
  isWorthRetrying,
  RETRY_POLICY,
  type Retry,
  type RetryPolicy,
  retryDelay,
} from '../domain/retry.ts';
import type { Sleep } from '../ports/sleep.ts';

/**
 * Tries again, by exponential backoff with full jitter, what is worth it. `random` gives numbers from 0 up to but not
 * including 1.
 *
 * The library counts the attempts and asks after each whether to go on. Its own waits run on the machine's timers and
 * chance, which no test could follow, so they are set to nothing, and the wait is part of the answer to that question.
 */
export const retrying =
  (sleep: Sleep, random: () => number, policy: RetryPolicy = RETRY_POLICY): Retry =>
  async (run) => {
    let attempts = 0;
    let waited = 0;
    try {
      const value = await backOff(
        () => {
          attempts += 1;
          return run();
        },
        {
          numOfAttempts: policy.attempts,
          startingDelay: 0,
          jitter: 'none',
          retry: async (error: unknown, failed: number) => {
            if (failed >= policy.attempts || !isWorthRetrying(error)) return false;
            const delay = retryDelay(failed, random(), policy);
            waited += delay;
            await sleep(delay);
            return true;
          },
        },
      );
      return { value, attempts, waited_ms: waited };
    } catch (error) {
      throw new AttemptsFailed(attempts, waited, error);
    }
  };
