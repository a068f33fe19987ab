import { hash as digestOf, timingSafeEqual } from 'node:crypto';
import {
  type ApiKey,
  includesScope,
  isKeyText,
  keyIdOf,
  type Scope,
  type StoredKey,
} from '../domain/api-keys.ts';
import { defined } from '../domain/defined.ts';
import { MiyabiError } from '../domain/errors.ts';
import type { KeyService } from '../services/keys.ts';
import type { HttpRequest } from './message.ts';

/** The caller: its scope, and the only project it sees, if it is bound to one. */
export type Principal = Readonly<{
  id: string;
  scope: Scope;
  project_id?: string;
  /** Its key is in the store: it may be revoked or expire while a stream is open. */
  isStored?: true;
}>;

/** If no keys are configured, anyone who can reach the server may do everything. */
const ANYONE: Principal = { id: 'anyone', scope: 'admin' };

/** Whether the server asks for keys at all. */
export const isIdentified = ({ id }: Principal): boolean => id !== ANYONE.id;

const SHA256_BYTES = 32;

/** A promise only if the key has to be read from the store. @throws MiyabiError `unauthorized`, `unavailable` */
export type Authenticate = (request: HttpRequest) => Principal | Promise<Principal>;

/**
 * Identifies the caller by its key. Every configured key is compared, in constant time, so that neither the answer nor
 * its duration shows which of them is nearly right. Other keys are looked up in the store, if they have the form of one.
 */
export const authenticator = (
  keys: readonly ApiKey[],
  stored: Pick<KeyService, 'find' | 'noteUse'>,
): Authenticate => {
  if (keys.length === 0) return () => ANYONE;
  const known = keys.map((key) => ({ hash: Buffer.from(key.hash, 'hex'), principal: principalOf(key) }));
  // Writing a digest into one buffer for all requests takes a third of the time of a new buffer for each.
  const presented = Buffer.alloc(SHA256_BYTES);

  const accept = (key: StoredKey | undefined, hash: string): Principal => {
    // The store is searched by the beginning of the hash; all of it has to match.
    if (key === undefined || !timingSafeEqual(Buffer.from(key.hash), Buffer.from(hash))) throw refusal();
    stored.noteUse(key);
    return { ...principalOf(key), isStored: true };
  };

  return (request) => {
    const text = keyOf(request);
    presented.write(digestOf('sha256', text, 'binary'), 'binary');
    let found: Principal | undefined;
    for (const { hash, principal } of known) if (timingSafeEqual(hash, presented)) found = principal;
    if (found !== undefined) return found;
    if (!isKeyText(text)) throw refusal();
    const hash = presented.toString('hex');
    const key = stored.find(keyIdOf(hash));
    return key instanceof Promise ? key.then((read) => accept(read, hash)) : accept(key, hash);
  };
};

const principalOf = ({ hash, scope, project_id }: ApiKey): Principal =>
  defined({ id: keyIdOf(hash), scope, project_id });

const refusal = (): MiyabiError => new MiyabiError('unauthorized', 'A valid API key is needed');

/** @throws MiyabiError `forbidden` */
export const requireScope = (principal: Principal, needed: Scope): void => {
  if (!includesScope(principal.scope, needed)) {
    throw new MiyabiError('forbidden', `This key allows ${principal.scope}; ${needed} is needed`);
  }
};

const keyOf = ({ headers }: HttpRequest): string => {
  const bearer = /^Bearer +(\S+) *$/i.exec(headers['authorization'] ?? '')?.[1];
  return bearer ?? headers['x-api-key'] ?? '';
};
