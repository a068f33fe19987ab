import { percentile } from '../lib/statistics.ts';

/** What many calls one after the other came to: microseconds of a call, and calls a second. */
export type Calls = Readonly<{ p50: number; p99: number; rate: number }>;

/** Calls again and again, for as long as that or as often as that, and times each call. */
export const callsOf = async (
  call: () => Promise<unknown>,
  {
    forMs = Number.POSITIVE_INFINITY,
    times = Number.POSITIVE_INFINITY,
    before,
  }: Readonly<{ forMs?: number; times?: number; before?: () => Promise<unknown> }>,
): Promise<Calls> => {
  const took: number[] = [];
  const began = performance.now();
  let now = began;
  while (took.length < times && now - began < forMs) {
    if (before !== undefined) await before();
    // What calls leave to timers and to finalizers has its turn, too: what never waits for anything would pile it up.
    if (took.length % 50 === 0) await new Promise((resolve) => setImmediate(resolve));
    const from = performance.now();
    await call();
    now = performance.now();
    took.push((now - from) * 1_000);
  }
  // What comes between the calls is not theirs.
  const seconds = took.reduce((sum, us) => sum + us, 0) / 1e6;
  return { p50: percentile(took, 0.5), p99: percentile(took, 0.99), rate: took.length / seconds };
};
