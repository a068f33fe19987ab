import { setTimeout as sleep } from 'node:timers/promises';
import type { Clock } from '../../ports/clock.ts';
import type { ProgressService } from '../../services/progress.ts';

/** A resource of the demo: type, construct path, logical id, and when its creation begins and ends, in seconds. */
type Step = readonly [type: string, path: string, id: string, begins: number, ends: number];

type Deployment = Readonly<{ stack: string; steps: readonly Step[] }>;

const DEPLOYMENTS: readonly Deployment[] = [
  {
    stack: 'TeaHouse-Storage',
    steps: [
      ['AWS::KMS::Key', 'LedgerKey', 'LedgerKey4C1D77A0', 1, 5],
      ['AWS::S3::Bucket', 'Receipts', 'Receipts8E0F21B3', 2, 6],
      ['AWS::DynamoDB::GlobalTable', 'Orders', 'Orders5A93D10C', 2, 9],
      ['AWS::S3::BucketPolicy', 'Receipts/Policy', 'ReceiptsPolicyB2D6E7F1', 6, 8],
      ['AWS::CDK::Metadata', 'CDKMetadata/Default', 'CDKMetadata', 1, 3],
    ],
  },
  {
    stack: 'TeaHouse-Api',
    steps: [
      ['AWS::IAM::Role', 'Brew/ServiceRole', 'BrewServiceRole0D7A5C21', 1, 4],
      ['AWS::IAM::Policy', 'Brew/ServiceRole/DefaultPolicy', 'BrewServiceRoleDefaultPolicy66B1F3E0', 4, 6],
      ['AWS::Logs::LogGroup', 'Brew/Logs', 'BrewLogs7F42A9D8', 1, 3],
      ['AWS::Lambda::Function', 'Brew', 'Brew1F6C08E4', 6, 10],
      ['AWS::Lambda::Alias', 'Brew/Live', 'BrewLive9B35D7C2', 10, 12],
      ['AWS::ApiGatewayV2::Api', 'Counter', 'CounterE48A1D60', 2, 5],
      ['AWS::ApiGatewayV2::Integration', 'Counter/Orders', 'CounterOrders2C97F5B8', 12, 14],
      ['AWS::ApiGatewayV2::Route', 'Counter/POST--orders', 'CounterPOSTorders71E0B94D', 14, 16],
      ['AWS::ApiGatewayV2::Stage', 'Counter/DefaultStage', 'CounterDefaultStageA6D382F9', 5, 8],
      ['AWS::CloudWatch::Alarm', 'Brew/TooManyErrors', 'BrewTooManyErrors53F8C0A7', 10, 13],
      ['AWS::CDK::Metadata', 'CDKMetadata/Default', 'CDKMetadata', 1, 3],
    ],
  },
];

type DemoLine = Readonly<{ at: number; text: string }>;

/** What `cdk deploy --all --progress events` prints for the demo's two stacks, with the seconds at which it does. */
export const demoLines = (startedAt: number): readonly DemoLine[] => {
  const lines: DemoLine[] = [{ at: 0, text: '✨  Synthesis time: 3.41s' }];
  let offset = 1;
  DEPLOYMENTS.forEach(({ stack, steps }, index) => {
    const total = steps.length + 1;
    const say = (at: number, text: string) => lines.push({ at: offset + at, text });
    say(0, `${stack}: deploying... [${index + 1}/${DEPLOYMENTS.length}]`);
    say(0, `${stack}: creating CloudFormation changeset...`);
    let done = 0;
    const row = (at: number, status: string, type: string, name: string, reason = '') => {
      const digits = String(total).length;
      const counter = `${String(done).padStart(digits)}/${total}`;
      const clock = new Date(startedAt + (offset + at) * 1000).toISOString().slice(11, 19);
      say(
        at,
        `${stack} | ${counter} | ${clock} | ${status.padEnd(23)} | ${type.padEnd(32)} | ${name} ${reason}`,
      );
    };
    const STACK = 'AWS::CloudFormation::Stack';
    row(0.5, 'CREATE_IN_PROGRESS', STACK, stack, 'User Initiated');
    const moments = steps
      .flatMap(([type, path, id, begins, ends]) => [
        { at: begins, type, name: `${path} (${id})`, status: 'CREATE_IN_PROGRESS', reason: '' },
        {
          at: begins + 0.7,
          type,
          name: `${path} (${id})`,
          status: 'CREATE_IN_PROGRESS',
          reason: 'Resource creation Initiated',
        },
        { at: ends, type, name: `${path} (${id})`, status: 'CREATE_COMPLETE', reason: '' },
      ])
      .sort((a, b) => a.at - b.at);
    for (const { at, type, name, status, reason } of moments) {
      if (status === 'CREATE_COMPLETE') done += 1;
      row(at, status, type, name, reason);
    }
    const end = Math.max(...steps.map((step) => step[4])) + 1;
    done += 1;
    row(end, 'CREATE_COMPLETE', STACK, stack);
    say(end + 0.5, ` ✅  ${stack}`);
    say(end + 0.5, `✨  Deployment time: ${end}s`);
    offset += end + 1;
  });
  return lines;
};

/** Replays the demo at its original speed, into the log group `/miyabi/demo`. */
export const playDemo = async (
  progress: ProgressService,
  clock: Clock,
  signal: AbortSignal,
): Promise<void> => {
  const startedAt = clock.now();
  const log_stream = `cdk-deploy-${new Date(startedAt).toISOString().replace(/[:.]/g, '-')}`;
  let at = 0;
  for (const [index, line] of demoLines(startedAt).entries()) {
    if (line.at > at) await sleep((line.at - at) * 1000, undefined, { signal }).catch(() => undefined);
    if (signal.aborted) return;
    at = line.at;
    await progress.ingest({
      project_id: 'demo',
      log_group: '/miyabi/demo',
      log_stream,
      events: [{ id: String(index), timestamp: clock.now(), message: line.text }],
    });
  }
};
