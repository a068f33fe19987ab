import { isId } from './ids.ts';
import { fromIso } from './time.ts';
import type { UnknownFields } from './unknown-fields.ts';

/** What a key allows; each includes those before it. */
export const SCOPES = ['read', 'write', 'admin'] as const;
export type Scope = (typeof SCOPES)[number];

/** A key as the configuration holds it: never the key itself. With `project_id` it is good for that project alone. */
export type ApiKey = Readonly<{ hash: string; scope: Scope; project_id?: string }>;

export const includesScope = (held: Scope, needed: Scope): boolean =>
  SCOPES.indexOf(held) >= SCOPES.indexOf(needed);

export const API_KEY_RULE =
  'must be a list of SHA-256:SCOPE or SHA-256:SCOPE:PROJECT, with commas between them; miyabi keys create makes one';

/** A configured key: 64 hexadecimal digits, the scope, and the project if it is bound to one. Undefined where it is none. */
export const parseApiKey = (text: string): ApiKey | undefined => {
  const found = /^([0-9a-f]{64}):(read|write|admin)(?::(.+))?$/i.exec(text.trim());
  if (found === null) return undefined;
  const [, hash = '', scope = '', project_id] = found;
  if (project_id !== undefined && !isId(project_id)) return undefined;
  return {
    hash: hash.toLowerCase(),
    scope: SCOPES.find((one) => one === scope.toLowerCase()) ?? 'read',
    ...(project_id === undefined ? {} : { project_id }),
  };
};

export const formatApiKey = ({ hash, scope, project_id }: ApiKey): string =>
  `${hash}:${scope}${project_id === undefined ? '' : `:${project_id}`}`;

/** The most keys in a store. */
export const MAX_KEYS = 1_000;

/** A key in a store: never the key itself. `name` is for people, `key_id` begins the hash. Times are ISO 8601. */
export type StoredKey = ApiKey &
  Readonly<{
    key_id: string;
    name: string;
    created_at: string;
    expires_at?: string;
    /** To the hour. */
    last_used_at?: string;
    unknown?: UnknownFields;
  }>;

/** A stored key as the API returns it. */
export type PublicKey = Omit<StoredKey, 'hash' | 'unknown'>;

/** The id of a key in the store and in the log: 16 hexadecimal digits of 64, too many to find another key with the same. */
export const keyIdOf = (hash: string): string => hash.slice(0, 16);

/** Whether a text has the form of a key that Miyabi makes. No other text is looked up in a store. */
export const isKeyText = (text: string): boolean => /^miyabi_[\w-]{43}$/.test(text);

/** `now` is epoch milliseconds. */
export const isExpired = ({ expires_at }: StoredKey, now: number): boolean =>
  expires_at !== undefined && fromIso(expires_at) <= now;

export const publicKey = ({ hash: _hash, unknown: _unknown, ...shown }: StoredKey): PublicKey => shown;
