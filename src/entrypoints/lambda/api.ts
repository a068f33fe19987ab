import { httpApp } from '../../api/app.ts';
import { signedCursors } from '../../api/cursor.ts';
import { httpOptions, requireKeys } from '../../api/options.ts';
import { MiyabiError } from '../../domain/errors.ts';
import { type ApiEvent, type ApiResult, apiLambda } from './http.ts';
import { startLambda } from './start.ts';

/**
 * Starts the API Lambda: the handler behind API Gateway (payload format 1.0 or 2.0) or a function URL.
 *
 * @throws MiyabiError `configuration`
 */
export const start = async (): Promise<(event: ApiEvent) => Promise<ApiResult>> => {
  const { config, services, traced } = await startLambda('miyabi-api');
  requireKeys(config);
  if (config.secret === undefined) {
    throw new MiyabiError('configuration', 'MIYABI_SECRET must be set: all processes sign cursors with it');
  }
  const app = apiLambda(
    httpApp({ ...services, cursors: signedCursors(config.secret) }, services.logger, {
      ...httpOptions(config, services.rateLimiter),
      streaming: false,
    }),
  );
  return traced(app);
};
