import * as assert from 'uvu/assert';
import { STATUS_WORDS, statusOfWord } from '../../../../../src/domain/logs/formats/kit/status-words.ts';
import { TASK_STATUSES } from '../../../../../src/domain/tasks/status.ts';
import { suite } from '../../../../support/suite.ts';

const test = suite('Words for a status');

const ALL = Object.entries(STATUS_WORDS).flatMap(([source, words]) =>
  Object.entries(words).flatMap(([status, list]: [string, readonly string[]]) =>
    list.map((word) => ({ source, word, status })),
  ),
);

/** The parts of `TimedOut`, `timed_out`, `timed-out` and `TIMED_OUT`. */
const parts = (word: string): readonly string[] =>
  word
    .replaceAll(/([a-z])([A-Z])/g, '$1_$2')
    .toLowerCase()
    .split(/[_-]/);

/** Producers of the same word write it in these ways. */
const spellings = (word: string): readonly string[] => {
  const all = parts(word);
  const capitals = all.map((part) => part.charAt(0).toUpperCase() + part.slice(1));
  return [
    word,
    all.join('_'),
    all.join('-'),
    all.join(' '),
    all.join('_').toUpperCase(),
    capitals.join(''),
    ` ${word} `,
  ];
};

test('every source that the documentation names has its words, each with a status that exists', () => {
  const named = Object.keys(STATUS_WORDS).filter((source) => source !== 'common words');
  for (const source of named)
    assert.ok(ALL.filter((each) => each.source === source).length >= 4, `words of ${source}`);
  assert.equal(
    ALL.filter(({ status }) => !TASK_STATUSES.some((known) => known === status)),
    [],
  );
});

for (const source of Object.keys(STATUS_WORDS)) {
  test(`${source}: each word is known in any case and with any separators`, () => {
    for (const { word, status } of ALL.filter((each) => each.source === source))
      for (const spelling of spellings(word)) assert.is(statusOfWord(spelling), status, spelling);
  });

  test(`${source}: each word is known behind the name of its enumeration`, () => {
    for (const { word, status } of ALL.filter((each) => each.source === source && !/stat/i.test(each.word)))
      for (const prefix of [
        'JOB_STATE_',
        'TASK_STATUS_',
        'TaskState.',
        'WORKFLOW_EXECUTION_STATUS_',
        'RunStatus.',
      ])
        assert.is(
          statusOfWord(`${prefix}${parts(word).join('_').toUpperCase()}`),
          status,
          `${prefix}${word}`,
        );
  });
}

test('what Slurm adds to a state, or cuts off, does not hide it', () => {
  assert.is(statusOfWord('CANCELLED by 1001'), 'cancelled');
  assert.is(statusOfWord('CANCELLED+'), 'cancelled');
  assert.is(statusOfWord('OUT_OF_ME+'), 'failed');
  assert.is(statusOfWord('RE+'), undefined);
  assert.is(statusOfWord('REQU+'), undefined, 'it may be REQUEUED or REQUEUE_HOLD');
});

test('the status column of kubectl is read with what stands before the reason', () => {
  assert.is(statusOfWord('Init:1/3'), 'pending');
  assert.is(statusOfWord('Init:ErrImagePull'), 'failed');
  assert.is(statusOfWord('Init:Whatever'), undefined);
  assert.is(statusOfWord('Signal:9'), 'failed');
  assert.is(statusOfWord('ExitCode:0'), 'completed');
});

test('words that say nothing of an end are unknown, as is anything long', () => {
  for (const word of ['', 'unknown', 'ok', 'healthy', 'idle', 'die', 'unspecified', 'state', 'x'.repeat(65)])
    assert.is(statusOfWord(word), undefined, word);
});

test.run();
