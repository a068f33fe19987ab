import { memoryChangeFeed } from '../../src/adapters/memory/change-feed.ts';
import { memoryCheckpoints } from '../../src/adapters/memory/checkpoints.ts';
import { memoryClock } from '../../src/adapters/memory/clock.ts';
import { memoryIds } from '../../src/adapters/memory/ids.ts';
import { memoryLogSource } from '../../src/adapters/memory/log-source.ts';
import { memoryLogger } from '../../src/adapters/memory/logger.ts';
import { memoryOutbox } from '../../src/adapters/memory/outbox.ts';
import { memoryProjectCache } from '../../src/adapters/memory/project-cache.ts';
import { memoryProjectStore } from '../../src/adapters/memory/project-store.ts';
import { memorySecrets } from '../../src/adapters/memory/secrets.ts';
import { memoryTaskCache } from '../../src/adapters/memory/task-cache.ts';
import { memoryTaskHistory } from '../../src/adapters/memory/task-history.ts';
import { memoryTaskStore } from '../../src/adapters/memory/task-store.ts';
import { memoryWebhookStore } from '../../src/adapters/memory/webhook-store.ts';
import { builtInFormats } from '../../src/domain/logs/formats/registry.ts';
import type { ProjectRule } from '../../src/domain/logs/identity.ts';
import { parseRange } from '../../src/domain/webhooks/address.ts';
import { cachedProjects } from '../../src/services/cached-projects.ts';
import { collectorService } from '../../src/services/collector.ts';
import { estimates } from '../../src/services/estimates.ts';
import { createOutboxSignal } from '../../src/services/outbox-signal.ts';
import { progressService } from '../../src/services/progress.ts';
import { projectService } from '../../src/services/projects.ts';
import { staleSweep } from '../../src/services/staleness.ts';
import { taskCounter } from '../../src/services/task-counter.ts';
import { taskWriter } from '../../src/services/task-writer.ts';
import { taskService } from '../../src/services/tasks.ts';
import { webhookAnnouncer } from '../../src/services/webhook-announcer.ts';
import { webhookService } from '../../src/services/webhooks.ts';

/** The ports that a test may put in the place of the fakes. */
export const memoryPorts = () => {
  const clock = memoryClock();
  return {
    clock,
    ids: memoryIds(),
    logger: memoryLogger(),
    tasks: memoryTaskStore(),
    history: memoryTaskHistory(),
    projects: memoryProjectStore(),
    checkpoints: memoryCheckpoints(),
    cache: memoryTaskCache({ clock }),
    projectCache: memoryProjectCache({ clock }),
    feed: memoryChangeFeed({ clock }),
    source: memoryLogSource(),
    webhooks: memoryWebhookStore(),
    outbox: memoryOutbox({ clock }),
    secrets: memorySecrets(),
  };
};

/** Where webhooks of the tests may lead. */
const ALLOWED = [parseRange('127.0.0.0/8')].filter((range) => range !== undefined);

export type TestPorts = ReturnType<typeof memoryPorts>;

/** The services as the container wires them, on fakes; `processes` of them may share one set of ports. */
export const system = (ports: TestPorts = memoryPorts(), rules: readonly ProjectRule[] = []) => {
  const nearStore = cachedProjects(ports.projects, ports.projectCache, ports.clock);
  const projects = projectService(
    nearStore,
    ports.projectCache,
    ports.webhooks,
    ports.feed,
    ports.clock,
    ports.ids,
  );
  const outboxSignal = createOutboxSignal();
  const announce = webhookAnnouncer(ports.webhooks, ports.outbox, outboxSignal, ports.clock);
  const counter = taskCounter(
    nearStore,
    ports.tasks,
    ports.tasks,
    ports.feed,
    announce,
    ports.clock,
    ports.logger,
  );
  const webhooks = webhookService(
    projects,
    ports.webhooks,
    ports.outbox,
    ports.outbox,
    outboxSignal,
    ports.secrets,
    ports.clock,
    ports.ids,
    ALLOWED,
  );
  const writer = taskWriter(ports.tasks, ports.history, ports.cache, ports.feed, counter, ports.clock);
  const estimate = estimates(ports.checkpoints, ports.clock, ports.logger);
  const tasks = taskService(
    ports.tasks,
    ports.history,
    ports.cache,
    writer,
    projects,
    estimate,
    ports.clock,
    ports.ids,
  );
  const sweepStale = staleSweep(ports.tasks, ports.history, writer, ports.clock);
  const progress = progressService(
    ports.tasks,
    ports.checkpoints,
    writer,
    projects,
    estimate,
    ports.clock,
    builtInFormats,
    rules,
  );
  const collector = collectorService(ports.source, ports.tasks, ports.checkpoints, progress, ports.logger);
  return { sweepStale, ports, counter, projects, webhooks, writer, tasks, progress, collector };
};
