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

export type Started = Readonly<{ config: Config; services: Composition }>;

/**
 * What every Lambda does once in a process, while it is initialised: read the configuration, create the clients, and
 * open the configured connections, so that the first request finds them open.
 */
export const startLambda = async (service: string): Promise<Started> => {
  // On Lambda the default preset is production.
  const config = readConfig({ MIYABI_BACKEND: 'aws', ...process.env });
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
  return { config, services };
};
