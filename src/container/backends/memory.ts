import { memoryChangeFeed } from '../../adapters/memory/change-feed.ts';
import { memoryCheckpoints } from '../../adapters/memory/checkpoints.ts';
import { memoryKeyStore } from '../../adapters/memory/key-store.ts';
import { memoryLineStore } from '../../adapters/memory/line-store.ts';
import { memoryLogReader } from '../../adapters/memory/log-reader.ts';
import { memoryLogSource } from '../../adapters/memory/log-source.ts';
import { memoryOutbox } from '../../adapters/memory/outbox.ts';
import { memoryProjectCache } from '../../adapters/memory/project-cache.ts';
import { memoryProjectStore } from '../../adapters/memory/project-store.ts';
import { memoryRateLimiter } from '../../adapters/memory/rate-limiter.ts';
import { memoryTaskCache } from '../../adapters/memory/task-cache.ts';
import { memoryTaskHistory } from '../../adapters/memory/task-history.ts';
import { memoryTaskStore } from '../../adapters/memory/task-store.ts';
import { memoryWebhookStore } from '../../adapters/memory/webhook-store.ts';
import type { Backend, CachePorts, FeedPorts, LogSourcePorts, StorePorts } from '../backend.ts';

/** Memory is always up. */
const HEALTHY = { name: 'store', required: true, check: async () => undefined };

export const stores: Backend<StorePorts> = async (_config, { clock }) => {
  const tasks = memoryTaskStore();
  const outbox = memoryOutbox({ clock });
  return {
    ports: {
      taskStore: tasks,
      taskTally: tasks,
      taskHistory: memoryTaskHistory(),
      taskCommits: {},
      projectStore: memoryProjectStore(),
      checkpoints: memoryCheckpoints(),
      webhookStore: memoryWebhookStore(),
      outbox,
      outboxQueues: outbox,
      lineStore: memoryLineStore({ clock }),
      keyStore: memoryKeyStore(),
    },
    probes: [HEALTHY],
  };
};

export const cache: Backend<CachePorts> = async ({ rateLimit: limit }, { clock, steadyClock }) => {
  const tasks = memoryTaskCache({ clock });
  return {
    ports: {
      taskCache: tasks,
      taskListCache: tasks,
      projectCache: memoryProjectCache({ clock }),
      rateLimiter: memoryRateLimiter({ clock: steadyClock, limit }),
    },
  };
};

export const feed: Backend<FeedPorts> = async (_config, { clock }) => ({
  ports: { changeFeed: memoryChangeFeed({ clock }) },
});

export const logSource: Backend<LogSourcePorts> = async () => {
  const source = memoryLogSource();
  return { ports: { logSource: source, logReader: memoryLogReader({ source }) } };
};
