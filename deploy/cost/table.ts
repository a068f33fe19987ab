import { billOf, CACHES, type Item, type Traffic, totalOf } from './model.ts';

const money = (dollars: number): string => dollars.toFixed(2);

/** The bills of every cache side by side, as Markdown: less the free tier above, at list price below. */
export const costTable = (traffic: Traffic): string => {
  const bills = CACHES.map((cache) => billOf(cache, traffic));
  const row = (what: string, values: readonly number[]): string =>
    `| ${what} | ${values.map(money).join(' | ')} |`;
  const names = bills[0]?.map(({ what }) => what) ?? [];
  const netOf = (bill: readonly Item[], index: number) => bill[index]?.net ?? 0;
  return [
    `| $ a month | ${CACHES.map((cache) => `cache ${cache}`).join(' | ')} |`,
    `|---|${CACHES.map(() => '---:|').join('')}`,
    ...names.map((what, index) =>
      row(
        what,
        bills.map((bill) => netOf(bill, index)),
      ),
    ),
    row(
      '**together**',
      bills.map((bill) => totalOf(bill, 'net')),
    ),
    row(
      'together, if nothing were free',
      bills.map((bill) => totalOf(bill, 'list')),
    ),
  ].join('\n');
};
