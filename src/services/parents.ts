import { isMiyabiError } from '../domain/errors.ts';
import { isTerminal } from '../domain/tasks/status.ts';
import { closeWithParent, followSubtasks } from '../domain/tasks/subtasks.ts';
import type { StoredTask } from '../domain/tasks/task.ts';
import type { Ports } from '../ports/ports.ts';
import type { TaskQuery } from '../ports/task-store.ts';
import { allPages } from './all-pages.ts';
import { eachOf, keyedMutex } from './keyed-mutex.ts';
import type { TaskWriter, WrittenTask } from './task-writer.ts';

/** Further parts do not count. The bound limits what the report of one part costs. */
const MAX_SUBTASKS = 500;
const PAGE = 100;

/**
 * Updates parents after their parts, and grandparents after them; returns what was written. A parent is always computed
 * from all of its parts, so if a crash prevents its write, the next change of any part repairs it.
 */
export const parentFollower = (
  { taskStore, clock }: Pick<Ports, 'taskStore' | 'clock'>,
  change: TaskWriter['change'],
): ((written: readonly WrittenTask[]) => Promise<readonly WrittenTask[]>) => {
  const serialize = keyedMutex();

  const subtasksOf = async (parentId: string): Promise<readonly StoredTask[]> => {
    const subtasks: StoredTask[] = [];
    const pages = allPages((after: Pick<TaskQuery, 'after'>) =>
      taskStore.list({ parent_id: parentId, limit: PAGE, ...after }),
    );
    for await (const page of pages) {
      subtasks.push(...page);
      if (subtasks.length >= MAX_SUBTASKS) break;
    }
    return subtasks;
  };

  const follow = (parentId: string): Promise<WrittenTask | undefined> =>
    serialize(parentId, () =>
      change(async () => {
        const before = await taskStore.find(parentId);
        if (before === undefined) return undefined;
        const changed = followSubtasks(before, await subtasksOf(parentId), clock.now());
        if (changed === undefined) return undefined;
        return { before, after: changed.task, points: changed.point === undefined ? [] : [changed.point] };
      }),
    ).catch((error: unknown) => {
      // The part is written; its parent follows with the next change.
      if (!isMiyabiError(error, 'unavailable', 'version_conflict')) throw error;
      return undefined;
    });

  return async (written) => {
    const parents: WrittenTask[] = [];
    for (let level = written; level.length > 0; ) {
      const parentIds = new Set(
        level.filter(hasChanged).flatMap(({ before, after }) => (after ?? before)?.parent_id ?? []),
      );
      if (parentIds.size === 0) break;
      const followed = await Promise.all([...parentIds].map(follow));
      level = followed.filter((parent) => parent !== undefined);
      parents.push(...level);
    }
    return parents;
  };
};

const hasChanged = ({ before, after }: WrittenTask): boolean =>
  before?.status !== after?.status || before?.progress.percentage !== after?.progress.percentage;

/** The sub-tasks that were closed, and the ids of parents of which some may be left open. */
export type Closed = Readonly<{ written: readonly WrittenTask[]; unfinished: ReadonlySet<string> }>;

const OPEN = ['pending', 'running', 'blocked'] as const;
/** One call closes no more sub-tasks of a parent than this; a sweep goes on. */
const MAX_CLOSED = 1_000;
const WIDTH = 8;

/**
 * Closes the open sub-tasks of tasks that have ended, and theirs. It does not fail if a backend is unavailable: such
 * a parent is `unfinished`, and closing it again closes the rest.
 */
export const subtaskCloser = (
  { taskStore, clock }: Pick<Ports, 'taskStore' | 'clock'>,
  change: TaskWriter['change'],
): ((ended: readonly StoredTask[]) => Promise<Closed>) => {
  const closeOne = (taskId: string, parent: StoredTask): Promise<WrittenTask | undefined> =>
    change(async () => {
      const before = await taskStore.find(taskId);
      if (before === undefined || before.parent_id !== parent.task_id) return undefined;
      const changed = closeWithParent(before, parent, clock.now());
      if (changed === undefined) return undefined;
      return { before, after: changed.task, points: changed.point === undefined ? [] : [changed.point] };
    });

  const closeAll = async (parent: StoredTask, written: WrittenTask[]): Promise<boolean> => {
    let count = 0;
    const pages = allPages((after: Pick<TaskQuery, 'after'>) =>
      taskStore.list({ parent_id: parent.task_id, statuses: OPEN, limit: PAGE, ...after }),
    );
    for await (const page of pages) {
      await eachOf(page, WIDTH, async ({ task_id }) => {
        const closed = await closeOne(task_id, parent);
        if (closed !== undefined) written.push(closed);
      });
      count += page.length;
      if (count >= MAX_CLOSED) return false;
    }
    return true;
  };

  return async (ended) => {
    const written: WrittenTask[] = [];
    const unfinished = new Set<string>();
    for (let level = ended.filter(({ status }) => isTerminal(status)); level.length > 0; ) {
      const from = written.length;
      await eachOf(level, WIDTH, async (parent) => {
        try {
          if (!(await closeAll(parent, written))) unfinished.add(parent.task_id);
        } catch (error) {
          if (!isMiyabiError(error, 'unavailable', 'version_conflict')) throw error;
          unfinished.add(parent.task_id);
        }
      });
      level = written.slice(from).flatMap(({ after }) => after ?? []);
    }
    return { written, unfinished };
  };
};
