import { RemovalPolicy } from 'aws-cdk-lib';
import { type ILogGroup, LogGroup, RetentionDays } from 'aws-cdk-lib/aws-logs';
import { Construct } from 'constructs';
import { acknowledgeCheckov, OWN_KEY } from '../acknowledge.ts';

/** The groups whose logs become progress, and those of the system itself, with a retention in days. */
export class Logs extends Construct {
  readonly cdkDeploy: LogGroup;
  readonly agents: LogGroup;
  /** The logs of the functions. Nothing subscribes to them: the collector would process its own logs. */
  readonly system: LogGroup;
  readonly access: LogGroup;
  /** Groups of others whose logs become progress too. */
  readonly #others: readonly ILogGroup[];

  constructor(
    scope: Construct,
    id: string,
    { name, days, others }: Readonly<{ name: string; days: number; others: readonly string[] }>,
  ) {
    super(scope, id);
    const retention = RETENTION[days];
    if (retention === undefined) throw new Error(`CloudWatch keeps no logs for ${days} days`);
    const group = (groupId: string, path: string) => {
      const made = new LogGroup(this, groupId, {
        logGroupName: `/${name}/${path}`,
        retention,
        removalPolicy: RemovalPolicy.RETAIN,
      });
      acknowledgeCheckov(made, { 158: OWN_KEY });
      return made;
    };
    this.cdkDeploy = group('CdkDeploy', 'cdk-deploy');
    this.agents = group('Agents', 'agents');
    this.system = group('System', 'system');
    this.access = group('Access', 'access');
    this.#others = others.map((other) =>
      LogGroup.fromLogGroupName(this, `Of${other.replaceAll(/\W+/g, '-')}`, other),
    );
  }

  get sources(): readonly ILogGroup[] {
    return [this.cdkDeploy, this.agents, ...this.#others];
  }

  /** The IAM policy document for programs that write to these two groups. Groups in `sources` have writers already. */
  get writerPolicy(): Readonly<Record<string, unknown>> {
    return {
      Version: '2012-10-17',
      Statement: [
        {
          Effect: 'Allow',
          Action: ['logs:CreateLogStream', 'logs:PutLogEvents'],
          Resource: [this.cdkDeploy.logGroupArn, this.agents.logGroupArn],
        },
      ],
    };
  }
}

const RETENTION: Readonly<Record<number, RetentionDays>> = Object.fromEntries(
  Object.values(RetentionDays).flatMap((days) => (typeof days === 'number' ? [[days, days]] : [])),
);
