import { readFileSync } from 'node:fs';
import * as assert from 'uvu/assert';
import { builtInFormats } from '../../../src/domain/logs/formats/registry.ts';
import { logParser, type ParsedTask } from '../../../src/domain/logs/parse.ts';
import { suite } from '../../support/suite.ts';

const linesOf = (name: string): readonly string[] =>
  readFileSync(new URL(`./guards/${name}.txt`, import.meta.url), 'utf8')
    .split('\n')
    .filter((line) => line !== '' && !line.startsWith('## '));

/** The tasks of a log of one line, in short: format, counter, and the status where it is not `running`. */
const inShort = (line: string): readonly string[] => {
  const parser = logParser(builtInFormats);
  parser.add([line]);
  return parser.tasks().map(shortened);
};

const shortened = ({ task_id, run }: ParsedTask): string => {
  const format = task_id === undefined ? run.key.slice(0, run.key.indexOf('/')) : 'agent-json';
  const status = run.status === 'running' ? '' : ` ${run.status}`;
  return `${format} ${run.current}/${run.total}${status}`;
};

const idle = linesOf('no-progress');
const reporting = linesOf('progress').map((line) => line.split('\t') as [string, string]);

const test = suite('guards');

test(`${idle.length} lines with a slash or a percent that are no progress give no task`, () => {
  assert.ok(idle.length >= 400);
  assert.ok(idle.every((line) => /\d.*[/%]|[/%].*\d|\d .*of \d/.test(line)));
  assert.equal(
    idle.filter((line) => inShort(line).length > 0),
    [],
  );
});

test(`${reporting.length} lines that are progress give the right task`, () => {
  assert.ok(reporting.length >= 400);
  assert.equal(
    reporting
      .filter(([task, line]) => inShort(line).join(', ') !== task)
      .map(([task, line]) => [task, line, inShort(line)]),
    [],
  );
});

test('no line stands for another: lines that differ in nothing but numbers are few, and none is repeated', () => {
  for (const lines of [idle, reporting.map(([, line]) => line)]) {
    assert.is(new Set(lines).size, lines.length);
    const shapes = new Set(lines.map((line) => line.replaceAll(/\d+/g, '0')));
    assert.ok(shapes.size >= 0.97 * lines.length, `${shapes.size} of ${lines.length}`);
  }
});

test.run();
