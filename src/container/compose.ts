import { Container } from 'inversify';
import { exponentialBackoff } from '../adapters/exponential-backoff/backoff.ts';
import { readJsonFile } from '../adapters/file/json-file.ts';
import { steadyClock, systemClock } from '../adapters/system/clock.ts';
import { uuidIds } from '../adapters/system/ids.ts';
import { pinoLogger } from '../adapters/system/logger.ts';
import { randomSecrets } from '../adapters/system/secrets.ts';
import { systemSleep } from '../adapters/system/sleep.ts';
import type { CacheKind, Config, FeedKind, LogSourceKind, StoreKind } from '../config.ts';
import type { LogFormat } from '../domain/logs/format.ts';
import { isOutside, type OutsideName } from '../ports/backend.ts';
import type { Ports } from '../ports/ports.ts';
import type { Probe } from '../ports/probe.ts';
import type { Backend, CachePorts, FeedPorts, LogSourcePorts, StorePorts, SystemPorts } from './backend.ts';
import { cloudwatch, dynamodb, webhookClient } from './backends/aws.ts';
import { services } from './services.ts';
import { PORTS, TOKENS } from './tokens.ts';

/** Imported once: each `import()` resolves its module again, which costs more than the container that a test composes. */
let importedMemory: Promise<typeof import('./backends/memory.ts')> | undefined;
const memoryBackend = () => {
  importedMemory ??= import('./backends/memory.ts');
  return importedMemory;
};

/** Every backend by its name, loaded only when it is opened. */
const STORES: Record<StoreKind, Backend<StorePorts>> = {
  memory: async (...input) => (await memoryBackend()).stores(...input),
  embedded: async (...input) => (await import('./backends/embedded.ts')).stores(...input),
  dynamodb,
};

const CACHES: Record<CacheKind, Backend<CachePorts>> = {
  none: async (...input) => (await import('./backends/none.ts')).cache(...input),
  memory: async (...input) => (await memoryBackend()).cache(...input),
  redis: async (...input) => (await import('./backends/redis.ts')).cache(...input),
};

const FEEDS: Record<FeedKind, Backend<FeedPorts>> = {
  memory: async (...input) => (await memoryBackend()).feed(...input),
  redis: async (...input) => (await import('./backends/redis.ts')).feed(...input),
};

const LOG_SOURCES: Record<LogSourceKind, Backend<LogSourcePorts>> = {
  memory: async (...input) => (await memoryBackend()).logSource(...input),
  file: async (...input) => (await import('./backends/file.ts')).logSource(...input),
  cloudwatch,
};

type Outside = typeof import('./backends/outside.ts');

/** One of ours by its name, or one from outside. */
const backendOf = <Kind extends string, Provided>(
  ours: Readonly<Record<Kind, Backend<Provided>>>,
  name: Kind | OutsideName,
  fromOutside: (outside: Outside, name: OutsideName) => Backend<Provided>,
): Backend<Provided> => {
  if (isOutside(name))
    return async (...input) => fromOutside(await import('./backends/outside.ts'), name)(...input);
  // What is not from outside is one of ours, which the compiler does not see of a type parameter.
  return ours[name as Kind];
};

/** A container, and how to release everything that its backends hold. */
export type OpenContainer = Readonly<{ container: Container; close(): Promise<void> }>;

/**
 * The container of a configuration: every port bound to the adapter that the configuration names.
 *
 * `overrides` are ports that the caller provides instead: a Lambda its logger, a test its fakes. Services cannot be
 * replaced, so a test runs on exactly the services that production binds.
 *
 * `decorate` gets the ports of the backends and returns those to use in place of some, e.g. one that counts its calls.
 *
 * @throws MiyabiError `configuration` where a backend cannot be opened; what was opened before it is closed again.
 */
