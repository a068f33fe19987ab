import { isMiyabiError } from '../domain/errors.ts';
import type { FeedEntry } from '../ports/change-feed.ts';
import type { Ports } from '../ports/ports.ts';

/** Which changes a reader wants. `task_id`: those of that task alone. All conditions must hold. */
export type EventFilter = Readonly<{ project_id?: string; task_id?: string }>;

/**
 * What a subscriber receives. `start`: where it begins. `entries`: changes, oldest first, never empty. `reset`: changes
 * were lost, so a copy must be read again; the stream continues after `position`. `beat`: nothing has happened for a
 * while; everything up to `position` was sent. `size` is roughly that of the entries, in characters.
 */
export type EventSignal =
  | Readonly<{ type: 'start' | 'reset' | 'beat'; position: string }>
  | Readonly<{ type: 'entries'; entries: readonly FeedEntry[]; size: number }>;

/** The changes after a position, for a reader that polls. */
export type EventPage = Readonly<{
  entries: readonly FeedEntry[];
  next: string;
  reset: boolean;
  news: boolean;
}>;

export type EventService = Readonly<{
  /**
   * A stream of changes: those after `since`, without a gap or a duplicate, or those from now on. It ends when the
   * signal aborts, or when its reader leaves more unread than `MAX_UNREAD`; reconnecting resumes it.
   *
   * @throws MiyabiError `unavailable` where the feed does not answer.
   */
  subscribe(
    query: EventFilter & Readonly<{ since?: string; signal: AbortSignal }>,
  ): Promise<AsyncIterable<EventSignal>>;

  /**
   * Changes after a position, as many as fit an answer; without a position none, only where to begin.
   *
   * @throws MiyabiError `unavailable` where the feed does not answer.
   */
  since(query: EventFilter & Readonly<{ since?: string }>): Promise<EventPage>;
}>;

/** How much a slow reader may leave unread, in characters of JSON, before it is disconnected. */
const MAX_UNREAD = 1_048_576;
/** The longest silence of a stream, in milliseconds. */
const BEAT_MS = 15_000;
/** How many changes are read from the feed at once. */
const BATCH = 500;
/** How many changes are kept for new subscribers: at least one batch, so that a position just read is among them. */
const WINDOW = 1_000;
/** The largest answer of `since`, in characters of JSON. */
const MAX_ANSWER = 1_000_000;
const RETRY_MS = 1_000;
/** How often readers are sent a `reset` while changes are being lost, in milliseconds. */
const LOSS_RESET_MS = 5_000;

type EventPorts = Pick<Ports, 'changeFeed' | 'steadyClock' | 'logger' | 'sleep'>;

type Subscriber = EventFilter & {
  /** Whether it gets what the reader reads. Before that it catches up by itself. */
  live: boolean;
  slow: boolean;
  queue: EventSignal[];
  unread: number;
  wake: (() => void) | undefined;
};

/**
 * One reader of the feed for all subscribers of a process: the feed is read once for all of them, and subscribers with
 * the same filter get the same array, which can be serialized once.
 */
