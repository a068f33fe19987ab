import * as assert from 'uvu/assert';
import { builtInFormats } from '../../../../../src/domain/logs/formats/registry.ts';
import { logParser } from '../../../../../src/domain/logs/parse.ts';
import { suite } from '../../../../support/suite.ts';
import { tasksOfServer } from './cli-truth.ts';

const test = suite('CDK’s bar on narrow terminals');

/** Breaks a line as CDK does: anywhere, after which spaces at both ends of a part are gone. */
const broken = (line: string, width: number): readonly string[] => {
  const parts: string[] = [];
  let part = '';
  for (const character of line) {
    if (part.length === width) {
      parts.push(part.trimEnd());
      part = '';
    }
    if (part !== '' || character !== ' ') part += character;
  }
  return [...parts, part.trimEnd()];
};

type Layout = Readonly<{ clock(second: number): string; type: number }>;

const LAYOUTS: readonly Layout[] = [
  { clock: (second) => `8:00:0${second} PM`.padStart(12), type: 26 },
  { clock: (second) => `20:00:0${second}`.padStart(12), type: 41 },
];

const DENIED = 'Resource handler returned message: "Access is denied. (Service: Sqs, Status Code: 403)"';
const LISTED = 'The following resource(s) failed to create: [Queue9F8E7D6C]. Rollback requested by user.';

/** A creation that fails, as CDK's bar draws it in a terminal of this many columns, and what CDK says after it. */
const failedCreation = ({ clock, type }: Layout, columns: number): readonly string[] => {
  const row = (second: number, status: string, resource: string, name: string, reason = '') =>
    `${clock(second)} | ${status.padEnd(23)} | ${resource.padEnd(type)} | ${name}${reason === '' ? '' : `\n${' '.repeat(41)}${reason}`}`;
  const stack = (second: number, status: string, reason = '') =>
    row(second, status, 'AWS::CloudFormation::Stack', 'Orders', reason);
  const queue = (name: string) => row(2, 'CREATE_FAILED', 'AWS::SQS::Queue', name, DENIED);
  const pictures = [
    ['  [███·······] (1/4)', '', stack(0, 'CREATE_IN_PROGRESS')],
    [
      '  [███·······] (1/4)',
      '',
      stack(0, 'CREATE_IN_PROGRESS'),
      row(1, 'CREATE_IN_PROGRESS', 'AWS::SQS::Queue', 'Queue'),
    ],
    ['  [███·······] (1/4)', '', queue('Queue'), stack(3, 'ROLLBACK_IN_PROGRESS', LISTED)],
    [
      '  [███·······] (1/4)',
      '',
      queue('Queue'),
      row(4, 'DELETE_IN_PROGRESS', 'AWS::DynamoDB::Table', 'Table'),
    ],
    [queue('Queue9F8E7D6C'), ''],
  ];
  const drawn = pictures.flat().flatMap((line) => line.split('\n'));
  return [
    'Orders: deploying... [1/1]',
    ...drawn.flatMap((line) => broken(line, columns - 1)).map((line) => `\u001b[K${line}`),
    '❌  Orders failed to deploy',
    '‣ DeploymentError: Resource updates failed:',
    'Orders/Queue9F8E7D6C  (AWS::SQS::Queue Queue9F8E7D6C)',
    `  ${DENIED}`,
  ];
};

test('a row is read at any width that the columns of its clock and status fit into', () => {
  for (const layout of LAYOUTS)
    for (let columns = 38; columns <= 110; columns += 1) {
      const parser = logParser(builtInFormats);
      const lines = failedCreation(layout, columns);
      parser.add(lines);
      const shown = `${columns} columns:\n${lines.join('\n')}`;
      assert.is(parser.tasks().length, 1, shown);
      const run = parser.tasks()[0]?.run;
      assert.equal(
        [run?.status, run?.details.operation, run?.details.outcome, run?.details.failed_resources],
        ['failed', 'create', 'rolled_back', ['Queue9F8E7D6C']],
        shown,
      );
      assert.is(run?.details.error_message, DENIED, shown);
    }
});

test('the row of a resource is its current step while it is made', () => {
  for (const layout of LAYOUTS)
    for (let columns = 40; columns <= 72; columns += 1) {
      const lines = failedCreation(layout, columns);
      const row = lines.findLastIndex((line) => line.includes('CREATE_IN_PROG'));
      const parser = logParser(builtInFormats);
      parser.add(lines.slice(0, row + lines.slice(row).findIndex((line) => line.includes('[███'))));
      const step = parser.tasks()[0]?.run.details.current_step ?? '';
      assert.ok(step !== '' && 'Queue'.startsWith(step), `${columns} columns: ${step}`);
    }
});

test.slow('a server reads it so from posts of a few lines', async () => {
  const [layout] = LAYOUTS;
  for (const columns of [40, 57, 72]) {
    if (layout === undefined) throw new Error('no layout');
    const [task, ...more] = await tasksOfServer(failedCreation(layout, columns).join('\n'));
    assert.equal(more, []);
    assert.equal([task?.details.outcome, task?.details.error_message], ['rolled_back', DENIED]);
  }
});

test('lines of another program that begin with a clock and a bar are left alone', () => {
  for (const line of [
    '20:00:01 | INFO | ready',
    '8:00:01 PM | CREATED | order 7',
    '20:00:01 | 12/40 | files',
  ]) {
    const parser = logParser(builtInFormats);
    parser.add([line, 'Processing 3/10']);
    assert.equal(
      parser.tasks().map(({ run }) => run.task_name !== 'unnamed stack' && run.current),
      [3],
      line,
    );
  }
});

test.run();
