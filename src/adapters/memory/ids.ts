import type { Ids } from '../../ports/ids.ts';

/** Ids that count from 1: `prefix-000000000001`. Unique within one process only. */
export const memoryIds = (prefix = 'id'): Ids => {
  let count = 0;
  return {
    next() {
      count += 1;
      return `${prefix}-${String(count).padStart(12, '0')}`;
    },
  };
};
