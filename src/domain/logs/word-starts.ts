/**
 * Whether a text may begin with one of many words, by its first four characters: a lookup in a hash table instead of a
 * comparison with each word. Different characters may have the same hash, so a hit proves nothing.
 */
export type WordStarts = Readonly<{
  mayBegin(text: string, at: number): boolean;
  /** Whether the text does begin with one of them. */
  begins(text: string, at: number): boolean;
}>;

/** Words have at least four characters. */
export const wordStarts = (words: readonly string[]): WordStarts => {
  const table = new Uint8Array(SIZE);
  const byHash = new Map<number, string[]>();
  for (const word of words) {
    const hash = hashAt(word, 0);
    table[hash] = 1;
    byHash.set(hash, [...(byHash.get(hash) ?? []), word]);
  }
  return {
    mayBegin: (text, at) => table[hashAt(text, at)] === 1,
    begins(text, at) {
      const hash = hashAt(text, at);
      if (table[hash] !== 1) return false;
      for (const word of byHash.get(hash) ?? []) if (text.startsWith(word, at)) return true;
      return false;
    },
  };
};

const SIZE = 0x1000;

const hashAt = (text: string, at: number): number =>
  (text.charCodeAt(at) * 961 +
    text.charCodeAt(at + 1) * 331 +
    text.charCodeAt(at + 2) * 31 +
    text.charCodeAt(at + 3)) &
  (SIZE - 1);
