import type { StoredKey } from '../../domain/api-keys.ts';
import { MiyabiError } from '../../domain/errors.ts';
import type { KeyStore } from '../../ports/key-store.ts';
import { frozenCopy } from './frozen-copy.ts';

/** API keys in this process's memory. Nothing survives it. What it returns is frozen. */
export const memoryKeyStore = (): KeyStore => {
  const kept = new Map<string, StoredKey>();

  return {
    async find(keyId) {
      return kept.get(keyId);
    },

    async add(key) {
      if (kept.has(key.key_id))
        throw new MiyabiError('already_exists', `API key ${key.key_id} exists already`);
      kept.set(key.key_id, frozenCopy(key));
    },

    async list() {
      return [...kept.values()];
    },

    async recordUse(keyId, at) {
      const key = kept.get(keyId);
      if (key === undefined || (key.last_used_at ?? '') >= at) return;
      kept.set(keyId, frozenCopy({ ...key, last_used_at: at }));
    },

    async remove(keyId) {
      return kept.delete(keyId);
    },
  };
};