export const eventService = (ports: EventPorts): EventService => {
  const { changeFeed: feed } = ports;
  const subscribers = new Set<Subscriber>();
  let reader: Reader | undefined;

  const enqueue = (subscriber: Subscriber, signal: EventSignal): void => {
    subscriber.queue.push(signal);
    if (signal.type === 'entries') subscriber.unread += signal.size;
    if (subscriber.unread > MAX_UNREAD) {
      subscriber.slow = true;
      subscriber.queue = [];
    }
    subscriber.wake?.();
  };

  const send = (signal: EventSignal): void => {
    for (const subscriber of subscribers) if (subscriber.live) enqueue(subscriber, signal);
  };

  const sendEntries = (entries: readonly FeedEntry[]): void => {
    const filtered = new Map<string, EventSignal | undefined>();
    for (const subscriber of subscribers) {
      if (!subscriber.live) continue;
      const key = `${subscriber.project_id ?? ''} ${subscriber.task_id ?? ''}`;
      if (!filtered.has(key)) {
        const wanted = entries.filter(({ change }) => isWanted(change, subscriber));
        filtered.set(key, wanted.length === 0 ? undefined : entriesSignal(wanted));
      }
      const signal = filtered.get(key);
      if (signal !== undefined) enqueue(subscriber, signal);
    }
  };

  const start = async (): Promise<Reader> => {
    const current = reader ?? feedReader(ports, { send, sendEntries, count: () => subscribers.size });
    reader = current;
    try {
      await current.started;
    } catch (error) {
      if (reader === current) reader = undefined;
      throw error;
    }
    return current;
  };

  const leave = (subscriber: Subscriber): void => {
    subscribers.delete(subscriber);
    if (subscribers.size > 0) return;
    reader?.stop();
    reader = undefined;
  };

  async function* streamOf(subscriber: Subscriber, since: string | undefined, signal: AbortSignal) {
    const wake = () => subscriber.wake?.();
    signal.addEventListener('abort', wake);
    try {
      yield* join(subscriber, since, signal);
      while (!signal.aborted && !subscriber.slow) {
        const next = subscriber.queue.shift();
        if (next === undefined) {
          await new Promise<void>((resolve) => {
            subscriber.wake = resolve;
          });
          subscriber.wake = undefined;
          continue;
        }
        if (next.type === 'entries') subscriber.unread -= next.size;
        yield next;
      }
    } finally {
      signal.removeEventListener('abort', wake);
      leave(subscriber);
    }
  }

  /** Brings a subscriber to the position of the reader. Between finding its place and going live nothing is awaited. */
  async function* join(
    subscriber: Subscriber,
    since: string | undefined,
    signal: AbortSignal,
  ): AsyncGenerator<EventSignal> {
    const current = await start();
    if (since === undefined) {
      subscriber.live = true;
      yield { type: 'start', position: current.position() };
      return;
    }
    let at = since;
    // Positions that the reader has not reached yet it reaches within a step. Otherwise the place does not exist.
    for (let stuck = 0; stuck < 3 && !signal.aborted; ) {
      const rest = current.behind(at);
      if (rest !== undefined) {
        subscriber.live = true;
        yield { type: 'start', position: at };
        const wanted = rest.filter(({ change }) => isWanted(change, subscriber));
        if (wanted.length > 0) yield entriesSignal(wanted);
        return;
      }
      try {
        const entries = await feed.read(at, BATCH);
        const last = entries.at(-1);
        if (last === undefined) {
          stuck += 1;
          await current.step();
          continue;
        }
        at = last.position;
        const wanted = entries.filter(({ change }) => isWanted(change, subscriber));
        if (wanted.length > 0) yield entriesSignal(wanted);
      } catch (error) {
        if (!isMiyabiError(error, 'not_found')) throw error;
        break;
      }
    }
    subscriber.live = true;
    yield { type: 'reset', position: current.position() };
  }

  return {
    async subscribe({ since, signal, ...filter }) {
      const subscriber: Subscriber = {
        ...filter,
        live: false,
        slow: false,
        queue: [],
        unread: 0,
        wake: undefined,
      };
      subscribers.add(subscriber);
      try {
        await start();
      } catch (error) {
        leave(subscriber);
        throw error;
      }
      return streamOf(subscriber, since, signal);
    },

    async since({ since, ...filter }) {
      if (since === undefined) return { entries: [], next: await feed.position(), reset: false, news: true };
      try {
        const read = await feed.read(since, BATCH);
        const entries: FeedEntry[] = [];
        let next = since;
        let size = 0;
        for (const entry of read) {
          const wanted = isWanted(entry.change, filter);
          if (wanted) size += sizeOf([entry]);
          if (size > MAX_ANSWER && entries.length > 0) break;
          if (wanted) entries.push(entry);
          next = entry.position;
        }
        // The positions show no gap, but lost changes have no position.
        const reset = feed.hasLost();
        return { entries, next, reset, news: reset || read.length > 0 };
      } catch (error) {
        if (!isMiyabiError(error, 'not_found')) throw error;
        return { entries: [], next: await feed.position(), reset: true, news: true };
      }
    },
  };
};

