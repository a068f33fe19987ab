import { readdirSync, readFileSync } from 'node:fs';
import * as fc from 'fast-check';
import * as assert from 'uvu/assert';
import type { LogFormat } from '../../../src/domain/logs/format.ts';
import { builtInFormats } from '../../../src/domain/logs/formats/registry.ts';
import { type Hint, numberBefore, percentage } from '../../../src/domain/logs/hint.ts';
import { logParser } from '../../../src/domain/logs/parse.ts';
import { logReader } from '../../../src/domain/logs/signals.ts';
import { isFullRun, repeats, suite } from '../../support/suite.ts';
import { anyLine } from './any-line.ts';
import { RECORDED, SAMPLES } from './samples.ts';

/** The same formats without their hints, so that every line is offered to each. */
const withoutHint = ({ hint: _hint, ...format }: LogFormat): LogFormat => format;
const reader = logReader(builtInFormats);
const withoutHints = logReader(builtInFormats.map(withoutHint));

const eventsOf = (messages: readonly string[]) =>
  messages.map((message, index) => ({ id: `e${index}`, timestamp: index, message }));

const checkSame = (messages: readonly string[]) => {
  const events = eventsOf(messages);
  assert.equal(reader.read(events), withoutHints.read(events));
};

/** Each format alone, because the hints of one may hide missing hints of another. */
const ALONE = builtInFormats
  .filter(({ hint }) => hint !== undefined)
  .map((format) => ({
    name: format.name,
    hinted: logReader([format]),
    all: logReader([withoutHint(format)]),
  }));

const checkEachAlone = (messages: readonly string[]) => {
  const events = eventsOf(messages);
  for (const { name, hinted, all } of ALONE) assert.equal(hinted.read(events), all.read(events), name);
};

const FIXTURES = new URL('../../fixtures/cdk/', import.meta.url);
const GUARDS = new URL('./guards/', import.meta.url);
const filesIn = (folder: URL, ending: string) =>
  readdirSync(folder)
    .filter((name) => name.endsWith(ending))
    .map((name) => readFileSync(new URL(name, folder), 'utf8'));

const TEXTS = [
  ...filesIn(FIXTURES, '.log'),
  ...filesIn(GUARDS, '.txt'),
  [...SAMPLES, ...RECORDED].flatMap(({ lines }) => lines).join('\n'),
];

