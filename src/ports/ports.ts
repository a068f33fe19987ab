import type { Backoff } from './backoff.ts';
import type { ChangeFeed } from './change-feed.ts';
import type { Checkpoints } from './checkpoints.ts';
import type { Clock } from './clock.ts';
import type { Ids } from './ids.ts';
import type { KeyStore } from './key-store.ts';
import type { LineStore } from './line-store.ts';
import type { LogReader } from './log-reader.ts';
import type { LogSource } from './log-source.ts';
import type { Logger } from './logger.ts';
import type { Outbox, OutboxQueues } from './outbox.ts';
import type { ProjectCache } from './project-cache.ts';
import type { ProjectStore } from './project-store.ts';
import type { Random } from './random.ts';
import type { RateLimiter } from './rate-limiter.ts';
import type { Secrets } from './secrets.ts';
import type { Sleep } from './sleep.ts';
import type { TaskCache } from './task-cache.ts';
import type { TaskCommits } from './task-commits.ts';
import type { TaskListCache } from './task-list-cache.ts';
import type { TaskHistory, TaskStore } from './task-store.ts';
import type { TaskTally } from './task-tally.ts';
import type { WebhookClient } from './webhook-client.ts';
import type { WebhookStore } from './webhook-store.ts';

/** Every port under the name by which services ask for it. A service picks the ones it needs. */
export type Ports = Readonly<{
  backoff: Backoff;
  clock: Clock;
  /** For limits, timeouts and measurements: it does not jump when the machine's clock is set. */
  steadyClock: Clock;
  ids: Ids;
  logger: Logger;
  random: Random;
  secrets: Secrets;
  sleep: Sleep;
  webhookClient: WebhookClient;

  taskStore: TaskStore;
  taskTally: TaskTally;
  taskHistory: TaskHistory;
  taskCommits: TaskCommits;
  projectStore: ProjectStore;
  checkpoints: Checkpoints;
  webhookStore: WebhookStore;
  outbox: Outbox;
  outboxQueues: OutboxQueues;
  lineStore: LineStore;
  keyStore: KeyStore;

  taskCache: TaskCache;
  taskListCache: TaskListCache;
  projectCache: ProjectCache;
  rateLimiter: RateLimiter;

  changeFeed: ChangeFeed;
  logSource: LogSource;
  logReader: LogReader;
}>;
