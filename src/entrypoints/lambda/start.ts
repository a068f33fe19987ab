import { powertoolsLogger } from '../../adapters/powertools/logger.ts';
import { type Config, type Priming, readConfig } from '../../config.ts';
import { type Composition, compose } from '../../container/compose.ts';
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
export type Started = Readonly<{ config: Config; services: Composition; service: string }>;

/**
 * What every Lambda does once in a process, while it is initialised: read the configuration, create the clients, and
 * open the configured connections, so that the first request finds them open.
 */
export const startLambda = async (usualService: string): Promise<Started> => {
  // On Lambda the preset is that of production unless it says otherwise.
  const config = readConfig({ MIYABI_BACKEND: 'aws', ...process.env });
  const service = config.serviceName ?? usualService;
  const services = await compose(config, { logger: powertoolsLogger({ level: config.logLevel, service }) });
  const { probes, clock, logger, sleep } = services;
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
  return { config, services, service };
};
