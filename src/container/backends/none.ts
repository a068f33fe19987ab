import { ContainerModule } from 'inversify';
import { memoryRateLimiter } from '../../adapters/memory/rate-limiter.ts';
import type { ProjectCache } from '../../ports/project-cache.ts';
import type { TaskCache } from '../../ports/task-cache.ts';
import type { TaskListCache } from '../../ports/task-list-cache.ts';
import { TOKENS } from '../tokens.ts';

/** No cache: it never knows anything, and every read goes to the store. */
const noTaskCache: TaskCache & TaskListCache = {
  async find() {
    return undefined;
  },
  async save() {},
  async markAbsent() {},
  async remove() {},
  async page() {
    return {};
  },
  async fill() {},
};

const noProjectCache: ProjectCache = {
  async find() {
    return undefined;
  },
  async save() {},
  async markAbsent() {},
  async remove() {},
};

export const cache = new ContainerModule(({ bind }) => {
  bind(TOKENS.taskCache).toConstantValue(noTaskCache);
  bind(TOKENS.projectCache).toConstantValue(noProjectCache);
  bind(TOKENS.taskListCache).toConstantValue(noTaskCache);
  bind(TOKENS.rateLimiter).toResolvedValue(
    (clock, { rateLimit }) => memoryRateLimiter({ clock, limit: rateLimit }),
    [TOKENS.clock, TOKENS.config],
  );
});
