import { Stack } from 'aws-cdk-lib';
import { Alarm, ComparisonOperator, type IMetric, TreatMissingData } from 'aws-cdk-lib/aws-cloudwatch';
import { SnsAction } from 'aws-cdk-lib/aws-cloudwatch-actions';
import { PolicyStatement, ServicePrincipal } from 'aws-cdk-lib/aws-iam';
import type { IKey } from 'aws-cdk-lib/aws-kms';
import { FilterPattern, type LogGroup, MetricFilter } from 'aws-cdk-lib/aws-logs';
import { Topic } from 'aws-cdk-lib/aws-sns';
import { EmailSubscription } from 'aws-cdk-lib/aws-sns-subscriptions';
import { Construct } from 'constructs';
import { defined } from '../../src/domain/defined.ts';
import { acknowledgeCheckov } from '../acknowledge.ts';
import { cacheFailures, type MeasuredProps, type Metrics, metricsOf, NAMESPACE } from './metrics.ts';

export type AlarmsProps = MeasuredProps &
  Readonly<{ key: IKey | undefined; email: string | undefined; system: LogGroup }>;

/** The service level objectives; docs/operations.md has the same numbers. */
export const OBJECTIVES = { apiP95Ms: 100, errorRatePercent: 0.5, collectorP95Ms: 500 } as const;

/** The adapter's log message if Redis does not answer. A test compares the two. */
export const REDIS_IS_AWAY = 'Redis does not answer; going on without it';

type Rule = Readonly<{
  id: string;
  metric: IMetric;
  threshold: number;
  /** How many periods are evaluated, a multiple of three; three by default. */
  periods?: number;
  operator?: ComparisonOperator;
  /** Missing data is a problem too. */
  silenceAlarms?: boolean;
  /** What is wrong in one period. */
  says: string;
}>;

/** One alarm for each problem that needs a person. `docs/operations.md` says what to do, under the alarm's name. */
export class Alarms extends Construct {
  readonly topic: Topic;
  readonly all: readonly Alarm[];
  /** The ones that roll a new version back. */
  readonly rollback: readonly Alarm[];
  readonly metrics;

  constructor(scope: Construct, id: string, props: AlarmsProps) {
    super(scope, id);
    this.topic = new Topic(this, 'Topic', {
      ...defined({ masterKey: props.key }),
      enforceSSL: true,
    });
    if (props.key === undefined) {
      acknowledgeCheckov(this.topic, {
        26: 'Alarms may not publish with the key of AWS; they hold no secret',
      });
    }
    const cloudwatch = new ServicePrincipal('cloudwatch.amazonaws.com');
    props.key?.grant(cloudwatch, 'kms:Decrypt', 'kms:GenerateDataKey*');
    // A topic with its own policy loses the default one, which lets alarms of the account publish.
    this.topic.addToResourcePolicy(
      new PolicyStatement({
        principals: [cloudwatch],
        actions: ['sns:Publish'],
        resources: [this.topic.topicArn],
        conditions: { StringEquals: { 'aws:SourceAccount': Stack.of(this).account } },
      }),
    );
    if (props.email !== undefined) this.topic.addSubscription(new EmailSubscription(props.email));
    this.metrics = metricsOf(props);
    if (props.cache !== undefined) {
      new MetricFilter(this, 'CacheFilter', {
        logGroup: props.system,
        filterPattern: FilterPattern.stringValue('$.message', '=', REDIS_IS_AWAY),
        metricNamespace: NAMESPACE,
        metricName: cacheFailures(props.name),
        metricValue: '1',
      });
    }
    const action = new SnsAction(this.topic);
    const alarms = new Map(
      rulesOf(this.metrics).map((rule) => {
        const { periods = 3 } = rule;
        // One hiccup should page no one.
        const datapoints = (periods * 2) / 3;
        const alarm = new Alarm(this, rule.id, {
          alarmName: `${props.name}-${kebab(rule.id)}`,
          alarmDescription: `${rule.says} It fires when that holds for ${datapoints} of ${periods} periods. Runbook: docs/operations.md, ${kebab(rule.id)}`,
          metric: rule.metric,
          threshold: rule.threshold,
          evaluationPeriods: periods,
          datapointsToAlarm: datapoints,
          comparisonOperator: rule.operator ?? ComparisonOperator.GREATER_THAN_THRESHOLD,
          treatMissingData:
            rule.silenceAlarms === true ? TreatMissingData.BREACHING : TreatMissingData.NOT_BREACHING,
        });
        alarm.addAlarmAction(action);
        alarm.addOkAction(action);
        return [rule.id, alarm] as const;
      }),
    );
    this.all = [...alarms.values()];
    this.rollback = ['ApiErrors', 'ApiCrashes', 'ApiSlow'].flatMap((rule) => alarms.get(rule) ?? []);
  }
}

