/** Part of a list. `next` is where the next page begins; the last page has none. */
export type Page<T, Position> = Readonly<{ items: readonly T[]; next?: Position }>;

/** The most characters of JSON in a page: an answer of a Lambda is limited to 6 MB. */
const MAX_PAGE_CHARACTERS = 1_500_000;

/** How many of these items, by their sizes in characters, fit a page: at least one. */
export const roomFor = (sizes: readonly number[]): number => {
  let total = 0;
  const over = sizes.findIndex((size) => {
    total += size;
    return total > MAX_PAGE_CHARACTERS;
  });
  return over === -1 ? sizes.length : Math.max(1, over);
};