/** One line for each hint: each is read, and has no other. */
const PROGRESS_WORDS = [
  'Plan: 2 to add, 1 to change, 0 to destroy.',
  'Apply complete! Resources: 2 added, 1 changed, 0 destroyed.',
  'Destroy complete! Resources: 2 destroyed.',
  'No changes. Your infrastructure matches the configuration.',
  "Note: You didn't use the -out option to save this plan",
  'Saved the plan to: tfplan',
  'Do you want to perform these actions?',
  'Do you really want to destroy all resources?',
  'Apply cancelled.',
  'Destroy cancelled.',
  'Error: no such bucket',
  'with aws_sqs_queue.jobs,',
  ...['Creating', 'Modifying', 'Destroying', 'Importing', 'Refreshing state', 'Reading'].map(
    (doing) => `aws_sqs_queue.jobs: ${doing}... [id=x]`,
  ),
  ...['Creation', 'Modifications', 'Destruction', 'Import'].map(
    (done) => `aws_sqs_queue.jobs: ${done} complete after 12s [id=x]`,
  ),
  'arn:aws:cloudformation:eu-west-1:1:stack/Shop/uuid',
  'Could not perform a hotswap deployment, as the stack Shop contains non-Asset changes',
  'Falling back to doing a full deployment',
  'Outputs:',
  'Rolling back Shop',
  'Stack ARN:',
  'The following resource(s) failed to create: [A, B]. Rollback requested by user.',
  'Queue4A7E3555, Topic',
  ', Queue4A7E3555, Topic',
  ']. Rollback requested by user.',
  'The stack named Shop failed creation: ROLLBACK_COMPLETE',
  'ToolkitError: The stack named Shop failed creation',
  'Shop failed: Error: The stack named Shop failed creation',
  'Shop: destroy failed The stack named Shop is in a failed state',
  'Shop: deploy failed The stack named Shop is in a failed state',
  'Shop: SSM parameter /cdk-bootstrap/hnb659fds/version not found',
  'Shop: This CDK deployment requires bootstrap stack version 6',
  'Shop: deploying...',
  'Shop: stack has no resources, skipping deployment.',
  'Shop: no new resources compared to the currently deployed stack, skipping import.',
  'Shop: start: Building 0a1b:env',
  'Shop: success: Built 0a1b:env',
  'Shop: success: Published 0a1b:env',
  'Shop: fail: no such role',
  'Currently in progress: Queue4A7E3555',
  'Shop/Queue  (AWS::SQS::Queue Queue4A7E3555)',
  'Shop | CREATE_COMPLETE | AWS::SQS::Queue | Queue',
  ' ✅  Shop',
  ' ❌  Shop failed: Error: no',
  '✨  Deployment time: 12s',
  'Γ£à  Shop',
  '#7 DONE 1.2s',
  '#1 [internal] load build definition from Dockerfile',
  '=> exporting to image',
  'ERROR: failed to solve: exit code: 1',
  'error: failed to solve: exit code: 1',
  'failed to build: failed to solve: exit code: 1',
  'failed to solve: exit code: 1',
  '===== test session starts =====',
  'collected 12 items',
  '!!!! KeyboardInterrupt !!!!',
  'FAILED tests/test_a.py::test_x - assert',
  'ERROR tests/test_a.py - ImportError',
  ...['failed', 'passed', 'skipped', 'deselected', 'xfailed', 'xpassed', 'errors', 'warnings', 'rerun'].map(
    (outcome) => `3 ${outcome} in 1.2s`,
  ),
  'no tests ran in 0.1s',
  'Compiling serde v1.0.0',
  'Checking serde v1.0.0',
  'Documenting serde v1.0.0',
  'Downloaded serde v1.0.0',
  'Building [=====>   ] 12/345: serde',
  'Finished `dev` profile [unoptimized] target(s) in 3.2s',
  'error[E0308]: mismatched types',
  'error: could not compile `app` (lib)',
  'src/a.c:1:23: error: expected an expression',
  'src/a.c:1:10: fatal error: b.h: No such file or directory',
  'could not document `app`',
  'FAILED: a.o',
  'ninja: no work to do.',
  'make: *** [all] Error 2',
  'gmake[1]: *** [all] Error 2',
  'Tasks:    3 successful, 5 total',
  '• Running build in 5 packages',
  'Failed:    web#build',
  'ERROR  run failed: command exited (1)',
  'run failed: command exited (1)',
  'web#build: command (/web) npm run build exited (1)',
  'Progress: 45%',
  '45 % done',
  'Processing 3 / 10',
  '12 of 40 files',
  '{"task_id":"t"}',
  '{"log":"{\\"phase\\":\\"plan\\"}"}',
  '{"status" : "done"}',
  '{"\\u0070hase":"plan"}',
  ...['progress', 'percent', 'phase', 'stage'].map((key) => `{"${key}":"50"}`),
  ...['status', 'state', 'task_status'].map((key) => `{"${key}":"done"}`),
  '{"processed":1,"total":4}',
  '{"step":1,"total_steps":4}',
  '{"@module":"tofu.ui","type":"change_summary","changes":{"add":2,"operation":"plan"}}',
  '{"code":"CDK_TOOLKIT_I5501","data":{"deployment":"d","stackName":"S","resourcesTotal":4}}',
];

/** What loggers, containers and terminals put before a line, and after it. */
const AROUND: readonly (readonly [before: string, after: string])[] = [
  ['', '\r'],
  ['  \t', '  '],
  ['\u001b[1m', '\u001b[0m'],
  ['[1m', '[0m'],
  ['2026-01-01T00:00:00.0000000Z ', ''],
  ['2026/01/01 00:00:00 ', ''],
  ['deploy-1  | ', ''],
  ['deploy-1 | ', ''],
  ['INFO: ', ''],
  ['[INFO] [12:34:56] ', ''],
  ['2026-01-01 00:00:00,123 - app.deploy - INFO - ', ''],
  ['2026-01-01 00:00:00,123 ERROR ', ''],
  ['Jan  1 00:00:00 host cdk[123]: ', ''],
  ['@org/infra:deploy: ', ''],
  ['infra:deploy:prod: ', ''],
  ['deploy\tRun cdk deploy\t2026-01-01T00:00:00.0000000Z ', ''],
  ['2026-01-01T00:00:00.0000000Z ##[group]', ''],
  ['::notice file=app.ts,line=1::', ''],
  ['\ufeff', ''],
];

