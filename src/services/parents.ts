import { isMiyabiError } from '../domain/errors.ts';
import { followParts } from '../domain/tasks/subtasks.ts';
import type { StoredTask } from '../domain/tasks/task.ts';
import type { Ports } from '../ports/ports.ts';
import type { TaskQuery } from '../ports/task-store.ts';
import { allPages } from './all-pages.ts';
import { keyedMutex } from './keyed-mutex.ts';
import type { TaskMove, TaskWriter } from './task-writer.ts';

/** Parts beyond these do not count; the bound limits what the report of one part costs. */
const MAX_PARTS = 500;
const PAGE = 100;

/**
 * Lets parents follow their parts, and grandparents theirs; answers what was written. A parent is computed from all of
 * its parts each time, so a crash before it is written heals with the next change of any part.
 */
export const parentFollower = (
  { taskStore, clock }: Pick<Ports, 'taskStore' | 'clock'>,
  change: TaskWriter['change'],
): ((moves: readonly TaskMove[]) => Promise<readonly TaskMove[]>) => {
  const turn = keyedMutex();

  const partsOf = async (parentId: string): Promise<readonly StoredTask[]> => {
    const parts: StoredTask[] = [];
    const pages = allPages((after: Pick<TaskQuery, 'after'>) =>
      taskStore.list({ parent_id: parentId, limit: PAGE, ...after }),
    );
    for await (const page of pages) {
      parts.push(...page);
      if (parts.length >= MAX_PARTS) break;
    }
    return parts;
  };

  const follow = (parentId: string): Promise<TaskMove | undefined> =>
    turn(parentId, () =>
      change(async () => {
        const before = await taskStore.find(parentId);
        if (before === undefined) return undefined;
        const changed = followParts(before, await partsOf(parentId), clock.now());
        if (changed === undefined) return undefined;
        return { before, after: changed.task, points: changed.point === undefined ? [] : [changed.point] };
      }),
    ).catch((error: unknown) => {
      // The part is written; its parent follows with the next change.
      if (!isMiyabiError(error, 'unavailable', 'version_conflict')) throw error;
      return undefined;
    });

  return async (moves) => {
    const written: TaskMove[] = [];
    for (let level = moves; level.length > 0; ) {
      const parentIds = new Set(
        level.filter(hasMoved).flatMap(({ before, after }) => (after ?? before)?.parent_id ?? []),
      );
      const followed = await Promise.all([...parentIds].map(follow));
      level = followed.filter((move) => move !== undefined);
      written.push(...level);
    }
    return written;
  };
};

const hasMoved = ({ before, after }: TaskMove): boolean =>
  before?.status !== after?.status || before?.progress.percentage !== after?.progress.percentage;
