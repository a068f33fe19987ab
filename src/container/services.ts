import { ContainerModule } from 'inversify';
import { cachedProjects } from '../services/cached-projects.ts';
import { collectorService } from '../services/collector.ts';
import { estimates } from '../services/estimates.ts';
import { eventService } from '../services/events.ts';
import { healthService } from '../services/health.ts';
import { idempotencyService } from '../services/idempotency.ts';
import { logTextService } from '../services/log-text.ts';
import { createOutboxSignal } from '../services/outbox-signal.ts';
import { withParents } from '../services/parents.ts';
import { projectService } from '../services/projects.ts';
import { staleSweep } from '../services/staleness.ts';
import { taskCounter } from '../services/task-counter.ts';
import { taskLister } from '../services/task-list.ts';
import { taskWalk } from '../services/task-walk.ts';
import { taskWriter } from '../services/task-writer.ts';
import { taskService } from '../services/tasks.ts';
import { webhookAnnouncer } from '../services/webhook-announcer.ts';
import { webhookSender } from '../services/webhook-sender.ts';
import { webhookService } from '../services/webhooks.ts';
import { watched } from '../services/write-window.ts';
import { late } from './late.ts';
import { TOKENS } from './tokens.ts';

/** What the system does, on whatever ports the backends bind. */
export const services = new ContainerModule(({ bind }) => {
  bind(TOKENS.cachedProjectStore).toResolvedValue(cachedProjects, [
    TOKENS.projectStore,
    TOKENS.projectCache,
    TOKENS.clock,
  ]);
  bind(TOKENS.projectService).toResolvedValue(projectService, [
    TOKENS.cachedProjectStore,
    TOKENS.projectCache,
    TOKENS.webhookStore,
    TOKENS.changeFeed,
    TOKENS.clock,
    TOKENS.ids,
  ]);
  bind(TOKENS.taskCounter).toResolvedValue(taskCounter, [
    TOKENS.cachedProjectStore,
    TOKENS.taskStore,
    TOKENS.taskTally,
    TOKENS.changeFeed,
    TOKENS.webhookAnnouncer,
    TOKENS.clock,
    TOKENS.logger,
  ]);
  bind(TOKENS.taskWriter).toResolvedValue(
    (tasks, history, cache, feed, counter, windows) => {
      const writer = watched(taskWriter(tasks, history, cache, feed, counter, windows), windows);
      return withParents(writer, tasks, windows);
    },
    [
      TOKENS.taskStore,
      TOKENS.taskHistory,
      TOKENS.taskCache,
      TOKENS.changeFeed,
      TOKENS.taskCounter,
      TOKENS.writeWindows,
    ],
  );
  bind(TOKENS.taskWalk).toResolvedValue(taskWalk, [TOKENS.taskStore, TOKENS.taskLister, TOKENS.writeWindows]);
  bind(TOKENS.taskLister).toResolvedValue(taskLister, [TOKENS.taskStore, TOKENS.taskListCache]);
  bind(TOKENS.estimates).toResolvedValue(estimates, [TOKENS.checkpoints, TOKENS.clock, TOKENS.logger]);
  bind(TOKENS.staleSweep).toResolvedValue(staleSweep, [
    TOKENS.taskStore,
    TOKENS.taskHistory,
    TOKENS.taskWriter,
    TOKENS.clock,
  ]);
  bind(TOKENS.healthService).toResolvedValue(healthService, [TOKENS.probes, TOKENS.clock, TOKENS.logger]);
  bind(TOKENS.taskService).toResolvedValue(taskService, [
    TOKENS.taskStore,
    TOKENS.taskHistory,
    TOKENS.taskCache,
    TOKENS.taskWriter,
    TOKENS.projectService,
    TOKENS.estimates,
    TOKENS.clock,
    TOKENS.ids,
  ]);
  // Most of what is asked of an API has no line of a log in it: what reads them is loaded with the first.
  bind(TOKENS.progressService).toResolvedValue(
    (tasks, checkpoints, writer, projects, estimate, clock, formats, rules) =>
      late(async () => {
        const { progressService } = await import('../services/progress.ts');
        return progressService(tasks, checkpoints, writer, projects, estimate, clock, await formats(), rules);
      }),
    [
      TOKENS.taskStore,
      TOKENS.checkpoints,
      TOKENS.taskWriter,
      TOKENS.projectService,
      TOKENS.estimates,
      TOKENS.clock,
      TOKENS.logFormats,
      TOKENS.projectRules,
    ],
  );
  bind(TOKENS.logTextService).toResolvedValue(logTextService, [
    TOKENS.checkpoints,
    TOKENS.progressService,
    TOKENS.clock,
  ]);
  bind(TOKENS.collectorService).toResolvedValue(collectorService, [
    TOKENS.logSource,
    TOKENS.taskStore,
    TOKENS.checkpoints,
    TOKENS.progressService,
    TOKENS.logger,
  ]);
  bind(TOKENS.outboxSignal).toResolvedValue(createOutboxSignal);
  bind(TOKENS.webhookAnnouncer).toResolvedValue(webhookAnnouncer, [
    TOKENS.webhookStore,
    TOKENS.outbox,
    TOKENS.outboxSignal,
    TOKENS.clock,
  ]);
  bind(TOKENS.webhookService).toResolvedValue(
    (projects, store, outbox, queues, outboxSignal, secrets, clock, ids, { webhookAllow }) =>
      webhookService(projects, store, outbox, queues, outboxSignal, secrets, clock, ids, webhookAllow),
    [
      TOKENS.projectService,
      TOKENS.webhookStore,
      TOKENS.outbox,
      TOKENS.outboxQueues,
      TOKENS.outboxSignal,
      TOKENS.secrets,
      TOKENS.clock,
      TOKENS.ids,
      TOKENS.config,
    ],
  );
  bind(TOKENS.webhookSender).toResolvedValue(
    (store, outbox, queues, client, clock, logger) =>
      webhookSender(store, outbox, queues, client, clock, logger),
    [
      TOKENS.webhookStore,
      TOKENS.outbox,
      TOKENS.outboxQueues,
      TOKENS.webhookClient,
      TOKENS.clock,
      TOKENS.logger,
    ],
  );
  bind(TOKENS.eventService).toResolvedValue(eventService, [TOKENS.changeFeed, TOKENS.clock, TOKENS.logger]);
  bind(TOKENS.idempotencyService).toResolvedValue(idempotencyService, [
    TOKENS.checkpoints,
    TOKENS.clock,
    TOKENS.ids,
    TOKENS.logger,
  ]);
});
