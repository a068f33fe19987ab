import type { Clock } from '../../ports/clock.ts';
import type { Logger } from '../../ports/logger.ts';

/** A wall clock that differs from steady time by more than this since it was last read was set, or the machine slept. */
const JUMP_MS = 1_000;

type Readings = Readonly<{ wall(): number; steady(): number }>;

const MACHINE: Readings = { wall: () => Date.now(), steady: () => performance.now() };

/** The machine's clock, as it is. Where it was set while the process runs, that is logged and the new time counts. */
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

/** Time that only passes, however the machine's clock is set: for limits, time-outs and what is measured. */
export const steadyClock = (): Clock => {
  const { timeOrigin } = performance;
  return { now: () => timeOrigin + performance.now() };
};
