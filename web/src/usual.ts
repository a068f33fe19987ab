import { quantile } from './durations.ts';
import type { Stretch } from './phases.ts';

/** How many earlier runs must have a phase for a usual time of it. */
export const FEWEST_RUNS = 5;

/** Seconds in each phase; waiting and blocked times are not the phase's. */
export type PhaseTimes = ReadonlyMap<string, number>;

export const phaseTimes = (stretches: readonly Stretch[]): PhaseTimes => {
  const times = new Map<string, number>();
  for (const { name, status, from, to } of stretches)
    if (name !== undefined && status !== 'pending' && status !== 'blocked')
      times.set(name, (times.get(name) ?? 0) + (to - from) / 1_000);
  return times;
};

/** A phase beside the same one of earlier runs, in seconds. `usual` is absent where too few of them had it. */
export type ComparedPhase = Readonly<{
  name: string;
  seconds: number;
  usual?: Readonly<{ median: number; p90: number }>;
  /** Whether it took longer than nine of ten earlier ones. */
  isSlow: boolean;
}>;

/** The phases of a run in their order, each beside its median and 90th percentile in earlier runs. */
export const compared = (run: PhaseTimes, earlier: readonly PhaseTimes[]): readonly ComparedPhase[] =>
  [...run].map(([name, seconds]) => {
    const known = earlier.flatMap((times) => times.get(name) ?? []).sort((a, b) => a - b);
    if (known.length < FEWEST_RUNS) return { name, seconds, isSlow: false };
    const usual = { median: quantile(known, 0.5), p90: quantile(known, 0.9) };
    return { name, seconds, usual, isSlow: seconds > usual.p90 };
  });
