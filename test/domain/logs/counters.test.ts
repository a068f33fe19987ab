import * as assert from 'uvu/assert';
import { isJsonObject } from '../../../src/domain/json.ts';
import { builtInFormats } from '../../../src/domain/logs/formats/registry.ts';
import { logParser } from '../../../src/domain/logs/parse.ts';
import { logReader } from '../../../src/domain/logs/signals.ts';
import { isTerminal } from '../../../src/domain/tasks/status.ts';
import { suite } from '../../support/suite.ts';
import { SAMPLES } from './samples.ts';

const READER = logReader(builtInFormats);

/**
 * What the counter of each format counts, and a log up to its full counter. `done` completes a run only where nothing
 * else in the tool's output would: in a task's own reports, and in tools that print no closing line.
 */
const COUNTERS: readonly (readonly [
  format: string,
  counts: 'begun' | 'done',
  status: string,
  ...lines: string[],
])[] = [
  ['agent-json', 'done', 'completed', '{"progress":{"current":4,"total":4}}'],
  ['buildkit', 'done', 'running', '#1 [internal] load build definition', '#5 [1/1] RUN make', '#5 DONE 1.2s'],
  ['buildkit', 'done', 'running', '[+] Building 12.3s (12/12)'],
  ['cargo', 'begun', 'running', 'Building [=====>] 12/12: app(bin)'],
  [
    'cdk',
    'done',
    'running',
    'Api: deploying...',
    'Api | 1/1 | 12:00:04 PM | CREATE_COMPLETE | AWS::SQS::Queue | Queue (Queue4A7E3555)',
  ],
  [
    'cloudformation',
    'done',
    'running',
    '{"code":"CDK_TOOLKIT_I5501","data":{"deployment":"d","stackName":"Shop","resourcesTotal":1}}',
    '{"code":"CDK_TOOLKIT_I5502","data":{"deployment":"d","event":{"StackName":"Shop","StackId":"arn:s","PhysicalResourceId":"q","LogicalResourceId":"Queue","ResourceType":"AWS::SQS::Queue","ResourceStatus":"CREATE_COMPLETE"},"progress":{"completed":1,"total":1}}}',
  ],
  ['docker-build', 'begun', 'running', 'Step 1/2 : FROM node:22', 'Step 2/2 : RUN npm test'],
  ['docker-compose', 'done', 'completed', '[+] Running 2/2'],
  ['gradle', 'begun', 'running', '<=============> 100% EXECUTING [6s]'],
  ['ninja', 'done', 'completed', '[3/3] Linking CXX executable app'],
  ['plain', 'done', 'completed', 'Processing 3/3'],
  ['plain', 'done', 'completed', '100% |##########|'],
  ['plain', 'begun', 'running', 'Step 3/3: push'],
  ['plain', 'begun', 'running', '[3/3] Uploading c.zip'],
  ['playwright', 'begun', 'running', '[2/2] [webkit] › tests/cart.spec.ts:9:3 › cart › closes'],
  ['pytest', 'done', 'running', 'tests/test_a.py::test_y PASSED [100%]'],
  [
    'terraform',
    'done',
    'running',
    'Plan: 1 to add, 0 to change, 0 to destroy.',
    'aws_sqs_queue.a: Creating...',
    'aws_sqs_queue.a: Creation complete after 1s [id=a]',
  ],
  ['turbo', 'done', 'completed', ' Tasks:    5 successful, 5 total'],
  ['yarn', 'begun', 'running', '[4/4] Building fresh packages...'],
];

const test = suite('counters');

const KNOWN = new Map(builtInFormats.map((format) => [format.name, format]));

for (const [name, counts, status, ...lines] of COUNTERS) {
  test(`${name}: a full counter of what is ${counts} leaves it ${status}: ${lines.at(-1)?.slice(0, 40)}`, () => {
    const declared = KNOWN.get(name)?.counts;
    assert.ok(declared === counts || declared === 'both', `declared as ${declared}`);
    const parser = logParser(builtInFormats);
    parser.add(lines);
    const runs = parser.tasks().map(({ run }) => run);
    assert.equal(
      runs.map((run) => `${run.key.split('/')[0]} ${run.status}`),
      [`${name} ${status}`],
    );
    assert.ok(counts === 'done' || status === 'running', 'a counter of begun steps never completes a run');
  });
}

test('every format says what its counter counts', () => {
  assert.equal(
    builtInFormats.filter(({ counts }) => counts === undefined).map(({ name }) => name),
    [],
  );
});

for (const [index, { name, lines }] of SAMPLES.entries()) {
  const often = index % 4 === 0 ? test : test.slow;
  often(`${name}: no line that counts what has begun, or has an end line after it, ends the run`, () => {
    lines.forEach((_, index) => {
      const parser = logParser(builtInFormats);
      parser.add(lines.slice(0, index + 1));
      const { ofStream } = READER.read([{ id: '0', timestamp: 0, message: lines[index] ?? '' }]);
      for (const { run } of parser.tasks()) {
        const format = run.key.split('/')[0];
        const isCounter = ofStream.some(
          (signal) =>
            signal.format === format && isJsonObject(signal.signal) && signal.signal['says'] === 'counts',
        );
        const counts = KNOWN.get(format ?? '')?.counts;
        if (isCounter && (counts === 'begun' || counts === 'open'))
          assert.not(isTerminal(run.status), lines[index]);
      }
    });
  });
}

test.run();
