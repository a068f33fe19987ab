import { MiyabiError, versionConflict } from '../../domain/errors.ts';
import { isSameCount } from '../../domain/projects/metrics.ts';
import type { StoredTask } from '../../domain/tasks/task.ts';

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

/** Refuses a task that is not the next version, or of which something else was counted since it was read. */
export const refuseUnlessNextTask = (
  stored: Readonly<{ version: number; counted?: StoredTask['counted'] | undefined }> | undefined,
  next: StoredTask,
): void => {
  refuseUnlessNext('Task', next.task_id, stored, next.version);
  if (stored !== undefined && !isSameCount(stored.counted, next.counted))
    throw versionConflict('Task', next.task_id);
};
