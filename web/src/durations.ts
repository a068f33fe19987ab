/** Bars of a histogram: how many values are at least `from` and less than `to`. The last one includes its end. */
export type Bin = Readonly<{ from: number; to: number; count: number }>;

/** Readable steps of times, in seconds. */
export const ROUND_TIMES = [
  1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1_800, 3_600, 7_200, 14_400, 43_200, 86_400,
];

/** At most `most` bins of equal, round width for all values, which are seconds. */
export const binsOf = (seconds: readonly number[], most: number): readonly Bin[] => {
  if (seconds.length === 0) return [];
  const low = Math.min(...seconds);
  const high = Math.max(...seconds);
  const days = Math.ceil((high - low) / most / 86_400) * 86_400;
  const width =
    ROUND_TIMES.find((candidate) => Math.floor(high / candidate) - Math.floor(low / candidate) < most) ??
    days;
  const first = Math.floor(low / width);
  const counts = new Array<number>(Math.floor(high / width) - first + 1).fill(0);
  for (const value of seconds) {
    const index = Math.floor(value / width) - first;
    counts[index] = (counts[index] ?? 0) + 1;
  }
  return counts.map((count, index) => ({
    from: (first + index) * width,
    to: (first + index + 1) * width,
    count,
  }));
};

/** The value that a share of all values does not exceed, by nearest rank. `sorted` ascends and is not empty. */
export const quantile = (sorted: readonly number[], share: number): number =>
  sorted[Math.max(0, Math.ceil(sorted.length * share) - 1)] ?? 0;
