import { Metrics as Emf, MetricUnit } from '@aws-lambda-powertools/metrics';
import type { Metrics } from '../../ports/metrics.ts';

/** Powertools publishes by itself at 100 values of a metric, and forgets the dimensions then. */
const MAX_PENDING = 99;

/**
 * CloudWatch metrics in the embedded metric format: lines on standard output that CloudWatch Logs reads out. With a
 * `route` each counts twice: for the service, and for that route of it.
 */
export const powertoolsMetrics = ({
  service,
  route,
}: Readonly<{ service: string; route?: string }>): Metrics => {
  const metrics = new Emf({ namespace: 'Miyabi', serviceName: service });
  let pending = 0;
  const flush = (): void => {
    if (pending > 0) metrics.publishStoredMetrics();
    pending = 0;
  };
  const add = (name: string, unit: (typeof MetricUnit)[keyof typeof MetricUnit], value: number): void => {
    // Each publication clears the dimensions.
    if (pending === 0 && route !== undefined) metrics.addDimension('route', route).addDimensions({});
    metrics.addMetric(name, unit, value);
    pending += 1;
    if (pending >= MAX_PENDING) flush();
  };
  return {
    count(name, value) {
      add(name, MetricUnit.Count, value);
    },
    duration(name, ms) {
      add(name, MetricUnit.Milliseconds, ms);
    },
    flush,
  };
};
