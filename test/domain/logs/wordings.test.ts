import { readFileSync } from 'node:fs';
import * as assert from 'uvu/assert';
import { builtInFormats } from '../../../src/domain/logs/formats/registry.ts';
import { logParser, type ParsedTask } from '../../../src/domain/logs/parse.ts';
import { isTerminal } from '../../../src/domain/tasks/status.ts';
import { suite } from '../../support/suite.ts';

/**
 * What a log says, in the words and layouts that one tool has in other versions, languages and settings. In the files, a log
 * follows its name and its tasks: `=> key status current/total failed=n: error message`, or `=> none`.
 */
type Wording = Readonly<{ name: string; tasks: readonly string[]; lines: readonly string[] }>;

const ESCAPES: Readonly<Record<string, string>> = { '\\e': '\u001b', '\\t': '\t', '\\r': '\r' };

const wordingsIn = (file: string): readonly Wording[] =>
  readFileSync(new URL(`./wordings/${file}.txt`, import.meta.url), 'utf8')
    .split(/^=== /m)
    .slice(1)
    .map((text) => {
      const [name = '', ...rest] = text.trimEnd().split('\n');
      const first = rest.findIndex((line) => !line.startsWith('=> '));
      return {
        name,
        tasks: rest
          .slice(0, first)
          .map((line) => line.slice(3))
          .filter((task) => task !== 'none'),
        lines: rest.slice(first).map((line) => line.replaceAll(/\\[etr]/g, (code) => ESCAPES[code] ?? code)),
      };
    });

const inShort = ({ task_id, run }: ParsedTask): string => {
  const { status, current, total, failed = 0, details } = run;
  return [
    `${task_id ?? run.key} ${status} ${current}/${total}`,
    ...(failed > 0 ? [` failed=${failed}`] : []),
    ...(details.error_message === undefined ? [] : [`: ${details.error_message}`]),
  ].join('');
};

const tasksOf = (lines: readonly string[]): readonly string[] => {
  const parser = logParser(builtInFormats);
  parser.add(lines);
  return [...parser.tasksAtEnd()].map(inShort);
};

/** What stands before each line in the logs of runners and containers, and around it on a terminal or on Windows. */
const AROUND: readonly (readonly [string, (line: string, index: number) => string])[] = [
  ['line ends of Windows', (line) => `${line}\r`],
  ['times of GitHub Actions', (line, index) => `2026-01-02T03:04:${10 + (index % 50)}.1234567Z ${line}`],
  ['the name of a container', (line) => `web-1  | ${line}`],
  ['times in brackets', (line, index) => `[12:03:${10 + (index % 50)}] ${line}`],
  ['colours', (line) => `\u001b[1m${line}\u001b[0m`],
];

const test = suite('Wordings');

for (const { name, tasks, lines } of ['tools', 'plain', 'json'].flatMap(wordingsIn)) {
  test(`${name}`, () => {
    assert.equal(tasksOf(lines), tasks);
  });

  test(`${name}: the same with what others put around its lines`, () => {
    // A redraw ends a line, so what stands before it does not stand before the next one.
    const around = lines.some((line) => line.includes('\r')) ? AROUND.slice(0, 1) : AROUND;
    for (const [by, wrapped] of around) assert.equal(tasksOf(lines.map(wrapped)), tasks, by);
  });

  test(`${name}: an end that is seen before the last line stays, unless a format may take it back`, () => {
    const ends = new Map<string, string>();
    const parser = logParser(builtInFormats);
    for (const line of lines) {
      parser.add([line]);
      for (const { task_id, run } of parser.tasks()) {
        const before = ends.get(task_id ?? run.key);
        const revises = builtInFormats.find((format) => run.key.startsWith(`${format.name}/`))?.revisesEnds;
        if (before !== undefined && !(revises && before === 'completed')) assert.is(run.status, before, line);
        if (task_id === undefined && isTerminal(run.status)) ends.set(run.key, run.status);
      }
    }
  });
}

/** The last step of a counter ends with its log, and so does compose after any container: nothing says more. */
const endsWithItsLog = ({ run }: ParsedTask): boolean => /^(?:plain|docker-compose)/.test(run.key);

test('a log that is cut before its tasks fail does not complete them', () => {
  for (const { name, tasks, lines } of ['tools', 'plain'].flatMap(wordingsIn)) {
    const parser = logParser(builtInFormats);
    for (const line of lines) {
      parser.add([line]);
      const ends = new Map([...parser.tasksAtEnd()].map((task) => [task.run.key, task]));
      for (const { run } of parser.tasks()) {
        const end = ends.get(run.key);
        if (end === undefined || endsWithItsLog(end) || run.status === end.run.status) continue;
        const isSame = tasks.some((task) => task.startsWith(`${run.key} ${end.run.status}`));
        assert.ok(isSame, `${name}: ${run.key} ${end.run.status} after ${line}`);
      }
    }
  }
});

test.run();
