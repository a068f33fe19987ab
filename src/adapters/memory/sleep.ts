import type { Sleep } from '../../ports/sleep.ts';

/** Waits in no time: it moves the clock instead, and keeps what it was asked for in `waits`. */
export const memorySleep = (clock: {
  advance(ms: number): void;
}): Sleep & Readonly<{ waits: readonly number[] }> => {
  const waits: number[] = [];
  const sleep: Sleep = async (ms) => {
    waits.push(ms);
    clock.advance(ms);
  };
  return Object.assign(sleep, { waits });
};
