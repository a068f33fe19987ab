import type { Config } from '../config.ts';
import { MiyabiError } from '../domain/errors.ts';
import type { RateLimiter } from '../ports/rate-limiter.ts';
import { browserGuard } from './browser-guard.ts';
import type { HttpOptions } from './route.ts';

/** The options of the application, from the configuration. */
export const httpOptions = (config: Config, rateLimiter: RateLimiter): HttpOptions => ({
  apiKeys: config.apiKeys,
  corsOrigins: config.corsOrigins,
  // Without keys, callers are indistinguishable.
  ...(config.apiKeys.length === 0 || config.rateLimit === 0 ? {} : { rateLimiter }),
  // Other pages do not have a key; without keys, the page itself has to be recognised.
  ...(config.apiKeys.length === 0 ? { browserGuard: browserGuard(config) } : {}),
});

const LOOPBACK = /^(localhost|127(\.\d{1,3}){3}|::1)$/;

/** @throws MiyabiError `configuration` if anyone on the network could reach a server without keys. */
export const requireKeysBeyondLoopback = ({ apiKeys, host }: Config): void => {
  if (apiKeys.length > 0 || LOOPBACK.test(host)) return;
  throw new MiyabiError(
    'configuration',
    `HOST ${host} would serve the network without keys; set API_KEYS (miyabi keys create), or HOST=127.0.0.1`,
  );
};

/** @throws MiyabiError `configuration` if the API would be served without keys. */
export const requireKeys = ({ apiKeys }: Config): void => {
  if (apiKeys.length > 0) return;
  throw new MiyabiError(
    'configuration',
    'API_KEYS must be set: without keys anyone could call; miyabi keys create makes one',
  );
};
