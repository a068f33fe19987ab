import { Duration } from 'aws-cdk-lib';
import type { HttpApi } from 'aws-cdk-lib/aws-apigatewayv2';
import { MathExpression, Metric } from 'aws-cdk-lib/aws-cloudwatch';
import type { Alias, Function as LambdaFunction } from 'aws-cdk-lib/aws-lambda';
import type { Queue } from 'aws-cdk-lib/aws-sqs';
import type { Cache } from './cache.ts';

export type MeasuredProps = Readonly<{
  name: string;
  httpApi: HttpApi;
  alias: Alias;
  collector: LambdaFunction;
  webhooks: LambdaFunction;
  deadLetters: Queue;
  /** Whether the API writes metrics of its own. */
  apiMetrics: boolean;
  tasksTable: string;
  otherTables: readonly string[];
  cache: Cache | undefined;
}>;

export const NAMESPACE = 'Miyabi';

export const cacheFailures = (name: string): string => `CacheFailures-${name}`;

/** What alarms and the CloudWatch dashboard look at. */
export const metricsOf = ({
  name,
  httpApi,
  alias,
  collector,
  webhooks,
  deadLetters,
  apiMetrics,
  tasksTable,
  otherTables,
  cache,
}: MeasuredProps) => {
  const minute = { period: Duration.minutes(1) };
  const five = { period: Duration.minutes(5) };
  const ours = (fn: LambdaFunction, metricName: string, statistic = 'Sum') =>
    new Metric({
      namespace: NAMESPACE,
      metricName,
      // The function's environment names it as the service of its metrics.
      dimensionsMap: { service: fn === collector ? `${name}-collector` : `${name}-webhooks` },
      statistic,
      ...five,
    });
  const ofApi = (metricName: string, statistic: string) =>
    new Metric({
      namespace: NAMESPACE,
      metricName,
      dimensionsMap: { service: `${name}-api` },
      statistic,
      ...five,
    });
  const throttledIn = (table: string, metricName: 'ReadThrottleEvents' | 'WriteThrottleEvents') =>
    new Metric({
      namespace: 'AWS/DynamoDB',
      metricName,
      dimensionsMap: { TableName: table },
      statistic: 'Sum',
      ...five,
    });
  // Projects and webhooks are read little, and from the cache where there is one.
  const throttled = {
    reads: throttledIn(tasksTable, 'ReadThrottleEvents'),
    ...Object.fromEntries(
      [tasksTable, ...otherTables].map((table, index) => [
        `writes${index}`,
        throttledIn(table, 'WriteThrottleEvents'),
      ]),
    ),
  };
  return {
    requests: httpApi.metricCount(minute),
    serverErrors: httpApi.metricServerError({ ...minute, statistic: 'Sum' }),
    clientErrors: httpApi.metricClientError({ ...minute, statistic: 'Sum' }),
    apiLatencyP95: httpApi.metricLatency({ ...minute, statistic: 'p95' }),
    errorRate: new MathExpression({
      expression: 'IF(requests > 0, 100 * FILL(errors, 0) / requests, 0)',
      usingMetrics: {
        requests: httpApi.metricCount(five),
        errors: httpApi.metricServerError({ ...five, statistic: 'Sum' }),
      },
      label: '5xx answers, %',
      ...five,
    }),
    apiCrashes: alias.metricErrors({ ...minute, statistic: 'Sum' }),
    apiDurationP95: alias.metricDuration({ ...minute, statistic: 'p95' }),
    /** What the API itself measures, if it is asked to: of all its routes together. */
    measured: apiMetrics
      ? {
          durationP95: ofApi('RequestDuration', 'p95'),
          serverErrors: ofApi('ServerErrors', 'Sum'),
          clientErrors: ofApi('ClientErrors', 'Sum'),
          coldStarts: ofApi('ColdStarts', 'Sum'),
          cacheHits: ofApi('CacheHits', 'Sum'),
          cacheMisses: ofApi('CacheMisses', 'Sum'),
        }
      : undefined,
    apiThrottles: alias.metricThrottles({ ...five, statistic: 'Sum' }),
    collectorErrors: collector.metricErrors({ ...five, statistic: 'Sum' }),
    collectorRuns: collector.metricInvocations({ ...five, statistic: 'Sum' }),
    collectorDurationP95: collector.metricDuration({ ...five, statistic: 'p95' }),
    collectorThrottles: collector.metricThrottles({ ...five, statistic: 'Sum' }),
    /** The age of an event when the collector gets it, in milliseconds. */
    collectorLag: collector.metric('AsyncEventAge', { ...five, statistic: 'p95' }),
    groupsFailed: ours(collector, 'GroupsFailed'),
    retries: ours(collector, 'SourceRetries'),
    deadLetters: deadLetters.metricApproximateNumberOfMessagesVisible({ ...five, statistic: 'Maximum' }),
    webhooksErrors: webhooks.metricErrors({ ...five, statistic: 'Sum' }),
    webhooksRuns: webhooks.metricInvocations({ ...five, statistic: 'Sum' }),
    webhooksDelivered: ours(webhooks, 'WebhooksDelivered'),
    webhooksFailed: ours(webhooks, 'WebhooksFailed'),
    webhooksLateness: ours(webhooks, 'WebhooksLateness', 'Maximum'),
    cacheUse: cache?.use(five),
    cacheEvictions: cache?.evictions(five),
    cacheFailures: new Metric({
      namespace: NAMESPACE,
      metricName: cacheFailures(name),
      statistic: 'Sum',
      ...five,
    }),
    tableThrottles: new MathExpression({
      // DynamoDB reports nothing where nothing was throttled, and a sum with a gap in it is a gap.
      expression: Object.keys(throttled)
        .map((id) => `FILL(${id}, 0)`)
        .join(' + '),
      usingMetrics: throttled,
      label: 'throttled requests',
      ...five,
    }),
    /** Of all indexes of the tasks table: a query, which costs what was throttled and not what could be. */
    indexThrottles: new MathExpression({
      expression: `SELECT SUM(WriteThrottleEvents) FROM SCHEMA("AWS/DynamoDB", TableName, GlobalSecondaryIndexName) WHERE TableName = '${tasksTable}'`,
      label: 'throttled writes to indexes',
      ...five,
    }),
  };
};

export type Metrics = ReturnType<typeof metricsOf>;
