import {
  GetLogEventsCommand,
  type GetLogEventsCommandInput,
  type GetLogEventsCommandOutput,
  type OutputLogEvent,
} from '@aws-sdk/client-cloudwatch-logs';
import { defined } from '../../domain/defined.ts';
import { invalidField, isMiyabiError } from '../../domain/errors.ts';
import type { LogEvent } from '../../domain/logs/event.ts';
import { eventLines, type KeptLine } from '../../domain/logs/event-lines.ts';
import { hasText } from '../../domain/logs/line-text.ts';
import { isWorthRetrying, type RetryPolicy } from '../../domain/retry.ts';
import { MAX_TIME } from '../../domain/time.ts';
import type { Backoff } from '../../ports/backoff.ts';
import {
  type LinePage,
  type LineQuery,
  type LogReader,
  type ReadLine,
  STREAM_START,
} from '../../ports/log-reader.ts';
import { translated } from './errors.ts';

/** Of a CloudWatchLogsClient, what is used. */
export type GetLogEventsClient = Readonly<{
  send(command: GetLogEventsCommand): Promise<GetLogEventsCommandOutput>;
}>;

export type CloudwatchLogReaderOptions = Readonly<{
  client: GetLogEventsClient;
  /** The only log groups that may be read; a task that names another has no lines. */
  groups: readonly string[];
  backoff: Backoff;
  policy?: RetryPolicy;
}>;

/** Someone waits for the answer: what does not work soon is said to be unavailable. */
const POLICY: RetryPolicy = { attempts: 3, first_delay_ms: 200, max_delay_ms: 1000 };

/** Requests for one page of lines: a stream may have stretches without events, and `contains` may pass over many. */
const MAX_REQUESTS = 8;
/** Events of one request: more than wanted, so that the first moment of a page is rarely all that is missing. */
const MORE_EVENTS = 200;
const MAX_EVENTS = 10_000;

/** A place between lines: behind the first `count` lines of the moment `at`. */
type Place = Readonly<{ at: number; count: number }>;
/** A line, and how many lines of the same moment come before it. */
type Placed = KeptLine & Readonly<{ nth: number }>;

/**
 * Reads streams of CloudWatch Logs by GetLogEvents, on demand. It gives events no ids: a cursor is `c` and the place
 * behind its line.
 */
