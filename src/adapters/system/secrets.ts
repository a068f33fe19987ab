import { randomBytes } from 'node:crypto';
import type { Secrets } from '../../ports/secrets.ts';

const BYTES = 32;

/** Secrets from the system's random generator. */
export const randomSecrets = (): Secrets => ({
  next() {
    return `whsec_${randomBytes(BYTES).toString('base64')}`;
  },
});
