import type { Secrets } from '../../ports/secrets.ts';

/** Secrets that count from 1, for tests alone: anybody can guess them. */
export const memorySecrets = (): Secrets => {
  let count = 0;
  return {
    next() {
      count += 1;
      return `whsec_${btoa(String(count).padStart(32, '0'))}`;
    },
  };
};
