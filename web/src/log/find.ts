import { plainText, type Span } from './sgr.ts';
import type { Row } from './window.ts';

/** The indices of the rows that hold a text, regardless of case. Nothing holds an empty one. */
export const matchesIn = (rows: readonly Row[], text: string): readonly number[] => {
  const wanted = text.toLowerCase();
  if (wanted === '') return [];
  const found: number[] = [];
  rows.forEach((row, index) => {
    if (row.kind === 'line' && searchable(row.line.text).includes(wanted)) found.push(index);
  });
  return found;
};

const searchable = (text: string): string => plainText(text).toLowerCase();

export type Piece = Span & Readonly<{ marked: boolean }>;

/** Pieces of a line, cut where a text begins and ends. */
export const marked = (spans: readonly Span[], text: string): readonly Piece[] => {
  const line = spans.map((span) => span.text).join('');
  const ranges = rangesOf(line, text);
  if (ranges.length === 0) return spans.map((span) => ({ ...span, marked: false }));
  const pieces: Piece[] = [];
  let at = 0;
  let next = 0;
  for (const { text: piece, style } of spans) {
    const end = at + piece.length;
    let from = at;
    while (from < end) {
      while ((ranges[next]?.to ?? Number.POSITIVE_INFINITY) <= from) next += 1;
      const range = ranges[next];
      const isMarked = range !== undefined && range.from <= from;
      const to = Math.min(end, (isMarked ? range.to : range?.from) ?? end);
      pieces.push({ text: line.slice(from, to), style, marked: isMarked });
      from = to;
    }
    at = end;
  }
  return pieces;
};

/** More marks in one line show nothing more. */
const MOST_MARKS = 100;

const rangesOf = (line: string, text: string): readonly Readonly<{ from: number; to: number }>[] => {
  const wanted = text.toLowerCase();
  const searched = line.toLowerCase();
  // Lower case may have another length (İ): then places do not fit the line, and nothing is marked.
  if (wanted === '' || searched.length !== line.length) return [];
  const ranges: { from: number; to: number }[] = [];
  let from = searched.indexOf(wanted);
  while (from >= 0 && ranges.length < MOST_MARKS) {
    ranges.push({ from, to: from + wanted.length });
    from = searched.indexOf(wanted, from + wanted.length);
  }
  return ranges;
};
