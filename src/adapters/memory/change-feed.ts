import { MiyabiError } from '../../domain/errors.ts';
import type { ChangeFeed, FeedEntry } from '../../ports/change-feed.ts';
import type { Clock } from '../../ports/clock.ts';

export type MemoryChangeFeedOptions = Readonly<{
  clock: Clock;
  /** How many changes to keep, by default 10,000. */
  capacity?: number;
}>;

/** A feed in this process's memory. A position of another process, or from before a restart, is not found. */
export const memoryChangeFeed = ({ clock, capacity = 10_000 }: MemoryChangeFeedOptions): ChangeFeed => {
  // A ring: the entry with number n is at n % capacity. The first number is 1.
  const ring: FeedEntry[] = [];
  const startedAt = clock.now().toString(36);
  let newest = 0;
  const waiting = new Set<() => void>();

  const positionOf = (number: number): string => `${startedAt}-${number.toString(36).padStart(11, '0')}`;
  /** The number of a position, undefined if this feed does not contain the entry right after it. */
  const numberOf = (position: string): number | undefined => {
    const number = Number.parseInt(position.slice(startedAt.length + 1), 36);
    if (position !== positionOf(number) || number > newest) return undefined;
    return newest - number > capacity ? undefined : number;
  };

  return {
    async publish(changes) {
      for (const change of changes) {
        newest += 1;
        ring[newest % capacity] = Object.freeze({
          position: positionOf(newest),
          change: Object.freeze({ ...change }),
        });
      }
      if (changes.length === 0) return;
      const woken = [...waiting];
      waiting.clear();
      for (const wake of woken) wake();
    },

    async position() {
      return positionOf(newest);
    },

    async read(after, limit) {
      const from = numberOf(after);
      if (from === undefined) throw positionLost(after);
      const entries: FeedEntry[] = [];
      for (let number = from + 1; number <= newest && entries.length < limit; number += 1) {
        const entry = ring[number % capacity];
        if (entry !== undefined) entries.push(entry);
      }
      return entries;
    },

    async wait(after, { signal, timeoutMs }) {
      if (signal.aborted || numberOf(after) !== newest) return;
      await new Promise<void>((resolve) => {
        const done = () => {
          clearTimeout(timer);
          signal.removeEventListener('abort', done);
          waiting.delete(done);
          resolve();
        };
        const timer = setTimeout(done, timeoutMs);
        signal.addEventListener('abort', done);
        waiting.add(done);
      });
    },

    hasLost() {
      return false;
    },
  };
};

const positionLost = (position: string): MiyabiError =>
  new MiyabiError('not_found', `The change feed no longer holds what came after ${position}`);
