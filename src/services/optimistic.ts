import { isMiyabiError } from '../domain/errors.ts';

/** How often a read-change-write is begun anew before its caller is told of the conflict. */
export const MAX_RACES = 8;

/** Runs a read-change-write until it does not lose the race for the version; the last conflict is thrown. */
export const untilWon = async <T>(change: () => Promise<T>, races = MAX_RACES): Promise<T> => {
  for (let lost = 1; ; lost += 1) {
    try {
      return await change();
    } catch (error) {
      if (!isMiyabiError(error, 'version_conflict', 'already_exists') || lost >= races) throw error;
    }
  }
};
