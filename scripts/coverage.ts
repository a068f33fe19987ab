// Runs the tests with V8's coverage and prints how much of src they reach, by folder. Fails below .ci/coverage-floor.json.
// Usage: npm run coverage [-- options of npm test]; with RAISE_FLOOR=1 a better figure becomes the floor. In two steps:
// COUNTS_IN=FOLDER npm run coverage [-- …] runs the tests, and the same with REPORT_ONLY=1 prints what they have reached.
import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, relative, sep } from 'node:path';
import { fileURLToPath } from 'node:url';
import { transformSync } from 'esbuild';

const ROOT = fileURLToPath(new URL('..', import.meta.url));
const SRC = join(ROOT, 'src');
const FLOOR = join(ROOT, '.ci/coverage-floor.json');
/** The difference between runs, in percent: branches that only a race or a slow machine takes. */
const NOISE = 0.3;

const KINDS = ['lines', 'branches', 'functions'] as const;
type Kind = (typeof KINDS)[number];
type Counts = Readonly<Record<Kind, Readonly<{ total: number; covered: number }>>>;
type SourceMap = Readonly<{
  data: Readonly<{ sources: readonly string[] }> | null;
  lineLengths: readonly number[];
}>;
type V8Coverage = Readonly<{
  result: readonly Readonly<{ url: string }>[];
  'source-map-cache'?: Readonly<Record<string, SourceMap>>;
}>;

/** Files that contain nothing but types: there is no code to run. */
const typesOnly = (): readonly string[] =>
  readdirSync(SRC, { recursive: true, encoding: 'utf8' })
    .filter((file) => file.endsWith('.ts'))
    .filter((file) => {
      const { code } = transformSync(readFileSync(join(SRC, file), 'utf8'), { loader: 'ts' });
      return code.trim() === '';
    })
    .map((file) => `src/${file.split(sep).join('/')}`);

