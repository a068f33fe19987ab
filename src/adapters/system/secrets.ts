import { createHash, randomBytes } from 'node:crypto';
import type { Secrets } from '../../ports/secrets.ts';

const BYTES = 32;

/** Secrets from the system's random generator. */
export const randomSecrets = (): Secrets => ({
  next() {
    return `whsec_${randomBytes(BYTES).toString('base64')}`;
  },

  nextKey() {
    const key = `miyabi_${randomBytes(BYTES).toString('base64url')}`;
    // 256 random bits cannot be guessed, so storing a fast hash is safe.
    return { key, hash: hashOf(key) };
  },
});

/** The SHA-256 of a key, in hexadecimal. */
export const hashOf = (key: string): string => createHash('sha256').update(key).digest('hex');
