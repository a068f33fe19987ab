import type { Json } from '../domain/json.ts';
import type { LogEvent } from '../domain/logs/event.ts';

/**
 * What to read. `cursor` is what the page read last gave, undefined or null to begin. `start_time` and `end_time` are
 * epoch milliseconds, both included; with either of them exactly that window is read and the cursor stays as it is.
 * A source whose events have no time of their own ignores them.
 */
export type LogQuery = Readonly<{ log_group: string; cursor?: Json; start_time?: number; end_time?: number }>;

export type StreamEvents = Readonly<{ log_stream: string; events: readonly LogEvent[] }>;

/** One page. `cursor` goes on behind it; keep it only once these events are dealt with. */
export type LogPage = Readonly<{
  streams: readonly StreamEvents[];
  cursor: Json;
  /** What could not be read, by stream, in words: the rest of the page is good. */
  problems: readonly Readonly<{ log_stream: string; reason: string }>[];
  /** How often the backend was asked for this page, and the milliseconds waited in between; absent: once, at once. */
  attempts?: number;
  waited_ms?: number;
}>;

/** Where log events are read from, at least once each: an event may come again, with the same id, and out of order. */
export interface LogSource {
  /** The names of the log groups that there are to read, in a stable order. */
  groups(): Promise<readonly string[]>;

  /**
   * Every page from the cursor to the present. A page may be empty, and there may be none where nothing is new.
   *
   * @throws MiyabiError `not_found` where there is no such group; `unavailable` where it cannot be read now: what
   * `attemptsOf` finds in it is what was tried.
   */
  read(query: LogQuery): AsyncIterable<LogPage>;
}
