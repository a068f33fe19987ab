import type { ServiceIdentifier } from 'inversify';
import type { Config } from '../config.ts';
import type { LogFormat } from '../domain/logs/format.ts';
import type { ProjectRule } from '../domain/logs/identity.ts';
import type { LineBounds } from '../domain/logs/kept-lines.ts';
import type { LineSource } from '../domain/logs/log-place.ts';
import type { AddressRange } from '../domain/webhooks/address.ts';
import type { Ports } from '../ports/ports.ts';
import type { Probe } from '../ports/probe.ts';
import type { CachedProjectStore } from '../services/cached-projects.ts';
import type { CollectorService } from '../services/collector.ts';
import type { Estimates } from '../services/estimates.ts';
import type { EventService } from '../services/events.ts';
import type { Expectations } from '../services/expectations.ts';
import type { HealthService } from '../services/health.ts';
import type { IdempotencyService } from '../services/idempotency.ts';
import type { KeptLines } from '../services/kept-lines.ts';
import type { KeyService } from '../services/keys.ts';
import type { LinkSecret } from '../services/link-secret.ts';
import type { LogTextService } from '../services/log-text.ts';
import type { MetricsService } from '../services/metrics.ts';
import type { OutboxSignal } from '../services/outbox-signal.ts';
import type { PingService } from '../services/pings.ts';
import type { PostedLogs } from '../services/posted-logs.ts';
import type { ProgressService } from '../services/progress.ts';
import type { ProjectService } from '../services/projects.ts';
import type { RetryOnConflict } from '../services/retry-on-conflict.ts';
import type { StaleSweep } from '../services/staleness.ts';
import type { TaskCounter } from '../services/task-counter.ts';
import type { TaskLister } from '../services/task-list.ts';
import type { TaskLogService } from '../services/task-logs.ts';
import type { TaskWriter } from '../services/task-writer.ts';
import type { TaskService } from '../services/tasks.ts';
import type { Telemetry } from '../services/telemetry.ts';
import type { WebhookAnnouncer } from '../services/webhook-announcer.ts';
import type { WebhookSender } from '../services/webhook-sender.ts';
import type { WebhookService } from '../services/webhooks.ts';

const token = <T>(name: string): ServiceIdentifier<T> => Symbol(name);
const port = <Name extends keyof Ports>(name: Name): ServiceIdentifier<Ports[Name]> => Symbol(name);

/** A token for every port: a port without one fails to compile. */
export const PORTS: Readonly<{ [Name in keyof Ports]: ServiceIdentifier<Ports[Name]> }> = {
  backoff: port('backoff'),
  clock: port('clock'),
  steadyClock: port('steadyClock'),
  ids: port('ids'),
  logger: port('logger'),
  random: port('random'),
  secrets: port('secrets'),
  sleep: port('sleep'),
  webhookClient: port('webhookClient'),

  taskStore: port('taskStore'),
  taskTally: port('taskTally'),
  taskHistory: port('taskHistory'),
  taskCommits: port('taskCommits'),
  projectStore: port('projectStore'),
  checkpoints: port('checkpoints'),
  webhookStore: port('webhookStore'),
  outbox: port('outbox'),
  outboxQueues: port('outboxQueues'),
  lineStore: port('lineStore'),
  keyStore: port('keyStore'),

  taskCache: port('taskCache'),
  taskListCache: port('taskListCache'),
  projectCache: port('projectCache'),
  rateLimiter: port('rateLimiter'),

  changeFeed: port('changeFeed'),
  logSource: port('logSource'),
  logReader: port('logReader'),
};

export const TOKENS = {
  ...PORTS,

  config: token<Config>('config'),
  probes: token<readonly Probe[]>('probes'),
  logFormats: token<() => Promise<readonly LogFormat[]>>('logFormats'),
  projectRules: token<readonly ProjectRule[]>('projectRules'),
  webhookAllow: token<readonly AddressRange[]>('webhookAllow'),
  lineBounds: token<LineBounds | undefined>('lineBounds'),
  logSourceName: token<LineSource>('logSourceName'),

  cachedProjectStore: token<CachedProjectStore>('cachedProjectStore'),
  projectService: token<ProjectService>('projectService'),
  retryOnConflict: token<RetryOnConflict>('retryOnConflict'),
  taskCounter: token<TaskCounter>('taskCounter'),
  taskWriter: token<TaskWriter>('taskWriter'),
  taskLister: token<TaskLister>('taskLister'),
  estimates: token<Estimates>('estimates'),
  expectations: token<Expectations>('expectations'),
  pingService: token<PingService>('pingService'),
  staleSweep: token<StaleSweep>('staleSweep'),
  metricsOn: token<boolean>('metricsOn'),
  telemetry: token<Telemetry>('telemetry'),
  metricsService: token<MetricsService>('metricsService'),
  healthService: token<HealthService>('healthService'),
  taskService: token<TaskService>('taskService'),
  progressService: token<ProgressService>('progressService'),
  keptLines: token<KeptLines>('keptLines'),
  postedLogs: token<PostedLogs>('postedLogs'),
  taskLogService: token<TaskLogService>('taskLogService'),
  logTextService: token<LogTextService>('logTextService'),
  collectorService: token<CollectorService>('collectorService'),
  eventService: token<EventService>('eventService'),
  outboxSignal: token<OutboxSignal>('outboxSignal'),
  webhookAnnouncer: token<WebhookAnnouncer>('webhookAnnouncer'),
  webhookService: token<WebhookService>('webhookService'),
  webhookSender: token<WebhookSender>('webhookSender'),
  keyService: token<KeyService>('keyService'),
  idempotencyService: token<IdempotencyService>('idempotencyService'),
  linkSecret: token<LinkSecret>('linkSecret'),
} as const;

/** What is bound, by its name. */
export type Bound = Readonly<{
  [Name in keyof typeof TOKENS]: (typeof TOKENS)[Name] extends ServiceIdentifier<infer T> ? T : never;
}>;
