import { LRUCache } from 'lru-cache';
import { isMiyabiError } from '../../domain/errors.ts';
import type { Clock } from '../../ports/clock.ts';
import { CACHE_TTL } from '../../ports/task-cache.ts';
import type { RedisClient } from './connection.ts';
import type { RedisLink } from './link.ts';

/**
 * How a cache talks to its Redis. A command that fails is an empty answer. After a failed write the entry is deleted
 * where Redis still takes that, and this process does not trust it until a later write of it succeeded.
 */
export type CacheTalk = Readonly<{
  /** The answer, undefined where Redis cannot answer. */
  ask<T>(commands: (client: RedisClient) => Promise<T>): Promise<T | undefined>;
  /** Writes a change of the thing with this id. */
  write(id: string, commands: (client: RedisClient) => Promise<unknown>): Promise<void>;
  /** Whether the entry of this id may be used: it misses no change of this process. */
  isTrusted(id: string): boolean;
  /** Whether what is kept of all ids together may be used, such as lists. If not, it is deleted. */
  areAllTrusted(): Promise<boolean>;
}>;

/** More failed writes are not remembered one by one: then no entry is trusted for as long as entries live. */
const MAX_DOUBTED = 100_000;

/** `keysOf`: what has to be deleted where the cache has missed changes of these ids. */
export const cacheTalk = (
  redis: RedisLink,
  clock: Clock,
  keysOf: (ids: readonly string[]) => readonly string[],
): CacheTalk => {
  /** Ids whose last write failed. */
  const doubted = new LRUCache<string, true>({
    max: MAX_DOUBTED,
    dispose: (_entry, id, reason) => {
      if (reason !== 'evict') return;
      undeleted.delete(id);
      distrustUntil = clock.now() + CACHE_TTL.terminal;
    },
  });
  /** Those of them whose keys are still there, as far as is known. */
  const undeleted = new Set<string>();
  let distrustUntil = 0;

  const ask: CacheTalk['ask'] = async (commands) => {
    try {
      return await redis.run(commands);
    } catch (error) {
      // A cache that cannot answer is an empty one. The link has logged what happened.
      if (isMiyabiError(error, 'unavailable')) return undefined;
      throw error;
    }
  };

  const deleteDoubted = async (client: RedisClient): Promise<void> => {
    const ids = [...undeleted];
    if (ids.length === 0) return;
    await client.del(...keysOf(ids));
    for (const id of ids) undeleted.delete(id);
  };
  redis.onReturn(deleteDoubted);

  return {
    ask,

    async write(id, commands) {
      try {
        await redis.write(commands);
      } catch (error) {
        if (!isMiyabiError(error, 'unavailable')) throw error;
        doubted.set(id, true);
        undeleted.add(id);
        // A full Redis refuses to write, and still deletes. In an outage this fails at once.
        await ask(deleteDoubted);
        return;
      }
      if (doubted.size === 0) return;
      doubted.delete(id);
      undeleted.delete(id);
    },

    isTrusted(id) {
      return doubted.size === 0 || (!doubted.has(id) && clock.now() >= distrustUntil);
    },

    async areAllTrusted() {
      if (undeleted.size === 0) return true;
      await ask(deleteDoubted);
      return false;
    },
  };
};
