import type { Attempted, RetryPolicy } from '../domain/retry.ts';

/** How to retry, and which failures to retry. Any other failure is final. */
export type BackoffPolicy = RetryPolicy & Readonly<{ isWorthRetrying: (error: unknown) => boolean }>;

/**
 * Runs something until it succeeds, with exponential backoff and full jitter: the wait before retry n is evenly
 * distributed between 0 and the first delay times 2^(n-1), capped at the maximum delay.
 * Source: M. Brooker, "Exponential Backoff And Jitter", AWS Architecture Blog, 2015.
 *
 * @throws AttemptsFailed whose `cause` is what the last attempt threw.
 */
export type Backoff = <T>(run: () => Promise<T>, policy: BackoffPolicy) => Promise<Attempted<T>>;
