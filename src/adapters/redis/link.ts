import { type MiyabiError, unavailable } from '../../domain/errors.ts';
import type { Clock } from '../../ports/clock.ts';
import type { Logger } from '../../ports/logger.ts';
import { type BreakerState, breaker } from './breaker.ts';
import type { RedisClient } from './connection.ts';

export type RedisLinkOptions = Readonly<{
  /** Makes a client; called again whenever the previous one has failed. */
  connect: () => RedisClient;
  clock: Clock;
  logger: Logger;
  /** The time limit of a call, including connecting, in milliseconds. */
  timeoutMs?: number;
  /** How long a failed Redis is left alone, in milliseconds. */
  retryMs?: number;
}>;

/** Shared by all users of one Redis: the connection and its circuit breaker. */
export interface RedisLink {
  /**
   * Runs commands within the time limit.
   *
   * @throws MiyabiError `unavailable`, at once if Redis has failed a moment ago.
   */
  run<T>(commands: (client: RedisClient) => Promise<T>): Promise<T>;

  /**
   * Like `run`, for commands that a full Redis refuses. Logs when that begins and ends.
   *
   * @throws MiyabiError `unavailable`
   */
  write<T>(commands: (client: RedisClient) => Promise<T>): Promise<T>;

  /** Adds a job to run when Redis is back, before other callers are let through. It may fail and be called again. */
  onReturn(repair: (client: RedisClient) => Promise<void>): void;

  /** `open`: Redis has failed, and calls are refused; `half_open`: a probe is checking whether it is back. */
  state(): BreakerState;

  /**
   * The round trip in milliseconds. Connects if necessary.
   *
   * @throws MiyabiError `unavailable`
   */
  ping(): Promise<number>;

  /** Closes the connection. Later calls fail. */
  close(): Promise<void>;
}

export const redisLink = ({
  connect,
  clock,
  logger,
  timeoutMs = 250,
  retryMs = 500,
}: RedisLinkOptions): RedisLink => {
  const circuit = breaker({ retryMs });
  const calls = deadlines(timeoutMs);
  const repairs: ((client: RedisClient) => Promise<void>)[] = [];
  const complaints = new Set<string>();
  let client: RedisClient | undefined;
  let moved = 0;
  let closed = false;
  let isRefusing = false;

  const current = (): RedisClient => {
    client ??= connect();
    return client;
  };

  /** Discards the client: its socket may be dead without knowing, and its calls would never end. */
  const abandon = (failed: RedisClient): void => {
    failed.disconnect();
    if (client === failed) client = undefined;
  };

  const fail = (failed: RedisClient, error: unknown): void => {
    abandon(failed);
    if (circuit.failed(clock.now()))
      logger.warn('Redis does not answer; going on without it', { reason: reasonOf(error) });
  };

  /** Whether an error means that this client is unusable, rather than that a command was refused. */
  const isOutage = (error: unknown): boolean => {
    const text = reasonOf(error);
    // After a failover a cluster client may keep slots that have moved (redis/ioredis#1865).
    moved = /\bMOVED\b/.test(text) ? moved + 1 : 0;
    if (moved > 0) return moved >= 2;
    return (
      !isReply(error) ||
      /^(ERR )?(LOADING|CLUSTERDOWN|MASTERDOWN|READONLY|NOAUTH|WRONGPASS|NOPERM)\b/.test(text)
    );
  };

  const complain = (error: unknown): void => {
    const reason = reasonOf(error);
    if (isRefusal(reason)) {
      if (!isRefusing) logger.error('Redis refuses writes; going on without them', { reason });
      isRefusing = true;
      return;
    }
    const kind = reason.split(' ', 1)[0] ?? '';
    if (complaints.has(kind)) return;
    complaints.add(kind);
    logger.error('Redis refuses a command; further errors of this kind are not logged', { reason });
  };

  const probe = async (): Promise<void> => {
    const candidate = current();
    try {
      await calls.wait(
        (async () => {
          await candidate.ping();
          for (const repair of repairs) await repair(candidate);
        })(),
      );
    } catch (error) {
      fail(candidate, error);
      return;
    }
    if (circuit.succeeded()) logger.info('Redis answers again');
  };

  const link: RedisLink = {
    async run(commands) {
      if (closed) throw unavailable('Redis', new Error('The connection was closed'));
      const permit = circuit.permit(clock.now());
      if (permit === 'probe') void probe();
      if (permit !== 'go') throw unavailable('Redis', new Error('Redis has failed a moment ago'));
      const used = current();
      try {
        const result = await calls.wait(commands(used));
        moved = 0;
        return result;
      } catch (error) {
        if (isMistake(error)) throw error;
        if (isOutage(error)) {
          // Other calls of the same client may have failed long ago, and Redis be back.
          if (used === client) fail(used, error);
        } else {
          complain(error);
        }
        throw lost(error);
      }
    },

    async write(commands) {
      const result = await link.run(commands);
      if (isRefusing) {
        isRefusing = false;
        logger.info('Redis takes writes again');
      }
      return result;
    },

    onReturn(repair) {
      repairs.push(repair);
    },

    state() {
      return circuit.state();
    },

    async ping() {
      const before = performance.now();
      await link.run((used) => used.ping());
      return performance.now() - before;
    },

    async close() {
      closed = true;
      const last = client;
      client = undefined;
      // A client that has never connected would connect to send QUIT.
      if (last?.status === 'ready') await calls.wait(last.quit()).catch(() => undefined);
      last?.disconnect();
      calls.rest();
    },
  };
  return link;
};

