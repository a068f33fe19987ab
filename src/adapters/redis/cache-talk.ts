import { LRUCache } from 'lru-cache';
import { isMiyabiError } from '../../domain/errors.ts';
import type { Clock } from '../../ports/clock.ts';
import { CACHE_TTL } from '../../ports/task-cache.ts';
import type { RedisClient } from './connection.ts';
import type { RedisLink } from './link.ts';

/**
 * How a cache uses its Redis. A command that fails is an empty answer. After a failed write the entry is deleted if
 * Redis still accepts that, and this process does not trust it until a later write of it succeeds.
 */
export type CacheTalk = Readonly<{
  /** The answer, undefined if Redis cannot answer. */
  ask<T>(commands: (client: RedisClient) => Promise<T>): Promise<T | undefined>;
  /** Writes a change of the entity with this id. */
  write(id: string, commands: (client: RedisClient) => Promise<unknown>): Promise<void>;
  /** Whether the entry of this id may be used: it has every change of this process. */
  isTrusted(id: string): boolean;
  /** Whether data about all ids together, such as lists, may be used. If not, it is deleted. */
  areAllTrusted(): Promise<boolean>;
}>;

/** With more failed writes than this, no entry is trusted for as long as entries live. */
const MAX_DOUBTED = 100_000;

/** `keysOf`: what has to be deleted if the cache has missed changes of these ids. */
export const cacheTalk = (
  redis: RedisLink,
  clock: Clock,
  keysOf: (ids: readonly string[]) => readonly string[],
): CacheTalk => {
  /** Ids whose last write failed. Made with the first of them: it reserves its memory at once, which takes 3 ms. */
  let doubted: LRUCache<string, true> | undefined;
  const doubt = (id: string): void => {
    doubted ??= new LRUCache<string, true>({
      max: MAX_DOUBTED,
      dispose: (_entry, evicted, reason) => {
        if (reason !== 'evict') return;
        undeleted.delete(evicted);
        distrustUntil = clock.now() + CACHE_TTL.terminal;
      },
    });
    doubted.set(id, true);
    undeleted.add(id);
  };
  /** Those of them whose keys may still exist. */
  const undeleted = new Set<string>();
  let distrustUntil = 0;

  const ask: CacheTalk['ask'] = async (commands) => {
    try {
      return await redis.run(commands);
    } catch (error) {
      // A cache that cannot answer counts as empty. The link has logged the error.
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
        doubt(id);
        // A full Redis refuses writes but still deletes. In an outage this fails at once.
        await ask(deleteDoubted);
        return;
      }
      if (doubted === undefined || doubted.size === 0) return;
      doubted.delete(id);
      undeleted.delete(id);
    },

    isTrusted(id) {
      return (
        doubted === undefined || doubted.size === 0 || (!doubted.has(id) && clock.now() >= distrustUntil)
      );
    },

    async areAllTrusted() {
      if (undeleted.size === 0) return true;
      await ask(deleteDoubted);
      return false;
    },
  };
};
