/** A line of a log as the API gives it. `timestamp` is ISO 8601. */
export type LogLine = Readonly<{ cursor: string; timestamp: string; text: string }>;

/** Lines in order, oldest first; `before` and `after` are where to read on, `before` null at the beginning. */
export type LogPage = Readonly<{
  lines: readonly LogLine[];
  before: string | null;
  after: string;
  omitted?: readonly Readonly<{ after: string; lines: number }>[] | undefined;
}>;

/** A row of the list: a line, or a gap with the number of lines that are no longer kept. */
export type Row =
  | Readonly<{ kind: 'line'; key: string; line: LogLine }>
  | Readonly<{ kind: 'omitted'; key: string; lines: number }>;

/**
 * The stretch of a log that the page holds, without a gap but those that the server names. `isAtEnd`: it goes on with the
 * newest lines, as far as was known when last asked.
 */
export type LogWindow = Readonly<{
  rows: readonly Row[];
  before: string | null;
  after: string;
  isAtEnd: boolean;
}>;

/** The most rows of a window: what is read at one end goes at the other. */
export const MOST_ROWS = 100_000;

/** The window of one page. */
export const windowOf = (page: LogPage, isAtEnd: boolean): LogWindow => ({
  rows: rowsOf(page),
  before: page.before,
  after: page.after,
  isAtEnd,
});

/** A window at one line, whose neighbours have yet to be read. */
export const windowAt = (line: LogLine): LogWindow => ({
  rows: [{ kind: 'line', key: line.cursor, line }],
  before: line.cursor,
  after: line.cursor,
  isAtEnd: false,
});

/** The window with older lines in front. */
export const withOlder = (held: LogWindow, page: LogPage): LogWindow => {
  const rows = joined(rowsOf(page), held.rows);
  if (rows.length <= MOST_ROWS) return { ...held, rows, before: page.before };
  const kept = rows.slice(0, MOST_ROWS);
  return { rows: kept, before: page.before, after: lastCursor(kept) ?? held.after, isAtEnd: false };
};

/** The window with newer lines behind. An answer that leads on no further is the end. */
export const withNewer = (held: LogWindow, page: LogPage): LogWindow => {
  const isAtEnd = held.isAtEnd || page.after === held.after;
  const fresh = rowsOf(page);
  const rows = fresh.length === 0 ? held.rows : joined(held.rows, fresh);
  if (rows.length <= MOST_ROWS) return { ...held, rows, after: page.after, isAtEnd };
  const kept = rows.slice(-MOST_ROWS);
  const first = kept.find((row) => row.kind === 'line');
  return { rows: kept, before: first?.key ?? held.before, after: page.after, isAtEnd };
};

const rowsOf = ({ lines, omitted = [] }: LogPage): readonly Row[] => {
  const gaps = new Map(omitted.map(({ after, lines: count }) => [after, count]));
  return lines.flatMap((line): Row[] => {
    const row: Row = { kind: 'line', key: line.cursor, line };
    const gap = gaps.get(line.cursor);
    return gap === undefined ? [row] : [row, { kind: 'omitted', key: `${line.cursor} omitted`, lines: gap }];
  });
};

// Both pages may hold the line at which they meet, or the gap behind it.
const joined = (older: readonly Row[], newer: readonly Row[]): readonly Row[] => {
  const seen = new Set(older.slice(-3).map(({ key }) => key));
  return [...older, ...newer.filter(({ key }, index) => index > 2 || !seen.has(key))];
};

const lastCursor = (rows: readonly Row[]): string | undefined =>
  rows.findLast((row) => row.kind === 'line')?.key;
