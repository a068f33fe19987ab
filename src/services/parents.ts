import { isMiyabiError } from '../domain/errors.ts';
import { followParts } from '../domain/tasks/subtasks.ts';
import type { StoredTask } from '../domain/tasks/task.ts';
import type { Clock } from '../ports/clock.ts';
import type { TaskStore } from '../ports/task-store.ts';
import { keyedMutex } from './keyed-mutex.ts';
import { retryOnConflict } from './retry-on-conflict.ts';
import type { TaskMove, TaskWriter } from './task-writer.ts';

/** Parts beyond these do not count; the bound keeps the cost of a part's report small. */
const MAX_PARTS = 500;
const PAGE = 100;

/**
 * A writer whose tasks follow their parts. A parent is computed anew from all of its parts, so that it is right again
 * with the next change of any of them, should a process die before it came to the parent.
 */
export const withParents = (writer: TaskWriter, tasks: TaskStore, clock: Clock): TaskWriter => {
  const turn = keyedMutex();

  const partsOf = async (parentId: string): Promise<readonly StoredTask[]> => {
    const parts: StoredTask[] = [];
    let after: Parameters<TaskStore['list']>[0]['after'];
    do {
      const page = await tasks.list({
        parent_id: parentId,
        limit: PAGE,
        ...(after === undefined ? {} : { after }),
      });
      parts.push(...page.items);
      after = page.next;
    } while (after !== undefined && parts.length < MAX_PARTS);
    return parts;
  };

  const follow = (parentId: string): Promise<TaskMove | undefined> =>
    turn(parentId, () =>
      retryOnConflict(async () => {
        const before = await tasks.find(parentId);
        if (before === undefined) return undefined;
        const changed = followParts(before, await partsOf(parentId), clock.now());
        if (changed === undefined) return undefined;
        const { task: after, point } = changed;
        await writer.save({ before, after, points: point === undefined ? [] : [point] });
        return { before, after };
      }),
    );

  const account = async (moves: readonly TaskMove[]): Promise<void> => {
    await writer.account(moves);
    const parents = new Set(
      moves.filter(hasMoved).flatMap(({ before, after }) => (after ?? before)?.parent_id ?? []),
    );
    const followed = await Promise.all(
      [...parents].map(async (parentId) => {
        try {
          return await follow(parentId);
        } catch (error) {
          // The part is written; its parent follows with the next change.
          if (!isMiyabiError(error, 'unavailable', 'version_conflict')) throw error;
          return undefined;
        }
      }),
    );
    const further = followed.filter((move) => move !== undefined);
    if (further.length > 0) await account(further);
  };

  return { ...writer, account };
};

const hasMoved = ({ before, after }: TaskMove): boolean =>
  before?.status !== after?.status || before?.progress.percentage !== after?.progress.percentage;
