import type { Page } from '../domain/page.ts';

type Paged = Readonly<{ limit: number; after?: unknown }>;

/** The items of every page, following `next` to the end; fails if a page is too long or paging does not come to an end. */
export const itemsOf = async <Item, Query extends Paged>(
  read: (query: Query) => Promise<Page<Item, Query['after']>>,
  query: Query,
): Promise<readonly Item[]> => {
  const items: Item[] = [];
  let from = query;
  for (let pages = 0; pages < 1000; pages += 1) {
    const page = await read(from);
    if (page.items.length > query.limit)
      throw new Error(`a page of ${page.items.length}, limit ${query.limit}`);
    items.push(...page.items);
    if (page.next === undefined) return items;
    from = { ...query, after: page.next };
  }
  throw new Error('the list has no end');
};
