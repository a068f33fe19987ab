import { MiyabiError } from '../../domain/errors.ts';

/** What the standard variables ask for. */
export type Otlp = Readonly<{ exporter: string; protocol: string; endpoint: string }>;

const OFF = 'or turn traces off with OTEL_SDK_DISABLED=true';

/** @throws MiyabiError `configuration` for an exporter, a protocol or an endpoint that cannot be used. */
export const requireSupported = ({ exporter, protocol, endpoint }: Otlp): void => {
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

/**
 * Loads code that imports the packages, which are optional: they are as large as half of all others together, and few need
 * them.
 *
 * @throws MiyabiError `configuration` that says what to install if one is missing.
 */
export const withPackages = async <T>(load: () => Promise<T>): Promise<T> => {
  try {
    return await load();
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
