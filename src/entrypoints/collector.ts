import { collectorLambda } from './lambda-collector.ts';
import { startLambda } from './lambda-start.ts';

/**
 * Starts the collector Lambda: its handler.
 *
 * @throws MiyabiError `configuration`
 */
export const start = async (): Promise<ReturnType<typeof collectorLambda>> => {
  const { services, metrics } = await startLambda('miyabi-collector');
  return collectorLambda({ ...services, metrics });
};