export const containerFor = async (
  config: Config,
  overrides: Partial<Ports> = {},
  decorate: (ports: Ports) => Partial<Ports> = () => ({}),
): Promise<OpenContainer> => {
  // Made only if the caller provides none: the Lambdas bring their own and leave this library out.
  const logger = overrides.logger ?? pinoLogger({ level: config.logLevel });
  const clock = overrides.clock ?? systemClock(logger);
  // A test that sets the time sets both clocks.
  const steady = overrides.steadyClock ?? overrides.clock ?? steadyClock();
  const system: SystemPorts = {
    backoff: exponentialBackoff({ clock: steady }),
    clock,
    steadyClock: steady,
    ids: uuidIds(),
    logger,
    random: Math.random,
    secrets: randomSecrets(),
    sleep: systemSleep(),
    ...overrides,
  };
  const probes: Probe[] = [];
  const closers: (() => Promise<void>)[] = [];
  const close = async () => {
    for (const closeOne of closers.splice(0).reverse()) await closeOne();
  };
  const open = async <Provided>(backend: Backend<Provided>): Promise<Provided> => {
    const opened = await backend(config, system);
    if (opened.close !== undefined) closers.push(opened.close);
    probes.push(...(opened.probes ?? []));
    return opened.ports;
  };
  try {
    const ports: Ports = {
      ...(await open(backendOf(STORES, config.taskStore, (outside, name) => outside.stores(name)))),
      ...(await open(backendOf(CACHES, config.cache, (outside, name) => outside.cache(name)))),
      ...(await open(backendOf(FEEDS, config.feed, (outside, name) => outside.feed(name)))),
      ...(await open(backendOf(LOG_SOURCES, config.logSource, (outside, name) => outside.logSource(name)))),
      webhookClient: webhookClient(config),
      ...overrides,
      ...system,
    };
    // Singletons: a port is one object for the whole process, with one connection and one state.
    const container = new Container({ defaultScope: 'Singleton' });
    bindPorts(container, { ...ports, ...decorate(ports) });
    container.bind(TOKENS.config).toConstantValue(config);
    container.bind(TOKENS.probes).toConstantValue(probes);
    container.bind(TOKENS.logFormats).toConstantValue(await logFormats(config));
    container.bind(TOKENS.projectRules).toConstantValue(config.projectRules);
    container.bind(TOKENS.webhookAllow).toConstantValue(config.webhookAllow);
    container.bind(TOKENS.metricsOn).toConstantValue(config.metrics);
    container.bind(TOKENS.lineBounds).toConstantValue(config.lineBounds);
    container
      .bind(TOKENS.logSourceName)
      .toConstantValue(isOutside(config.logSource) ? 'custom' : config.logSource);
    await container.load(services);
    return { container, close };
  } catch (error) {
    await close();
    throw error;
  }
};

const bindPorts = (container: Container, ports: Ports): void => {
  const bindOne = <Name extends keyof Ports>(name: Name): void => {
    container.bind<Ports[Name]>(PORTS[name]).toConstantValue(ports[name]);
  };
  // PORTS has a key for each port: see its type.
  for (const name of Object.keys(PORTS)) bindOne(name as keyof Ports);
};

/**
 * The log formats. The built-in ones alone are loaded on first use. With a configuration file, they and its formats are
 * read at once, so that a mistake in the file shows at the start.
 */
const logFormats = async ({ logFormatsFile: file }: Config): Promise<() => Promise<readonly LogFormat[]>> => {
  if (file === undefined) {
    return async () => (await import('../domain/logs/formats/registry.ts')).builtInFormats;
  }
  const { loadPatterns } = await import('../adapters/re2/pattern.ts');
  const { customFormats } = await import('../domain/logs/formats/custom.ts');
  const { formatsWith } = await import('../domain/logs/formats/registry.ts');
  const formats = formatsWith(
    customFormats(await readJsonFile(file, 'MIYABI_LOG_FORMATS'), await loadPatterns()),
  );
  return async () => formats;
};

/**
 * What an entrypoint works with: the services, and the way to release everything they hold. `overrides` and
 * `decorate`: see `containerFor`.
 */
export const compose = async (
  config: Config,
  overrides: Partial<Ports> = {},
  decorate?: (ports: Ports) => Partial<Ports>,
) => {
  const { container, close } = await containerFor(config, overrides, decorate);
  return {
    tasks: container.get(TOKENS.taskService),
    projects: container.get(TOKENS.projectService),
    pings: container.get(TOKENS.pingService),
    progress: container.get(TOKENS.progressService),
    postedLogs: container.get(TOKENS.postedLogs),
    logText: container.get(TOKENS.logTextService),
    taskLogs: container.get(TOKENS.taskLogService),
    collector: container.get(TOKENS.collectorService),
    events: container.get(TOKENS.eventService),
    idempotency: container.get(TOKENS.idempotencyService),
    linkSecret: container.get(TOKENS.linkSecret),
    listTasks: container.get(TOKENS.taskLister),
    counter: { sweep: container.get(TOKENS.taskWriter).sweep },
    webhooks: container.get(TOKENS.webhookService),
    webhookSender: container.get(TOKENS.webhookSender),
    outboxSignal: container.get(TOKENS.outboxSignal),
    rateLimiter: container.get(TOKENS.rateLimiter),
    keys: container.get(TOKENS.keyService),
    health: container.get(TOKENS.healthService),
    metrics: container.get(TOKENS.metricsService),
    probes: container.get(TOKENS.probes),
    sweepStale: container.get(TOKENS.staleSweep),
    logger: container.get(TOKENS.logger),
    clock: container.get(TOKENS.clock),
    sleep: container.get(TOKENS.sleep),
    close,
  };
};

export type Composition = Awaited<ReturnType<typeof compose>>;
