import { median, percentile, spread } from './statistics.ts';

/** A row of a table: a thing that was measured, and every sample of it, in the unit of the table. */
export type Row = Readonly<{ name: string; samples: readonly number[] }>;

/** One comparison: everything in it was measured in one interleaved run. */
export type Comparison = Readonly<{
  title: string;
  /** What a sample is: `ms`, `µs`, `lines/s`, `MB`, … */
  unit: string;
  /** `node 22.23.3`, or what else it ran on. */
  runtime: string;
  /** The row that the ratios are of. */
  baseline: string;
  rows: readonly Row[];
  /** What a reader has to know to read it right. */
  note?: string;
}>;

/** A bound that the project has set itself. It is never moved to fit what was measured. */
export type Bound = Readonly<{
  /** `cold, cache hit ≤ 3.0 × bare node`. */
  what: string;
  runtime: string;
  measured: number;
  limit: number;
  /** Whether the measured value has to stay below the limit or reach it. */
  sense: 'at most' | 'at least';
  /** `×` for a ratio, or a unit. */
  unit: string;
  /** Where it does not hold: what the profile shows and what was tried. */
  note?: string;
}>;

export type Report = Readonly<{
  comparisons: readonly Comparison[];
  bounds: readonly Bound[];
  /** What could not be measured here, and why. */
  missing?: readonly string[];
}>;

export const holds = ({ measured, limit, sense }: Bound): boolean =>
  sense === 'at most' ? measured <= limit : measured >= limit;

/**
 * The median of a row by the median of another.
 *
 * @throws Error where one of them is not in the comparison.
 */
export const ratio = (comparison: Comparison, of: string, to: string = comparison.baseline): number =>
  median(rowOf(comparison, of).samples) / median(rowOf(comparison, to).samples);

export const rowOf = (comparison: Comparison, name: string): Row => {
  const row = comparison.rows.find((each) => each.name === name);
  if (row === undefined) throw new Error(`"${comparison.title}" has no row "${name}"`);
  return row;
};

const digits = new Intl.NumberFormat('en', { maximumSignificantDigits: 3, useGrouping: true });
const exact = new Intl.NumberFormat('en', { maximumFractionDigits: 0, useGrouping: true });
export const figure = (value: number): string => (Math.abs(value) >= 1000 ? exact : digits).format(value);

/** A table of Markdown, which reads in a terminal as well. */
export const tableText = (head: readonly string[], rows: readonly (readonly string[])[]): string => {
  const line = (cells: readonly string[]) => `| ${cells.join(' | ')} |`;
  return [line(head), line(head.map((_, at) => (at === 0 ? '---' : '---:'))), ...rows.map(line)].join('\n');
};

/** A comparison as a table of Markdown, which reads in a terminal as well. */
export const comparisonText = (comparison: Comparison): string => {
  const { title, unit, runtime, rows, baseline, note } = comparison;
  const n = Math.min(...rows.map(({ samples }) => samples.length));
  const body = rows.map(({ name, samples }) => [
    name,
    figure(median(samples)),
    samples.length > 1 ? `± ${figure(spread(samples) * 100)} %` : '',
    samples.length > 1 ? figure(percentile(samples, 0.99)) : '',
    `${figure(ratio(comparison, name))} ×`,
  ]);
  return [
    `${title} (${runtime}, n = ${n})`,
    '',
    tableText(['', unit, 'spread', 'p99', `of ${baseline}`], body),
    ...(note === undefined ? [] : ['', note]),
  ].join('\n');
};

export const boundsText = (bounds: readonly Bound[]): string =>
  tableText(
    ['bound', 'on', 'measured', ''],
    bounds.map((bound) => [
      `${bound.what}: ${bound.sense} ${figure(bound.limit)} ${bound.unit}`,
      bound.runtime,
      `${figure(bound.measured)} ${bound.unit}`,
      holds(bound) ? 'holds' : `NOT REACHED${bound.note === undefined ? '' : `: ${bound.note}`}`,
    ]),
  );
