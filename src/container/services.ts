import { ContainerModule } from 'inversify';
import { cachedProjects } from '../services/cached-projects.ts';
import { collectorService } from '../services/collector.ts';
import { estimates } from '../services/estimates.ts';
import { eventService } from '../services/events.ts';
import { expectations } from '../services/expectations.ts';
import { healthService } from '../services/health.ts';
import { idempotencyService } from '../services/idempotency.ts';
import { keptLines } from '../services/kept-lines.ts';
import { keyService } from '../services/keys.ts';
import { linkSecret } from '../services/link-secret.ts';
import { logTextService } from '../services/log-text.ts';
import { metricsService } from '../services/metrics.ts';
import { createOutboxSignal } from '../services/outbox-signal.ts';
import { pingService } from '../services/pings.ts';
import { postedLogs } from '../services/posted-logs.ts';
import type { ProgressService } from '../services/progress.ts';
import { projectService } from '../services/projects.ts';
import { retryOnConflict } from '../services/retry-on-conflict.ts';
import { staleSweep } from '../services/staleness.ts';
import { taskCounter } from '../services/task-counter.ts';
import { taskLister } from '../services/task-list.ts';
import { taskLogService } from '../services/task-logs.ts';
import { taskWriter } from '../services/task-writer.ts';
import { taskService } from '../services/tasks.ts';
import { countingIngest, telemetry } from '../services/telemetry.ts';
import { webhookAnnouncer } from '../services/webhook-announcer.ts';
import { webhookSender } from '../services/webhook-sender.ts';
import { webhookService } from '../services/webhooks.ts';
import { lazyPort } from './lazy.ts';
import { providerOf } from './provide.ts';
import type { Bound } from './tokens.ts';

/** The services, on whatever ports the backends provide. */
export const services = new ContainerModule(({ bind }) => {
  const provide = providerOf(bind);
  provide('retryOnConflict', retryOnConflict, ['backoff']);
  provide('telemetry', telemetry, ['clock']);
  provide(
    'metricsService',
    ({ metricsOn, ...services }: Pick<Bound, 'metricsOn' | 'projectService' | 'telemetry' | 'clock'>) =>
      metricsService({ ...services, isOn: metricsOn }),
    ['metricsOn', 'projectService', 'telemetry', 'clock'],
  );
  provide('cachedProjectStore', cachedProjects, ['projectStore', 'projectCache', 'clock']);
  provide('projectService', projectService, [
    'cachedProjectStore',
    'projectCache',
    'webhookStore',
    'changeFeed',
    'clock',
    'ids',
    'retryOnConflict',
  ]);
  provide('taskCounter', taskCounter, [
    'cachedProjectStore',
    'taskStore',
    'taskTally',
    'changeFeed',
    'webhookAnnouncer',
    'clock',
    'logger',
    'retryOnConflict',
  ]);
  provide('taskWriter', taskWriter, [
    'taskStore',
    'taskHistory',
    'taskCommits',
    'taskCache',
    'changeFeed',
    'clock',
    'cachedProjectStore',
    'projectService',
    'taskCounter',
    'estimates',
    'retryOnConflict',
    'telemetry',
  ]);
  provide('taskLister', taskLister, ['taskStore', 'taskListCache', 'clock']);
  provide('estimates', estimates, ['checkpoints', 'clock', 'logger', 'retryOnConflict']);
  provide('staleSweep', staleSweep, ['taskStore', 'taskHistory', 'taskWriter', 'expectations', 'clock']);
  provide('expectations', expectations, ['checkpoints', 'taskStore', 'clock', 'retryOnConflict']);
  provide('pingService', pingService, ['taskService', 'expectations', 'clock']);
  provide('healthService', healthService, ['probes', 'steadyClock', 'logger', 'sleep']);
  provide('keptLines', keptLines, [
    'lineStore',
    'taskStore',
    'lineBounds',
    'clock',
    'ids',
    'logger',
    'retryOnConflict',
  ]);
  provide('taskService', taskService, [
    'taskStore',
    'taskHistory',
    'taskCache',
    'taskWriter',
    'estimates',
    'keptLines',
    'expectations',
    'clock',
    'ids',
    'telemetry',
  ]);
  // Most API requests carry no log lines: the code that reads them is loaded with the first line.
  provide(
    'progressService',
    ({ logFormats, telemetry: counter, ...ports }: ProgressPorts) =>
      lazyPort<ProgressService>({ ingest: 'promise' }, async () => {
        const { progressService } = await import('../services/progress.ts');
        return countingIngest(progressService({ ...ports, formats: await logFormats() }), counter);
      }),
    [
      'taskStore',
      'checkpoints',
      'taskWriter',
      'estimates',
      'retryOnConflict',
      'clock',
      'logFormats',
      'projectRules',
      'logger',
      'telemetry',
    ],
  );
  provide('postedLogs', postedLogs, ['progressService', 'keptLines']);
  provide('logTextService', logTextService, ['checkpoints', 'postedLogs', 'clock', 'retryOnConflict']);
  provide('taskLogService', taskLogService, ['taskService', 'keptLines', 'logReader', 'logSourceName']);
  provide('collectorService', collectorService, [
    'logSource',
    'taskStore',
    'checkpoints',
    'progressService',
    'logger',
    'telemetry',
  ]);
  provide('outboxSignal', createOutboxSignal, []);
  provide('webhookAnnouncer', webhookAnnouncer, ['webhookStore', 'outbox', 'outboxSignal', 'clock']);
  provide('webhookService', webhookService, [
    'projectService',
    'webhookStore',
    'outbox',
    'outboxQueues',
    'outboxSignal',
    'secrets',
    'clock',
    'ids',
    'webhookAllow',
    'retryOnConflict',
  ]);
  provide('webhookSender', webhookSender, [
    'webhookStore',
    'outbox',
    'outboxQueues',
    'webhookClient',
    'clock',
    'logger',
    'random',
    'sleep',
    'retryOnConflict',
    'taskLogService',
  ]);
  provide('eventService', eventService, ['changeFeed', 'steadyClock', 'logger', 'sleep']);
  provide('keyService', keyService, ['keyStore', 'secrets', 'clock', 'steadyClock', 'logger']);
  provide('idempotencyService', idempotencyService, ['checkpoints', 'clock', 'ids', 'logger']);
  provide(
    'linkSecret',
    ({ config, ...ports }: Pick<Bound, 'config' | 'checkpoints' | 'secrets' | 'retryOnConflict'>) =>
      linkSecret({ ...ports, configuredSecret: config.secret }),
    ['config', 'checkpoints', 'secrets', 'retryOnConflict'],
  );
});

type ProgressPorts = Pick<
  Bound,
  | 'taskStore'
  | 'checkpoints'
  | 'taskWriter'
  | 'estimates'
  | 'retryOnConflict'
  | 'clock'
  | 'logFormats'
  | 'projectRules'
  | 'logger'
  | 'telemetry'
>;
