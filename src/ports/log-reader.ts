import type { LogOrigin } from '../domain/logs/event.ts';

/** The cursor of where every stream begins. All others are the reader's own. */
export const STREAM_START = '0';

/**
 * Which lines of a stream: those from `from` to `to`, epoch milliseconds, both included, and with `contains` in them,
 * ignoring case. With `after`, the oldest of those behind that cursor; with `before`, the newest of those before
 * the line of that cursor; with neither, the newest. `limit` is 1–1000.
 */
export type LineQuery = LogOrigin &
  Readonly<{
    from: number;
    to: number;
    limit: number;
    before?: string;
    after?: string;
    contains?: string;
  }>;

/** A line, as `shownLine` makes it. `cursor` is its place; `at` is epoch milliseconds. */
export type ReadLine = Readonly<{ cursor: string; at: number; text: string }>;

/**
 * Lines, oldest first. `before`: where older ones go on, undefined at the beginning. `after`: where newer ones go on, those
 * that are still to come too. A page may hold fewer than `limit`, even none, and have a `before` or an `after` that leads
 * on: the work of one call is bounded. `omitted`: how many lines are no longer kept behind which cursor.
 */
export type LinePage = Readonly<{
  lines: readonly ReadLine[];
  before?: string;
  after: string;
  omitted?: readonly Readonly<{ after: string; lines: number }>[];
}>;

/** Reads the lines of streams where they are. */
export interface LogReader {
  /**
   * Lines of a stream, undefined where there is no such stream, or it is none that may be read.
   *
   * @throws MiyabiError `unavailable` where the backend does not answer, or is asked too often; `invalid_input` where a
   * cursor is none of this reader.
   */
  read(query: LineQuery): Promise<LinePage | undefined>;
}
