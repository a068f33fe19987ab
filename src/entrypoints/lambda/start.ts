import { powertoolsLogger } from '../../adapters/powertools/logger.ts';
import { type Config, type Priming, readConfig } from '../../config.ts';
import { type Composition, compose } from '../../container/compose.ts';
import { isJsonObject } from '../../domain/json.ts';
import type { LogFields } from '../../ports/logger.ts';
import type { Ports } from '../../ports/ports.ts';
import type { Probe } from '../../ports/probe.ts';
import { healthService } from '../../services/health.ts';

/** How long the start of a Lambda waits for its connections; slower ones are made by the first request. */
const PRIMING_MS = 1_000;

/**
 * Backends that are called at the start, so that their clients are loaded and connected. One after the other: while the
 * AWS SDK is being loaded nothing is read, and Redis would seem not to answer.
 */
const PRIMED: Record<Priming, readonly ((probe: Probe) => boolean)[]> = {
  all: [({ required }) => !required, ({ required }) => required],
  cache: [({ required }) => !required],
  none: [],
};

/** A start needs the connection only; `/health/ready` reports whether all is well. */
const opening = (probe: Probe): Probe => ({ ...probe, check: probe.connect ?? probe.check });

/** `service` is what logs and metrics name. */
export type Started = Readonly<{
  config: Config;
  services: Composition;
  service: string;
  /** A handler whose log lines name the invocation and say whether it is the first of its process. */
  traced<Args extends unknown[], Answer>(handler: Handler<Args, Answer>): Handler<Args, Answer>;
}>;

type Handler<Args extends unknown[], Answer> = (...args: Args) => Promise<Answer>;

/** Lambda's id of an invocation, out of the context that it passes behind the event. */
const invocationIdOf = ([, context]: readonly unknown[]): string | undefined => {
  const id = isJsonObject(context) ? context['awsRequestId'] : undefined;
  return typeof id === 'string' ? id : undefined;
};

/** On Lambda the default preset is production. @throws MiyabiError `configuration` */
export const lambdaConfig = (): Config => readConfig({ MIYABI_BACKEND: 'aws', ...process.env });

/** What logs and metrics name. */
export const serviceOf = ({ serviceName }: Config, usualService: string): string =>
  serviceName ?? usualService;

/**
 * What every Lambda does once in a process, while it is initialised: read the configuration, create the clients, and
 * open the configured connections, so that the first request finds them open.
 */
export const startLambda = async (
  usualService: string,
  decorate?: (ports: Ports) => Partial<Ports>,
): Promise<Started> => {
  const config = lambdaConfig();
  const service = serviceOf(config, usualService);
  let current: LogFields = {};
  let isFirst = true;
  const logger = powertoolsLogger({ level: config.logLevel, service, invocation: () => current });
  // Loaded only where tracing is on, which is rare.
  const trace = config.tracing ? (await import('./tracing.ts')).tracedWith(config) : undefined;
  const services = await compose(config, { logger }, (ports) => {
    const followed = trace?.(ports);
    return { ...followed, ...decorate?.({ ...ports, ...followed }) };
  });
  const { probes, clock, sleep } = services;
  const prime = async () => {
    for (const isNext of PRIMED[config.priming]) {
      await healthService({
        probes: probes.filter(isNext).map(opening),
        steadyClock: clock,
        logger,
        sleep,
      }).ready();
    }
  };
  await Promise.race([prime(), new Promise((resolve) => setTimeout(resolve, PRIMING_MS).unref())]);
  const traced: Started['traced'] =
    (handler) =>
    (...args) => {
      // API Gateway's id of a request is in the lines of the API; this one joins all lines of an invocation.
      current = { function_request_id: invocationIdOf(args), cold_start: isFirst };
      isFirst = false;
      return handler(...args);
    };
  return { config, services, service, traced };
};
