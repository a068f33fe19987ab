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

test('the table of sam deploy is read where its columns are too narrow for a type', () => {
  const rows = [
    'CREATE_IN_PROGRESS       AWS::CloudFormation::S   shop                     User Initiated         ',
    '                         tack                                                                     ',
    'CREATE_FAILED            AWS::SQS::Queue          Bills                    Access denied          ',
    'ROLLBACK_COMPLETE        AWS::CloudFormation::S   shop                     -                      ',
  ];
  const end =
    'Error: Failed to create/update the stack: shop, Waiter StackCreateComplete failed: Waiter encountered a terminal failure state: For expression "Stacks[].StackStatus" we matched expected path: "ROLLBACK_COMPLETE" at least once';
  for (const lines of [rows, [...rows, end], [...rows.slice(0, 3), end]])
    assert.equal(
      runsOf(lines).map(({ task_name, status, details }) => [
        task_name,
        status,
        details.outcome,
        details.failed_resources,
      ]),
      [['shop', 'failed', 'rolled_back', ['Bills']]],
    );
  const wrapped = [
    rows[0] ?? '',
    'CREATE_FAILED            AWS::SQS::Queue          Bills                    shop-bills already     ',
    '                                                                           exists                 ',
    'CREATE_FAILED            AWS::DynamoDB::Table     Orders                   Resource creation      ',
    '                                                                           cancelled              ',
    rows[3] ?? '',
  ];
  assert.equal(
    runsOf(wrapped).map(({ details }) => [details.failed_resources, details.error_message]),
    [[['Bills'], 'shop-bills already exists']],
  );
  const deployed = 'Successfully created/updated stack - shop in eu-west-1';
  for (const lines of [
    [deployed],
    [rows[0] ?? '', deployed],
    ['CREATE_IN_PROGRESS  AWS::CloudFormatio  shop  -', deployed],
  ])
    assert.equal(
      runsOf(lines).map(({ task_name, status }) => `${task_name} ${status}`),
      ['shop completed'],
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

/** The runs as they are known before and after the end of the log. */
const endOf = (lines: readonly string[]) => {
  const parser = logParser(builtInFormats);
  parser.add(lines);
  const inShort = ({ run: { status, details } }: ReturnType<typeof parser.tasks>[number]) =>
    `${status} ${details.error_message ?? ''}`.trim();
  return [parser.tasks(), [...parser.tasksAtEnd()]].map((tasks) => tasks.map(inShort).join());
};

test('a step that failed at the end of a job’s log is the end of the job', () => {
  const failed = ['##[group]Run make', '##[error]Process completed with exit code 1.'];
  assert.equal(endOf(failed), ['running', 'failed Process completed with exit code 1']);
  assert.equal(endOf(failed.slice(0, 1)), ['running', 'running']);
});

test('a job fails with its own last line though the last step of a counter is under way', () => {
  const steps = ['Step 1/2: build', 'Step 2/2: test'];
  const jobs = [
    [
      '##[group]Run make',
      ...steps,
      '##[error]Process completed with exit code 1.',
      'Cleaning up orphan processes',
    ],
    ['Running with gitlab-runner 17.5.0 (853330f9)', ...steps, 'ERROR: Job failed: exit code 1'],
  ];
  assert.equal(
    jobs.map((lines) => runsOf(lines).find(({ key }) => key.includes('job'))?.status),
    ['failed', 'failed'],
  );
});

test('a connection that Wget could not make is its end where no other follows', () => {
  const refused = [
    '--2026-11-03 10:00:00--  http://127.0.0.1:9/a',
    'Connecting to 127.0.0.1:9... failed: Connection refused.',
  ];
  assert.equal(endOf(refused), ['running', 'failed failed: Connection refused']);
  const saved = "2026-11-03 10:00:01 (1.00 MB/s) - 'a' saved [30/30]";
  assert.equal(endOf([...refused, saved]), ['completed', 'completed']);
});

test('an exception after a counter that is not full is its end where the log ends', () => {
  const trace = [
    'Traceback (most recent call last):',
    '  File "shop.py", line 3, in <module>',
    'ValueError: no paper',
  ];
  assert.equal(endOf(['Processing 3/10', ...trace]), ['running', 'failed ValueError: no paper']);
  assert.equal(endOf(['Processing 3/10', ...trace, 'Processing 4/10']), ['running', 'running']);
  assert.equal(endOf(['Processing 10/10', ...trace]), [
    'failed ValueError: no paper',
    'failed ValueError: no paper',
  ]);
  assert.equal(
    endOf(['Processing 3/10', 'ValueError: no paper']),
    ['running', 'running'],
    'it may be any text',
  );
});

for (const failure of [
  'Error: disk full',
  'TypeError: x is not a function',
  'error: linking failed',
  'fatal: unable to access the repository',
  'panic: runtime error: index out of range',
  'ERROR: failed to solve: process did not complete',
])
  test(`after the last step has begun, \`${failure}\` is its failure unless something else comes`, () => {
    const begun = ['Step 2/3 compile', 'Step 3/3 link'];
    assert.equal(endOf([...begun, 'linking a.o', '', failure]), ['running', `failed ${failure}`]);
    assert.equal(endOf([...begun, failure, 'Step 1/2 test']), [
      `failed ${failure},running`,
      `failed ${failure},running`,
    ]);
    assert.equal(endOf([...begun, failure, 'Done in 3s.']), ['completed', 'completed']);
    assert.equal(
      endOf(['Step 2/3 compile', failure]),
      ['running', 'running'],
      'a step that was not the last',
    );
  });

for (const failure of ['Segmentation fault (core dumped)', 'Killed', 'Build failed', '❌ Deployment failed'])
  test(`\`${failure}\` right after a full counter is its failure, whether its steps are done or begun`, () => {
    for (const counter of ['Step 3/3 link', 'Processed 10/10 files'])
      assert.equal(endOf([counter, failure]), [`failed ${failure}`, `failed ${failure}`], counter);
  });

test('while the last step is under way, lines that other tools print as well are its end', () => {
  for (const failure of ['make: *** [all] Error 2', 'FAILED: link'])
    assert.equal(endOf(['Step 3/3 link', 'linking', failure]), [`failed ${failure}`, `failed ${failure}`]);
  assert.equal(endOf(['Step 3/3 link', 'linking', 'Done in 3s']), ['completed', 'completed']);
});

test.run();
