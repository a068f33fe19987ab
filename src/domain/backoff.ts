export type BackoffBounds = Readonly<{ firstMs: number; lastMs: number }>;

/**
 * The longest wait after this many failures in a row, from 1, in milliseconds: `firstMs`, doubled with each, up to `lastMs`.
 * Many clients of one server multiply it by a random share (jitter), so that they do not all return at once.
 */
export const backoffMs = (failures: number, { firstMs, lastMs }: BackoffBounds): number =>
  Math.min(lastMs, firstMs * 2 ** (failures - 1));
