import { powertoolsMetrics } from '../../adapters/powertools/metrics.ts';
import { collectorLambda } from './collect.ts';
import { startLambda } from './start.ts';
// Every run reads log lines, so that code is loaded at the start, which is cheaper than later.
import '../../domain/logs/formats/registry.ts';
import '../../services/progress.ts';

const SERVICE = 'miyabi-collector';

/**
 * Starts the collector Lambda: its handler.
 *
 * @throws MiyabiError `configuration`
 */
export const start = async (): Promise<ReturnType<typeof collectorLambda>> => {
  const { services, service, traced } = await startLambda(SERVICE);
  const metrics = powertoolsMetrics({ service });
  return traced(collectorLambda({ ...services, metrics }));
};
