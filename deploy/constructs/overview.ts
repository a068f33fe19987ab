import { Duration, Stack } from 'aws-cdk-lib';
import { AlarmStatusWidget, Dashboard, GraphWidget, type IMetric } from 'aws-cdk-lib/aws-cloudwatch';
import { Construct } from 'constructs';
import { type Alarms, OBJECTIVES } from './alarms.ts';

/** One page: the alarms, the objectives and how they are met, and the backends. */
export class Overview extends Construct {
  constructor(scope: Construct, id: string, { name, alarms }: Readonly<{ name: string; alarms: Alarms }>) {
    super(scope, id);
    const { metrics } = alarms;
    const graph = (title: string, left: readonly IMetric[], objective?: number) =>
      new GraphWidget({
        title,
        left: [...left],
        width: 12,
        height: 6,
        ...(objective === undefined ? {} : { leftAnnotations: [{ value: objective, label: 'objective' }] }),
      });
    new Dashboard(this, 'Dashboard', {
      // Names of dashboards are global in an account.
      dashboardName: `${name}-${Stack.of(this).region}`,
      defaultInterval: Duration.hours(12),
      widgets: [
        [new AlarmStatusWidget({ title: 'Alarms', alarms: [...alarms.all], width: 24, height: 4 })],
        [
          graph('API p95, ms', [metrics.apiLatencyP95], OBJECTIVES.apiP95Ms),
          graph('API 5xx answers, %', [metrics.errorRate], OBJECTIVES.errorRatePercent),
        ],
        [
          graph('Collector p95, ms', [metrics.collectorDurationP95], OBJECTIVES.collectorP95Ms),
          graph('Age of events at the collector, ms', [metrics.collectorLag]),
        ],
        [
          graph('Requests and refusals', [metrics.requests, metrics.clientErrors, metrics.serverErrors]),
          graph('Collector: runs, errors, retries, dead letters', [
            metrics.collectorRuns,
            metrics.collectorErrors,
            metrics.retries,
            metrics.deadLetters,
          ]),
        ],
        [
          graph('Webhooks: delivered, given up', [metrics.webhooksDelivered, metrics.webhooksFailed]),
          graph('Sender of webhooks: runs, errors', [metrics.webhooksRuns, metrics.webhooksErrors]),
        ],
        [
          graph('Cache: failures, use in %, evictions', [
            metrics.cacheFailures,
            ...[metrics.cacheUse, metrics.cacheEvictions].filter((metric) => metric !== undefined),
          ]),
          graph('Throttling: API, collector, tables', [
            metrics.apiThrottles,
            metrics.collectorThrottles,
            metrics.tableThrottles,
            metrics.indexThrottles,
          ]),
        ],
        ...(metrics.measured === undefined
          ? []
          : [
              [
                graph('API: time of a request within the function, p95, ms', [metrics.measured.durationP95]),
                graph('API: cold starts, errors, cache hits and misses', [
                  metrics.measured.coldStarts,
                  metrics.measured.serverErrors,
                  metrics.measured.clientErrors,
                  metrics.measured.cacheHits,
                  metrics.measured.cacheMisses,
                ]),
              ],
            ]),
      ],
    });
  }
}
