import { setTimeout as sleep } from 'node:timers/promises';
import type { Logger } from '../../ports/logger.ts';
import type { OutboxSignal } from '../../services/outbox-signal.ts';

/**
 * Runs a job repeatedly with a pause after each run, until the signal aborts. The first of several failed runs is
 * logged, and the first that succeeds again. A notification ends the pause early; one that arrives during a run skips
 * the pause after it.
 */
export const repeat = async (
  name: string,
  job: () => Promise<unknown>,
  pauseMs: number,
  signal: AbortSignal,
  logger: Logger,
  outboxSignal?: OutboxSignal,
): Promise<void> => {
  let isNotified = false;
  let isFailing = false;
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
      if (isFailing) logger.info('A repeated job works again', { job: name });
      isFailing = false;
    } catch (error) {
      if (!isFailing) logger.error('A repeated job failed', { job: name, error });
      isFailing = true;
    }
    // While it fails, notifications are ignored: without the pause it would be retried continuously.
    if (signal.aborted || (isNotified && !isFailing)) continue;
    pause = new AbortController();
    await sleep(pauseMs, undefined, { signal: pause.signal }).catch(() => undefined);
  }
};
