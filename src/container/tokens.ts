import type { ServiceIdentifier } from 'inversify';
import type { Config } from '../config.ts';
import type { LogFormat } from '../domain/logs/format.ts';
import type { ProjectRule } from '../domain/logs/identity.ts';
import type { ChangeFeed } from '../ports/change-feed.ts';
import type { Checkpoints } from '../ports/checkpoints.ts';
import type { Clock } from '../ports/clock.ts';
import type { Ids } from '../ports/ids.ts';
import type { LogSource } from '../ports/log-source.ts';
import type { Logger } from '../ports/logger.ts';
import type { Outbox, OutboxQueues } from '../ports/outbox.ts';
import type { Probe } from '../ports/probe.ts';
import type { ProjectCache } from '../ports/project-cache.ts';
import type { ProjectStore } from '../ports/project-store.ts';
import type { RateLimiter } from '../ports/rate-limiter.ts';
import type { Secrets } from '../ports/secrets.ts';
import type { TaskCache } from '../ports/task-cache.ts';
import type { TaskListCache } from '../ports/task-list-cache.ts';
import type { TaskHistory, TaskStore } from '../ports/task-store.ts';
import type { TaskTally } from '../ports/task-tally.ts';
import type { WebhookClient } from '../ports/webhook-client.ts';
import type { WebhookStore } from '../ports/webhook-store.ts';
import type { CollectorService } from '../services/collector.ts';
import type { Estimates } from '../services/estimates.ts';
import type { EventService } from '../services/events.ts';
import type { HealthService } from '../services/health.ts';
import type { IdempotencyService } from '../services/idempotency.ts';
import type { LogTextService } from '../services/log-text.ts';
import type { OutboxSignal } from '../services/outbox-signal.ts';
import type { ProgressService } from '../services/progress.ts';
import type { ProjectService } from '../services/projects.ts';
import type { StaleSweep } from '../services/staleness.ts';
import type { TaskCounter } from '../services/task-counter.ts';
import type { TaskLister } from '../services/task-list.ts';
import type { TaskWalk } from '../services/task-walk.ts';
import type { TaskWriter } from '../services/task-writer.ts';
import type { TaskService } from '../services/tasks.ts';
import type { WebhookAnnouncer } from '../services/webhook-announcer.ts';
import type { WebhookSender } from '../services/webhook-sender.ts';
import type { WebhookService } from '../services/webhooks.ts';
import type { WriteWindows } from '../services/write-window.ts';

const token = <T>(name: string): ServiceIdentifier<T> => Symbol(name);

export const TOKENS = {
  config: token<Config>('Config'),
  clock: token<Clock>('Clock'),
  ids: token<Ids>('Ids'),
  logger: token<Logger>('Logger'),

  taskStore: token<TaskStore>('TaskStore'),
  taskHistory: token<TaskHistory>('TaskHistory'),
  taskTally: token<TaskTally>('TaskTally'),
  projectStore: token<ProjectStore>('ProjectStore'),
  cachedProjectStore: token<ProjectStore>('NearProjectStore'),
  projectCache: token<ProjectCache>('ProjectCache'),
  checkpoints: token<Checkpoints>('Checkpoints'),
  taskCache: token<TaskCache>('TaskCache'),
  taskListCache: token<TaskListCache>('TaskListCache'),
  memoryTaskCache: token<TaskCache & TaskListCache>('MemoryTaskCache'),
  memoryTaskStore: token<TaskStore & TaskTally>('MemoryTaskStore'),
  redisTaskCache: token<TaskCache & TaskListCache>('RedisTaskCache'),
  changeFeed: token<ChangeFeed>('ChangeFeed'),
  rateLimiter: token<RateLimiter>('RateLimiter'),
  logSource: token<LogSource>('LogSource'),
  webhookStore: token<WebhookStore>('WebhookStore'),
  outboxAndQueues: token<Outbox & OutboxQueues>('OutboxAndQueues'),
  outbox: token<Outbox>('Outbox'),
  outboxQueues: token<OutboxQueues>('OutboxQueues'),
  outboxSignal: token<OutboxSignal>('OutboxSignal'),
  webhookClient: token<WebhookClient>('WebhookClient'),
  secrets: token<Secrets>('Secrets'),

  probes: token<readonly Probe[]>('Probes'),
  logFormats: token<() => Promise<readonly LogFormat[]>>('LogFormats'),
  projectRules: token<readonly ProjectRule[]>('ProjectRules'),

  projectService: token<ProjectService>('ProjectService'),
  taskCounter: token<TaskCounter>('TaskCounter'),
  taskWriter: token<TaskWriter>('TaskWriter'),
  writeWindows: token<WriteWindows>('WriteWindows'),
  taskWalk: token<TaskWalk>('TaskWalk'),
  taskLister: token<TaskLister>('TaskLister'),
  estimates: token<Estimates>('Estimates'),
  staleSweep: token<StaleSweep>('StaleSweep'),
  healthService: token<HealthService>('HealthService'),
  taskService: token<TaskService>('TaskService'),
  progressService: token<ProgressService>('ProgressService'),
  logTextService: token<LogTextService>('LogTextService'),
  collectorService: token<CollectorService>('CollectorService'),
  eventService: token<EventService>('EventService'),
  webhookAnnouncer: token<WebhookAnnouncer>('WebhookAnnouncer'),
  webhookService: token<WebhookService>('WebhookService'),
  webhookSender: token<WebhookSender>('WebhookSender'),
  idempotencyService: token<IdempotencyService>('IdempotencyService'),
} as const;
