import { invalidField, isMiyabiError } from '../../domain/errors.ts';
import type { LogEvent } from '../../domain/logs/event.ts';
import { eventLines } from '../../domain/logs/event-lines.ts';
import { hasText } from '../../domain/logs/line-text.ts';
import { type LogReader, STREAM_START } from '../../ports/log-reader.ts';
import type { LogSource } from '../../ports/log-source.ts';

/** Reads the streams of a log source in memory. A cursor is `m` and how many lines of the stream are before it. */
export const memoryLogReader = ({ source }: Readonly<{ source: LogSource }>): LogReader => ({
  async read({ log_group, log_stream, from, to, limit, before, after, contains }) {
    const events = await eventsOf(source, log_group, log_stream);
    if (events.length === 0) return undefined;
    const first = after === undefined ? 0 : placeOf('after', after);
    const end = before === undefined ? Number.POSITIVE_INFINITY : placeOf('before', before) - 1;
    const { lines } = eventLines(events);
    const found = lines
      .map((line, place) => ({ ...line, place }))
      .filter(
        ({ at, text, place }) =>
          place >= first &&
          place < end &&
          at >= from &&
          at <= to &&
          (contains === undefined || hasText(text, contains)),
      );
    const page = after === undefined ? found.slice(-limit) : found.slice(0, limit);
    const isCut = page.length < found.length;
    const [oldest, newest] = [page[0], page.at(-1)];
    const hasOlder = after === undefined ? isCut : first > 0;
    const isLast = after === undefined ? before === undefined : !isCut;
    return {
      lines: page.map(({ at, text, place }) => ({ cursor: cursorAt(place + 1), at, text })),
      ...(hasOlder ? { before: cursorAt((oldest?.place ?? first) + 1) } : {}),
      after: cursorAt(isLast ? lines.length : (newest?.place ?? Math.max(0, end) - 1) + 1),
    };
  },
});

const cursorAt = (place: number): string => `m${place}`;

const placeOf = (field: string, cursor: string): number => {
  if (cursor === STREAM_START) return 0;
  const digits = /^m(\d{1,15})$/.exec(cursor)?.[1];
  if (digits === undefined) throw invalidField(field, 'is not a cursor of this log');
  return Number(digits);
};

const eventsOf = async (
  source: LogSource,
  log_group: string,
  wanted: string,
): Promise<readonly LogEvent[]> => {
  const events: LogEvent[] = [];
  try {
    for await (const { streams } of source.read({ log_group })) {
      for (const { log_stream, events: found } of streams) if (log_stream === wanted) events.push(...found);
    }
  } catch (error) {
    if (!isMiyabiError(error, 'not_found')) throw error;
  }
  return events;
};
