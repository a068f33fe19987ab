import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import * as assert from 'uvu/assert';
import { iconName } from '../../web/src/favicon.ts';
import { builtDashboard } from '../support/dashboard.ts';
import { suite } from '../support/suite.ts';

/** What the first view may weigh, script and style together, as a browser receives it. */
const BUDGET = 60 * 1024;

const test = suite('dashboard: what is built');

test('the first view stays within its budget', async () => {
  const folder = await builtDashboard();
  const page = readFileSync(join(folder, 'index.html'), 'utf8');
  const needed = new Set<string>();
  const follow = (name: string) => {
    if (needed.has(name)) return;
    needed.add(name);
    if (!name.endsWith('.js')) return;
    // What a script imports at once belongs to the first view; what it imports when asked does not.
    const text = readFileSync(join(folder, 'assets', name), 'utf8');
    for (const [, found] of text.matchAll(/(?:^|[;}])import\s*(?:[^"'()]*from\s*)?["']\.\/([^"']+)["']/g))
      follow(found ?? '');
  };
  for (const [, name] of page.matchAll(/(?:src|href)="\/assets\/([^"]+\.(?:js|css))"/g)) follow(name ?? '');
  assert.ok(
    [...needed].some((name) => name.endsWith('.js')) && [...needed].some((name) => name.endsWith('.css')),
  );
  const bytes = [...needed].reduce(
    (sum, name) => sum + gzipSync(readFileSync(join(folder, 'assets', name))).length,
    0,
  );
  assert.ok(bytes <= BUDGET, `${[...needed].join(', ')}: ${bytes} bytes, ${BUDGET} allowed`);
  const documented = readFileSync(new URL('../../docs/dashboard.md', import.meta.url), 'utf8');
  const [, kilobytes] = /the first view is about (\d+) KB gzipped/.exec(documented) ?? [];
  assert.ok(
    Math.abs(bytes / 1024 - Number(kilobytes)) < 3,
    `docs/dashboard.md says ${kilobytes} KB; it is ${bytes} bytes`,
  );
  assert.not.ok(
    [...needed].some((name) => /plot/i.test(name)),
    'the plot comes when it is wanted',
  );
  const scripts = [...needed].map((name) => readFileSync(join(folder, 'assets', name), 'utf8')).join('');
  assert.not.match(scripts, 'log-box', 'and so does the log');
  assert.not.match(scripts, 'webhook-url', 'and so does the form of a webhook');
  assert.ok(
    readdirSync(join(folder, 'assets')).some((name) => /^panel.*\.js$/.test(name)),
    'the log is a chunk of its own',
  );
});

test('an icon is there for each count that the tab may have', async () => {
  const files = readdirSync(await builtDashboard());
  for (const counted of ['failed', 'running'] as const)
    for (const count of [0, 1, 9, 10, 250])
      assert.ok(files.includes(iconName(counted, count)), `${counted} ${count}`);
});

test('the page holds no script, style or data of its own that a strict policy would refuse', async () => {
  const folder = await builtDashboard();
  const page = readFileSync(join(folder, 'index.html'), 'utf8');
  assert.not.match(page, /<style|style=|<script(?![^>]*\bsrc=)|\son\w+=|data:/);
  for (const name of readdirSync(join(folder, 'assets')).filter((one) => one.endsWith('.css'))) {
    assert.not.match(readFileSync(join(folder, 'assets', name), 'utf8'), /url\((?!["']?\/)/, name);
  }
});

test.run();
