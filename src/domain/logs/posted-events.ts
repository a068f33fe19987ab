import { fingerprint } from '../ids.ts';
import type { LogEvent } from './event.ts';

/** An event as a client posts it: the id is optional, the timestamp in epoch milliseconds. */
export type PostedEvent = Readonly<{ id?: string | undefined; timestamp: number; message: string }>;

/**
 * Posted events with an identity. An event without an id gets one from its time, its text and the number of earlier
 * events with that text in the same post, so that a repeated post adds nothing.
 */
export const identified = (posted: readonly PostedEvent[]): readonly LogEvent[] => {
  const seen = new Map<string, number>();
  const isInOrder = posted.every(
    ({ timestamp }, at) => timestamp >= (posted[at - 1]?.timestamp ?? timestamp),
  );
  return posted.map(({ id, timestamp, message }, at) => {
    if (id !== undefined) return { id, timestamp, message };
    const print = fingerprint(String(timestamp), message);
    // Most events are the only ones of their millisecond, so none of the others can be the same.
    const isAlone =
      isInOrder && posted[at - 1]?.timestamp !== timestamp && posted[at + 1]?.timestamp !== timestamp;
    if (isAlone) return { id: `${print}.1x`, timestamp, message };
    const times = (seen.get(print) ?? 0) + 1;
    seen.set(print, times);
    return { id: `${print}.${times}x`, timestamp, message };
  });
};
