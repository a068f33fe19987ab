import { Metrics as Emf, MetricUnit } from '@aws-lambda-powertools/metrics';
import type { Metrics } from '../../ports/metrics.ts';

/** CloudWatch metrics in the embedded metric format: lines on standard output that CloudWatch Logs reads out. */
export const powertoolsMetrics = ({ service }: Readonly<{ service: string }>): Metrics => {
  const metrics = new Emf({ namespace: 'Miyabi', serviceName: service });
  let pending = 0;
  const add = (name: string, unit: (typeof MetricUnit)[keyof typeof MetricUnit], value: number) => {
    metrics.addMetric(name, unit, value);
    pending += 1;
  };
  return {
    count(name, value) {
      add(name, MetricUnit.Count, value);
    },
    duration(name, ms) {
      add(name, MetricUnit.Milliseconds, ms);
    },
    flush() {
      if (pending > 0) metrics.publishStoredMetrics();
      pending = 0;
    },
  };
};
