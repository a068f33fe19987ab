import * as assert from 'uvu/assert';
import {
  contextOf,
  failingLine,
  failureMessage,
  looksLikeError,
} from '../../../src/domain/logs/failure-context.ts';
import { suite } from '../../support/suite.ts';

const test = suite('failure context');

const found = (lines: readonly string[], message?: string): string | undefined => {
  const index = failingLine(lines, message);
  return index === undefined ? undefined : lines[index];
};

test('prefers the line that a format took the message from, the first of them', () => {
  const lines = [
    '12:00:01 | CREATE_IN_PROGRESS | AWS::S3::Bucket | Logs',
    '12:00:04 | CREATE_FAILED      | AWS::S3::Bucket | Logs logs-bucket already exists in this account',
    '12:00:05 | ROLLBACK_IN_PROGRESS | AWS::CloudFormation::Stack | Api',
    '❌ Api failed: logs-bucket already exists in this account',
    'Error: something else entirely',
  ];
  assert.is(found(lines, 'logs-bucket already exists in this account'), lines[1]);
  assert.is(
    found(lines, 'Api: logs-bucket  already exists in this…'),
    lines[1],
    'named after the part that failed',
  );
  assert.is(found(lines, 'Logs: is full'), lines[4], 'too short to be looked for without its name');
});

test('finds the message behind colours, prefixes of loggers, cuts and JSON', () => {
  const coloured = [
    'start',
    '\u001b[31m2026-01-01T00:00:00Z ERROR  disk is   full on /data\u001b[0m',
    'Error: exit',
  ];
  assert.is(found(coloured, 'disk is full on /data'), coloured[1]);
  assert.is(found(coloured, 'disk is full…'), coloured[1]);
  const json = ['{"level":"info","msg":"ok"}', '{"msg":"no \\"key\\" was given"}'];
  assert.is(found(json, 'no "key" was given'), json[1]);
  assert.is(
    found(['x', 'connection refused by db:5432', 'y'], 'migrate: connection refused by db:5432'),
    'connection refused by db:5432',
  );
});

const LAST_ERRORS: readonly (readonly [string, readonly string[], string])[] = [
  [
    'Node',
    [
      'starting',
      "TypeError: Cannot read properties of undefined (reading 'x')",
      '    at main (app.js:3:1)',
      'Node.js v20.0.0',
    ],
    "TypeError: Cannot read properties of undefined (reading 'x')",
  ],
  [
    'Python',
    ['Traceback (most recent call last):', '  File "a.py", line 1, in <module>', "KeyError: 'name'"],
    "KeyError: 'name'",
  ],
  [
    'npm',
    [
      'sh: 1: tsc: command not found',
      'npm error Lifecycle script `build` failed with error:',
      'npm error code 127',
      'npm error A complete log of this run can be found in: /tmp/x.log',
    ],
    'sh: 1: tsc: command not found',
  ],
  [
    'make',
    ['main.c:3:5: error: expected ‘;’ before ‘}’ token', 'make: *** [Makefile:2: all] Error 1'],
    'main.c:3:5: error: expected ‘;’ before ‘}’ token',
  ],
  [
    'Actions',
    ['fatal: not a git repository', '##[error]Process completed with exit code 128.'],
    'fatal: not a git repository',
  ],
  [
    'Go',
    ['panic: runtime error: index out of range [3]', 'goroutine 1 [running]:', 'exit status 2'],
    'panic: runtime error: index out of range [3]',
  ],
  [
    'Rust',
    ['error[E0308]: mismatched types', ' --> src/main.rs:2:5', 'warning: unused variable'],
    'error[E0308]: mismatched types',
  ],
  ['a word of status', ['Error: disk is full', '{"task_id":"a","status":"failed"}'], 'Error: disk is full'],
  [
    'capitals',
    ['FAILED tests/a.py::test_b - assert 1 == 2', 'could not clean up'],
    'FAILED tests/a.py::test_b - assert 1 == 2',
  ],
  ['words only', ['could not connect', 'closing'], 'could not connect'],
  ['only a trailer', ['doing', 'script returned exit code 1, failed'], 'script returned exit code 1, failed'],
];

for (const [name, lines, wanted] of LAST_ERRORS) {
  test(`finds the last line that looks like an error: ${name}`, () => {
    assert.is(found(lines), wanted);
    assert.is(found(lines, 'a message that no line holds'), wanted);
  });
}

test('takes none for an error that says there is none', () => {
  for (const line of [
    '12 passed, 0 failed',
    'Found 0 errors.',
    'errors: 0',
    'no errors found',
    'finished without errors',
    'npm install --no-error',
    '"failed": 0, "ok": 3',
    'all good',
    '',
  ])
    assert.not(looksLikeError(line), line);
  assert.is(found(['all good', 'done']), undefined);
  assert.is(found([]), undefined);
});

test('gives the message without colours and prefixes', () => {
  assert.is(
    failureMessage(['2026-01-01T00:00:00Z \u001b[31mError: no space left\u001b[0m', 'bye']),
    'Error: no space left',
  );
  assert.is(failureMessage(['bye']), undefined);
});

test('gives ten lines of context, fewer at the ends', () => {
  assert.equal(contextOf(20, 100), { start: 15, end: 25 });
  assert.equal(contextOf(2, 100), { start: 0, end: 7 });
  assert.equal(contextOf(98, 100), { start: 93, end: 100 });
});

test.run();
