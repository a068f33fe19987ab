import { v7 } from 'uuid';
import type { Ids } from '../../ports/ids.ts';

/** UUIDs of version 7 (RFC 9562): time first, so that they sort by age. */
export const uuidIds = (): Ids => ({
  next() {
    return v7();
  },
});