/** Only the text of an error: ioredis attaches the command and its arguments, including the password of AUTH. */
const reasonOf = (error: unknown): string => (error instanceof Error ? error.message : String(error));

const lost = (error: unknown): MiyabiError => unavailable('Redis', new Error(reasonOf(error)));

/** A bug of this program, not a failure of Redis. */
const isMistake = (error: unknown): boolean =>
  error instanceof TypeError || error instanceof ReferenceError || error instanceof RangeError;

/** Whether Redis answers but refuses writes: it is full, cannot save to its disk or has lost its replicas. */
const isRefusal = (reason: string): boolean => /\b(OOM|MISCONF|NOREPLICAS)\b/.test(reason);

const isReply = (error: unknown): boolean => error instanceof Error && error.name === 'ReplyError';

/** Calls with the same time limit, and one timer for all of them. */
type Deadlines = Readonly<{
  /** The result of a call, or an error once its time is over. */
  wait<T>(call: Promise<T>): Promise<T>;
  /** Leaves no timer behind if no call is pending. */
  rest(): void;
}>;

/**
 * Setting and clearing a timer costs a call more than everything else done for it here, so there is one for all: it is
 * set with the first call and, when it fires, looks for calls that began too long ago. Most have ended by then.
 */
const deadlines = (timeoutMs: number): Deadlines => {
  /** In the order in which they began. */
  const waiting = new Set<Readonly<{ until: number; giveUp: () => void }>>();
  let timer: NodeJS.Timeout | undefined;

  const look = (): void => {
    timer = undefined;
    const now = elapsedMs();
    for (const call of waiting) {
      if (call.until > now) {
        timer = setTimeout(lookSoon, call.until - now);
        return;
      }
      waiting.delete(call);
      call.giveUp();
    }
  };
  // If the event loop was blocked, the answer may have arrived already: it is read before the next immediate.
  const lookSoon = (): void => void setImmediate(look);

  return {
    wait: (promise) =>
      new Promise((resolve, reject) => {
        const giveUp = () => reject(new Error(`No answer within ${timeoutMs} ms`));
        const call = { until: elapsedMs() + timeoutMs, giveUp };
        waiting.add(call);
        timer ??= setTimeout(lookSoon, timeoutMs);
        promise.then(
          (value) => {
            waiting.delete(call);
            resolve(value);
          },
          (error: unknown) => {
            waiting.delete(call);
            reject(error);
          },
        );
      }),

    rest() {
      if (waiting.size > 0) return;
      clearTimeout(timer);
      timer = undefined;
    },
  };
};

/** Monotonic milliseconds. */
const elapsedMs = (): number => {
  const [seconds, nanoseconds] = process.hrtime();
  return seconds * 1e3 + nanoseconds / 1e6;
};
