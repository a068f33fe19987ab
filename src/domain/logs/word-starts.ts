/**
 * Whether a text may begin with one of many words, by its first four characters: a lookup in a hash table instead of a
 * comparison with each word. Different characters may have the same hash, so a hit proves nothing.
 */
export type WordStarts = Readonly<{ mayBegin(text: string, at: number): boolean }>;

/** Words have at least four characters. */
export const wordStarts = (words: readonly string[]): WordStarts => {
  const table = new Uint8Array(SIZE);
  for (const word of words) table[hashAt(word, 0)] = 1;
  return { mayBegin: (text, at) => table[hashAt(text, at)] === 1 };
};

const SIZE = 0x1000;

const hashAt = (text: string, at: number): number =>
  (text.charCodeAt(at) * 961 +
    text.charCodeAt(at + 1) * 331 +
    text.charCodeAt(at + 2) * 31 +
    text.charCodeAt(at + 3)) &
  (SIZE - 1);
