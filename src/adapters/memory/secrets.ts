import type { Secrets } from '../../ports/secrets.ts';
import { hashOf } from '../system/secrets.ts';

/** Secrets that count from 1, only for tests: they are easy to guess. */
export const memorySecrets = (): Secrets => {
  let count = 0;
  const counted = (length: number): string => {
    count += 1;
    return String(count).padStart(length, '0');
  };
  return {
    next() {
      return `whsec_${btoa(counted(32))}`;
    },

    nextKey() {
      const key = `miyabi_${counted(43)}`;
      return { key, hash: hashOf(key) };
    },
  };
};