type Reader = Readonly<{
  started: Promise<void>;
  position(): string;
  /** What was read after a position, undefined if that position is not among what is kept. */
  behind(position: string): readonly FeedEntry[] | undefined;
  /** Resolves at the next read of the reader. */
  step(): Promise<void>;
  stop(): void;
}>;

type Audience = Readonly<{
  send(signal: EventSignal): void;
  sendEntries(entries: readonly FeedEntry[]): void;
  count(): number;
}>;

const feedReader = (
  { changeFeed: feed, steadyClock: clock, logger, sleep }: EventPorts,
  audience: Audience,
): Reader => {
  const stopped = new AbortController();
  let window: readonly FeedEntry[] = [];
  let base = '';
  let at = '';
  let steps: (() => void)[] = [];

  const begin = (position: string) => {
    window = [];
    base = position;
    at = position;
  };
  const take = (entries: readonly FeedEntry[]) => {
    const kept = [...window, ...entries];
    const dropped = kept.length - WINDOW;
    if (dropped > 0) base = kept[dropped - 1]?.position ?? base;
    window = dropped > 0 ? kept.slice(dropped) : kept;
    at = entries.at(-1)?.position ?? at;
    audience.sendEntries(entries);
  };
  const pause = (ms: number): Promise<void> => sleep(ms, stopped.signal);

  const run = async () => {
    let beaten = clock.now();
    let lossReportedAt = Number.NEGATIVE_INFINITY;
    while (!stopped.signal.aborted) {
      try {
        const entries = await feed.read(at, BATCH);
        if (stopped.signal.aborted) return;
        if (entries.length > 0) take(entries);
        const woken = steps;
        steps = [];
        for (const wake of woken) wake();
        if (feed.hasLost() && clock.now() - lossReportedAt >= LOSS_RESET_MS) {
          lossReportedAt = clock.now();
          audience.send({ type: 'reset', position: at });
        }
        if (clock.now() - beaten >= BEAT_MS) {
          beaten = clock.now();
          audience.send({ type: 'beat', position: at });
        }
        if (entries.length === BATCH) continue;
        // With many subscribers, batches are fewer and larger: the write to each socket is the expensive part.
        if (entries.length > 0) await pause(Math.min(200, audience.count() / 10));
        await feed.wait(at, {
          signal: stopped.signal,
          timeoutMs: Math.max(
            1,
            Math.min(
              beaten + BEAT_MS,
              feed.hasLost() ? lossReportedAt + LOSS_RESET_MS : Number.POSITIVE_INFINITY,
            ) - clock.now(),
          ),
        });
      } catch (error) {
        if (stopped.signal.aborted) return;
        if (isMiyabiError(error, 'not_found')) {
          try {
            begin(await feed.position());
            audience.send({ type: 'reset', position: at });
            continue;
          } catch (again) {
            logger.warn('The change feed cannot be read', { error: again });
          }
        } else logger.warn('The change feed cannot be read', { error });
        await pause(RETRY_MS);
      }
    }
  };

  const started = feed.position().then((position) => {
    begin(position);
    void run();
  });
  return {
    started,
    position: () => at,
    behind(position) {
      if (position === base) return window;
      const index = window.findLastIndex((entry) => entry.position === position);
      return index === -1 ? undefined : window.slice(index + 1);
    },
    step: () =>
      new Promise((resolve) => {
        if (stopped.signal.aborted) resolve();
        else steps.push(resolve);
      }),
    stop() {
      stopped.abort();
      for (const wake of steps) wake();
    },
  };
};

const isWanted = ({ kind, id, project_id }: FeedEntry['change'], filter: EventFilter): boolean =>
  (filter.project_id === undefined || filter.project_id === project_id) &&
  (filter.task_id === undefined || (kind === 'task' && filter.task_id === id));

const entriesSignal = (entries: readonly FeedEntry[]): EventSignal => ({
  type: 'entries',
  entries,
  size: sizeOf(entries),
});

/** A rough size of entries, in characters. */
const sizeOf = (entries: readonly FeedEntry[]): number =>
  entries.reduce((sum, { change }) => sum + (change.body?.length ?? 0) + 200, 0);
