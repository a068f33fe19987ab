/** Part of a list. `next` is where the following page begins; without it this was the last one. */
export type Page<T, Position> = Readonly<{ items: readonly T[]; next?: Position }>;

/** The most characters of JSON that a page holds: an answer of a Lambda ends at 6 MB. */
const MAX_PAGE_CHARACTERS = 1_500_000;

/** How many of these, by their sizes in characters, a page has room for: one at least. */
export const roomFor = (sizes: readonly number[]): number => {
  let total = 0;
  const over = sizes.findIndex((size) => {
    total += size;
    return total > MAX_PAGE_CHARACTERS;
  });
  return over === -1 ? sizes.length : Math.max(1, over);
};
