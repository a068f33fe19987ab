import {
  type FilteredLogEvent,
  FilterLogEventsCommand,
  type FilterLogEventsCommandOutput,
} from '@aws-sdk/client-cloudwatch-logs';
import { defined } from '../../domain/defined.ts';
import { unavailable } from '../../domain/errors.ts';
import { fingerprint } from '../../domain/ids.ts';
import type { LogEvent } from '../../domain/logs/event.ts';
import { type Attempted, isWorthRetrying, RETRY_POLICY, type RetryPolicy } from '../../domain/retry.ts';
import type { Backoff } from '../../ports/backoff.ts';
import type { Clock } from '../../ports/clock.ts';
import type { LogPage, LogSource, StreamEvents } from '../../ports/log-source.ts';
import type { Sleep } from '../../ports/sleep.ts';
import { type CloudwatchCursor, cursorFromJson, cursorToJson, type Window } from './cursor.ts';
import { isInvalid, translated } from './errors.ts';
import { paced } from './pace.ts';

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;

/** The part of CloudWatchLogsClient that is used. */
export type FilterLogEventsClient = Readonly<{
  send(command: FilterLogEventsCommand): Promise<FilterLogEventsCommandOutput>;
}>;

/** Times in milliseconds. */
export type CloudwatchLogSourceOptions = Readonly<{
  client: FilterLogEventsClient;
  /** The log groups to collect from if none is named. */
  groups: readonly string[];
  clock: Clock;
  /** Measures the rate of calls: a wall clock that is set back would stop them. */
  steadyClock: Clock;
  sleep: Sleep;
  backoff: Backoff;
  policy?: RetryPolicy;
  /** How far each reading overlaps with the previous one. It must exceed the time until events become visible. */
  overlapMs?: number;
  /** How far each sweep overlaps with the previous one, for events that took longer, and how often one is made. */
  sweepMs?: number;
  sweepEveryMs?: number;
  /** How far back the very first reading of a group begins. */
  lookbackMs?: number;
  /** The quota is 5 a second for each account and Region; this is one process's share of it. */
  callsPerSecond?: number;
}>;

/** How often one reading restarts a window because its page token has expired. */
const MAX_RESTARTS = 3;

/** A token is valid for a day. Its end may show as an error or as an empty page, so only its age is reliable. */
const TOKEN_LIFE_MS = 12 * HOUR;

/**
 * Reads CloudWatch Logs by FilterLogEvents. A reading without a window goes from the cursor, less the overlap, to the
 * present; an unfinished window is read first. See docs/decisions/0032.
 */
