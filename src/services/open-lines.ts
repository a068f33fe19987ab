import { LRUCache } from 'lru-cache';
import type { LogEvent } from '../domain/logs/event.ts';
import type { ContinuedLine } from '../domain/logs/signals.ts';

/** How many streams are remembered, those that were written to last. */
const MAX_STREAMS = 1000;

/** The rest of a message is printed at once; what comes later, in milliseconds, is another message. */
const MAX_PAUSE = 5 * 60_000;

/** The line at the end of a batch that the next batch may continue. `ids` are those of the events of the batch. */
type OpenLine = Readonly<{ continued: ContinuedLine; at: number; ids: ReadonlySet<string> }>;

/**
 * The last line of each stream, if the next line may belong to it, as the reason of a failure does. A process remembers
 * it for the streams that it receives. Without it, a reason that begins another batch is not found.
 */
export const openLines = () => {
  const lines = new LRUCache<string, OpenLine>({ max: MAX_STREAMS });
  return {
    /** The line before these events, undefined if they are repeated, late or of another time. */
    before(stream: string, events: readonly LogEvent[]): ContinuedLine | undefined {
      const open = lines.get(stream);
      const [first] = events;
      if (open === undefined || first === undefined || open.ids.has(first.id)) return undefined;
      const pause = first.timestamp - open.at;
      return pause >= 0 && pause <= MAX_PAUSE ? open.continued : undefined;
    },
    after(stream: string, events: readonly LogEvent[], continued: ContinuedLine | undefined): void {
      const last = events.at(-1);
      if (last === undefined) return;
      if (continued === undefined) lines.delete(stream);
      else lines.set(stream, { continued, at: last.timestamp, ids: new Set(events.map(({ id }) => id)) });
    },
  };
};

/** Whether each event is at least as new as the one before it, so that a line may continue the one before. */
export const isInSequence = (events: readonly LogEvent[]): boolean =>
  events.every(({ timestamp }, index) => timestamp >= (events[index - 1]?.timestamp ?? timestamp));
