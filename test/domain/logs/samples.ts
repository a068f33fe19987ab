import { builtInFormats } from '../../../src/domain/logs/formats/registry.ts';
import { logReader } from '../../../src/domain/logs/signals.ts';
import { ORCHESTRATION } from './orchestration.ts';
import { RECORDINGS } from './recorded.ts';

/** A short log of each format from its first line to its end, and the run that it contains. */
export type Sample = Readonly<{ name: string; run: string; lines: readonly string[] }>;

const WRITTEN: readonly Sample[] = [
  {
    name: 'cdk',
    run: 'cdk/Api#1 completed 2/2',
    lines: [
      'Api: deploying... [1/1]',
      'Api | 0/2 | 12:00:01 PM | CREATE_IN_PROGRESS   | AWS::CloudFormation::Stack | Api User Initiated',
      'Api | 1/2 | 12:00:04 PM | CREATE_COMPLETE      | AWS::SQS::Queue            | Queue (Queue4A7E3555)',
      'Api | 2/2 | 12:00:06 PM | CREATE_COMPLETE      | AWS::CloudFormation::Stack | Api',
      ' ✅  Api',
    ],
  },
  {
    name: 'cdk, another stack',
    run: 'cdk/Web#1 failed 1/2',
    lines: [
      'Web: deploying... [1/1]',
      'Web | 0/2 | 12:00:01 PM | CREATE_IN_PROGRESS   | AWS::CloudFormation::Stack | Web User Initiated',
      'Web | 0/2 | 12:00:04 PM | CREATE_FAILED        | AWS::SNS::Topic            | Topic (TopicBFC7AF6E) Throttled',
      'Web | 1/2 | 12:00:06 PM | ROLLBACK_COMPLETE    | AWS::CloudFormation::Stack | Web',
      ' ❌  Web failed: Error: The stack named Web failed creation: ROLLBACK_COMPLETE',
    ],
  },
  {
    name: 'agent JSON',
    run: 'agent-json/agent#1 completed 4/4',
    lines: [
      '{"progress":{"current":1,"total":4},"status":"running"}',
      '{"progress":{"current":3,"total":4},"status":"running"}',
      '{"progress":{"current":4,"total":4},"status":"completed"}',
    ],
  },
  {
    name: 'cloudformation',
    run: 'cloudformation/Shop#1 completed 1/3',
    lines: [
      '{"code":"CDK_TOOLKIT_I5501","data":{"deployment":"d","stackName":"Shop","resourcesTotal":3}}',
      '{"code":"CDK_TOOLKIT_I5502","data":{"deployment":"d","event":{"StackName":"Shop","StackId":"arn:s","PhysicalResourceId":"q","LogicalResourceId":"Queue","ResourceType":"AWS::SQS::Queue","ResourceStatus":"CREATE_COMPLETE"},"progress":{"completed":1,"total":3}}}',
      '{"code":"CDK_TOOLKIT_I5502","data":{"deployment":"d","event":{"StackName":"Shop","StackId":"arn:s","PhysicalResourceId":"arn:s","LogicalResourceId":"Shop","ResourceType":"AWS::CloudFormation::Stack","ResourceStatus":"CREATE_COMPLETE"},"progress":{"completed":1,"total":3}}}',
      '{"code":"CDK_TOOLKIT_I5503","data":{"deployment":"d","stackName":"Shop"}}',
    ],
  },
  {
    name: 'terraform',
    run: 'terraform/terraform#1 completed 2/2',
    lines: [
      'Plan: 2 to add, 0 to change, 0 to destroy.',
      'aws_sqs_queue.jobs: Creating...',
      'aws_sqs_queue.jobs: Creation complete after 12s [id=jobs]',
      'aws_sns_topic.news: Creating...',
      'aws_sns_topic.news: Creation complete after 2s [id=news]',
      'Apply complete! Resources: 2 added, 0 changed, 0 destroyed.',
    ],
  },
  {
    name: 'buildkit',
    run: 'buildkit/buildkit#1 completed 2/2',
    lines: [
      '#1 [internal] load build definition from Dockerfile',
      '#5 [1/2] FROM docker.io/library/node:20',
      '#5 DONE 1.2s',
      '#6 [2/2] RUN npm ci',
      '#6 DONE 9.1s',
      '#7 exporting to image',
      '#7 DONE 0.4s',
    ],
  },
  {
    name: 'pytest',
    run: 'pytest/pytest#1 failed 100/100',
    lines: [
      '===== test session starts =====',
      'tests/test_a.py::test_x PASSED [ 50%]',
      'tests/test_a.py::test_y FAILED [100%]',
      '===== 1 failed, 1 passed in 0.34s =====',
    ],
  },
  {
    name: 'ninja',
    run: 'ninja/ninja#1 completed 3/3',
    lines: [
      '[1/3] Building CXX object a.o',
      '[2/3] Building CXX object b.o',
      '[3/3] Linking CXX executable app',
    ],
  },
  {
    name: 'cargo',
    run: 'cargo/cargo#1 completed 2/null',
    lines: [
      'Compiling serde v1.0.0',
      'Compiling app v0.1.0 (/src)',
      'Finished `dev` profile [unoptimized] target(s) in 3.2s',
    ],
  },
  {
    name: 'turbo',
    run: 'turbo/turbo#1 completed 5/5',
    lines: ['• Running build in 5 packages', ' Tasks:    5 successful, 5 total'],
  },
  {
    name: 'plain counter',
    run: 'plain/plain#1 completed 10/10',
    lines: ['Processing 1/10', 'Processing 7/10', 'Processing 10/10'],
  },
  {
    name: 'yarn',
    run: 'yarn/yarn#1 completed 2/2',
    lines: [
      'yarn install v1.22.19',
      '[1/2] Resolving packages...',
      '[2/2] Building fresh packages...',
      'Done in 2.50s.',
    ],
  },
  {
    name: 'docker build without BuildKit',
    run: 'docker-build/docker-build#1 failed 1/2',
    lines: [
      'Step 1/2 : FROM node:22',
      'Step 2/2 : RUN npm test',
      "The command '/bin/sh -c npm test' returned a non-zero code: 1",
    ],
  },
  {
    name: 'docker compose',
    run: 'docker-compose/docker-compose#1 completed 2/2',
    lines: ['[+] Running 1/2', '[+] Running 2/2'],
  },
  {
    name: 'playwright',
    run: 'playwright/playwright#1 completed 1/1',
    lines: ['Running 1 test using 1 worker', '[1/1] [webkit] › a.spec.ts:4:3 › opens', '  1 passed (3.1s)'],
  },
  {
    name: 'gradle',
    run: 'gradle/gradle#1 failed 90/100',
    lines: ['<===========--> 90% EXECUTING [4s]', '> Task :test FAILED', 'BUILD FAILED in 6s'],
  },
  {
    name: 'terragrunt',
    run: 'terraform/terraform:net#1 completed 1/1',
    lines: [
      'STDOUT [net] terraform: Plan: 1 to add, 0 to change, 0 to destroy.',
      'STDOUT [net] terraform: aws_vpc.a: Creating...',
      'STDOUT [net] terraform: aws_vpc.a: Creation complete after 2s [id=x]',
      'STDOUT [net] terraform: Apply complete! Resources: 1 added, 0 changed, 0 destroyed.',
    ],
  },
];

