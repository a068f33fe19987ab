import { powertoolsMetrics } from '../../adapters/powertools/metrics.ts';
import { collectorLambda } from './collect.ts';
import { startLambda } from './start.ts';
// Every run reads lines, so what reads them is loaded with the function: its start is fast, and what follows is not.
import '../../domain/logs/formats/registry.ts';
import '../../services/progress.ts';

const SERVICE = 'miyabi-collector';

/**
 * Starts the collector Lambda: its handler.
 *
 * @throws MiyabiError `configuration`
 */
export const start = async (): Promise<ReturnType<typeof collectorLambda>> => {
  const { services } = await startLambda(SERVICE);
  const metrics = powertoolsMetrics({ service: SERVICE });
  return collectorLambda({ ...services, metrics });
};
