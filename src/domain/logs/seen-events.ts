import { fingerprint } from '../ids.ts';
import type { LogEvent } from './event.ts';

/**
 * Events that were accepted. Ids that end in a number are kept as ranges of numbers by prefix; for all others, a fingerprint
 * of each batch.
 */
export type SeenEvents = Readonly<{
  counted: readonly Readonly<{ prefix: string; stretches: readonly Stretch[] }>[];
  batches: readonly string[];
}>;
type Stretch = readonly [first: number, last: number];

export const NOTHING_SEEN: SeenEvents = { counted: [], batches: [] };

const MAX_STRETCHES = 32;
const MAX_PREFIXES = 4;
const MAX_BATCHES = 64;

/** The events that were not taken before, and what has been taken with them. */
export const unseenOf = (
  seen: SeenEvents,
  events: readonly LogEvent[],
): Readonly<{ fresh: readonly LogEvent[]; seen: SeenEvents }> => {
  const counted = new Map(seen.counted.map(({ prefix, stretches }) => [prefix, [...stretches]]));
  const uncounted = events.filter(({ id }) => countedIn(id) === undefined);
  const print = printOf(uncounted);
  const isKnownBatch = uncounted.length === 0 || seen.batches.includes(print);
  const fresh = events.filter((event) => {
    const [, prefix, digits] = countedIn(event.id) ?? [];
    if (prefix === undefined) return !isKnownBatch;
    const stretches = counted.get(prefix) ?? [];
    // What spoke last is remembered longest.
    counted.delete(prefix);
    counted.set(prefix, stretches);
    return addNumber(stretches, Number(digits));
  });
  return {
    fresh,
    seen: {
      counted: [...counted].slice(-MAX_PREFIXES).map(([prefix, stretches]) => ({
        prefix,
        stretches: stretches.slice(-MAX_STRETCHES),
      })),
      batches: isKnownBatch ? seen.batches : [...seen.batches, print].slice(-MAX_BATCHES),
    },
  };
};

const COUNTED = /^(\D{0,64})(\d{1,15})$/;

/** The parts of an id that ends in a number. Ids of events that came without one do not, which one character shows. */
const countedIn = (id: string): RegExpExecArray | undefined => {
  const last = id.charCodeAt(id.length - 1);
  return last >= 0x30 && last <= 0x39 ? (COUNTED.exec(id) ?? undefined) : undefined;
};

const printOf = (events: readonly LogEvent[]): string =>
  fingerprint(...events.map(({ id }) => id), String(events[0]?.timestamp), String(events.at(-1)?.timestamp));

/** Adds a number to stretches in ascending order; false where it is in one of them. */
const addNumber = (stretches: Stretch[], number: number): boolean => {
  let place = stretches.length;
  while (place > 0 && (stretches[place - 1]?.[0] ?? 0) > number) place -= 1;
  const before = stretches[place - 1];
  const after = stretches[place];
  if (before !== undefined && number <= before[1]) return false;
  const joinsBefore = before !== undefined && before[1] === number - 1;
  const joinsAfter = after !== undefined && after[0] === number + 1;
  const first = joinsBefore ? before[0] : number;
  const last = joinsAfter ? after[1] : number;
  stretches.splice(joinsBefore ? place - 1 : place, (joinsBefore ? 1 : 0) + (joinsAfter ? 1 : 0), [
    first,
    last,
  ]);
  return true;
};
