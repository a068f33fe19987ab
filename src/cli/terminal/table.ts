import { fit, type Look, type Paint, pad, paint, printable, widthOf } from './terminal.ts';

export type Cell = Readonly<{ text: string; paint?: Paint }>;
export type Column = Readonly<{
  title: string;
  align?: 'left' | 'right';
  /** Shrinks first if there is not enough room. */
  shrinks?: boolean;
  /** Left out if there is no room for it even with the others at their narrowest; the last such column first. */
  spare?: boolean;
}>;

const GAP = '  ';
const LEAST = 8;

/**
 * A table for people. If it is too wide, the columns that may shrink do, and then those that may be left out are;
 * `columns` undefined: no limit.
 */
export const table = (
  head: readonly Column[],
  rows: readonly (readonly Cell[])[],
  { columns, look }: Readonly<{ columns: number | undefined; look: Look }>,
): string => {
  const clean = rows.map((row) => row.map((cell) => ({ ...cell, text: printable(cell.text) })));
  const widths = head.map(({ title }, index) =>
    Math.max(widthOf(title), ...clean.map((row) => widthOf(row[index]?.text ?? ''))),
  );
  if (columns !== undefined && shrink(widths, head, columns) > columns) {
    const spare = head.findLastIndex((column) => column.spare === true);
    if (spare !== -1)
      return table(
        head.toSpliced(spare, 1),
        rows.map((row) => row.toSpliced(spare, 1)),
        { columns, look },
      );
  }
  const line = (cells: readonly Cell[]) =>
    cells
      .map((cell, index) => {
        const width = widths[index] ?? 0;
        const isLast = index === cells.length - 1;
        const left = head[index]?.align !== 'right';
        const text = isLast && left ? fit(cell.text, width) : pad(cell.text, width, left ? 'right' : 'left');
        return cell.paint === undefined ? text : paint(text, cell.paint, look);
      })
      .join(GAP)
      .trimEnd();
  const titles = head.map(({ title }) => ({ text: title, paint: 'dim' as const }));
  return [titles, ...clean].map((row) => `${line(row)}\n`).join('');
};

/** Makes columns narrower until they fit, and returns the width of all. */
const shrink = (widths: number[], head: readonly Column[], columns: number): number => {
  const total = () => widths.reduce((sum, width) => sum + width, 0) + GAP.length * (widths.length - 1);
  const shrinkable = head.flatMap(({ shrinks }, index) => (shrinks ? [index] : []));
  while (total() > columns) {
    const widest = shrinkable.reduce<number | undefined>(
      (best, index) => (best === undefined || (widths[index] ?? 0) > (widths[best] ?? 0) ? index : best),
      undefined,
    );
    if (widest === undefined || (widths[widest] ?? 0) <= LEAST) break;
    widths[widest] = (widths[widest] ?? 0) - 1;
  }
  return total();
};
