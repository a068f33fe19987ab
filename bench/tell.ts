// Writes the figures of bench/results into docs/performance.md, between the marks of each question.
//
//   npm run bench && node --import tsx bench/tell.ts
import { readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type Bound, type Comparison, figure, holds, type Report, ratio, tableText } from './lib/report.ts';
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

/** Every bound once, and what was measured on each Node. */
const boundsTogether = (bounds: readonly Bound[]): string => {
  const runtimes = [...new Set(bounds.map(({ runtime }) => runtime))];
  const first = new Map(bounds.map((bound) => [bound.what, bound] as const).reverse());
  const asked = [...new Set(bounds.map(({ what }) => what))].map((what) => first.get(what) as Bound);
  const rows = asked.map(({ what, limit, sense, unit }) => [
    what,
    `${sense} ${figure(limit)} ${unit}`,
    ...runtimes.map((runtime) => {
      const bound = bounds.find((one) => one.what === what && one.runtime === runtime);
      if (bound === undefined) return '';
      return holds(bound) ? figure(bound.measured) : `**${figure(bound.measured)}**, not reached`;
    }),
  ]);
  const missed = bounds.filter((bound) => !holds(bound) && bound.note !== undefined);
  const reasons = [...new Set(missed.map(({ note }) => note))].map((note) => {
    const names = [...new Set(missed.filter((bound) => bound.note === note).map(({ what }) => what))];
    return `- ${names.join('; ')}: ${note}.`;
  });
  return [
    tableText(['', 'bound', ...runtimes], rows),
    ...(reasons.length === 0 ? [] : [`Not reached, and why:\n\n${reasons.join('\n')}`]),
  ].join('\n\n');
};

const told = ({ comparisons, bounds, missing = [], machine, measured_at }: Result): string => {
  const tables = [...new Set(comparisons.map(({ title }) => title))].map((title) =>
    together(comparisons.filter((comparison) => comparison.title === title)),
  );
  return [
    ...(bounds.length === 0 ? [] : [boundsTogether(bounds)]),
    ...missing.map((what) => `Not measured: ${what}`),
    `<details><summary>All ${tables.length} tables, measured on ${measured_at.slice(0, 10)} with ${machine['cores']} cores of ${machine['processor']}</summary>`,
    ...tables,
    '</details>',
  ].join('\n\n');
};

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