/** What tools have printed, where it is about one task and short enough to be cut at every line. */
const PRINTED: readonly Sample[] = RECORDINGS.flatMap(({ name, lines, expected: [task, ...others] }) =>
  task === undefined || others.length > 0 || lines.length > 130
    ? []
    : [{ name, run: `${task.key} ${task.status} ${task.current}/${task.total}`, lines }],
);

/** All logs of one task that are no samples of their formats. */
export const RECORDED: readonly Sample[] = [...PRINTED, ...ORCHESTRATION];

const formatOf = ({ run }: Pick<Sample, 'run'>): string => run.slice(0, run.indexOf('/'));

const reader = logReader(builtInFormats);

/** Whether no other tool speaks in a log, as a task's own output does in that of a task runner. */
const isPure = ({ run, lines }: Sample): boolean =>
  reader
    .read(lines.map((message, index) => ({ id: `${index}`, timestamp: index, message })))
    .ofStream.every(({ format }) => run.startsWith(`${format}/`));

/** A sample of each format: those above, and the longest recorded log of each other format. */
export const SAMPLES: readonly Sample[] = [
  ...WRITTEN,
  ...builtInFormats.flatMap(({ name }) => {
    if (WRITTEN.some((sample) => formatOf(sample) === name)) return [];
    return RECORDED.filter((sample) => formatOf(sample) === name && isPure(sample))
      .toSorted((a, b) => b.lines.length - a.lines.length)
      .slice(0, 1);
  }),
];
