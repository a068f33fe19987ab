import * as assert from 'uvu/assert';
import { builtInFormats } from '../../../../src/domain/logs/formats/registry.ts';
import { logParser, type ParsedTask } from '../../../../src/domain/logs/parse.ts';
import { isTerminal } from '../../../../src/domain/tasks/status.ts';
import { repeats, suite } from '../../../support/suite.ts';
import { type ExpectedTask, RECORDINGS, UNRECORDED } from '../recorded.ts';

const test = suite('Logs that tools have printed');

const tasksOf = (lines: readonly string[]): readonly ParsedTask[] => {
  const parser = logParser(builtInFormats);
  parser.add(lines);
  return parser.tasks();
};

/** Every prefix is read from its beginning, so all of them take time in the square of a log's length. */
const STEP = repeats({ few: 100, all: 1 });

/** Formats whose ends may be taken back right after. */
const REVISING = new Set(builtInFormats.filter(({ revisesEnds }) => revisesEnds).map(({ name }) => name));

const inShort = ({ run }: ParsedTask): ExpectedTask => ({
  key: run.key,
  name: run.task_name,
  status: run.status,
  current: run.current,
  total: run.total,
  ...(run.failed !== undefined && { failed: run.failed }),
  ...(run.skipped !== undefined && { skipped: run.skipped }),
  ...(run.details.failed_resources !== undefined && { failed_resources: run.details.failed_resources }),
  ...(run.details.error_message !== undefined && { error_message: run.details.error_message }),
});

for (const { name, lines, expected } of RECORDINGS) {
  test(`${name} is read as what happened`, () => {
    assert.equal(tasksOf(lines).map(inShort), expected);
  });

  test(`${name} tells of no other end while it is written`, () => {
    const ends = new Map(expected.map(({ key, status }) => [key, status]));
    lines.forEach((_, length) => {
      if (length % STEP > 0) return;
      for (const { run } of tasksOf(lines.slice(0, length))) {
        assert.ok(ends.has(run.key), `${run.key} after ${length} lines`);
        const isConcluded =
          run.status === 'completed' && REVISING.has(run.key.slice(0, run.key.indexOf('/')));
        const isEnd = isTerminal(run.status) && !isConcluded;
        if (isEnd) assert.is(run.status, ends.get(run.key), `after ${length} lines`);
      }
    });
  });
}

test('every log is expected, and every expectation has its log', () => {
  assert.equal(
    RECORDINGS.filter(({ expected }) => expected.length === 0).map(({ name }) => name),
    [],
  );
  assert.equal(UNRECORDED, []);
});

test.run();
