// Writes the figures of the last `npm run bench` into docs/performance.md, one table per benchmark.
//
//   npm run bench && node --import tsx bench/report.ts
import { readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type Bound, figure, holds, type Report, tableText } from './lib/report.ts';
import { BENCH, ROOT } from './lib/set-up.ts';

type Result = Report & Readonly<{ benchmark: string; measured_at: string; machine: Record<string, unknown> }>;

const PAGE = join(ROOT, 'docs/performance.md');

/** Every bound once, and what was measured on each Node. */
const boundsTogether = (bounds: readonly Bound[]): string => {
  const runtimes = [...new Set(bounds.map(({ runtime }) => runtime))];
  const first = new Map(bounds.map((bound) => [bound.what, bound] as const).reverse());
  const distinct = [...new Set(bounds.map(({ what }) => what))].map((what) => first.get(what) as Bound);
  const rows = distinct.map(({ what, limit, sense, unit }) => [
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

const figuresOf = ({ bounds, missing = [], machine, measured_at }: Result): string =>
  [
    ...(bounds.length === 0 ? [] : [boundsTogether(bounds)]),
    ...missing.map((what) => `Not measured: ${what}`),
    `Measured on ${measured_at.slice(0, 10)} with ${machine['cores']} cores of ${machine['processor']}.`,
  ].join('\n\n');

let page = await readFile(PAGE, 'utf8');
const folder = join(BENCH, 'results');
for (const file of (await readdir(folder)).filter((name) => /^\w+\.json$/.test(name))) {
  const result = JSON.parse(await readFile(join(folder, file), 'utf8')) as Result;
  const [from, to] = [`<!-- figures: ${result.benchmark} -->`, `<!-- end: ${result.benchmark} -->`];
  const begins = page.indexOf(from);
  const ends = page.indexOf(to);
  if (begins < 0 || ends < begins)
    throw new Error(`docs/performance.md has no section for "${result.benchmark}"`);
  page = `${page.slice(0, begins + from.length)}\n\n${figuresOf(result)}\n\n${page.slice(ends)}`;
}
await writeFile(PAGE, page);
