/**
 * A log of each format that is still going on after more lines than a ledger keeps as single signals, so that the
 * format's state is stored; and the lines that end it.
 */
export type GoldenLog = Readonly<{ format: string; begin: readonly string[]; end: readonly string[] }>;

/** More than two times the signals that a ledger keeps replayable. */
const STEPS = 1_100;

const steps = (line: (step: number) => string): readonly string[] =>
  Array.from({ length: STEPS }, (_, index) => line(index + 1));

const stackEvent = (step: number, id: string, type: string) =>
  JSON.stringify({
    code: 'CDK_TOOLKIT_I5502',
    data: {
      deployment: 'd',
      event: {
        StackName: 'Shop',
        StackId: 'arn:s',
        PhysicalResourceId: id === 'Shop' ? 'arn:s' : id,
        LogicalResourceId: id,
        ResourceType: type,
        ResourceStatus: 'CREATE_COMPLETE',
      },
      progress: { completed: step, total: 5000 },
    },
  });

/** A format of its own, in the file that `MIYABI_LOG_FORMATS` names. */
export const CUSTOM_FORMATS = [
  {
    name: 'importer',
    pattern: [
      '^table (?<task>\\w+): (?<current>\\d+)/(?<total>\\d+) rows',
      '^table (?<task>\\w+): (?<status>ok)$',
    ],
    task_type: 'import',
    status_map: { ok: 'completed' },
  },
];

export const GOLDEN_LOGS: readonly GoldenLog[] = [
  {
    format: 'cdk',
    begin: [
      'Api: deploying... [1/1]',
      ...steps(
        (step) =>
          `Api | ${step}/5000 | 12:00:01 PM | CREATE_COMPLETE      | AWS::SQS::Queue            | Queue${step} (Queue${step}4A7E3555)`,
      ),
    ],
    end: [
      'Api | 5000/5000 | 12:00:06 PM | CREATE_COMPLETE      | AWS::CloudFormation::Stack | Api',
      ' ✅  Api',
    ],
  },
  {
    format: 'cloudformation',
    begin: [
      '{"code":"CDK_TOOLKIT_I5501","data":{"deployment":"d","stackName":"Shop","resourcesTotal":5000}}',
      ...steps((step) => stackEvent(step, `Queue${step}`, 'AWS::SQS::Queue')),
    ],
    end: [
      stackEvent(5000, 'Shop', 'AWS::CloudFormation::Stack'),
      '{"code":"CDK_TOOLKIT_I5503","data":{"deployment":"d","stackName":"Shop"}}',
    ],
  },
  {
    format: 'terraform',
    begin: [
      'Plan: 5000 to add, 0 to change, 0 to destroy.',
      ...steps((step) =>
        step % 2 === 1
          ? `aws_sqs_queue.q${step}: Creating...`
          : `aws_sqs_queue.q${step - 1}: Creation complete after 1s [id=q]`,
      ),
    ],
    end: ['Apply complete! Resources: 5000 added, 0 changed, 0 destroyed.'],
  },
  {
    format: 'agent-json',
    begin: steps(
      (step) =>
        `{"progress":{"current":${step},"total":5000},"status":"running","phase":"phase ${step % 7}"}`,
    ),
    end: ['{"progress":{"current":5000,"total":5000},"status":"completed"}'],
  },
  {
    format: 'buildkit',
    begin: [
      '#1 [internal] load build definition from Dockerfile',
      ...steps((step) => `#${step + 4} [${step}/5000] RUN step${step}`),
    ],
    end: ['#9000 [5000/5000] RUN last', '#9000 DONE 1.0s', '#9001 exporting to image', '#9001 DONE 0.4s'],
  },
  {
    format: 'pytest',
    begin: [
      '===== test session starts =====',
      ...steps((step) => `tests/test_a.py::test_${step} PASSED [ ${Math.floor((step * 100) / 5000)}%]`),
    ],
    end: ['tests/test_a.py::test_last PASSED [100%]', '===== 5000 passed in 0.34s ====='],
  },
  {
    format: 'ninja',
    begin: steps((step) => `[${step}/5000] Building CXX object o${step}.o`),
    end: ['[5000/5000] Linking CXX executable app'],
  },
  {
    format: 'cargo',
    begin: steps((step) => `Compiling crate${step} v1.0.0`),
    end: ['Finished `dev` profile [unoptimized] target(s) in 3.2s'],
  },
  {
    format: 'turbo',
    // It reads two lines of a run, so that it takes another format's lines for its state to be stored.
    begin: [
      '• Running build in 5000 packages',
      ...steps((step) => `{"progress":{"current":${step},"total":5000}}`),
    ],
    end: [' Tasks:    5000 successful, 5000 total'],
  },
  {
    format: 'plain',
    begin: steps((step) => `Processing ${step}/5000`),
    end: ['Processing 5000/5000'],
  },
  {
    format: 'importer',
    begin: steps((step) => `table orders: ${step}/5000 rows`),
    end: ['table orders: 5000/5000 rows', 'table orders: ok'],
  },
];

export const GOLDEN_GROUP = 'golden';

/** Lines as events of the API, a second apart from `start` on; ids count on from `first`. */
export const eventsOf = (lines: readonly string[], start: number, first = 0) =>
  lines.map((message, index) => ({
    id: `line-${first + index}`,
    timestamp: start + (first + index) * 1000,
    message,
  }));
