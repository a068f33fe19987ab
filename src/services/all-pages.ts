import type { Page } from '../domain/page.ts';

/** The items of every page of a list. `read` gets where the previous page ended, to spread into a query. */
export async function* allPages<Item, Position>(
  read: (after: Readonly<{ after?: Position }>) => Promise<Page<Item, Position>>,
): AsyncGenerator<readonly Item[]> {
  let after: Readonly<{ after?: Position }> = {};
  for (;;) {
    const page = await read(after);
    yield page.items;
    if (page.next === undefined) return;
    after = { after: page.next };
  }
}
