import { Duration, RemovalPolicy } from 'aws-cdk-lib';
import { Rule, Schedule } from 'aws-cdk-lib/aws-events';
import { LambdaFunction as FunctionTarget } from 'aws-cdk-lib/aws-events-targets';
import { SqsDestination } from 'aws-cdk-lib/aws-lambda-destinations';
import { FilterPattern, type ILogGroup, SubscriptionFilter } from 'aws-cdk-lib/aws-logs';
import { LambdaDestination } from 'aws-cdk-lib/aws-logs-destinations';
import { Queue, QueueEncryption } from 'aws-cdk-lib/aws-sqs';
import { Construct } from 'constructs';
import { acknowledge, acknowledgeCheckov } from '../acknowledge.ts';
import { NodeFunction, type NodeFunctionProps } from './node-function.ts';

export type CollectorProps = Omit<NodeFunctionProps, 'description' | 'timeoutSeconds'> &
  Readonly<{ sources: readonly ILogGroup[] }>;

/**
 * The collector: invoked by the log groups within seconds, and every minute by a schedule that finds what a
 * subscription missed. An event that failed three times waits in a queue.
 */
export class Collector extends Construct {
  readonly lambda: NodeFunction;
  readonly deadLetters: Queue;

  constructor(scope: Construct, id: string, { sources, ...props }: CollectorProps) {
    super(scope, id);
    this.deadLetters = new Queue(this, 'DeadLetters', {
      encryption: QueueEncryption.SQS_MANAGED,
      enforceSSL: true,
      retentionPeriod: Duration.days(14),
      removalPolicy: RemovalPolicy.DESTROY,
    });
    acknowledge(this.deadLetters, { SQS3: 'It is the dead-letter queue' });
    acknowledgeCheckov(this.deadLetters, { 27: 'SQS encrypts it with a key of its own' });
    this.lambda = new NodeFunction(this, 'Lambda', {
      ...props,
      description: 'Miyabi collector: logs in, progress out',
      timeoutSeconds: 55,
    });
    const { function: fn } = this.lambda;
    fn.configureAsyncInvoke({
      maxEventAge: Duration.hours(1),
      retryAttempts: 2,
      onFailure: new SqsDestination(this.deadLetters),
    });
    new Rule(this, 'EveryMinute', {
      description: 'Collects what the subscriptions missed',
      schedule: Schedule.rate(Duration.minutes(1)),
      targets: [
        new FunctionTarget(fn, {
          deadLetterQueue: this.deadLetters,
          maxEventAge: Duration.minutes(5),
          retryAttempts: 1,
        }),
      ],
    });
    for (const source of sources) {
      new SubscriptionFilter(this, `From${source.node.id}`, {
        logGroup: source,
        destination: new LambdaDestination(fn),
        filterPattern: FilterPattern.allEvents(),
      });
    }
  }
}
