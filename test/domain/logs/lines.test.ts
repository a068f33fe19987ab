import * as assert from 'uvu/assert';
import { cleanLine, splitLines } from '../../../src/domain/logs/lines.ts';
import { processorMs } from '../../support/processor-time.ts';
import { suite } from '../../support/suite.ts';

const ESC = '\u001b';
const ROW =
  'StackE | 0/4 | 8:38:48 PM | UPDATE_IN_PROGRESS   | AWS::CloudFormation::Stack | StackE User Initiated';

const test = suite('lines');

test('splits at every kind of line end, a redraw among them', () => {
  assert.equal(splitLines('a\r\nb\nc\rd'), ['a', 'b', 'c', 'd']);
});

const PREFIXES: readonly (readonly [string, string])[] = [
  ['nothing', ''],
  ['indentation', '      '],
  ['a tab', '\t'],
  ['GitHub Actions', '2026-01-01T00:00:00.0000000Z '],
  ['GitHub Actions, a group', '2026-01-01T00:00:00.0000000Z ##[group]'],
  ['GitHub Actions, a command', '::notice file=app.ts,line=1::'],
  ['the GitHub CLI', 'deploy\tRun cdk deploy\t2026-01-01T00:00:00.0000000Z '],
  ['the GitHub CLI, first line', 'deploy\tRun cdk deploy\t\ufeff2026-01-01T00:00:00.0000000Z '],
  ['GitLab', '2026-01-01T00:00:00.000000Z 01O '],
  ['Docker Compose', 'deploy-1  | '],
  ['Docker Compose, old', 'deploy_1       | '],
  ['Docker Compose, narrow', 'deploy-1 | '],
  ['CodeBuild', '[Container] 2026/01/01 00:00:00.123456 '],
  ['Jenkins', '[2026-01-01T00:00:00.000Z] '],
  ['a level in brackets', '[INFO] '],
  ['a padded level', '[ WARN ]  '],
  ['a level with a colon', 'INFO: '],
  ['the CDK in verbose mode', '[12:34:56] '],
  ['a time', '12:34:56.789 '],
  ['Lambda', '2026-01-01T00:00:00.000Z\t3f2b8a52-0d6e-4c1a-9d52-0123456789ab\tINFO\t'],
  ['Kubernetes', '2026-01-01T00:00:00.000000000Z stdout F '],
  ['a pod', '[pod/deploy-x7/cdk] '],
  ['Python', '2026-01-01 00:00:00,123 - app.deploy - INFO - '],
  ['Log4j', '2026-01-01 00:00:00,123 INFO  '],
  ['syslog', 'Jan  1 00:00:00 ip-10-0-0-1 cdk[123]: '],
  ['Turborepo', '@org/infra:deploy: '],
  ['concurrently', '[deploy] '],
  ['several at once', 'deploy-1  | 2026-01-01T00:00:00Z [INFO] [12:34:56] '],
  ['a byte order mark', '\ufeff'],
];

for (const [name, prefix] of PREFIXES) {
  test(`takes off what stands before a line: ${name}`, () => {
    assert.is(cleanLine(prefix + ROW), ROW);
    assert.is(cleanLine(`${prefix}StackE: deploying... [1/5]`), 'StackE: deploying... [1/5]');
  });
}

test('takes off colours whose escape character is lost or written out', () => {
  assert.is(cleanLine('[32mok[39m done'), 'ok done');
  assert.is(cleanLine(String.raw`{"phase":"\u001b[31mred\u001B[0m"}`), '{"phase":"red"}');
  assert.is(cleanLine(String.raw`\x1b[1;31mred\033[0m \e[2mdim`), 'red dim');
  // The backslash itself is escaped: taking off what follows must not make another escape.
  assert.is(cleanLine(String.raw`{"a":"\\u001b[31mred"}`), String.raw`{"a":"\\u001bred"}`);
});

const KEPT: readonly string[] = [
  ROW,
  '3/6 | 7:26:41 PM | CREATE_COMPLETE      | AWS::SQS::Queue | Queue (Queue12345678)',
  'Stack-1 | 0/4 | 8:38:48 PM | UPDATE_IN_PROGRESS   | AWS::CloudFormation::Stack | Stack-1',
  'Stack-1 | 8:38:48 PM | CREATE_FAILED        | AWS::SQS::Queue | Queue (Queue12345678) No',
  'Stack-1 | 오후 8:38:48 | CREATE_FAILED        | AWS::SQS::Queue | Queue (Queue12345678) No',
  'Stack-1 | CREATE_FAILED | AWS::SQS::Queue | Queue (Queue12345678) No',
  '20:38:48 | CREATE_IN_PROGRESS      | AWS::SQS::Queue | Queue',
  '08:38:48 PM | CREATE_IN_PROGRESS      | AWS::SQS::Queue | Queue',
  '20.38.48 | CREATE_IN_PROGRESS      | AWS::SQS::Queue | Queue',
  '[███▌····] (5/29)',
  '[0%] start: Publishing 0123:current',
  '[123/456] Building CXX object a.o',
  '[45%] Building',
  '[+] Building 12.3s (5/12)',
  '#7 [2/5] RUN make',
  'error: could not compile `a`',
  'Error: no such file',
  'ERROR: failed to solve',
  'a.tf:12:3: warning',
  'aws_instance.a: Still creating... [10m0s elapsed]',
  '{"level":"info"}',
  '::notanything::x',
  '5/29',
];

for (const line of KEPT) {
  test(`leaves as it is: ${line.slice(0, 60)}`, () => assert.is(cleanLine(line), line));
}

test('takes off terminal escapes', () => {
  assert.is(cleanLine(`${ESC}[2A${ESC}[K${ESC}[1;32mgreen${ESC}[39m${ESC}[0K`), 'green');
  assert.is(cleanLine(`${ESC}]8;;https://a.b${ESC}\\link${ESC}]8;;\u0007 here`), 'link here');
  assert.is(cleanLine(`${ESC}(Bplain\u0008\u0000`), 'plain');
  assert.is(cleanLine(`${ESC}]0;a title without an end`), '');
  assert.is(cleanLine(`a${ESC}`), 'a');
  assert.is(cleanLine('[1mStack[22m: [32;1mok[0m'), 'Stack: ok');
});

const MEGABYTE = 1_000_000;
const HOSTILE: readonly (readonly [string, string])[] = [
  ['letters', 'a'],
  ['digits', '1'],
  ['spaces', ' '],
  ['tabs', '\t'],
  ['brackets', '['],
  ['escapes', ESC],
  ['open strings', `${ESC}]`],
  ['colours', `${ESC}[1`],
  ['bare colours', '[1;'],
  ['colons', '::error '],
  ['package tasks', 'a:'],
  ['columns', 'a | '],
  ['prefixes', '[INFO] '],
];

for (const [name, part] of HOSTILE) {
  test(`takes time in proportion to the line: ${name}`, () => {
    const ofLength = (length: number) => part.repeat(Math.ceil(length / part.length));
    const small = processorMs(() => cleanLine(ofLength(MEGABYTE / 8)));
    const large = processorMs(() => cleanLine(ofLength(MEGABYTE)));
    assert.ok(large < 8 * 6 * Math.max(small, 0.5), `${small} ms, then ${large} ms for eight times as much`);
  });
}

test.run();
