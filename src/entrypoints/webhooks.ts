import { systemSleep } from '../adapters/system/sleep.ts';
import { startLambda } from './lambda-start.ts';
import { webhooksLambda } from './lambda-webhooks.ts';

type Handler = ReturnType<typeof webhooksLambda>;

/**
 * Starts the Lambda that sends webhooks: its handler. Nobody waits for it, so no connection is opened beforehand.
 *
 * @throws MiyabiError `configuration`
 */
export const start = async (): Promise<Handler> => {
  const { services, metrics } = await startLambda('miyabi-webhooks', { primes: false });
  return webhooksLambda({ ...services, sleep: systemSleep(), metrics });
};

let started: Promise<Handler> | undefined;

export const handler: Handler = async (event, context) => {
  started ??= start();
  return (await started)(event, context);
};
