import { signal } from '@preact/signals';
import { serverNow } from '../api.ts';

/** The moment, by the server's clock, in steps of a second: ages and remaining times are computed from it. */
export const now = signal(serverNow());

export const startClock = (): void => {
  setInterval(() => {
    if (!document.hidden) now.value = serverNow();
  }, 1_000);
  document.addEventListener('visibilitychange', () => {
    now.value = serverNow();
  });
};
