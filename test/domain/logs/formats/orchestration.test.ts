import * as assert from 'uvu/assert';
import { builtInFormats } from '../../../../src/domain/logs/formats/registry.ts';
import { logParser } from '../../../../src/domain/logs/parse.ts';
import { isTerminal } from '../../../../src/domain/tasks/status.ts';
import { suite } from '../../../support/suite.ts';
import { ORCHESTRATION } from '../orchestration.ts';

const runsOf = (lines: readonly string[]) => {
  const parser = logParser(builtInFormats);
  parser.add(lines);
  return parser.tasks().map(({ run }) => run);
};

const test = suite('Agents, orchestrators and CI jobs');

for (const { name, run, lines, shown = {} } of ORCHESTRATION) {
  test(`${name}: ${run}`, () => {
    const runs = runsOf(lines);
    assert.equal(
      runs.map(({ key, status, current, total }) => `${key} ${status} ${current}/${total}`),
      [run],
    );
    const reported: Readonly<Record<string, unknown>> = { ...runs[0], ...runs[0]?.details };
    assert.equal(Object.fromEntries(Object.keys(shown).map((key) => [key, reported[key]])), shown);
  });

  test(`${name}: an end that is told before the last line is that of the whole log, or is corrected`, () => {
    const end = run.split(' ')[1];
    lines.forEach((_, index) => {
      for (const { key, status } of runsOf(lines.slice(0, index + 1))) {
        const revises = builtInFormats.find((format) => key.startsWith(`${format.name}/`))?.revisesEnds;
        if (isTerminal(status) && !revises) assert.is(status, end, lines[index]);
      }
    });
  });
}

test('an agent that waits for a person is blocked, and runs again with its next action', () => {
  const lines = ORCHESTRATION.find(({ name }) => name.startsWith('OpenHands that waits'))?.lines ?? [];
  assert.equal(
    [1, 2].map((length) => runsOf(lines.slice(0, length))[0]?.status),
    ['blocked', 'running'],
  );
});

test('sam deploy is one task, though it prints what the AWS CLI prints too', () => {
  const runs = runsOf([
    'Waiting for changeset to be created..',
    'Initiating deployment',
    '2026-01-02 03:04:05 - Waiting for stack create/update to complete',
    'CREATE_IN_PROGRESS       AWS::SQS::Queue          Orders                   -',
    'CREATE_COMPLETE          AWS::SQS::Queue          Orders                   -',
    'CREATE_COMPLETE          AWS::CloudFormation::Stack  orders                -',
    'Successfully created/updated stack - orders in eu-west-1',
  ]);
  assert.equal(
    runs.map(({ task_name, status }) => `${task_name} ${status}`),
    ['orders completed'],
  );
});

test('lines in the words of these tools make no task without a run of theirs', () => {
  const lines = [
    'Run the tests before you push',
    'Job succeeded',
    'Cleaning up orphan processes',
    'Duration: 4s',
    'Resources:',
    'STATUS: deployed',
    'error: timed out waiting for the condition',
    '...ignoring',
    'Post job cleanup.',
    'error: update failed',
    'deployment "web" created',
    '{"session_id":"a","type":"user","message":{"content":"hello"}}',
    '{"action":"run","args":{"command":"ls"},"source":"user"}',
    '{"type":"task","payload":{"name":"x"}}',
    '[2026-01-02 03:04:05,678: INFO/MainProcess] celery@host ready.',
    "| INFO    | Task run 'x' - Finished in state Completed()",
  ];
  assert.equal(
    lines.filter((line) => runsOf([line]).length > 0),
    [],
  );
});

test.run();
