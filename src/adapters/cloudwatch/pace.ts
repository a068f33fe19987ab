import type { Clock } from '../../ports/clock.ts';
import type { Sleep } from '../../ports/sleep.ts';

/** Waits until another call may be made. */
export type Pace = () => Promise<void>;

/** Limits the calls in any second, in the order in which they were requested. */
export const paced = (clock: Clock, sleep: Sleep, callsPerSecond: number): Pace => {
  const recent: number[] = [];
  return async () => {
    const now = clock.now();
    const oldest = recent.length < callsPerSecond ? undefined : recent.shift();
    const startsAt = oldest === undefined ? now : Math.max(now, oldest + 1000);
    // Reserved before waiting, so that the next caller comes later.
    recent.push(startsAt);
    if (startsAt > now) await sleep(startsAt - now);
  };
};
