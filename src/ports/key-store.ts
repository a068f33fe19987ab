import type { StoredKey } from '../domain/api-keys.ts';

/** API keys by their ids. Every method throws MiyabiError `unavailable` where the backend does not answer. */
export interface KeyStore {
  /** The key, undefined if there is none. Strongly consistent, so that a revoked key is not found again. */
  find(keyId: string): Promise<StoredKey | undefined>;

  /**
   * Adds a key.
   *
   * @throws MiyabiError `already_exists` where the id is taken.
   */
  add(key: StoredKey): Promise<void>;

  /** All keys, in no particular order. There are at most `MAX_KEYS` or a few more. */
  list(): Promise<readonly StoredKey[]>;

  /** Records a use, unless a later one is recorded or the key was removed. `at` is ISO 8601. */
  recordUse(keyId: string, at: string): Promise<void>;

  /** Removes a key, even one that cannot be read. Returns whether there was one. */
  remove(keyId: string): Promise<boolean>;
}
