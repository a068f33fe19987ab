/**
 * The words that a text may begin with at a position, by its first four characters: a lookup in a hash table instead of a
 * comparison with each word. Different characters may have the same hash, so a hit proves nothing.
 */
export type WordTable<Value> = (
  text: string,
  at: number,
) => readonly (readonly [word: string, value: Value])[];

/** Words have at least four characters. */
export const wordTable = <Value>(
  words: Iterable<readonly [word: string, value: Value]>,
): WordTable<Value> => {
  const none: readonly (readonly [string, Value])[] = [];
  const table = Array.from({ length: SIZE }, () => none);
  for (const entry of words) {
    const hash = hashAt(entry[0], 0);
    table[hash] = [...(table[hash] ?? none), entry];
  }
  return (text, at) => table[hashAt(text, at)] ?? none;
};

/** Whether a text may begin with one of many words, or does. */
export type WordStarts = Readonly<{
  mayBegin(text: string, at: number): boolean;
  begins(text: string, at: number): boolean;
}>;

/** Words have at least four characters. */
export const wordStarts = (words: readonly string[]): WordStarts => {
  const wordsAt = wordTable(words.map((word) => [word, word]));
  return {
    mayBegin: (text, at) => wordsAt(text, at).length > 0,
    begins(text, at) {
      for (const [word] of wordsAt(text, at)) if (text.startsWith(word, at)) return true;
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
