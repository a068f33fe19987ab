// What the documentation names is there: pages, headings, exit codes, commands, options, scripts.
import { existsSync, readFileSync } from 'node:fs';
import { dirname, join, normalize } from 'node:path';
import type { Command } from 'commander';
import * as assert from 'uvu/assert';
import { EXIT } from '../../src/cli/failure.ts';
import { buildProgram } from '../../src/cli/program.ts';
import { suite } from '../support/suite.ts';
import { PAGES, ROOT, read } from './fences.ts';

const test = suite('References in the documentation');

/** The anchor that GitHub gives a heading. */
const anchorOf = (heading: string): string =>
  heading
    .toLowerCase()
    .replaceAll(/[^\p{L}\p{N}\s_-]/gu, '')
    .replaceAll(' ', '-');

const anchorsOf = (page: string): ReadonlySet<string> =>
  new Set([...read(page).matchAll(/^#+ (.*)$/gm)].map(([, heading = '']) => anchorOf(heading)));

test('every link between pages leads to a file, and to a heading of it', () => {
  const broken = PAGES.flatMap((page) =>
    [...read(page).matchAll(/\]\((?!https?:|mailto:)([^)\s]+)\)/g)].flatMap(([, link = '']) => {
      const [path = '', anchor] = link.split('#');
      const target = path === '' ? page : normalize(join(dirname(page), path));
      if (!existsSync(join(ROOT, target))) return [`${page}: ${link}`];
      const isThere = anchor === undefined || (target.endsWith('.md') && anchorsOf(target).has(anchor));
      return isThere ? [] : [`${page}: ${link}`];
    }),
  );
  assert.equal(broken, []);
});

const program = buildProgram(async () => undefined);

const commandsBelow = (command: Command): readonly Command[] => [
  command,
  ...command.commands.flatMap(commandsBelow),
];

test('docs/cli.md lists every command, and no other', () => {
  const rows = [...read('docs/cli.md').matchAll(/^\| `miyabi ([a-z]+)/gm)].map(([, name = '']) => name);
  const commands = program.commands.map((command) => command.name()).filter((name) => name !== 'help');
  assert.equal([...new Set(rows)].sort(), commands.sort());
});

test('docs/cli.md lists every subcommand, and no other', () => {
  for (const command of program.commands.filter(({ commands }) => commands.length > 0)) {
    const row = new RegExp(`^\\| \`miyabi ${command.name()} \\[?([a-z\\\\|]+)\\]?\``, 'm').exec(
      read('docs/cli.md'),
    );
    const listed = (row?.[1] ?? '').split('\\|').filter((name) => name !== '');
    assert.equal(listed.sort(), command.commands.map((sub) => sub.name()).sort(), `miyabi ${command.name()}`);
  }
});

test('every option that a page gives to miyabi is one of its options', () => {
  const known = new Set(
    commandsBelow(program).flatMap(({ options }) => options.map(({ long }) => long ?? '')),
  );
  for (const page of ['README.md', 'docs/cli.md', 'docs/operations.md', 'docs/log-formats.md']) {
    const used = [...read(page).matchAll(/miyabi ((?:[a-z]+ )+)(--[a-z-]+)/g)];
    for (const [, , option = ''] of used) assert.ok(known.has(option), `${page}: ${option}`);
  }
});

test('docs/cli.md lists every exit code, and no other', () => {
  const section = read('docs/cli.md').split('## Exit codes')[1]?.split('\n## ')[0] ?? '';
  const rows = [...section.matchAll(/^\| (\d+) \|/gm)].map(([, code]) => Number(code));
  const prose = [...section.matchAll(/\b(12[5-7])\b/g)].map(([, code]) => Number(code));
  assert.equal(
    [...rows, ...prose].sort((a, b) => a - b),
    Object.values(EXIT)
      .map(Number)
      .sort((a, b) => a - b),
  );
});

test('every npm script that a page names exists', () => {
  const { scripts } = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8')) as {
    scripts: Record<string, string>;
  };
  for (const page of PAGES) {
    for (const [, script = ''] of read(page).matchAll(/npm run (?:--silent )?([a-z][a-z:-]*)/g)) {
      assert.ok(script in scripts, `${page}: npm run ${script}`);
    }
  }
});

test.run();
