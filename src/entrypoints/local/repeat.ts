import { setTimeout as sleep } from 'node:timers/promises';
import type { Logger } from '../../ports/logger.ts';
import type { OutboxSignal } from '../../services/outbox-signal.ts';

/**
 * Runs a job repeatedly with a pause after each run, until the signal aborts. A failed run is logged. A notification
 * ends the pause early; one that arrives during a run skips the pause after it.
 */
export const repeat = async (
  job: () => Promise<unknown>,
  pauseMs: number,
  signal: AbortSignal,
  logger: Logger,
  outboxSignal?: OutboxSignal,
): Promise<void> => {
  let isNotified = false;
  let pause = new AbortController();
  const end = () => pause.abort();
  signal.addEventListener('abort', end);
  outboxSignal?.listen(() => {
    isNotified = true;
    end();
  });
  while (!signal.aborted) {
    isNotified = false;
    try {
      await job();
    } catch (error) {
      logger.error('A repeated job failed', { error });
    }
    if (isNotified || signal.aborted) continue;
    pause = new AbortController();
    await sleep(pauseMs, undefined, { signal: pause.signal }).catch(() => undefined);
  }
};