export const cloudwatchLogSource = ({
  client,
  groups,
  clock,
  steadyClock,
  sleep,
  backoff,
  policy = RETRY_POLICY,
  overlapMs = MINUTE,
  sweepMs = HOUR,
  sweepEveryMs = HOUR,
  lookbackMs = 24 * HOUR,
  callsPerSecond = 4,
}: CloudwatchLogSourceOptions): LogSource => {
  const pace = paced(steadyClock, sleep, callsPerSecond);

  /** The client's own events are released here: together with those of the page they would take twice the memory. */
  const request = async (group: string, { from, to, token }: Window): Promise<Answer> => {
    const send = async () => {
      await pace();
      return client.send(
        new FilterLogEventsCommand({
          logGroupName: group,
          startTime: from,
          endTime: to,
          ...defined({ nextToken: token }),
        }),
      );
    };
    const answer = await backoff(send, { ...policy, isWorthRetrying });
    return { page: pageOf(answer), token: answer.value.nextToken, isEmpty: !answer.value.events?.length };
  };

  /** Every page of a window. The window returned with a page is what is left of it: undefined after the last. */
  async function* pagesOf(
    group: string,
    begun: Window,
  ): AsyncGenerator<Readonly<{ page: Page; rest: Window | undefined }>> {
    let window = clock.now() - begun.to > TOKEN_LIFE_MS ? fromItsBeginning(begun) : begun;
    let restarts = 0;
    for (;;) {
      const resumed = window === begun && window.token !== undefined;
      let answer: Answer;
      try {
        answer = await request(group, window);
      } catch (error) {
        if (window.token === undefined || !isInvalid(error)) throw translated(group, error);
        // Its token has expired. Events that were read before come again; their ids identify them.
        restarts += 1;
        if (restarts > MAX_RESTARTS) throw unavailable(`CloudWatch log group ${group}`, error);
        window = fromItsBeginning(window);
        continue;
      }
      const { page, token, isEmpty } = answer;
      // An old token that returns nothing may not have been understood.
      if (resumed && !token && isEmpty) {
        window = fromItsBeginning(window);
        continue;
      }
      const rest = token ? { ...window, token } : undefined;
      yield { page, rest };
      if (rest === undefined) return;
      window = rest;
    }
  }

  const nextWindow = (cursor: CloudwatchCursor | undefined): Window => {
    const to = clock.now();
    if (cursor === undefined) return { from: Math.max(0, to - lookbackMs), to, sweep: true };
    const sweep = to - cursor.swept_at >= sweepEveryMs;
    // From the last sweep, not the present: a reader that was away for a day continues where it was.
    const from = Math.min(cursor.read_to - overlapMs, sweep ? cursor.swept_at - sweepMs : to);
    return { from: Math.max(0, from), to, sweep };
  };

  return {
    async groups() {
      return groups;
    },

    async *read({ log_group: group, cursor: kept, start_time, end_time }) {
      if (start_time !== undefined || end_time !== undefined) {
        const window = { from: start_time ?? 0, to: end_time ?? clock.now(), sweep: false };
        if (window.from > window.to) return;
        for await (const { page } of pagesOf(group, window)) yield { ...page, cursor: kept ?? null };
        return;
      }
      const read = cursorFromJson(kept);
      let cursor = read.cursor;
      let problems = read.damaged === undefined ? [] : [damagedCursor(read.damaged)];
      let resumed: boolean;
      do {
        resumed = cursor?.window !== undefined;
        const window = cursor?.window ?? nextWindow(cursor);
        for await (const { page, rest } of pagesOf(group, window)) {
          cursor = behind(cursor, window, rest);
          yield { ...page, problems: [...problems, ...page.problems], cursor: cursorToJson(cursor) };
          problems = [];
        }
        // The unfinished window ends in the past: continue to the present.
      } while (resumed);
    },
  };
};

const damagedCursor = (field: string) => ({
  log_stream: '*',
  reason: `The stored position could not be read at ${field}: earlier events are read again`,
});

const fromItsBeginning = ({ from, to, sweep }: Window): Window => ({ from, to, sweep });

/** The cursor after a page of a window: within it while there is more to read. */
const behind = (
  cursor: CloudwatchCursor | undefined,
  window: Window,
  rest: Window | undefined,
): CloudwatchCursor => {
  const read_to = cursor?.read_to ?? window.from;
  const swept_at = cursor?.swept_at ?? 0;
  if (rest !== undefined) return { read_to, swept_at, window: rest };
  return { read_to: Math.max(read_to, window.to), swept_at: window.sweep ? window.to : swept_at };
};

type Page = Omit<LogPage, 'cursor'>;
type Answer = Readonly<{ page: Page; token: string | undefined; isEmpty: boolean }>;

const pageOf = ({ value, attempts, waited_ms }: Attempted<FilterLogEventsCommandOutput>): Page => {
  const streams = new Map<string, LogEvent[]>();
  const broken = new Map<string, number>();
  for (const found of value.events ?? []) {
    const stream = found.logStreamName ?? '';
    const event = eventOf(found);
    if (event === undefined || stream === '') {
      broken.set(stream, (broken.get(stream) ?? 0) + 1);
      continue;
    }
    const events = streams.get(stream);
    if (events === undefined) streams.set(stream, [event]);
    else events.push(event);
  }
  return {
    streams: [...streams].map(([log_stream, events]): StreamEvents => ({ log_stream, events })),
    problems: [...broken].map(([log_stream, count]) => ({
      log_stream,
      reason: `${count} ${count === 1 ? 'event' : 'events'} without stream, time or message`,
    })),
    attempts,
    waited_ms,
  };
};

const eventOf = ({ eventId, timestamp, message, logStreamName }: FilteredLogEvent): LogEvent | undefined => {
  if (timestamp === undefined || !Number.isSafeInteger(timestamp) || message === undefined) return undefined;
  // The type allows an event without id; then its content is its identity.
  const id = eventId || fingerprint(logStreamName ?? '', String(timestamp), message);
  return { id, timestamp, message };
};
