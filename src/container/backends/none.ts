import { memoryRateLimiter } from '../../adapters/memory/rate-limiter.ts';
import type { ProjectCache } from '../../ports/project-cache.ts';
import type { TaskCache } from '../../ports/task-cache.ts';
import type { TaskListCache } from '../../ports/task-list-cache.ts';
import type { Backend, CachePorts } from '../backend.ts';

/** No cache: it is always empty, so every read goes to the store. */
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

export const cache: Backend<CachePorts> = async ({ rateLimit: limit }, { steadyClock: clock }) => ({
  ports: {
    taskCache: noTaskCache,
    taskListCache: noTaskCache,
    projectCache: noProjectCache,
    rateLimiter: memoryRateLimiter({ clock, limit }),
  },
});
