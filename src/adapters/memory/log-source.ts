import { MiyabiError } from '../../domain/errors.ts';
import { isJsonObject, type Json } from '../../domain/json.ts';
import type { LogEvent } from '../../domain/logs/event.ts';
import type { LogPage, LogSource, StreamEvents } from '../../ports/log-source.ts';

/** A log source in memory, and how a test feeds it. */
export type MemoryLogSource = LogSource &
  Readonly<{
    /** Creates the group if necessary and appends events to a stream. */
    add(logGroup: string, logStream: string, ...events: readonly LogEvent[]): void;
    /** Reading a group throws this error until it is called with undefined. */
    fail(logGroup: string, error: Error | undefined): void;
  }>;

type Entry = Readonly<{ log_stream: string; event: LogEvent }>;

/** A page holds at most `pageSize` events. The cursor counts the events of the group that were read. */
export const memoryLogSource = ({
  pageSize = 1000,
}: Readonly<{ pageSize?: number }> = {}): MemoryLogSource => {
  const groups = new Map<string, Entry[]>();
  const failures = new Map<string, Error>();

  const page = (entries: readonly Entry[], cursor: Json): LogPage => ({
    streams: byStream(entries),
    cursor,
    problems: [],
  });

  return {
    async groups() {
      return [...groups.keys()].sort();
    },

    async *read({ log_group: name, cursor, start_time: from, end_time: to }) {
      const entries = groups.get(name);
      if (entries === undefined) throw new MiyabiError('not_found', `there is no log group ${name}`);
      const windowed = from !== undefined || to !== undefined;
      const wanted = windowed
        ? entries.filter(({ event }) => event.timestamp >= (from ?? 0) && event.timestamp <= (to ?? Infinity))
        : entries;
      let position = windowed ? 0 : positionOf(cursor);
      for (;;) {
        // Called for each page, as a real backend, which may also fail between two of them.
        const failure = failures.get(name);
        if (failure !== undefined) throw failure;
        const part = wanted.slice(position, position + pageSize);
        if (part.length === 0) return;
        position += part.length;
        yield page(part, windowed ? (cursor ?? null) : { position });
      }
    },

    add(logGroup, logStream, ...events) {
      const entries = groups.get(logGroup) ?? [];
      groups.set(logGroup, entries);
      for (const event of events) entries.push({ log_stream: logStream, event: { ...event } });
    },

    fail(logGroup, error) {
      if (error === undefined) failures.delete(logGroup);
      else failures.set(logGroup, error);
    },
  };
};

const byStream = (entries: readonly Entry[]): readonly StreamEvents[] => {
  const streams = new Map<string, LogEvent[]>();
  for (const { log_stream, event } of entries) {
    const events = streams.get(log_stream);
    if (events === undefined) streams.set(log_stream, [{ ...event }]);
    else events.push({ ...event });
  }
  return [...streams].map(([log_stream, events]) => ({ log_stream, events }));
};

const positionOf = (cursor: Json | undefined): number => {
  if (cursor === undefined || cursor === null) return 0;
  const position = isJsonObject(cursor) ? cursor['position'] : undefined;
  if (typeof position !== 'number')
    throw new MiyabiError('internal', 'the cursor of the log source in memory is broken');
  return position;
};
