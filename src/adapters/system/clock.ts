import type { Clock } from '../../ports/clock.ts';
import type { Logger } from '../../ports/logger.ts';

/**
 * If a wall clock differs from steady time by more than this since it was last read, it was set, or the machine slept.
 */
const JUMP_MS = 1_000;

type Readings = Readonly<{ wall(): number; steady(): number }>;

const MACHINE: Readings = { wall: () => Date.now(), steady: () => performance.now() };

/** The machine's clock. If it is set while the process runs, that is logged and the new time counts. */
export const systemClock = (logger?: Logger, { wall, steady }: Readings = MACHINE): Clock => {
  let offset: number | undefined;
  return {
    now() {
      const now = wall();
      const seen = now - steady();
      const jumped = Math.round(seen - (offset ?? seen));
      offset = seen;
      if (Math.abs(jumped) > JUMP_MS) logger?.warn('The clock of this machine jumped', { by_ms: jumped });
      return now;
    },
  };
};

/** Time that only advances, however the machine's clock is set: for limits, timeouts and measurements. */
export const steadyClock = (): Clock => {
  // Written out, because the bundles of the Lambdas replace it: see GLOBAL_REPLACEMENTS.
  const origin = performance.timeOrigin;
  return { now: () => origin + performance.now() };
};
