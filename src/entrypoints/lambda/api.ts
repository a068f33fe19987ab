import { steadyClock } from '../../adapters/system/clock.ts';
import { boundYoungGeneration } from '../../adapters/system/young-generation.ts';
import { httpApp } from '../../api/app.ts';
import { signedCursors } from '../../api/cursor.ts';
import { httpOptions, requireKeys } from '../../api/options.ts';
import type { Config } from '../../config.ts';
import { defined } from '../../domain/defined.ts';
import { MiyabiError } from '../../domain/errors.ts';
import { type ApiEvent, type ApiResult, apiLambda } from './http.ts';
import type { RequestMetrics } from './request-metrics.ts';
import { lambdaConfig, serviceOf, startLambda } from './start.ts';

const SERVICE = 'miyabi-api';

/** By itself V8 lets its young generation grow to 34 MB in 256 MB, and never gives it back. */
const YOUNG_ENOUGH = 8_000_000;

/**
 * Starts the API Lambda: the handler behind API Gateway (payload format 1.0 or 2.0) or a function URL.
 *
 * @throws MiyabiError `configuration`
 */
export const start = async (): Promise<(event: ApiEvent) => Promise<ApiResult>> => {
  const metrics = await metricsFor(lambdaConfig());
  const { config, services, traced } = await startLambda(SERVICE, metrics?.counted);
  requireKeys(config);
  if (config.secret === undefined) {
    throw new MiyabiError('configuration', 'MIYABI_SECRET must be set: all processes sign cursors with it');
  }
  const app = apiLambda(
    httpApp({ ...services, cursors: signedCursors(config.secret) }, services.logger, {
      ...httpOptions(config, services.rateLimiter),
      streaming: false,
      observe: metrics?.observe,
    }),
  );
  boundYoungGeneration(YOUNG_ENOUGH);
  return traced(app);
};

/** Loaded only if they are wanted: the library takes some milliseconds of every cold start. */
const metricsFor = async (config: Config): Promise<RequestMetrics | undefined> => {
  if (!config.apiMetrics) return undefined;
  const { powertoolsMetrics } = await import('../../adapters/powertools/metrics.ts');
  const { requestMetrics } = await import('./request-metrics.ts');
  const service = serviceOf(config, SERVICE);
  return requestMetrics({
    metricsOf: (route) => powertoolsMetrics({ service, ...defined({ route }) }),
    clock: steadyClock(),
  });
};
