import { isMiyabiError } from '../domain/errors.ts';
import { AttemptsFailed } from '../domain/retry.ts';
import type { Ports } from '../ports/ports.ts';

/** The outcome of an attempt: its result, and the one write that makes it true. Without a write nothing is written. */
export type Attempt<T> = Readonly<{ result: T; write?: () => Promise<void> }>;

/** Makes a write of an attempt before its last one, whose conflict starts the attempt over as well. */
export type ContestedWrite = (write: () => Promise<void>) => Promise<void>;

/**
 * Reads, decides and writes until the write succeeds without a conflict. Only a conflict of that write, and of one made
 * by `contested`, is retried: any other error, even a conflict of something else, is thrown at once.
 *
 * @throws MiyabiError `version_conflict`, `already_exists` after `MAX_ATTEMPTS` conflicts.
 */
export type RetryOnConflict = <T>(attempt: (contested: ContestedWrite) => Promise<Attempt<T>>) => Promise<T>;

export const MAX_ATTEMPTS = 16;

/** Random waits, or writers that collided once would collide again. */
const FIRST_DELAY_MS = 2;
const MAX_DELAY_MS = 64;

class LostRace extends Error {}

const contested: ContestedWrite = async (write) => {
  try {
    await write();
  } catch (error) {
    if (!isMiyabiError(error, 'version_conflict', 'already_exists')) throw error;
    throw new LostRace('Another writer was first', { cause: error });
  }
};

export const retryOnConflict =
  ({ backoff }: Pick<Ports, 'backoff'>): RetryOnConflict =>
  async (attempt) => {
    const once = async () => {
      const { result, write } = await attempt(contested);
      if (write !== undefined) await contested(write);
      return result;
    };
    let lost: LostRace | undefined;
    try {
      // Nearly all writes succeed here, without the timers and counters of a retry.
      return await once();
    } catch (error) {
      if (!(error instanceof LostRace)) throw error;
      lost = error;
    }
    const again = async () => {
      const first = lost;
      lost = undefined;
      if (first !== undefined) throw first;
      return once();
    };
    try {
      const { value } = await backoff(again, {
        attempts: MAX_ATTEMPTS,
        first_delay_ms: FIRST_DELAY_MS,
        max_delay_ms: MAX_DELAY_MS,
        isWorthRetrying: (error) => error instanceof LostRace,
      });
      return value;
    } catch (error) {
      const failure = error instanceof AttemptsFailed ? error.cause : error;
      throw failure instanceof LostRace ? failure.cause : failure;
    }
  };
