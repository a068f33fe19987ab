// Runs the commands that the documentation shows, as they are written. A block that cannot run here says why, in a
// comment above it: `<!-- not run: needs an AWS account -->`.
import { existsSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import * as assert from 'uvu/assert';
import { parse } from 'yaml';
import { run } from '../support/cli.ts';
import { startServer } from '../support/server.ts';
import { suite } from '../support/suite.ts';
import { type Fence, fencesOf, PAGES, ROOT, read } from './fences.ts';
import { DOCUMENTED_URL, readersFolder } from './readers-folder.ts';

const isShell = ({ language }: Fence): boolean => language === 'sh' || language === 'bash';
const isScript = ({ language }: Fence): boolean => language === 'ts';

const executes = async (fence: Fence): Promise<void> => {
  // It is not what is tested here, and starts in half the time if its coverage is not measured.
  const server = await startServer({ MIYABI_BACKEND: 'memory', NODE_V8_COVERAGE: '' });
  const folder = await readersFolder();
  try {
    const text = fence.text.replaceAll(DOCUMENTED_URL, server.url);
    const file = join(folder.path, isScript(fence) ? 'example.mts' : 'example.sh');
    writeFileSync(file, isScript(fence) ? text : `set -e\ncd '${folder.path}'\n${text}`);
    const command = isScript(fence)
      ? [process.execPath, '--import', join(ROOT, 'node_modules/tsx/dist/esm/index.mjs'), file]
      : ['bash', file];
    const ran = await run(command, {
      env: { PATH: `${folder.bin}:${process.env['PATH']}`, HOME: folder.path, MIYABI_URL: server.url },
    });
    const printed = `${ran.stdout}\n${ran.stderr}`;
    assert.is(ran.code, 0, `${fence.page}:${fence.line}\n${fence.text}\n${printed}`);
    // `curl -s` succeeds with any answer.
    assert.not.match(printed, /"error":/);
  } finally {
    folder.remove();
    server.process.kill();
    await server.ended;
  }
};

const test = suite('Commands in the documentation');
const fences = PAGES.flatMap(fencesOf);

test('every block says what it is, and every example runs or says why not', () => {
  assert.ok(fences.length > 15);
  for (const { page, line, language } of fences) {
    assert.match(language, /^(sh|bash|ts|json|yaml|text|http)$/, `${page}:${line} has no language`);
  }
  const silent = fences
    .filter((fence) => isShell(fence) || isScript(fence))
    .filter(({ note }) => note !== 'run' && !/^not run: \S.{8,}/.test(note))
    .map(({ page, line }) => `${page}:${line}`);
  assert.equal(silent, []);
});

/** The page of each tool, and its sections that people copy from. */
const TOOLS: Readonly<Record<string, readonly string[]>> = {
  install: ['Docker', 'systemd'],
  cli: [],
  ci: ['GitLab', 'Buildkite', 'CodeBuild', 'Elsewhere'],
  webhooks: [],
  badges: [],
  metrics: [],
  opentelemetry: [],
  agents: ['Model Context Protocol', 'Hooks of Claude Code', 'Codex'],
  client: ['Watching'],
  adapters: ['Test it as we do'],
  dashboard: [],
};

test('the page of each tool begins with a block to copy, and so do its sections', () => {
  for (const [page, sections] of Object.entries(TOOLS)) {
    const [beginning = '', ...rest] = read(`docs/${page}.md`).split(/^## /m);
    const holds = (text: string) => /^```\w+$/m.test(text);
    assert.ok(holds(beginning), `docs/${page}.md begins without a block`);
    for (const section of sections) {
      const found = rest.find((text) => text.startsWith(`${section}\n`));
      assert.ok(found !== undefined && holds(found), `docs/${page}.md: ${section} has no block`);
    }
    assert.match(read('README.md'), `(docs/${page}.md)`);
  }
});

test('every JSON example is JSON', () => {
  for (const { page, line, text } of fences.filter(({ language }) => language === 'json')) {
    assert.not.throws(() => JSON.parse(text), `${page}:${line}`);
  }
});

test('every YAML example is YAML, and run by a test', () => {
  const examples = fences.filter(({ language }) => language === 'yaml');
  assert.ok(examples.length > 3);
  for (const { page, line, text, note } of examples) {
    assert.not.throws(() => parse(text), `${page}:${line}`);
    const [, file = ''] = /^run by (\S+)$/.exec(note) ?? [];
    assert.ok(existsSync(join(ROOT, file)) && file !== '', `${page}:${line} says by which test`);
  }
});

for (const fence of fences.filter(({ note }) => note === 'run')) {
  const [first = ''] = fence.text.split('\n');
  // Those that a newcomer runs first are run most often.
  test(`${fence.page}: ${first.slice(0, 80)}`, () => executes(fence), { slow: fence.page !== 'README.md' });
}

test.run();
