import { fingerprint } from '../domain/ids.ts';
import type { LogEvent } from '../domain/logs/event.ts';

export type PostedEvent = Readonly<{ id?: string | undefined; timestamp: number; message: string }>;

/**
 * Posted events as the collector knows them. An event without an id gets one from its time, its text and how often
 * that text has come before in the same post, so that a post that is repeated brings nothing new.
 */
export const eventsOf = (posted: readonly PostedEvent[]): readonly LogEvent[] => {
  const seen = new Map<string, number>();
  return posted.map(({ id, timestamp, message }) => {
    if (id !== undefined) return { id, timestamp, message };
    const print = fingerprint(String(timestamp), message);
    const times = (seen.get(print) ?? 0) + 1;
    seen.set(print, times);
    return { id: `${print}.${times}x`, timestamp, message };
  });
};
