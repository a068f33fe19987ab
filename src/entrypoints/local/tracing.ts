import { requireSupported, withPackages } from '../../adapters/opentelemetry/requirements.ts';
import type { ObserveRequest } from '../../api/route.ts';
import type { Config } from '../../config.ts';
import type { Ports } from '../../ports/ports.ts';
import type { FollowRequest } from './serve.ts';

/** What makes a server trace its requests. */
export type ServerTracing = Readonly<{
  /** A logger whose lines name the span that they belong to. */
  overrides: Pick<Ports, 'logger'>;
  decorate(ports: Ports): Partial<Ports>;
  follow: FollowRequest;
  observe: ObserveRequest;
  /** Sends what has not been sent yet. */
  close(): Promise<void>;
}>;

/**
 * Starts tracing if the configuration asks for it. Otherwise nothing of it is loaded.
 *
 * @throws MiyabiError `configuration` for a collector that cannot be used, or if the packages are not installed.
 */
export const startTracing = async (config: Config): Promise<ServerTracing | undefined> => {
  if (config.otlp === undefined) return undefined;
  requireSupported(config.otlp);
  const { tracedServer } = await withPackages(() => import('./traced-server.ts'));
  return tracedServer(config);
};
