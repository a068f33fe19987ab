import type { OptionTexts } from './options.ts';

/** With fewer, a reservation of 50 would leave less than AWS demands, which is 100, or hardly more. */
const SPARE_CONCURRENCY = 200;

/**
 * What a first deployment reserves for the collector, so that a burst of logs cannot starve the API, by how many executions at
 * once the account has left; undefined where it could not be asked. Without a reservation there is a warning.
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
