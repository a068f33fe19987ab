import { MiyabiApiError } from './error.ts';

export type RetryOptions = Readonly<{
  /** How often a failed attempt is repeated; `Infinity` for as long as it takes. */
  retries: number;
  /** Stops waiting; the last error is thrown. */
  signal?: AbortSignal | undefined;
}>;

const FIRST_WAIT_MS = 250;
const LONGEST_WAIT_MS = 10_000;

/** Whether the same request, with the same Idempotency-Key, may succeed later. */
export const mayRetry = (error: unknown): error is MiyabiApiError =>
  error instanceof MiyabiApiError && (error.isPassing || error.code === 'idempotency_in_flight');

/**
 * The wait before a repetition, in milliseconds: exponential with jitter, or what the server asks for if that is
 * longer, up to ten seconds.
 */
export const waitBefore = (attempt: number, error: unknown): number => {
  const backoff = FIRST_WAIT_MS * 2 ** Math.min(attempt, 10) * (0.5 + Math.random() / 2);
  const requested = error instanceof MiyabiApiError ? (error.retryAfterSeconds ?? 0) * 1_000 : 0;
  return Math.min(LONGEST_WAIT_MS, Math.max(backoff, Number.isFinite(requested) ? requested : 0));
};

/** Repeats what fails for a reason that may pass. Throws the last error. */
export const withRetries = async <T>(
  attempt: () => Promise<T>,
  { retries, signal }: RetryOptions,
): Promise<T> => {
  for (let failures = 0; ; failures += 1) {
    try {
      return await attempt();
    } catch (error) {
      if (!mayRetry(error) || failures >= retries) throw error;
      await pause(waitBefore(failures, error), signal);
      if (signal?.aborted) throw error;
    }
  }
};

/** Waits, at most until the signal aborts. */
export const pause = (ms: number, signal?: AbortSignal): Promise<void> =>
  new Promise((resolve) => {
    if (signal?.aborted) {
      resolve();
      return;
    }
    const end = () => {
      clearTimeout(timer);
      signal?.removeEventListener('abort', end);
      resolve();
    };
    const timer = setTimeout(end, ms);
    signal?.addEventListener('abort', end);
  });
