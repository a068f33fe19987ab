import { isMiyabiError } from '../../domain/errors.ts';
import type { RedisClient } from './connection.ts';
import type { RedisLink } from './link.ts';

/** How a cache talks to its Redis: what fails is an empty answer, and what was not heard is put right later. */
export type CacheTalk = Readonly<{
  /** The answer, undefined where Redis cannot answer. */
  ask<T>(commands: (client: RedisClient) => Promise<T>): Promise<T | undefined>;
  /** Tells of a change of the thing with this id. */
  tell(id: string, commands: (client: RedisClient) => Promise<unknown>): Promise<void>;
}>;

const MAX_MISSED = 1_000;

/** `keysOf`: what has to go before anybody reads again, where the cache has missed changes of these ids. */
export const cacheTalk = (
  redis: RedisLink,
  keysOf: (ids: readonly string[]) => readonly string[],
): CacheTalk => {
  /** Of what this process knows that the cache has missed a change. */
  const missed = new Set<string>();
  redis.onReturn(async (client) => {
    const ids = [...missed];
    if (ids.length === 0) return;
    await client.del(...keysOf(ids));
    for (const id of ids) missed.delete(id);
  });

  const ask: CacheTalk['ask'] = async (commands) => {
    try {
      return await redis.run(commands);
    } catch (error) {
      // A cache that cannot answer is an empty one. The link has logged what happened.
      if (isMiyabiError(error, 'unavailable')) return undefined;
      throw error;
    }
  };

  return {
    ask,
    async tell(id, commands) {
      const told = await ask(async (client) => {
        await commands(client);
        return true;
      });
      if (told === undefined && missed.size < MAX_MISSED) missed.add(id);
    },
  };
};
