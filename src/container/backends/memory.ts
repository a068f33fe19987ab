import { ContainerModule } from 'inversify';
import { memoryChangeFeed } from '../../adapters/memory/change-feed.ts';
import { memoryCheckpoints } from '../../adapters/memory/checkpoints.ts';
import { memoryLogSource } from '../../adapters/memory/log-source.ts';
import { memoryOutbox } from '../../adapters/memory/outbox.ts';
import { memoryProjectCache } from '../../adapters/memory/project-cache.ts';
import { memoryProjectStore } from '../../adapters/memory/project-store.ts';
import { memoryRateLimiter } from '../../adapters/memory/rate-limiter.ts';
import { memoryTaskCache } from '../../adapters/memory/task-cache.ts';
import { memoryTaskHistory } from '../../adapters/memory/task-history.ts';
import { memoryTaskStore } from '../../adapters/memory/task-store.ts';
import { memoryWebhookStore } from '../../adapters/memory/webhook-store.ts';
import { TOKENS } from '../tokens.ts';

export const stores = new ContainerModule(({ bind }) => {
  bind(TOKENS.memoryTaskStore).toResolvedValue(memoryTaskStore);
  bind(TOKENS.taskStore).toService(TOKENS.memoryTaskStore);
  bind(TOKENS.taskTally).toService(TOKENS.memoryTaskStore);
  bind(TOKENS.taskHistory).toResolvedValue(memoryTaskHistory);
  bind(TOKENS.projectStore).toResolvedValue(memoryProjectStore);
  bind(TOKENS.checkpoints).toResolvedValue(memoryCheckpoints);
  bind(TOKENS.webhookStore).toResolvedValue(memoryWebhookStore);
  bind(TOKENS.outboxAndQueues).toResolvedValue((clock) => memoryOutbox({ clock }), [TOKENS.clock]);
  bind(TOKENS.outbox).toService(TOKENS.outboxAndQueues);
  bind(TOKENS.outboxQueues).toService(TOKENS.outboxAndQueues);
});

export const cache = new ContainerModule(({ bind }) => {
  bind(TOKENS.memoryTaskCache).toResolvedValue((clock) => memoryTaskCache({ clock }), [TOKENS.clock]);
  bind(TOKENS.projectCache).toResolvedValue((clock) => memoryProjectCache({ clock }), [TOKENS.clock]);
  bind(TOKENS.taskCache).toService(TOKENS.memoryTaskCache);
  bind(TOKENS.taskListCache).toService(TOKENS.memoryTaskCache);
  bind(TOKENS.rateLimiter).toResolvedValue(
    (clock, { rateLimit }) => memoryRateLimiter({ clock, limit: rateLimit }),
    [TOKENS.clock, TOKENS.config],
  );
});

export const feed = new ContainerModule(({ bind }) => {
  bind(TOKENS.changeFeed).toResolvedValue((clock) => memoryChangeFeed({ clock }), [TOKENS.clock]);
});

export const logSource = new ContainerModule(({ bind }) => {
  bind(TOKENS.logSource).toResolvedValue(() => memoryLogSource());
});