const kebab = (id: string): string => id.replaceAll(/(?<=[a-z])(?=[A-Z])/g, '-').toLowerCase();

const rulesOf = (metrics: Metrics): readonly Rule[] => [
  {
    id: 'ApiErrors',
    metric: metrics.serverErrors,
    threshold: 5,
    says: 'The API answered with 5xx more than 5 times in a minute.',
  },
  {
    id: 'ApiCrashes',
    metric: metrics.apiCrashes,
    threshold: 1,
    says: 'The API function failed without an answer more than once in a minute.',
  },
  {
    id: 'ApiSlow',
    metric: metrics.apiDurationP95,
    // Cold starts are few; in a quiet minute the slowest of a handful is the p95.
    threshold: 1_000,
    says: 'The API took more than a second for 5 % of its requests in a minute.',
  },
  {
    id: 'ApiOverObjective',
    metric: metrics.apiLatencyP95,
    threshold: OBJECTIVES.apiP95Ms,
    periods: 15,
    says: `The p95 of the API was over its objective of ${OBJECTIVES.apiP95Ms} ms for a minute.`,
  },
  {
    id: 'ApiErrorRate',
    metric: metrics.errorRate,
    threshold: OBJECTIVES.errorRatePercent,
    says: `More than ${OBJECTIVES.errorRatePercent} % of the answers in five minutes were 5xx.`,
  },
  {
    id: 'ApiThrottled',
    metric: metrics.apiThrottles,
    threshold: 0,
    says: 'Lambda turned requests of the API away in five minutes: the account runs out of concurrency.',
  },
  {
    id: 'CollectorErrors',
    metric: metrics.collectorErrors,
    threshold: 1,
    says: 'The collector failed more than once in five minutes.',
  },
  {
    id: 'CollectorGroupsFailed',
    metric: metrics.groupsFailed,
    threshold: 2,
    says: 'The collector could not read a log group in most of its runs of five minutes.',
  },
  {
    id: 'CollectorSilent',
    metric: metrics.collectorRuns,
    threshold: 1,
    operator: ComparisonOperator.LESS_THAN_THRESHOLD,
    silenceAlarms: true,
    says: 'The collector has not run for five minutes.',
  },
  {
    id: 'CollectorLag',
    metric: metrics.collectorLag,
    threshold: 120_000,
    says: 'Events waited more than two minutes for the collector.',
  },
  {
    id: 'CollectorThrottled',
    metric: metrics.collectorThrottles,
    threshold: 0,
    says: 'Lambda turned events of the collector away in five minutes.',
  },
  {
    id: 'DeadLetters',
    metric: metrics.deadLetters,
    threshold: 0,
    says: 'Events that the collector could not take in wait in the dead-letter queue.',
  },
  ...(metrics.cacheUse === undefined || metrics.cacheEvictions === undefined
    ? []
    : [
        {
          id: 'CacheFailures',
          metric: metrics.cacheFailures,
          // A process logs it once per outage.
          threshold: 0,
          says: 'Functions went on without the cache in five minutes: it did not answer.',
        },
        {
          id: 'CacheFull',
          metric: metrics.cacheUse,
          threshold: 90,
          says: 'The cache was over 90 % full.',
        },
        {
          id: 'CacheEvictions',
          metric: metrics.cacheEvictions,
          threshold: 1_000,
          says: 'The cache evicted more than 1,000 entries in five minutes.',
        },
      ]),
  {
    id: 'HighRetryRate',
    metric: metrics.retries,
    threshold: 20,
    says: 'CloudWatch Logs had to be asked again more than 20 times in five minutes.',
  },
  {
    id: 'WebhooksErrors',
    metric: metrics.webhooksErrors,
    threshold: 1,
    says: 'The sender of webhooks failed more than once in five minutes.',
  },
  {
    id: 'WebhooksSilent',
    metric: metrics.webhooksRuns,
    threshold: 1,
    operator: ComparisonOperator.LESS_THAN_THRESHOLD,
    silenceAlarms: true,
    says: 'The sender of webhooks has not run for five minutes.',
  },
  {
    id: 'WebhooksLate',
    metric: metrics.webhooksLateness,
    threshold: 600_000,
    says: 'A webhook message waited more than ten minutes for its first attempt.',
  },
  {
    id: 'IndexThrottled',
    metric: metrics.indexThrottles,
    threshold: 10,
    says: 'DynamoDB throttled more than 10 writes to indexes of the tasks table in five minutes.',
  },
  {
    id: 'TableThrottled',
    metric: metrics.tableThrottles,
    threshold: 10,
    says: 'DynamoDB throttled more than 10 requests in five minutes.',
  },
];
