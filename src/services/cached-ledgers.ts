import { LRUCache } from 'lru-cache';
import type { LogFormat } from '../domain/logs/format.ts';
import { emptyLedger, type Ledger } from '../domain/logs/ledger.ts';
import { ledgerFromJson, type ReadLedger } from '../domain/logs/stored-ledger.ts';
import type { Checkpoint } from '../ports/checkpoints.ts';

/** How many ledgers a process keeps, the most recently used ones. */
const MAX_CACHED = 500;

/** Ledgers that this process has written, used as long as the store still has that version. */
export const cachedLedgers = (formats: ReadonlyMap<string, LogFormat>) => {
  const cached = new LRUCache<string, Readonly<{ ledger: Ledger; version: number }>>({ max: MAX_CACHED });
  return {
    of(key: string, kept: Checkpoint | undefined): ReadLedger {
      if (kept === undefined) return { ledger: emptyLedger, dropped: [] };
      const known = cached.get(key);
      return known?.version === kept.version
        ? { ledger: known.ledger, dropped: [] }
        : ledgerFromJson(kept.value, formats);
    },
    keep(key: string, ledger: Ledger, version: number): void {
      cached.set(key, { ledger, version });
    },
  };
};
