import { LRUCache } from 'lru-cache';
import {
  isExpired,
  keyIdOf,
  MAX_KEYS,
  type PublicKey,
  publicKey,
  type Scope,
  type StoredKey,
} from '../domain/api-keys.ts';
import { invalidField, MiyabiError } from '../domain/errors.ts';
import { type Caller, isHidden } from '../domain/projects/access.ts';
import { fromIso, toIso } from '../domain/time.ts';
import type { Ports } from '../ports/ports.ts';

/** How long this process relies on what it has read of a key, in milliseconds. A revoked key works no longer. */
export const KEY_TTL_MS = 10_000;
/** The use of a key is recorded once in this time, in milliseconds. */
export const USE_MS = 60 * 60 * 1000;
/** How many ids without a key are remembered: guesses of strangers must not push out the keys in use. */
const MAX_ABSENT = 1_000;

/** `expires_at` is epoch milliseconds. */
export type NewKey = Readonly<{ name: string; scope: Scope; project_id?: string; expires_at?: number }>;

/** API keys in the store. Those of `API_KEYS` are not among them. Every method throws MiyabiError `unavailable`. */
export type KeyService = Readonly<{
  /**
   * A new key, and its secret, which is stored nowhere.
   *
   * @throws MiyabiError `invalid_input` where it would have expired already; `limit_reached`.
   */
  create(input: NewKey): Promise<Readonly<{ key: PublicKey; secret: string }>>;
  /** The keys that the caller may see, oldest first: those of its project, or all. */
  list(caller: Caller): Promise<readonly PublicKey[]>;
  /** Revokes a key: at once in this process, within `KEY_TTL_MS` in others. @throws MiyabiError `key_not_found` */
  revoke(caller: Caller, keyId: string): Promise<void>;
  /** The key that is valid now, no promise if it was read less than `KEY_TTL_MS` ago. */
  find(keyId: string): StoredKey | undefined | Promise<StoredKey | undefined>;
  /** Records that a key was used, in the background. A failure is of no consequence. */
  noteUse(key: StoredKey): void;
}>;

export const keyService = ({
  keyStore: store,
  secrets,
  clock,
  steadyClock,
  logger,
}: Pick<Ports, 'keyStore' | 'secrets' | 'clock' | 'steadyClock' | 'logger'>): KeyService => {
  const present = new LRUCache<string, Readonly<{ key: StoredKey; until: number }>>({ max: MAX_KEYS });
  const absent = new LRUCache<string, Readonly<{ key?: undefined; until: number }>>({ max: MAX_ABSENT });
  /** When this process has recorded a use last. */
  const used = new LRUCache<string, number>({ max: MAX_KEYS });
  const reading = new Map<string, Promise<StoredKey | undefined>>();

  const ifValid = (key: StoredKey | undefined): StoredKey | undefined =>
    key === undefined || isExpired(key, clock.now()) ? undefined : key;

  const remember = (keyId: string, key: StoredKey | undefined, until: number): void => {
    present.delete(keyId);
    absent.delete(keyId);
    if (key === undefined) absent.set(keyId, { until });
    else present.set(keyId, { key, until });
  };

  const read = (keyId: string): Promise<StoredKey | undefined> => {
    // From before the reading, as the key may be revoked while the answer is on its way.
    const until = steadyClock.now() + KEY_TTL_MS;
    const current: Promise<StoredKey | undefined> = store
      .find(keyId)
      .then((key) => {
        // A key that was revoked here meanwhile is not remembered.
        if (reading.get(keyId) === current) remember(keyId, key, until);
        return ifValid(key);
      })
      .finally(() => {
        if (reading.get(keyId) === current) reading.delete(keyId);
      });
    reading.set(keyId, current);
    return current;
  };

  return {
    async create({ name, scope, project_id, expires_at }) {
      const now = clock.now();
      if (expires_at !== undefined && expires_at <= now)
        throw invalidField('expires_at', 'must be in the future');
      if ((await store.list()).length >= MAX_KEYS) {
        throw new MiyabiError('limit_reached', `There are ${MAX_KEYS} keys already; revoke some first`);
      }
      const { key: secret, hash } = secrets.nextKey();
      const key: StoredKey = {
        key_id: keyIdOf(hash),
        hash,
        name,
        scope,
        ...(project_id === undefined ? {} : { project_id }),
        created_at: toIso(now),
        ...(expires_at === undefined ? {} : { expires_at: toIso(expires_at) }),
      };
      await store.add(key);
      return { key: publicKey(key), secret };
    },

    async list(caller) {
      const keys = (await store.list()).filter((key) => isOf(caller, key));
      return keys.map(publicKey).sort(byAge);
    },

    async revoke(caller, keyId) {
      const notFound = () => new MiyabiError('key_not_found', 'There is no such key in the store');
      if (caller.project_id !== undefined) {
        const key = await store.find(keyId);
        if (key === undefined || !isOf(caller, key)) throw notFound();
      }
      const isRemoved = await store.remove(keyId);
      reading.delete(keyId);
      remember(keyId, undefined, steadyClock.now() + KEY_TTL_MS);
      if (!isRemoved) throw notFound();
    },

    find(keyId) {
      const known = present.get(keyId) ?? absent.get(keyId);
      if (known !== undefined && known.until > steadyClock.now()) return ifValid(known.key);
      return reading.get(keyId) ?? read(keyId);
    },

    noteUse({ key_id, last_used_at }) {
      const now = clock.now();
      const last = used.get(key_id) ?? (last_used_at === undefined ? undefined : fromIso(last_used_at));
      if (last !== undefined && now - last < USE_MS) return;
      used.set(key_id, now);
      store.recordUse(key_id, toIso(now)).catch((error: unknown) => {
        logger.debug('The use of an API key could not be recorded', { key_id, error });
      });
    },
  };
};

/** A key that is bound to no project belongs to none, so a caller that is bound does not see it. */
const isOf = (caller: Caller, { project_id }: StoredKey): boolean =>
  caller.project_id === undefined || (project_id !== undefined && !isHidden(caller, project_id));

const byAge = (a: PublicKey, b: PublicKey): number =>
  a.created_at === b.created_at ? (a.key_id < b.key_id ? -1 : 1) : a.created_at < b.created_at ? -1 : 1;
