import type { ObserveRequest } from '../../api/route.ts';
import type { Config, OtlpConfig } from '../../config.ts';
import { MiyabiError } from '../../domain/errors.ts';
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
  const { tracedServer } = await load();
  return tracedServer(config);
};

const OFF = 'or turn traces off with OTEL_SDK_DISABLED=true';

const requireSupported = ({ exporter, protocol, endpoint }: OtlpConfig): void => {
  const wrong = (message: string): MiyabiError => new MiyabiError('configuration', `${message}, ${OFF}`);
  if (exporter !== 'otlp') throw wrong(`OTEL_TRACES_EXPORTER must be otlp or none, not ${exporter}`);
  if (protocol !== 'http/protobuf')
    throw wrong(
      `OTEL_EXPORTER_OTLP_PROTOCOL must be http/protobuf, not ${protocol}: collectors accept it on port 4318`,
    );
  if (!(URL.canParse(endpoint) && /^https?:$/.test(new URL(endpoint).protocol)))
    throw wrong(`OTEL_EXPORTER_OTLP_ENDPOINT must be a URL such as http://127.0.0.1:4318, not ${endpoint}`);
};

/** In the versions that `package.json` names. */
const INSTALL =
  'npm install @opentelemetry/api@1.9 @opentelemetry/resources@2 @opentelemetry/sdk-trace-node@2 @opentelemetry/exporter-trace-otlp-proto@0.223';

/** The packages are optional: they are as large as half of all others together, and few need them. */
const load = async (): Promise<typeof import('./traced-server.ts')> => {
  try {
    return await import('./traced-server.ts');
  } catch (error) {
    const [, missing] = /'(@opentelemetry\/[^'/]+)/.exec(error instanceof Error ? error.message : '') ?? [];
    if (missing === undefined) throw error;
    throw new MiyabiError(
      'configuration',
      `OTEL_EXPORTER_OTLP_ENDPOINT needs the package ${missing}, which is not installed; install it beside miyabi-progress: ${INSTALL}, ${OFF}`,
      { cause: error },
    );
  }
};
