import { setTimeout as sleep } from 'node:timers/promises';
import type { Logger } from '../ports/logger.ts';

/** Runs a job again and again, the pause after each run, until the signal aborts. A run that fails is logged. */
export const repeat = async (
  job: () => Promise<unknown>,
  pauseMs: number,
  signal: AbortSignal,
  logger: Logger,
): Promise<void> => {
  while (!signal.aborted) {
    try {
      await job();
    } catch (error) {
      logger.error('A repeated job failed', { error });
    }
    await sleep(pauseMs, undefined, { signal }).catch(() => undefined);
  }
};
