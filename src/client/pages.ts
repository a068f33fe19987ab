/** A page of a list, and the cursor of the next one; null at the end. */
export type Page<T> = Readonly<{ items: readonly T[]; next: string | null }>;

/** The most items that the API gives in one page. */
const LARGEST_PAGE = 100;

/** Reads pages until there are no more or `most` items were read. `next` continues from there. */
export const readPages = async <T>(
  read: (page: Readonly<{ limit: number; cursor?: string }>) => Promise<Page<T>>,
  most: number,
): Promise<Page<T>> => {
  const items: T[] = [];
  let next: string | null = null;
  do {
    const limit = Math.min(LARGEST_PAGE, most - items.length);
    const page: Page<T> = await read(next === null ? { limit } : { limit, cursor: next });
    items.push(...page.items);
    next = page.next;
  } while (next !== null && items.length < most);
  return { items, next };
};
