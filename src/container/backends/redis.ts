import { ContainerModule } from 'inversify';
import { memoryRateLimiter } from '../../adapters/memory/rate-limiter.ts';
import { redisChangeFeed } from '../../adapters/redis/change-feed.ts';
import { redisClient } from '../../adapters/redis/connection.ts';
import { type RedisLink, redisLink } from '../../adapters/redis/link.ts';
import { redisProjectCache } from '../../adapters/redis/project-cache.ts';
import { redisRateLimiter } from '../../adapters/redis/rate-limiter.ts';
import { redisTaskCache } from '../../adapters/redis/task-cache.ts';
import { systemClock } from '../../adapters/system/clock.ts';
import type { Config } from '../../config.ts';
import { MiyabiError } from '../../domain/errors.ts';
import type { Logger } from '../../ports/logger.ts';
import type { Backend } from '../backend.ts';
import { TOKENS } from '../tokens.ts';

export const cache: Backend = async (config, logger) => {
  const link = linkFor(config, logger);
  const module = new ContainerModule(({ bind }) => {
    bind(TOKENS.redisTaskCache).toResolvedValue(
      (clock) => redisTaskCache({ redis: link, clock }),
      [TOKENS.clock],
    );
    bind(TOKENS.projectCache).toResolvedValue(
      (clock) => redisProjectCache({ redis: link, clock }),
      [TOKENS.clock],
    );
    bind(TOKENS.taskCache).toService(TOKENS.redisTaskCache);
    bind(TOKENS.taskListCache).toService(TOKENS.redisTaskCache);
    bind(TOKENS.rateLimiter).toResolvedValue(
      (clock) =>
        redisRateLimiter({
          redis: link,
          clock,
          limit: config.rateLimit,
          fallback: memoryRateLimiter({ clock, limit: config.rateLimit }),
        }),
      [TOKENS.clock],
    );
  });
  return { module, close: () => release(config), probes: [probeOf('cache', link)] };
};

export const feed: Backend = async (config, logger) => {
  const link = linkFor(config, logger);
  const module = new ContainerModule(({ bind }) => {
    bind(TOKENS.changeFeed).toResolvedValue(() => redisChangeFeed({ redis: link }));
  });
  return { module, close: () => release(config), probes: [probeOf('feed', link)] };
};

const probeOf = (name: string, link: RedisLink) => ({
  name,
  required: false,
  check: async () => {
    await link.ping();
  },
});

/** Cache and feed of one configuration share a connection; the last to let go of it closes it. */
const links = new Map<Config, { link: RedisLink; users: number }>();

const linkFor = (config: Config, logger: Logger): RedisLink => {
  const shared = links.get(config);
  if (shared !== undefined) {
    shared.users += 1;
    return shared.link;
  }
  const { redis } = config;
  if (redis === undefined) throw new MiyabiError('configuration', 'REDIS_ENDPOINT must be set to use Redis');
  const link = redisLink({ connect: () => redisClient(redis), clock: systemClock(), logger });
  links.set(config, { link, users: 1 });
  return link;
};

const release = async (config: Config): Promise<void> => {
  const shared = links.get(config);
  if (shared === undefined) return;
  shared.users -= 1;
  if (shared.users > 0) return;
  links.delete(config);
  await shared.link.close();
};
