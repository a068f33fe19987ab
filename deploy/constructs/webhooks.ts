import { Duration } from 'aws-cdk-lib';
import { Rule, Schedule } from 'aws-cdk-lib/aws-events';
import { LambdaFunction as FunctionTarget } from 'aws-cdk-lib/aws-events-targets';
import { Construct } from 'constructs';
import { NodeFunction, type NodeFunctionProps } from './node-function.ts';

export type WebhooksProps = Omit<
  NodeFunctionProps,
  'description' | 'memoryMb' | 'timeoutSeconds' | 'placement' | 'key'
>;

/**
 * The sender of webhooks. It is in no VPC, because it needs only the internet and DynamoDB. The next run does what one
 * cannot, so it needs no queue.
 */
export class Webhooks extends Construct {
  readonly lambda: NodeFunction;

  constructor(scope: Construct, id: string, props: WebhooksProps) {
    super(scope, id);
    this.lambda = new NodeFunction(this, 'Lambda', {
      ...props,
      // Its environment contains no secret.
      key: undefined,
      description: 'Miyabi webhooks: out of the outbox, to their receivers',
      memoryMb: 256,
      timeoutSeconds: 100,
    });
    const { function: fn } = this.lambda;
    fn.configureAsyncInvoke({ maxEventAge: Duration.minutes(1), retryAttempts: 0 });
    new Rule(this, 'EveryMinute', {
      description: 'Sends what is due',
      schedule: Schedule.rate(Duration.minutes(1)),
      targets: [new FunctionTarget(fn, { maxEventAge: Duration.minutes(1), retryAttempts: 0 })],
    });
  }
}
