/** What a benchmark makes of its samples. Medians, since what else a machine does only ever makes a sample worse. */

/** The value below which the share `p` (0 to 1) of the samples lies, interpolated between the two nearest. NaN of none. */
export const percentile = (samples: readonly number[], p: number): number => {
  const sorted = [...samples].sort((a, b) => a - b);
  const at = (sorted.length - 1) * p;
  const low = sorted[Math.floor(at)] ?? Number.NaN;
  const high = sorted[Math.ceil(at)] ?? Number.NaN;
  return low + (high - low) * (at - Math.floor(at));
};

export const median = (samples: readonly number[]): number => percentile(samples, 0.5);

/** Half the distance between the quartiles, as a share of the median: 0.05 is "± 5 %". */
export const spread = (samples: readonly number[]): number =>
  (percentile(samples, 0.75) - percentile(samples, 0.25)) / 2 / median(samples);

/** Numbers from 0 to 1 that are the same for the same seed (the generator "mulberry32" of Tommy Ettinger). */
export const randomOf = (seed: number): (() => number) => {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
};

/** The same in an order of its own (Fisher and Yates). */
export const shuffled = <T>(values: readonly T[], random: () => number): T[] => {
  const order = [...values];
  for (let last = order.length - 1; last > 0; last--) {
    const other = Math.floor(random() * (last + 1));
    const held = order[last] as T;
    order[last] = order[other] as T;
    order[other] = held;
  }
  return order;
};
