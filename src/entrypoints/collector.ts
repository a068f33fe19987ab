import { collectorLambda } from './lambda-collector.ts';
import { startLambda } from './lambda-start.ts';

const { services, metrics } = await startLambda('miyabi-collector');

/** The collector Lambda. */
export const handler = collectorLambda({ ...services, metrics });
