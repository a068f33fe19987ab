import { powertoolsMetrics } from '../../adapters/powertools/metrics.ts';
import { systemSleep } from '../../adapters/system/sleep.ts';
import { webhooksLambda } from './send.ts';
import { startLambda } from './start.ts';

const SERVICE = 'miyabi-webhooks';

/**
 * Starts the Lambda that sends webhooks: its handler.
 *
 * @throws MiyabiError `configuration`
 */
export const start = async (): Promise<ReturnType<typeof webhooksLambda>> => {
  const { services, service, traced } = await startLambda(SERVICE);
  const metrics = powertoolsMetrics({ service });
  return traced(webhooksLambda({ ...services, sleep: systemSleep(), metrics }));
};
