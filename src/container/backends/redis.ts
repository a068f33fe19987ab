import { memoryRateLimiter } from '../../adapters/memory/rate-limiter.ts';
import { redisChangeFeed } from '../../adapters/redis/change-feed.ts';
import { redisClient } from '../../adapters/redis/connection.ts';
import { type RedisLink, redisLink } from '../../adapters/redis/link.ts';
import { redisPasswords } from '../../adapters/redis/passwords.ts';
import { redisProjectCache } from '../../adapters/redis/project-cache.ts';
import { redisRateLimiter } from '../../adapters/redis/rate-limiter.ts';
import { redisTaskCache } from '../../adapters/redis/task-cache.ts';
import type { Config } from '../../config.ts';
import { MiyabiError } from '../../domain/errors.ts';
import type { CachePorts, FeedPorts, OpenBackend, SystemPorts } from '../backend.ts';

type Needed = Pick<SystemPorts, 'clock' | 'steadyClock' | 'logger'>;

export const cache = async (config: Config, system: Needed): Promise<OpenBackend<CachePorts>> => {
  const { clock, steadyClock } = system;
  const redis = linkFor(config, system);
  const tasks = redisTaskCache({ redis, clock });
  const fallback = memoryRateLimiter({ clock: steadyClock, limit: config.rateLimit });
  return {
    ports: {
      taskCache: tasks,
      taskListCache: tasks,
      projectCache: redisProjectCache({ redis, clock }),
      rateLimiter: redisRateLimiter({ redis, clock: steadyClock, limit: config.rateLimit, fallback }),
    },
    close: () => release(config),
    probes: [probeOf('cache', redis)],
  };
};

export const feed = async (config: Config, system: Needed): Promise<OpenBackend<FeedPorts>> => {
  const redis = linkFor(config, system);
  return {
    ports: { changeFeed: redisChangeFeed({ redis }) },
    close: () => release(config),
    probes: [probeOf('feed', redis)],
  };
};

const probeOf = (name: string, link: RedisLink) => ({
  name,
  required: false,
  check: async () => {
    await link.ping();
  },
});

/** Cache and feed of one configuration share a connection; the last to release it closes it. */
const links = new Map<Config, { link: RedisLink; users: number }>();

const linkFor = (config: Config, { steadyClock: clock, logger }: Needed): RedisLink => {
  const shared = links.get(config);
  if (shared !== undefined) {
    shared.users += 1;
    return shared.link;
  }
  const { redis } = config;
  if (redis === undefined) throw new MiyabiError('configuration', 'REDIS_ENDPOINT must be set to use Redis');
  const { previousPassword, passwordFile, ...address } = redis;
  const passwords = redisPasswords({ password: redis.password, previousPassword, passwordFile, logger });
  const connect = () => {
    const { password, refused } = passwords.next();
    return redisClient({ ...address, password }, refused);
  };
  const link = redisLink({ connect, clock, logger });
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
