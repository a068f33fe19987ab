import { randomFillSync } from 'node:crypto';
import { v7 } from 'uuid';
import type { Ids } from '../../ports/ids.ts';

const BYTES = 16;
/** For how many ids random bytes are fetched at once: one fetch per id took 7 % of creating a task. */
const POOLED = 256;

/** UUIDs of version 7 (RFC 9562): time first, then a counter, so that those of one process sort by age. */
export const uuidIds = (): Ids => {
  const pool = Buffer.alloc(BYTES * POOLED);
  let used = pool.length;
  let msecs = 0;
  let seq = 0;
  return {
    next() {
      if (used === pool.length) {
        randomFillSync(pool);
        used = 0;
      }
      const random = pool.subarray(used, used + BYTES);
      used += BYTES;
      const now = Date.now();
      if (now > msecs) {
        msecs = now;
        // Half of its range is left to count in.
        seq = random.readUInt32BE() >>> 1;
      } else seq += 1;
      return v7({ random, msecs, seq });
    },
  };
};
