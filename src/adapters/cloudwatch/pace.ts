import type { Clock } from '../../ports/clock.ts';
import type { Sleep } from '../../ports/sleep.ts';

/** Waits until one more call may go out. */
export type Pace = () => Promise<void>;

/** Lets at most so many calls out in any second, whoever makes them, in the order in which they ask. */
export const paced = (clock: Clock, sleep: Sleep, callsPerSecond: number): Pace => {
  const recent: number[] = [];
  return async () => {
    const now = clock.now();
    const oldest = recent.length < callsPerSecond ? undefined : recent.shift();
    const startsAt = oldest === undefined ? now : Math.max(now, oldest + 1000);
    // Taken before waiting, so that the next one to ask comes behind it.
    recent.push(startsAt);
    if (startsAt > now) await sleep(startsAt - now);
  };
};
