import type { Json } from '../domain/json.ts';
import type { LogEvent } from '../domain/logs/event.ts';

/**
 * What to read. `cursor` is the one of the last page, undefined or null to begin. `start_time` and `end_time` are epoch
 * milliseconds, both included; with either of them exactly that window is read and the cursor does not change. A source
 * whose events have no timestamps ignores them.
 */
export type LogQuery = Readonly<{ log_group: string; cursor?: Json; start_time?: number; end_time?: number }>;

/**
 * `in_sequence`: each event directly follows the one before it, also that of the previous page, as the lines of a file do.
 * Only then can a line continue in the next event. A log service, whose events come late and in other pages each time,
 * leaves it out.
 */
export type StreamEvents = Readonly<{
  log_stream: string;
  events: readonly LogEvent[];
  in_sequence?: true;
}>;

/** One page. `cursor` continues after it; store it only once these events are processed. */
export type LogPage = Readonly<{
  streams: readonly StreamEvents[];
  cursor: Json;
  /** What could not be read, by stream, in words. The rest of the page is good. */
  problems: readonly Readonly<{ log_stream: string; reason: string }>[];
  /**
   * How often the backend was called for this page, and the milliseconds waited in between. Absent: once, without
   * waiting.
   */
  attempts?: number;
  waited_ms?: number;
}>;

/** Whether reading a group may give something that this source has not given yet. */
export type LogGroupState = Readonly<{ log_group: string; isChanged: boolean }>;

/**
 * A source of log events, each delivered at least once: an event may come again, with the same id, and out of order.
 */
export interface LogSource {
  /** The names of all log groups that can be read, in a stable order. */
  groups(): Promise<readonly string[]>;

  /**
   * Every page from the cursor to the present. A page may be empty, and there may be none if nothing is new.
   *
   * @throws MiyabiError `not_found` where there is no such group; `unavailable` where it cannot be read now.
   * `attemptsOf` finds the number of attempts in it.
   */
  read(query: LogQuery): AsyncIterable<LogPage>;

  /**
   * The groups as `groups` names them, for a reader that asks again and again. A group is unchanged if it was read to its
   * end and nothing was added since. A source that cannot know leaves this method out.
   *
   * @throws MiyabiError `unavailable`
   */
  look?(): Promise<readonly LogGroupState[]>;
}
