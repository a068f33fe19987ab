import { createHash } from 'node:crypto';
import type { RedisClient } from './connection.ts';

/** A Lua script with its keys, all of them declared, and its arguments. */
export type Script = (
  client: RedisClient,
  keys: readonly string[],
  parameters: readonly (string | number)[],
) => Promise<unknown>;

/** Runs a script by its digest, and sends its text only to a server that does not have it yet. */
export const script = (lua: string): Script => {
  let digest: string | undefined;
  return async (client, keys, parameters) => {
    digest ??= createHash('sha1').update(lua).digest('hex');
    try {
      return await client.evalsha(digest, keys.length, ...keys, ...parameters);
    } catch (error) {
      if (!(error instanceof Error && error.message.includes('NOSCRIPT'))) throw error;
      return client.eval(lua, keys.length, ...keys, ...parameters);
    }
  };
};
