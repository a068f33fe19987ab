import type { Clock } from '../../ports/clock.ts';
import type { ProjectCache } from '../../ports/project-cache.ts';
import { CACHE_TTL } from '../../ports/task-cache.ts';
import { cacheTalk } from './cache-talk.ts';
import { decodeEntry, READ_ENTRY, toStoredJson } from './entry.ts';
import type { RedisLink } from './link.ts';
import { script } from './script.ts';

export type RedisProjectCacheOptions = Readonly<{
  redis: RedisLink;
  clock: Clock;
  /** The beginning of every key, as its hash tag. */
  namespace?: string;
}>;

/** KEYS: entry. ARGV: now, version, until, life, json. */
const SAVE = script(`${READ_ENTRY}
local known, version = redis.call('GET', KEYS[1]), tonumber(ARGV[2])
local kind, mark = read(known)
if isRemoved(kind) or (kind == 't' and mark > version) then return 0 end
if kind == 't' and mark == version and not isOfOtherShape(known) then return 0 end
redis.call('SET', KEYS[1], 't|' .. ARGV[3] .. '|' .. ARGV[2] .. '|' .. ARGV[5], 'PX', ARGV[4])
return 1
`);

/** A cache of projects in Redis, shared by every process with the same namespace. */
export const redisProjectCache = ({
  redis,
  clock,
  namespace = 'miyabi',
}: RedisProjectCacheOptions): ProjectCache => {
  const entryKey = (projectId: string): string => `{${namespace}}:project:${projectId}`;

  const { ask, write, isTrusted } = cacheTalk(redis, clock, (ids) => ids.map(entryKey));

  return {
    async find(projectId) {
      if (!isTrusted(projectId)) return undefined;
      const text = await ask((client) => client.get(entryKey(projectId)));
      const known = typeof text === 'string' ? decodeEntry(text, clock.now()) : undefined;
      return typeof known === 'object' ? { project_id: projectId, ...known } : known;
    },

    async save(project, asOf = clock.now()) {
      const now = clock.now();
      const until = asOf + CACHE_TTL.live;
      if (until <= now) return;
      const { project_id, version } = project;
      const parameters = [now, version, until, until - now, toStoredJson(project)];
      await write(project_id, (client) => SAVE(client, [entryKey(project_id)], parameters));
    },

    async markAbsent(projectId, asOf = clock.now()) {
      const until = asOf + CACHE_TTL.absent;
      const life = until - clock.now();
      if (life <= 0) return;
      await ask((client) => client.set(entryKey(projectId), `a|${until}`, 'PX', life, 'NX'));
    },

    async remove(projectId) {
      const now = clock.now();
      const removed = `g|${now + CACHE_TTL.removed}|${now}`;
      await write(projectId, (client) => client.set(entryKey(projectId), removed, 'PX', CACHE_TTL.removed));
    },
  };
};