const test = suite('prefilter');

test('every line that says something by one hint alone is read for it, after every prefix', () => {
  const unread = PROGRESS_WORDS.filter((line) => {
    const { ofStream, ofTask } = withoutHints.read(eventsOf([line]));
    return ofStream.length + ofTask.size === 0;
  });
  assert.equal(unread, []);
  for (const [before, after] of AROUND.filter((_, index) => index % repeats({ few: 6, all: 1 }) === 0)) {
    const lines = PROGRESS_WORDS.map((line) => before + line + after);
    checkSame(lines);
    checkEachAlone(lines);
  }
});

test('every line that a format reads has its hint, in every log of the tests and after every prefix', () => {
  for (const [index, text] of TEXTS.entries()) {
    const lines = text.split('\n').filter((_, line) => line % repeats({ few: 7, all: 1 }) === 0);
    checkEachAlone(lines);
    // Each log gets one of these ways, or some in a full run; all logs together get all of them.
    const [before, after] = AROUND[index % AROUND.length] ?? ['', ''];
    if (!isFullRun()) {
      checkSame(lines.map((line) => before + line + after));
      continue;
    }
    checkSame([text]);
    checkSame(lines);
    const some = AROUND.filter((_, way) => way % 4 === index % 4);
    for (const [start, end] of some) checkSame(lines.map((line) => start + line + end));
    checkSame(lines.map((log) => JSON.stringify({ log: `${log}\n`, stream: 'stdout' })));
  }
});

test('every line that a format reads has its hint, in random and mutated lines', () => {
  fc.assert(
    fc.property(
      fc.array(anyLine, { maxLength: 40 }),
      fc.constantFrom(...AROUND),
      (lines, [before, after]) => {
        checkSame(lines);
        checkEachAlone(lines);
        checkEachAlone(lines.map((line) => before + line + after));
        checkSame(lines.map((line) => before + line + after));
      },
    ),
    { numRuns: repeats({ few: 6, all: 150 }) },
  );
});

test('a line that continues the one before is read wherever the log is cut, and belongs to no other format', () => {
  const log = [
    'Shop: deploying... [1/1]',
    '8:00:02 PM | UPDATE_FAILED | AWS::SQS::Queue | Api/Orders\r',
    'Uploading 3/4 of the\r',
    'messages was refused\r',
  ];
  const whole = logParser(builtInFormats);
  whole.add(log);
  const parts = logParser(builtInFormats);
  for (const line of log) parts.add([line]);
  assert.is(whole.tasks().length, 1);
  assert.is(whole.tasks()[0]?.run.details.error_message, 'Uploading 3/4 of the messages was refused');
  assert.equal(parts.tasks(), whole.tasks());
});

test('a format without a hint is offered every line', () => {
  const own: LogFormat = {
    name: 'own',
    stateVersion: 1,
    read: (line) => (line === 'half of it' ? 'half' : undefined),
    initial: null,
    evolve: (state) => ({ state, touched: [] }),
    observe: () => undefined,
    prune: (state) => state,
  };
  const { ofStream } = logReader([own, ...builtInFormats]).read(
    eventsOf(['half of it', 'all', 'half of it\nhalf of it']),
  );
  assert.equal(
    ofStream.map(({ id, line, format }) => `${id} ${line} ${format}`),
    ['e0 0 own', 'e2 0 own', 'e2 1 own'],
  );
});

