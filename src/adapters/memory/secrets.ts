import type { Secrets } from '../../ports/secrets.ts';

/** Secrets that count from 1, only for tests: they are easy to guess. */
export const memorySecrets = (): Secrets => {
  let count = 0;
  return {
    next() {
      count += 1;
      return `whsec_${btoa(String(count).padStart(32, '0'))}`;
    },
  };
};
