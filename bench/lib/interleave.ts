import { randomOf, shuffled } from './statistics.ts';

/** Takes one sample, in whatever unit its table says. */
export type Measure = () => Promise<number> | number;
export type Samples<Name extends string> = Readonly<Record<Name, readonly number[]>>;

export type InterleaveOptions = Readonly<{
  /** Samples of each. */
  rounds: number;
  /** Rounds before them that count for nothing. */
  warmups?: number;
  seed?: number;
  onRound?: (done: number, of: number) => void;
}>;

/**
 * Measures every variant once in each round, each round in an order of its own: what the machine does besides, and
 * what it did before, meets all of them alike.
 *
 * @throws Error where a variant fails, with its name: a benchmark with a hole would be read as one without.
 */
export const interleave = async <Name extends string>(
  variants: Readonly<Record<Name, Measure>>,
  { rounds, warmups = 0, seed = 1, onRound }: InterleaveOptions,
): Promise<Samples<Name>> => {
  const names = Object.keys(variants) as Name[];
  const random = randomOf(seed);
  const samples = Object.fromEntries(names.map((name) => [name, []])) as unknown as Record<Name, number[]>;
  for (let round = -warmups; round < rounds; round++) {
    for (const name of shuffled(names, random)) {
      try {
        const value = await variants[name]();
        if (round >= 0) samples[name].push(value);
      } catch (error) {
        throw new Error(`${name} could not be measured`, { cause: error });
      }
    }
    if (round >= 0) onRound?.(round + 1, rounds);
  }
  return samples;
};
