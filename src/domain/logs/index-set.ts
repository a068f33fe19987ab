/** A set of small numbers from 0, one bit for each: adding another set costs a step for each 32 of them. */
export type IndexSet = Int32Array;

/** A set that has room for the numbers below `size`. */
export const indexSet = (size: number, members: Iterable<number> = []): IndexSet => {
  const set = new Int32Array(Math.ceil(size / BITS));
  for (const member of members) set[member >> 5] = (set[member >> 5] ?? 0) | (1 << (member & (BITS - 1)));
  return set;
};

const BITS = 32;

/** Adds the members of `other`, which has room for as many. */
export const addAll = (set: IndexSet, other: IndexSet): void => {
  for (let word = 0; word < set.length; word += 1)
    set[word] = (set[word] as number) | (other[word] as number);
};

/** The lowest member that is at least `from`, -1 if there is none. */
export const nextIn = (set: IndexSet, from: number): number => {
  let word = from >> 5;
  if (word >= set.length) return -1;
  let bits = (set[word] as number) & (-1 << (from & (BITS - 1)));
  while (bits === 0) {
    word += 1;
    if (word >= set.length) return -1;
    bits = set[word] as number;
  }
  return word * BITS + BITS - 1 - Math.clz32(bits & -bits);
};
