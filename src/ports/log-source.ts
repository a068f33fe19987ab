import type { Json } from '../domain/json.ts';
import type { LogEvent } from '../domain/logs/event.ts';

/**
 * What to read. `cursor` is what the page read last gave, undefined to begin. `start_time` and `end_time` are epoch
 * milliseconds, both included; a source whose events have no time of their own ignores them.
 */
export type LogQuery = Readonly<{ log_group: string; cursor?: Json; start_time?: number; end_time?: number }>;

export type StreamEvents = Readonly<{ log_stream: string; events: readonly LogEvent[] }>;

/** One page. `cursor` goes on behind it; keep it only once these events are dealt with. */
export type LogPage = Readonly<{
  streams: readonly StreamEvents[];
  cursor: Json;
  /** What could not be read, by stream, in words: the rest of the page is good. */
  problems: readonly Readonly<{ log_stream: string; reason: string }>[];
}>;

/** Where log events are read from, at least once each: an event may come again, and out of order. */
export interface LogSource {
  /** The names of the log groups that there are to read, in a stable order. */
  groups(): Promise<readonly string[]>;

  /**
   * Every page from the cursor to the present. A page may be empty.
   *
   * @throws MiyabiError `not_found` where there is no such group; `unavailable` where it cannot be read now.
   */
  read(query: LogQuery): AsyncIterable<LogPage>;
}
