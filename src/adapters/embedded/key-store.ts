import type { StoredKey } from '../../domain/api-keys.ts';
import { MiyabiError } from '../../domain/errors.ts';
import type { KeyStore } from '../../ports/key-store.ts';
import { keyCodec } from './codecs.ts';
import type { Database } from './database.ts';
import { keyOf, segmentsOf, under } from './keys.ts';

const recordKey = (keyId: string): string => keyOf('k', keyId);

const decoded = (keyId: string, value: string | undefined): StoredKey | undefined =>
  value === undefined ? undefined : keyCodec.decode(keyId, value);

/** How many keys are read at a time. */
const STEP = 500;

/** Each API key as one record. */
export const embeddedKeyStore = ({ database }: Readonly<{ database: Database }>): KeyStore => ({
  async find(keyId) {
    const value = await database.get(recordKey(keyId));
    try {
      return decoded(keyId, value);
    } catch (error) {
      throw database.damaged(error);
    }
  },

  async add(key) {
    const { key_id } = key;
    const at = recordKey(key_id);
    await database.write((change) => {
      if (change.get(at) !== undefined)
        throw new MiyabiError('already_exists', `API key ${key_id} exists already`);
      change.put(at, keyCodec.encode(key));
    });
  },

  list: () =>
    database.view(async (view) => {
      const keys: StoredKey[] = [];
      const { lt } = under('k');
      let { gt } = under('k');
      for (;;) {
        const entries = await view.entries({ gt, lt, limit: STEP });
        for (const [at, value] of entries) keys.push(keyCodec.decode(segmentsOf(at)[1] ?? '', value));
        if (entries.length < STEP) return keys;
        gt = entries.at(-1)?.[0] ?? gt;
      }
    }),

  async recordUse(keyId, at) {
    await database.write((change) => {
      const key = decoded(keyId, change.get(recordKey(keyId)));
      if (key === undefined || (key.last_used_at ?? '') >= at) return;
      change.put(recordKey(keyId), keyCodec.encode({ ...key, last_used_at: at }));
    });
  },

  remove: (keyId) =>
    database.write((change) => {
      if (change.get(recordKey(keyId)) === undefined) return false;
      change.remove(recordKey(keyId));
      return true;
    }),
});
