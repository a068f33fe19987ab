import { randomUUID } from 'node:crypto';
import { defined } from '../../domain/defined.ts';
import { isMiyabiError, MiyabiError } from '../../domain/errors.ts';
import type { Change, ChangeFeed, FeedEntry } from '../../ports/change-feed.ts';
import type { RedisLink } from './link.ts';
import { script } from './script.ts';

export type RedisChangeFeedOptions = Readonly<{
  redis: RedisLink;
  /** The beginning of the key, as its hash tag. */
  namespace?: string;
  /** How many changes to keep, approximately: Redis trims in whole blocks. */
  capacity?: number;
  /** How often to look for new entries while a reader waits, in milliseconds. */
  pollMs?: number;
}>;

/** Readers find their position again if a change was published within this time, in milliseconds. */
const IDLE_MS = 86_400_000;

/**
 * Adds changes. A client that lost its connection sends its commands again, but a call that was executed must not run
 * twice: it leaves a mark.
 *
 * KEYS: stream, mark. ARGV: capacity, idle life, life of the mark, whether changes before these were lost, changes.
 */
const PUBLISH = script(`
if redis.call('EXISTS', KEYS[2]) == 1 then return 0 end
redis.call('SET', KEYS[2], '1', 'PX', ARGV[3])
if ARGV[4] == '1' then redis.call('XADD', KEYS[1], 'MAXLEN', '~', ARGV[1], '*', 'gap', '1') end
for i = 5, #ARGV do
  redis.call('XADD', KEYS[1], 'MAXLEN', '~', ARGV[1], '*', 'change', ARGV[i])
end
redis.call('PEXPIRE', KEYS[1], ARGV[2])
return 1
`);

/**
 * Begins a missing stream with an empty entry. So every position is that of an entry, and if that is missing, the
 * stream was trimmed or lost after it.
 *
 * KEYS: stream. ARGV: idle life.
 */
const BEGIN = script(`
if redis.call('EXISTS', KEYS[1]) == 1 then return 0 end
redis.call('XADD', KEYS[1], '*', 'begin', '1')
redis.call('PEXPIRE', KEYS[1], ARGV[1])
return 1
`);

const MARK_MS = 10_000;

/** How often Redis is tried for the entry that marks a loss, in milliseconds. */
const GAP_RETRY_MS = 500;

/** How many changes one call of the script adds: it blocks every other client while it runs. */
const BATCH = 100;

/** A feed in a Redis stream. All waiting readers of a process share one poll. */
export const redisChangeFeed = ({
  redis,
  namespace = 'miyabi',
  capacity = 10_000,
  pollMs = 100,
}: RedisChangeFeedOptions): ChangeFeed => {
  const key = `{${namespace}}:changes`;
  const waiting = new Map<() => void, string>();
  let polling: NodeJS.Timeout | undefined;
  /** Failed publications of this process, and how many of them the stream shows as a gap. */
  let losses = 0;
  let shownLosses = 0;
  let isShowing = false;

  /** Adds changes, after a gap if earlier ones were lost. */
  const add = async (changes: readonly Change[]): Promise<void> => {
    const known = losses;
    const mark = `{${namespace}}:mark:${randomUUID()}`;
    const texts = changes.map((change) => JSON.stringify(change));
    const gap = known > shownLosses ? 1 : 0;
    await redis.write((client) => PUBLISH(client, [key, mark], [capacity, IDLE_MS, MARK_MS, gap, ...texts]));
    shownLosses = Math.max(shownLosses, known);
  };

  const showLoss = (): void => {
    if (isShowing || shownLosses === losses) return;
    isShowing = true;
    const attempt = async (): Promise<void> => {
      // Still down: the next attempt is due anyway.
      await add([]).catch(() => undefined);
      isShowing = false;
      showLoss();
    };
    setTimeout(() => void attempt(), GAP_RETRY_MS).unref();
  };

  const newest = async (): Promise<string> =>
    redis.run(async (client) => {
      const last = async () => (await client.xrevrange(key, '+', '-', 'COUNT', 1))[0]?.[0];
      const position = await last();
      if (position !== undefined) return position;
      await BEGIN(client, [key], [IDLE_MS]);
      return (await last()) ?? '';
    });

  /** Wakes readers that wait after a position other than the newest. */
  const wake = (position: string): void => {
    for (const [done, after] of [...waiting]) if (after !== position) done();
  };

  const poll = async (): Promise<void> => {
    try {
      wake(await newest());
    } catch (error) {
      // They continue to wait: either Redis comes back or their time ends.
      if (!isMiyabiError(error, 'unavailable')) wake('');
    } finally {
      polling = undefined;
      schedule();
    }
  };
  const schedule = (): void => {
    if (waiting.size > 0) polling ??= setTimeout(() => void poll(), pollMs);
  };

  return {
    async publish(changes) {
      try {
        for (let start = 0; start < changes.length; start += BATCH) {
          await add(changes.slice(start, start + BATCH));
        }
      } catch (error) {
        // Readers get a reset. The link has logged the error.
        if (!isMiyabiError(error, 'unavailable')) throw error;
        losses += 1;
        showLoss();
      }
      if (changes.length > 0) wake('');
    },

    async position() {
      return newest();
    },

    async read(after, limit) {
      if (!POSITION_PATTERN.test(after)) throw positionLost(after);
      const rows = await redis.run((client) => client.xrange(key, after, '+', 'COUNT', limit + 1));
      if (rows[0]?.[0] !== after) throw positionLost(after);
      const entries = rows.slice(1);
      const gap = entries.findIndex(([, fields]) => fields[0] === 'gap');
      if (gap === 0) throw positionLost(after);
      return (gap === -1 ? entries : entries.slice(0, gap)).map(decode);
    },

    async wait(after, { signal, timeoutMs }) {
      if (signal.aborted) return;
      await new Promise<void>((resolve) => {
        const done = () => {
          clearTimeout(timer);
          signal.removeEventListener('abort', done);
          waiting.delete(done);
          if (waiting.size === 0) {
            clearTimeout(polling);
            polling = undefined;
          }
          resolve();
        };
        const timer = setTimeout(done, timeoutMs);
        signal.addEventListener('abort', done);
        waiting.set(done, after);
        schedule();
      });
    },

    hasLost() {
      return losses > shownLosses;
    },
  };
};

const POSITION_PATTERN = /^\d{1,19}-\d{1,19}$/;

const positionLost = (position: string): MiyabiError =>
  new MiyabiError('not_found', `The change feed no longer holds what came after ${position}`);

const decode = ([position, fields]: [string, string[]]): FeedEntry => {
  const text = fields[fields.indexOf('change') + 1] ?? '';
  try {
    return { position, change: changeFrom(JSON.parse(text)) };
  } catch (cause) {
    throw new MiyabiError('internal', `The entry ${position} of the change feed cannot be read`, { cause });
  }
};

const changeFrom = (value: unknown): Change => {
  if (typeof value !== 'object' || value === null) throw new TypeError('not an object');
  const { kind, action, id, project_id, version, body } = value as Readonly<Record<string, unknown>>;
  if (kind !== 'task' && kind !== 'project') throw new TypeError('kind');
  if (action !== 'saved' && action !== 'deleted') throw new TypeError('action');
  if (typeof id !== 'string' || typeof project_id !== 'string') throw new TypeError('id or project_id');
  if (typeof version !== 'number') throw new TypeError('version');
  if (body !== undefined && typeof body !== 'string') throw new TypeError('body');
  return { kind, action, id, project_id, version, ...defined({ body }) };
};
