import { setTimeout as sleep } from 'node:timers/promises';
import type { Logger } from '../ports/logger.ts';
import type { Bell } from '../services/bell.ts';

/**
 * Runs a job again and again, the pause after each run, until the signal aborts. A run that fails is logged. Where the
 * bell rings the pause is over, and where it rang during a run there is none.
 */
export const repeat = async (
  job: () => Promise<unknown>,
  pauseMs: number,
  signal: AbortSignal,
  logger: Logger,
  bell?: Bell,
): Promise<void> => {
  let isRung = false;
  let pause = new AbortController();
  const end = () => pause.abort();
  signal.addEventListener('abort', end);
  bell?.listen(() => {
    isRung = true;
    end();
  });
  while (!signal.aborted) {
    isRung = false;
    try {
      await job();
    } catch (error) {
      logger.error('A repeated job failed', { error });
    }
    if (isRung || signal.aborted) continue;
    pause = new AbortController();
    await sleep(pauseMs, undefined, { signal: pause.signal }).catch(() => undefined);
  }
};
