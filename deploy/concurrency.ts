import type { OptionTexts } from './options.ts';

/** AWS requires that 100 stay unreserved: with fewer than this, a reservation of 50 would leave hardly more, or too few. */
const SPARE_CONCURRENCY = 200;

/**
 * What a first deployment reserves for the collector, so that a burst of logs cannot starve the API. `spare` is how many concurrent
 * executions the account has left, undefined if that could not be read. If nothing is reserved, there is a warning.
 */
export const reservationFor = (
  spare: number | undefined,
): Readonly<{ options: OptionTexts; warning?: string }> => {
  if (spare !== undefined && spare >= SPARE_CONCURRENCY) return { options: { collectorConcurrency: '50' } };
  return {
    options: {},
    warning:
      spare === undefined
        ? 'The concurrency limit of this account could not be read: nothing is reserved for the collector.'
        : `This account runs ${spare} functions at once, too few to reserve some for the collector: a burst of logs can slow the API down. Ask AWS for a higher limit of Lambda's concurrent executions.`,
  };
};