test('a line is offered only to formats whose hint it has, however many there are', () => {
  const offers: string[] = [];
  const watching = (name: string, hint?: Hint): LogFormat => ({
    name,
    ...(hint !== undefined && { hint }),
    stateVersion: 1,
    read: (line) => {
      offers.push(`${name} ${line}`);
      return undefined;
    },
    initial: null,
    evolve: (state) => ({ state, touched: [] }),
    observe: () => undefined,
    prune: (state) => state,
  });
  const others = Array.from({ length: 70 }, (_, index) =>
    watching(`other${index}`, { begins: [`Other${index} `] }),
  );
  const { read } = logReader([
    watching('begin', { begins: ['Begin '] }),
    ...others,
    watching('number', { mayBegin: numberBefore('x', /^\d+x /) }),
    watching('contain', { contains: [percentage, ': done'] }),
    watching('key', { keys: ['status'] }),
    watching('end', { ends: ['over.'] }),
    watching('every'),
  ]);
  const offered = (line: string) => {
    offers.length = 0;
    read(eventsOf([line]));
    return offers.map((each) => each.slice(0, each.indexOf(' ')));
  };
  assert.equal(offered('Begin it'), ['begin', 'every']);
  assert.equal(offered('Other69 is here'), ['other69', 'every']);
  assert.equal(offered('Other69 is 3 % over.'), ['other69', 'contain', 'end', 'every']);
  assert.equal(offered('\u001b[32mBegin it\u001b[0m'), ['begin', 'every']);
  assert.equal(offered('[32mit is at 3 %[0m'), ['contain', 'every']);
  assert.equal(offered('2026-01-01T00:00:00Z INFO Begin it: done'), ['begin', 'contain', 'every']);
  assert.equal(offered('12x of it'), ['number', 'every']);
  assert.equal(offered('12y of it'), ['every']);
  assert.equal(offered('{"status":"3 %"}'), ['contain', 'key', 'every']);
  assert.equal(offered('{"a":"{\\"status\\" : 1}"}'), ['key', 'every']);
  assert.equal(offered('nothing'), ['every']);
});

test('lines are counted and placed in their events, however these end', () => {
  const row = 'Processing 3/10';
  const messages = [
    row,
    `${row}\n`,
    '',
    '\n',
    `a\r\n${row}\r${row}\r`,
    `b\n\n${row}`,
    'x'.repeat(70_000),
    row,
  ];
  const reading = reader.read(eventsOf(messages));
  assert.is(reading.lines, 1 + 2 + 1 + 2 + 4 + 3 + 1 + 1);
  assert.is(reading.oversized, 1);
  assert.equal(
    reading.ofStream.map(({ id, line }) => `${id} ${line}`),
    ['e0 0', 'e1 0', 'e4 1', 'e4 2', 'e5 2', 'e7 0'],
  );
});

test('searching a long text takes steps in proportion to its length, no matter what its lines begin with', () => {
  const { indexOf, includes } = String.prototype;
  let steps = 0;
  // As many characters as each search passes: from where it begins to what it finds, or to the end.
  String.prototype.indexOf = function (this: string, words: string, from = 0) {
    const at = indexOf.call(this, words, from);
    steps += (at === -1 ? this.length : at) - Math.max(0, from);
    return at;
  };
  String.prototype.includes = function (this: string, words: string, from = 0) {
    return this.indexOf(words, from) !== -1;
  };
  const stepsFor = (line: string, count: number): number => {
    const message = `${line}\n`.repeat(count);
    steps = 0;
    reader.read([{ id: 'e', timestamp: 0, message }]);
    return steps / message.length;
  };
  try {
    const starts = [
      '10.0.0.1 - - ',
      '1:02:03 ',
      '2026-01-01T00:00:00Z ',
      'Queue4A7E3555 ',
      '[',
      '{"a":',
      '#',
      '- ',
    ];
    for (const start of [...starts, ...PROGRESS_WORDS.map((words) => words.slice(0, 12))]) {
      const line = `${start}and then nothing that could be of any progress, for a while`;
      const few = stepsFor(line, 100);
      const many = stepsFor(line, 1_000);
      assert.ok(many < 2 * few + 50, `${start}: ${few} and ${many} steps for each character`);
    }
  } finally {
    Object.assign(String.prototype, { indexOf, includes });
  }
});

test.run();
