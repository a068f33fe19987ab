import { memoryBackoff } from '../../src/adapters/memory/backoff.ts';
import { memoryChangeFeed } from '../../src/adapters/memory/change-feed.ts';
import { memoryCheckpoints } from '../../src/adapters/memory/checkpoints.ts';
import { memoryClock } from '../../src/adapters/memory/clock.ts';
import { memoryIds } from '../../src/adapters/memory/ids.ts';
import { memoryKeyStore } from '../../src/adapters/memory/key-store.ts';
import { memoryLogSource } from '../../src/adapters/memory/log-source.ts';
import { memoryLogger } from '../../src/adapters/memory/logger.ts';
import { memoryOutbox } from '../../src/adapters/memory/outbox.ts';
import { memoryProjectCache } from '../../src/adapters/memory/project-cache.ts';
import { memoryProjectStore } from '../../src/adapters/memory/project-store.ts';
import { memorySecrets } from '../../src/adapters/memory/secrets.ts';
import { memorySleep } from '../../src/adapters/memory/sleep.ts';
import { memoryTaskCache } from '../../src/adapters/memory/task-cache.ts';
import { memoryTaskHistory } from '../../src/adapters/memory/task-history.ts';
import { memoryTaskStore } from '../../src/adapters/memory/task-store.ts';
import { memoryWebhookClient } from '../../src/adapters/memory/webhook-client.ts';
import { memoryWebhookStore } from '../../src/adapters/memory/webhook-store.ts';
import { readConfig } from '../../src/config.ts';
import { compose } from '../../src/container/compose.ts';
import type { ProjectRule } from '../../src/domain/logs/identity.ts';
import type { Ports } from '../../src/ports/ports.ts';

/** Fakes of every port. A test may replace single ones before it hands them to `system`. */
export const memoryPorts = () => {
  const clock = memoryClock();
  const random: Ports['random'] = () => 0.5;
  // Conflicts are retried at once: they wait for no time that a test looks at.
  const backoff = memoryBackoff({ sleep: () => new Promise((resolve) => setImmediate(resolve)), random });
  return {
    backoff,
    clock,
    ids: memoryIds(),
    logger: memoryLogger(),
    tasks: memoryTaskStore(),
    history: memoryTaskHistory(),
    projects: memoryProjectStore(),
    checkpoints: memoryCheckpoints(),
    // What a cache keeps room for is allocated at once: ten times this by default.
    cache: memoryTaskCache({ clock, capacity: 1_000 }),
    projectCache: memoryProjectCache({ clock }),
    feed: memoryChangeFeed({ clock }),
    source: memoryLogSource(),
    webhooks: memoryWebhookStore(),
    outbox: memoryOutbox({ clock }),
    secrets: memorySecrets(),
    keys: memoryKeyStore(),
    webhookClient: memoryWebhookClient(),
    random,
    sleep: memorySleep(clock),
  };
};

export type TestPorts = ReturnType<typeof memoryPorts>;

/**
 * The services exactly as the container wires them in production, on fakes. Several calls may share one set of ports:
 * each is its own process.
 */
export const system = async (ports: TestPorts = memoryPorts(), projectRules: readonly ProjectRule[] = []) => {
  const config = readConfig({
    ...{ MIYABI_BACKEND: 'memory', LOG_LEVEL: 'silent', WEBHOOK_ALLOW: '127.0.0.0/8' },
    // The cache of the fakes takes its place.
    CACHE: 'none',
  });
  const services = await compose({ ...config, projectRules }, overridesFrom(ports));
  return { ...services, ports };
};

export type System = Awaited<ReturnType<typeof system>>;

const overridesFrom = (ports: TestPorts): Partial<Ports> => ({
  backoff: ports.backoff,
  clock: ports.clock,
  ids: ports.ids,
  logger: ports.logger,
  random: ports.random,
  secrets: ports.secrets,
  sleep: ports.sleep,
  webhookClient: ports.webhookClient,
  taskStore: ports.tasks,
  taskTally: ports.tasks,
  taskHistory: ports.history,
  projectStore: ports.projects,
  checkpoints: ports.checkpoints,
  webhookStore: ports.webhooks,
  keyStore: ports.keys,
  outbox: ports.outbox,
  outboxQueues: ports.outbox,
  taskCache: ports.cache,
  taskListCache: ports.cache,
  projectCache: ports.projectCache,
  changeFeed: ports.feed,
  logSource: ports.source,
});
