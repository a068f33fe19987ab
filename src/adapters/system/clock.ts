import type { Clock } from '../../ports/clock.ts';

/** The machine's clock, held where it is set back while the process runs. */
export const systemClock = (): Clock => {
  let latest = 0;
  return {
    now() {
      latest = Math.max(latest, Date.now());
      return latest;
    },
  };
};
