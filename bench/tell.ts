// Writes the figures of bench/results into docs/performance.md, between the marks of each question.
//
//   npm run bench && node --import tsx bench/tell.ts
import { readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { boundsText, type Comparison, figure, type Report, ratio, tableText } from './lib/report.ts';
import { BENCH, ROOT } from './lib/set-up.ts';
import { median, spread } from './lib/statistics.ts';

type Result = Report & Readonly<{ question: string; measured_at: string; machine: Record<string, unknown> }>;

const PAGE = join(ROOT, 'docs/performance.md');

/** The same comparison on several Nodes, side by side. */
const together = (comparisons: readonly Comparison[]): string => {
  const [first] = comparisons;
  if (first === undefined) return '';
  const { title, unit, baseline, note } = first;
  const head = ['', ...comparisons.flatMap(({ runtime }) => [`${unit}, ${runtime}`, `of ${baseline}`])];
  const rows = first.rows.map(({ name }) => [
    name,
    ...comparisons.flatMap((comparison) => {
      const samples = comparison.rows.find((row) => row.name === name)?.samples ?? [];
      return samples.length === 0
        ? ['', '']
        : [
            `${figure(median(samples))}${samples.length > 1 ? ` ± ${figure(spread(samples) * 100)} %` : ''}`,
            `${figure(ratio(comparison, name))} ×`,
          ];
    }),
  ]);
  const n = Math.min(...first.rows.map(({ samples }) => samples.length));
  return [
    `**${title}** (medians, n = ${n})`,
    tableText(head, rows),
    ...(note === undefined ? [] : [note]),
  ].join('\n\n');
};

const told = ({ comparisons, bounds, missing = [], machine, measured_at }: Result): string =>
  [
    ...[...new Set(comparisons.map(({ title }) => title))].map((title) =>
      together(comparisons.filter((comparison) => comparison.title === title)),
    ),
    ...(bounds.length === 0 ? [] : [boundsText(bounds)]),
    ...missing.map((what) => `Not measured: ${what}`),
    `Measured ${measured_at.slice(0, 10)} on ${machine['cores']} cores of ${machine['processor']}.`,
  ].join('\n\n');

let page = await readFile(PAGE, 'utf8');
const folder = join(BENCH, 'results');
for (const file of (await readdir(folder)).filter((name) => /^\w+\.json$/.test(name))) {
  const result = JSON.parse(await readFile(join(folder, file), 'utf8')) as Result;
  const [from, to] = [`<!-- figures: ${result.question} -->`, `<!-- end: ${result.question} -->`];
  const begins = page.indexOf(from);
  const ends = page.indexOf(to);
  if (begins < 0 || ends < begins)
    throw new Error(`docs/performance.md has no room for "${result.question}"`);
  page = `${page.slice(0, begins + from.length)}\n\n${told(result)}\n\n${page.slice(ends)}`;
}
await writeFile(PAGE, page);
