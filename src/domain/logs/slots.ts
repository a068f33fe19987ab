/**
 * Whether a text may begin with one of many words, told by its first four characters: what a comparison with each of
 * them would tell, for the price of one look at a table. Different characters may share a slot, so it is no proof.
 */
export type Slots = Readonly<{ mayBegin(text: string, at: number): boolean }>;

export const slotsOf = (words: readonly string[]): Slots => {
  const slots = new Uint8Array(SIZE);
  for (const word of words) slots[slotOf(word, 0)] = 1;
  return { mayBegin: (text, at) => slots[slotOf(text, at)] === 1 };
};

const SIZE = 0x1000;

const slotOf = (text: string, at: number): number =>
  (text.charCodeAt(at) * 961 +
    text.charCodeAt(at + 1) * 331 +
    text.charCodeAt(at + 2) * 31 +
    text.charCodeAt(at + 3)) &
  (SIZE - 1);
