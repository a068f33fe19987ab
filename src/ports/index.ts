/** What an adapter from outside implements, and the rules of the domain that it needs. docs/adapters.md */
export type { StoredKey } from '../domain/api-keys.ts';
export { invalidField, isMiyabiError, MiyabiError, unavailable, versionConflict } from '../domain/errors.ts';
export type { Json } from '../domain/json.ts';
export type { LogEvent, LogOrigin } from '../domain/logs/event.ts';
export type { Page } from '../domain/page.ts';
export { type Counted, isSameCount } from '../domain/projects/metrics.ts';
export type { Project, StoredProject } from '../domain/projects/project.ts';
export { isAccounted } from '../domain/tasks/events.ts';
export { byNewest, matchesFilter, type TaskFilter, type TaskPosition } from '../domain/tasks/list.ts';
export type { HistoryPoint } from '../domain/tasks/progress.ts';
export { TASK_STATUSES, type TaskStatus } from '../domain/tasks/status.ts';
export type { StoredTask, Task } from '../domain/tasks/task.ts';
export type { Delivery, LastDelivery } from '../domain/webhooks/delivery.ts';
export type { ProjectWebhooks, Webhook } from '../domain/webhooks/webhook.ts';
export {
  BACKEND_CONTRACT,
  type BackendModule,
  type CachePorts,
  type FeedPorts,
  type LogSourcePorts,
  type ModuleSettings,
  type ModuleStores,
  type OpenBackend,
  type OpenModule,
  type SetUpStep,
  type StorePorts,
  type SystemPorts,
} from './backend.ts';
export type { Backoff, BackoffPolicy } from './backoff.ts';
export type { Change, ChangeFeed, FeedEntry } from './change-feed.ts';
export type { Checkpoint, Checkpoints } from './checkpoints.ts';
export type { Clock } from './clock.ts';
export type { Ids } from './ids.ts';
export type { KeyStore } from './key-store.ts';
export type { LineStore, LineWrite, StoredChunk, StoredIndex } from './line-store.ts';
export { type LinePage, type LineQuery, type LogReader, type ReadLine, STREAM_START } from './log-reader.ts';
export type { LogPage, LogQuery, LogSource, StreamEvents } from './log-source.ts';
export type { LogFields, Logger } from './logger.ts';
export { KNOWN_MS, type Outbox, type OutboxQueues, type QueueClaim } from './outbox.ts';
export type { Probe } from './probe.ts';
export type { ProjectAnswer, ProjectCache, ProjectDocument } from './project-cache.ts';
export type { ProjectQuery, ProjectStore } from './project-store.ts';
export type { Random } from './random.ts';
export type { RateAnswer, RateLimiter } from './rate-limiter.ts';
export type { Secrets } from './secrets.ts';
export type { Sleep } from './sleep.ts';
export { CACHE_TTL, type CacheAnswer, type TaskCache, type TaskDocument } from './task-cache.ts';
export type { Committed, TaskCommits } from './task-commits.ts';
export {
  LIST_CACHE,
  type ListAnswer,
  type ListTicket,
  type TaskListCache,
  type TaskListPage,
} from './task-list-cache.ts';
export type { HistoryQuery, TaskHistory, TaskQuery, TaskStore } from './task-store.ts';
export type { TaskTally } from './task-tally.ts';
export type { WebhookStore } from './webhook-store.ts';
