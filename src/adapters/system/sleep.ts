import { setTimeout } from 'node:timers/promises';
import type { Sleep } from '../../ports/sleep.ts';

export const systemSleep = (): Sleep => async (ms, signal) => {
  try {
    await setTimeout(ms, undefined, signal === undefined ? {} : { signal });
  } catch (error) {
    if (signal?.aborted !== true) throw error;
  }
};
