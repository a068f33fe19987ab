import type { Clock } from '../../ports/clock.ts';

/** A clock that only a test moves. */
export const memoryClock = (start = 1_767_225_600_000): Clock & { advance(ms: number): void } => {
  let time = start;
  return {
    now() {
      return time;
    },
    advance(ms) {
      if (ms < 0) throw new RangeError('A clock does not run backwards');
      time += ms;
    },
  };
};
