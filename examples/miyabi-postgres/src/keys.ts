import { type KeyStore, MiyabiError, type StoredKey } from 'miyabi-progress/ports';
import type { Database } from './database.ts';

type Doc = Readonly<{ doc: string }>;

const keyOf = ({ doc }: Doc): StoredKey => JSON.parse(doc);

export const postgresKeyStore = ({ query, together, table }: Database): KeyStore => {
  const keys = table('documents');
  return {
    async find(keyId) {
      const [row] = await query<Doc>(`SELECT doc FROM ${keys} WHERE kind = 'key' AND id = $1`, [keyId]);
      return row === undefined ? undefined : keyOf(row);
    },

    async add(key) {
      const added = await query(
        `INSERT INTO ${keys} VALUES ('key', $1, 1, $2) ON CONFLICT (kind, id) DO NOTHING RETURNING id`,
        [key.key_id, JSON.stringify(key)],
      );
      if (added.length === 0) throw new MiyabiError('already_exists', `API key ${key.key_id} exists already`);
    },

    async list() {
      return (await query<Doc>(`SELECT doc FROM ${keys} WHERE kind = 'key'`)).map(keyOf);
    },

    async recordUse(keyId, at) {
      await together(async (run) => {
        const [row] = await run<Doc>(`SELECT doc FROM ${keys} WHERE kind = 'key' AND id = $1 FOR UPDATE`, [
          keyId,
        ]);
        if (row === undefined) return;
        const key = keyOf(row);
        if ((key.last_used_at ?? '') >= at) return;
        await run(`UPDATE ${keys} SET doc = $2 WHERE kind = 'key' AND id = $1`, [
          keyId,
          JSON.stringify({ ...key, last_used_at: at }),
        ]);
      });
    },

    async remove(keyId) {
      const removed = await query(`DELETE FROM ${keys} WHERE kind = 'key' AND id = $1 RETURNING id`, [keyId]);
      return removed.length > 0;
    },
  };
};