/** The source from which the runner compiled a file, by its source map; undefined for others, and outside of src. */
const sourceOf = (url: string, map: SourceMap | undefined): string | undefined => {
  const [source] = map?.data?.sources ?? [];
  if (!/\/compiled-[^/]+\/src\//.test(url) || source === undefined) return undefined;
  return new URL(source, url).href;
};

/**
 * Copies what V8 counted in our own sources, a small part of what it writes, under their names. Programs that ran through
 * tsx are left out: their code is not the same.
 */
const keepOurs = (from: string, to: string): void => {
  const files = readdirSync(from, { recursive: true, encoding: 'utf8' }).filter((file) =>
    file.endsWith('.json'),
  );
  for (const [index, file] of files.entries()) {
    // Node writes these files: NODE_V8_COVERAGE.
    const { result, 'source-map-cache': maps = {} } = JSON.parse(
      readFileSync(join(from, file), 'utf8'),
    ) as V8Coverage;
    const kept = result.flatMap((script) => {
      const map = maps[script.url];
      const source = sourceOf(script.url, map);
      return source === undefined ? [] : [{ script: { ...script, url: source }, map, source }];
    });
    if (kept.length === 0) continue;
    const keptMaps = Object.fromEntries(
      kept.map(({ map, source }) => [source, { ...map, data: { ...map?.data, sources: [source] } }]),
    );
    const name = `coverage-${index}.json`;
    const scripts = kept.map(({ script }) => script);
    writeFileSync(join(to, name), JSON.stringify({ result: scripts, 'source-map-cache': keptMaps }));
  }
};

const percent = ({ total, covered }: Counts[Kind]): number => (total === 0 ? 100 : (100 * covered) / total);

const add = (a: Counts, b: Counts): Counts => {
  const sum = (kind: Kind) => ({
    total: a[kind].total + b[kind].total,
    covered: a[kind].covered + b[kind].covered,
  });
  return { lines: sum('lines'), branches: sum('branches'), functions: sum('functions') };
};

/** `adapters/redis` and the like; files directly in src have no folder. */
const folderOf = (file: string): string => {
  const parts = relative(SRC, file).split(sep).slice(0, -1);
  return parts.slice(0, 2).join('/') || '.';
};

const row = (name: string, counts: Counts): string =>
  `${name.padEnd(32)}${KINDS.map((kind) => percent(counts[kind]).toFixed(1).padStart(11)).join('')}\n`;

const print = (summary: Readonly<Record<string, Counts>>): Counts => {
  const { total, ...files } = summary;
  if (total === undefined) throw new Error('c8 wrote no total');
  const folders = new Map<string, Counts>();
  for (const [file, counts] of Object.entries(files)) {
    const before = folders.get(folderOf(file));
    folders.set(folderOf(file), before === undefined ? counts : add(before, counts));
  }
  const header = `\n${'percent covered'.padEnd(32)}${KINDS.map((kind) => kind.padStart(11)).join('')}\n`;
  process.stdout.write(header);
  for (const [folder, counts] of [...folders].sort(([a], [b]) => a.localeCompare(b)))
    process.stdout.write(row(folder, counts));
  process.stdout.write(row('all', total));
  const bare = Object.entries(files)
    .filter(([, { lines }]) => percent(lines) < 80)
    .sort(([, a], [, b]) => percent(a.lines) - percent(b.lines));
  if (bare.length > 0) {
    process.stdout.write('\nbelow 80 % of lines\n');
    for (const [file, counts] of bare) process.stdout.write(row(relative(SRC, file), counts));
  }
  return total;
};

/** Runs the tests and leaves what V8 counts in a folder. Returns their exit code. */
const count = (folder: string): number =>
  spawnSync(
    process.execPath,
    ['--import', 'tsx', join(ROOT, 'test/runner/run.ts'), ...process.argv.slice(2)],
    { cwd: ROOT, stdio: 'inherit', env: { ...process.env, NODE_V8_COVERAGE: folder } },
  ).status ?? 1;

/** Prints what was counted. Returns whether it reaches the floor. */
const report = (raw: string, work: string): boolean => {
  const [ours, reports] = [join(work, 'ours'), join(work, 'reports')];
  mkdirSync(ours);
  keepOurs(raw, ours);
  const c8 = spawnSync(
    join(ROOT, 'node_modules/.bin/c8'),
    [
      ...['report', '--all', '--src', 'src', '--include', 'src/**/*.ts', '--reporter', 'json-summary'],
      ...['--temp-directory', ours, '--reports-dir', reports],
      ...typesOnly().flatMap((file) => ['--exclude', file]),
    ],
    { cwd: ROOT, stdio: ['ignore', 'inherit', 'inherit'] },
  );
  if (c8.status !== 0) throw new Error(`c8 ended with ${c8.status}`);
  const total = print(JSON.parse(readFileSync(join(reports, 'coverage-summary.json'), 'utf8')));
  // Written by this script.
  const floor = JSON.parse(readFileSync(FLOOR, 'utf8')) as Record<Kind, number>;
  const measured = KINDS.map((kind) => ({ kind, is: percent(total[kind]), least: floor[kind] }));
  const low = measured.filter(({ is, least }) => is < least);
  for (const { kind, is, least } of low)
    process.stdout.write(`${kind}: ${is.toFixed(1)} %, below the floor of ${least} %\n`);
  if (process.env['RAISE_FLOOR'] === '1') {
    const raised = measured.map(({ kind, is, least }) => [
      kind,
      Math.max(least, Math.floor(10 * (is - NOISE)) / 10),
    ]);
    writeFileSync(FLOOR, `${JSON.stringify(Object.fromEntries(raised), null, 2)}\n`);
  }
  return low.length === 0;
};

const { COUNTS_IN: kept, REPORT_ONLY: isReportOnly } = process.env;
const work = mkdtempSync(join(tmpdir(), 'miyabi-coverage-'));
try {
  const raw = kept ?? join(work, 'raw');
  mkdirSync(raw, { recursive: true });
  if (isReportOnly !== '1') process.exitCode = count(raw);
  if ((kept === undefined || isReportOnly === '1') && !report(raw, work)) process.exitCode = 1;
} finally {
  rmSync(work, { recursive: true, force: true });
}
