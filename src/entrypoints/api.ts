import { MiyabiError } from '../domain/errors.ts';
import { httpApp } from './http/app.ts';
import { signedCursors } from './http/cursor.ts';
import { httpOptions, requireKeys } from './http/options.ts';
import { type ApiEvent, apiLambda } from './lambda-http.ts';
import { startLambda } from './lambda-start.ts';

const { config, services } = await startLambda('miyabi-api');
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

/** The API Lambda, behind API Gateway (payload format 1.0 or 2.0) or a function URL. */
export const handler = (event: ApiEvent) => app(event);
