import { Container } from 'inversify';
import { readJsonFile } from '../adapters/file/json-file.ts';
import { systemClock } from '../adapters/system/clock.ts';
import { uuidIds } from '../adapters/system/ids.ts';
import { pinoLogger } from '../adapters/system/logger.ts';
import { randomSecrets } from '../adapters/system/secrets.ts';
import type { CacheKind, Config, FeedKind, LogSourceKind, StoreKind } from '../config.ts';
import type { LogFormat } from '../domain/logs/format.ts';
import type { Logger } from '../ports/logger.ts';
import type { Probe } from '../ports/probe.ts';
import { writeWindows } from '../services/write-window.ts';
import type { Backend } from './backend.ts';
import { cloudwatch, dynamodb, webhookClient } from './backends/lazy.ts';
import { services } from './services.ts';
import { TOKENS } from './tokens.ts';

/** Memory cannot be away. */
const ALWAYS_UP: Probe = { name: 'store', required: true, check: async () => undefined };

/** Every backend by its name. Nothing of one is loaded before it is asked for. */
const STORES: Record<StoreKind, Backend> = {
  memory: async () => ({ module: (await import('./backends/memory.ts')).stores, probes: [ALWAYS_UP] }),
  embedded: async (config, logger) => (await import('./backends/embedded.ts')).stores(config, logger),
  dynamodb,
};

const CACHES: Record<CacheKind, Backend> = {
  none: async () => ({ module: (await import('./backends/none.ts')).cache }),
  memory: async () => ({ module: (await import('./backends/memory.ts')).cache }),
  redis: async (config, logger) => (await import('./backends/redis.ts')).cache(config, logger),
};

const FEEDS: Record<FeedKind, Backend> = {
  memory: async () => ({ module: (await import('./backends/memory.ts')).feed }),
  redis: async (config, logger) => (await import('./backends/redis.ts')).feed(config, logger),
};

const LOG_SOURCES: Record<LogSourceKind, Backend> = {
  memory: async () => ({ module: (await import('./backends/memory.ts')).logSource }),
  file: async (config, logger) => (await import('./backends/file.ts')).logSource(config, logger),
  cloudwatch,
};

/** A container, and how to let go of all that its backends hold. */
export type OpenContainer = Readonly<{ container: Container; close(): Promise<void> }>;

/**
 * The container of a configuration: every port bound to the adapter that it names.
 *
 * @throws MiyabiError `configuration` where a backend cannot be opened; what was opened before it is closed again.
 */
export const containerFor = async (
  config: Config,
  logger: Logger = pinoLogger({ level: config.logLevel }),
): Promise<OpenContainer> => {
  // Singletons: a port is one thing for the whole process, with one connection and one state.
  const container = new Container({ defaultScope: 'Singleton' });
  container.bind(TOKENS.config).toConstantValue(config);
  container.bind(TOKENS.logger).toConstantValue(logger);
  // One clock for all that is written, so that a read can tell what came after it.
  const clock = writeWindows(systemClock());
  container.bind(TOKENS.clock).toConstantValue(clock);
  container.bind(TOKENS.writeWindows).toConstantValue(clock);
  container.bind(TOKENS.ids).toResolvedValue(uuidIds);
  container.bind(TOKENS.secrets).toResolvedValue(randomSecrets);
  container.bind(TOKENS.webhookClient).toConstantValue(webhookClient(config));
  container.bind(TOKENS.logFormats).toConstantValue(await logFormats(config));
  container.bind(TOKENS.projectRules).toConstantValue(config.projectRules);
  await container.load(services);

  const probes: Probe[] = [];
  container.bind(TOKENS.probes).toConstantValue(probes);
  const closers: (() => Promise<void>)[] = [];
  const close = async () => {
    for (const closeOne of closers.splice(0).reverse()) await closeOne();
  };
  try {
    const named = [
      STORES[config.taskStore],
      CACHES[config.cache],
      FEEDS[config.feed],
      LOG_SOURCES[config.logSource],
    ];
    for (const open of named) {
      const backend = await open(config, logger);
      if (backend.close !== undefined) closers.push(backend.close);
      probes.push(...(backend.probes ?? []));
      await container.load(backend.module);
    }
  } catch (error) {
    await close();
    throw error;
  }
  return { container, close };
};

/**
 * The formats of logs: the built-in ones, loaded when they are asked for, or these and those of the file that the
 * configuration names, which are read at once, so that a mistake in one shows. Only then is their engine loaded.
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

/** What an entrypoint works with: the services, and the way to let go of everything they hold. */
export const compose = async (config: Config, logger?: Logger) => {
  const { container, close } = await containerFor(config, logger);
  return {
    tasks: container.get(TOKENS.taskService),
    projects: container.get(TOKENS.projectService),
    progress: container.get(TOKENS.progressService),
    logText: container.get(TOKENS.logTextService),
    collector: container.get(TOKENS.collectorService),
    events: container.get(TOKENS.eventService),
    idempotency: container.get(TOKENS.idempotencyService),
    walk: container.get(TOKENS.taskWalk),
    counter: container.get(TOKENS.taskCounter),
    webhooks: container.get(TOKENS.webhookService),
    webhookSender: container.get(TOKENS.webhookSender),
    outboxSignal: container.get(TOKENS.outboxSignal),
    rateLimiter: container.get(TOKENS.rateLimiter),
    health: container.get(TOKENS.healthService),
    probes: container.get(TOKENS.probes),
    sweepStale: container.get(TOKENS.staleSweep),
    logger: container.get(TOKENS.logger),
    clock: container.get(TOKENS.clock),
    close,
  };
};

export type Composition = Awaited<ReturnType<typeof compose>>;
