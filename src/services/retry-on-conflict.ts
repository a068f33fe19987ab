import { isMiyabiError } from '../domain/errors.ts';

/** How often a read-change-write is begun anew before its caller is told of the conflict. */
export const MAX_RACES = 16;

/** The longest pause between two attempts, in milliseconds. */
const MAX_PAUSE_MS = 64;

/**
 * Runs a read-change-write until it does not lose the race for the version; the last conflict is thrown. Who lost
 * steps back for a random moment, longer with each loss, or the same ones would collide again.
 */
export const retryOnConflict = async <T>(change: () => Promise<T>, races = MAX_RACES): Promise<T> => {
  for (let lost = 1; ; lost += 1) {
    try {
      return await change();
    } catch (error) {
      if (!isMiyabiError(error, 'version_conflict', 'already_exists') || lost >= races) throw error;
      await pause(Math.random() * Math.min(2 ** lost, MAX_PAUSE_MS));
    }
  }
};

const pause = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));
