import type { Sleep } from '../../ports/sleep.ts';

/** Waits no time: it advances the clock instead, and records the requested times in `waits`. */
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
