import { LRUCache } from 'lru-cache';

/** What the adapter that owns a key has put beside its value, to be used instead of reading and decoding the value. */
export type Facts = object;

/** A value that this process has written or verified. */
export type Remembered = Readonly<{ value: string; facts: Facts }>;

/** A value that is to be written. Null is a removal. */
export type Queued = { value: string | (() => string); readonly facts: Facts | undefined } | null;

export const textIn = (queued: NonNullable<Queued>): string => {
  if (typeof queued.value === 'function') queued.value = queued.value();
  return queued.value;
};

/** How much is kept in memory of what was written with facts, in characters, facts included. */
const REMEMBERED = 6_000_000;
/** Roughly what the facts and the entry itself take. */
const FACTS_SIZE = 800;

/** Values in memory, the least recently used ones dropped: what was written with facts, and what was read and verified. */
export const rememberedValues = () => {
  const values = new LRUCache<string, Remembered>({
    maxSize: REMEMBERED,
    sizeCalculation: ({ value }) => value.length + FACTS_SIZE,
  });
  return {
    get: (key: string) => values.get(key),
    set(key: string, value: Remembered): void {
      values.set(key, value);
    },
    /** Remembers what was written. Of what was written without facts nothing is. */
    take(written: ReadonlyMap<string, Queued>): void {
      for (const [key, queued] of written) {
        if (queued?.facts === undefined) values.delete(key);
        else values.set(key, { value: textIn(queued), facts: queued.facts });
      }
    },
    clear(): void {
      values.clear();
    },
  };
};
