import type {
  FilteredLogEvent,
  FilterLogEventsCommand,
  FilterLogEventsCommandOutput,
} from '@aws-sdk/client-cloudwatch-logs';
import type { Clock } from '../../src/ports/clock.ts';

/** How likely each mischief is, from 0 to 1, and how large a page gets. */
export type Mischief = Readonly<{
  throttled: number;
  timedOut: number;
  cutOff: number;
  broken: number;
  emptyPage: number;
  duplicate: number;
  expiredToken: number;
  reordered: number;
  pageSize: number;
}>;

const NO_MISCHIEF: Mischief = {
  throttled: 0,
  timedOut: 0,
  cutOff: 0,
  broken: 0,
  emptyPage: 0,
  duplicate: 0,
  expiredToken: 0,
  reordered: 0,
  pageSize: 10_000,
};

type Stored = Readonly<{ stream: string; id: string; timestamp: number; message: string; visibleAt: number }>;

/** The content of a page token: the events of its window when it was opened, and a position there. */
type Continuation = Readonly<{ key: string; found: readonly Stored[]; position: number; madeAt: number }>;

const TOKEN_LIFE_MS = 24 * 3_600_000;

/** An error as the SDK throws it. */
export const awsError = (name: string, httpStatusCode: number, message = name): Error =>
  Object.assign(new Error(message), { name, $fault: 'client', $metadata: { httpStatusCode } });

/**
 * FilterLogEvents in memory, harsher than the real one: pages that are partial or empty and go on, events that are found
 * long after their time, found twice, or in another order of streams, tokens that expire early, bursts of throttling,
 * time-outs and lost connections. Its whims come from `random`, so a seed repeats them.
 */
export const fakeCloudwatch = (clock: Clock, random: () => number, initial: Partial<Mischief> = {}) => {
  let mischief: Mischief = { ...NO_MISCHIEF, ...initial };
  const groups = new Map<string, Stored[]>();
  const tokens = new Map<string, Continuation>();
  const calls: number[] = [];
  let ids = 0n;
  let burst = 0;
  let emptyInARow = 0;

  const chance = (probability: number): boolean => probability > 0 && random() < probability;

  const stumble = (): void => {
    if (burst === 0 && chance(mischief.throttled)) burst = 1 + Math.floor(random() * 7);
    if (burst > 0) {
      burst -= 1;
      throw awsError('ThrottlingException', 400, 'Rate exceeded');
    }
    if (chance(mischief.timedOut)) throw Object.assign(new Error('timed out'), { name: 'TimeoutError' });
    if (chance(mischief.cutOff)) throw Object.assign(new Error('socket hang up'), { code: 'ECONNRESET' });
    if (chance(mischief.broken)) throw awsError('ServiceUnavailableException', 503);
  };

  const find = (group: string, from: number, to: number): readonly Stored[] => {
    const stored = groups.get(group);
    if (stored === undefined)
      throw awsError('ResourceNotFoundException', 400, 'The specified log group does not exist.');
    const now = clock.now();
    const found = stored
      .filter(({ timestamp, visibleAt }) => visibleAt <= now && timestamp >= from && timestamp <= to)
      .sort((a, b) => a.timestamp - b.timestamp);
    if (!chance(mischief.reordered)) return found;
    // Stream after stream, in any order of them.
    const streams = [...new Set(found.map(({ stream }) => stream))].sort(() => random() - 0.5);
    return streams.flatMap((stream) => found.filter((event) => event.stream === stream));
  };

  const continued = (token: string, key: string): Continuation => {
    const continuation = tokens.get(token);
    if (continuation === undefined || continuation.key !== key || chance(mischief.expiredToken)) {
      tokens.delete(token);
      throw awsError('InvalidParameterException', 400, 'The specified nextToken is invalid.');
    }
    // As moto handles a token that it does not have: it answers that there is nothing more.
    if (clock.now() - continuation.madeAt > TOKEN_LIFE_MS) return { ...continuation, found: [], position: 0 };
    return continuation;
  };

  return {
    /** When each call came, epoch milliseconds. */
    calls,

    set(change: Partial<Mischief>): void {
      mischief = { ...mischief, ...change };
      burst = 0;
    },

    /** From now on every token that was given out leads to an empty page that is the last. */
    forgetTokens(): void {
      for (const [token, continuation] of tokens) tokens.set(token, { ...continuation, madeAt: -Infinity });
    },

    createGroup(group: string): void {
      if (!groups.has(group)) groups.set(group, []);
    },

    /** Adds an event that readers find from `visibleAt` on. Gives its id. */
    put(group: string, stream: string, timestamp: number, message: string, visibleAt = timestamp): string {
      ids += 1n;
      const id = `3${String(ids).padStart(55, '0')}`;
      const events = groups.get(group) ?? [];
      groups.set(group, events);
      events.push({ stream, id, timestamp, message, visibleAt });
      return id;
    },

    async send(command: FilterLogEventsCommand): Promise<FilterLogEventsCommandOutput> {
      const {
        logGroupName = '',
        startTime = 0,
        endTime = Number.MAX_SAFE_INTEGER,
        nextToken,
        limit = 10_000,
      } = command.input;
      calls.push(clock.now());
      stumble();
      const key = JSON.stringify([logGroupName, startTime, endTime]);
      const { found, position } =
        nextToken === undefined
          ? { found: find(logGroupName, startTime, endTime), position: 0 }
          : continued(nextToken, key);

      const isEmpty = emptyInARow < 3 && chance(mischief.emptyPage);
      emptyInARow = isEmpty ? emptyInARow + 1 : 0;
      const most = Math.min(limit, mischief.pageSize);
      const size = isEmpty ? 0 : mischief.pageSize < 10_000 ? 1 + Math.floor(random() * most) : most;
      const page = found.slice(position, position + size);
      const end = position + page.length;
      const repeated = page.filter(() => chance(mischief.duplicate));

      const $metadata = { httpStatusCode: 200 };
      const events = [...page, ...repeated].map(toAnswer);
      if (end >= found.length && !isEmpty) return { $metadata, events, searchedLogStreams: [] };
      const token = `token-${tokens.size + 1}-${Math.floor(random() * 1e9)}`;
      tokens.set(token, { key, found, position: end, madeAt: clock.now() });
      return { $metadata, events, searchedLogStreams: [], nextToken: token };
    },
  };
};

const toAnswer = ({ stream, id, timestamp, message, visibleAt }: Stored): FilteredLogEvent => ({
  logStreamName: stream,
  eventId: id,
  timestamp,
  message,
  ingestionTime: visibleAt,
});

/** A seeded source of numbers from 0 up to but not including 1: mulberry32, by Tommy Ettinger. */
export const seededRandom = (seed: number): (() => number) => {
  let state = seed | 0;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  };
};
