import { systemSleep } from '../adapters/system/sleep.ts';
import { startLambda } from './lambda-start.ts';
import { webhooksLambda } from './lambda-webhooks.ts';

/**
 * Starts the Lambda that sends webhooks: its handler.
 *
 * @throws MiyabiError `configuration`
 */
export const start = async (): Promise<ReturnType<typeof webhooksLambda>> => {
  const { services, metrics } = await startLambda('miyabi-webhooks');
  return webhooksLambda({ ...services, sleep: systemSleep(), metrics });
};
