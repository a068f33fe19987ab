import { MiyabiError, versionConflict } from '../../domain/errors.ts';

/** Refuses to remove a version other than the requested one, if there is one. */
export const refuseUnlessAt = (
  kind: string,
  id: string,
  stored: Readonly<{ version: number }> | undefined,
  version: number | undefined,
): void => {
  if (version !== undefined && stored !== undefined && stored.version !== version)
    throw versionConflict(kind, id);
};

/** Refuses a write that is not the next version of what is stored. */
export const refuseUnlessNext = (
  kind: string,
  id: string,
  stored: Readonly<{ version: number }> | undefined,
  version: number,
): void => {
  if (version === 1) {
    if (stored !== undefined) throw new MiyabiError('already_exists', `${kind} ${id} exists already`);
  } else if (stored?.version !== version - 1) {
    throw versionConflict(kind, id);
  }
};