export const cloudwatchLogReader = ({
  client,
  groups,
  backoff,
  policy = POLICY,
}: CloudwatchLogReaderOptions): LogReader => {
  const request = async (input: GetLogEventsCommandInput): Promise<GetLogEventsCommandOutput> => {
    const send = () => client.send(new GetLogEventsCommand(input));
    return (await backoff(send, { ...policy, isWorthRetrying })).value;
  };

  /** Lines from one end of a stretch of time, until they are enough, all, or as many as one call may ask for. */
  const collect = async (
    { log_group, log_stream, limit }: LineQuery,
    { from, to, forward }: Readonly<{ from: number; to: number; forward: boolean }>,
    isEnough: (lines: readonly Placed[]) => boolean,
  ): Promise<Readonly<{ lines: readonly Placed[]; isEnd: boolean }>> => {
    if (from > to) return { lines: [], isEnd: true };
    let events: readonly LogEvent[] = [];
    let token: string | undefined;
    for (let requests = 1; ; requests += 1) {
      const answer = await request({
        logGroupName: log_group,
        logStreamName: log_stream,
        startTime: from,
        // The end is excluded there, and included here.
        ...(to >= MAX_TIME ? {} : { endTime: to + 1 }),
        startFromHead: forward,
        limit: Math.min(MAX_EVENTS, limit + MORE_EVENTS),
        ...defined({ nextToken: token }),
      });
      const page = (answer.events ?? []).flatMap(eventOf);
      events = forward ? [...events, ...page] : [...page, ...events];
      const next = forward ? answer.nextForwardToken : answer.nextBackwardToken;
      // The same token again says that there is no more.
      const isEnd = next === undefined || next === token;
      const all = placed(events);
      // Backwards, the first moment may lack its first lines, and then nothing counts its others.
      const lines = forward || isEnd ? all : all.filter(({ at }) => at !== all[0]?.at);
      if (isEnd || requests >= MAX_REQUESTS || isEnough(lines)) return { lines, isEnd };
      token = next;
    }
  };

  const newest = async (query: LineQuery, before: Place | undefined): Promise<LinePage> => {
    const isWanted = wanted(query, (line) => before === undefined || isBefore(line, before));
    const window = { from: query.from, to: Math.min(query.to, before?.at ?? query.to), forward: false };
    const { lines: all, isEnd } = await collect(
      query,
      window,
      (lines) => lines.filter(isWanted).length > query.limit,
    );
    const found = all.filter(isWanted);
    const lines = found.slice(-query.limit);
    const first = found.length > lines.length ? lines[0] : isEnd ? undefined : all[0];
    const last = before === undefined ? all.at(-1) : lines.at(-1);
    return {
      lines: lines.map(publicLine),
      ...(first === undefined ? {} : { before: cursorOf(first) }),
      after: last === undefined ? (query.before ?? STREAM_START) : cursorOf(last),
    };
  };

  const oldest = async (query: LineQuery, cursor: string, after: Place | undefined): Promise<LinePage> => {
    const isBehindCursor = (line: Placed) => after === undefined || isBehind(line, after);
    const isWanted = wanted(query, isBehindCursor);
    const window = { from: Math.max(query.from, after?.at ?? 0), to: query.to, forward: true };
    const { lines: all } = await collect(
      query,
      window,
      (lines) => lines.filter(isWanted).length > query.limit,
    );
    const found = all.filter(isWanted);
    const lines = found.slice(0, query.limit);
    const last = found.length > lines.length ? lines.at(-1) : all.filter(isBehindCursor).at(-1);
    return {
      lines: lines.map(publicLine),
      ...(after === undefined ? {} : { before: lines[0] === undefined ? cursor : cursorOf(lines[0]) }),
      after: last === undefined ? cursor : cursorOf(last),
    };
  };

  return {
    async read(query) {
      const before = query.before === undefined ? undefined : placeOf('before', query.before);
      const after = query.after === undefined ? undefined : placeOf('after', query.after);
      if (!groups.includes(query.log_group)) return undefined;
      if (query.before === STREAM_START) return { lines: [], after: STREAM_START };
      try {
        return query.after === undefined
          ? await newest(query, before)
          : await oldest(query, query.after, after);
      } catch (error) {
        const known = translated(query.log_group, error);
        if (isMiyabiError(known, 'not_found')) return undefined;
        throw known;
      }
    },
  };
};

const wanted =
  ({ from, to, contains }: LineQuery, isInPlace: (line: Placed) => boolean) =>
  (line: Placed): boolean =>
    line.at >= from &&
    line.at <= to &&
    isInPlace(line) &&
    (contains === undefined || hasText(line.text, contains));

const eventOf = ({ timestamp, message }: OutputLogEvent): readonly LogEvent[] =>
  timestamp === undefined || message === undefined ? [] : [{ id: '', timestamp, message }];

/** The lines of events in the order of time, each with its place in its moment. */
const placed = (events: readonly LogEvent[]): readonly Placed[] => {
  let at = -1;
  let nth = 0;
  return eventLines(events).lines.map((line) => {
    nth = line.at === at ? nth + 1 : 0;
    at = line.at;
    return { ...line, nth };
  });
};

const isBefore = (line: Placed, { at, count }: Place): boolean =>
  line.at < at || (line.at === at && line.nth < count - 1);
const isBehind = (line: Placed, { at, count }: Place): boolean =>
  line.at > at || (line.at === at && line.nth >= count);

const cursorOf = ({ at, nth }: Placed): string => `c${at}.${nth + 1}`;
const publicLine = (line: Placed): ReadLine => ({ cursor: cursorOf(line), at: line.at, text: line.text });

/** The place of a cursor, undefined for where every stream begins. */
const placeOf = (field: string, cursor: string): Place | undefined => {
  if (cursor === STREAM_START) return undefined;
  const [, at, count] = /^c(\d{1,15})\.(\d{1,9})$/.exec(cursor) ?? [];
  if (at === undefined) throw invalidField(field, 'is not a cursor of this log');
  return { at: Number(at), count: Number(count) };
};
