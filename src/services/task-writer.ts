import { isMiyabiError } from '../domain/errors.ts';
import { withEvent } from '../domain/tasks/events.ts';
import { type HistoryPoint, thinPoints } from '../domain/tasks/progress.ts';
import { publicTask } from '../domain/tasks/stored.ts';
import type { StoredTask } from '../domain/tasks/task.ts';
import type { Change } from '../ports/change-feed.ts';
import type { Ports } from '../ports/ports.ts';
import type { TaskCounter } from './task-counter.ts';

/** One write of a task: what it was, what it is now, and what its history gains. */
export type TaskWrite = Readonly<{
  before?: StoredTask | undefined;
  after: StoredTask;
  points: readonly HistoryPoint[];
}>;

/** What became of a task: no `before` where it is new, no `after` where it was removed. */
export type TaskMove = Readonly<{ before?: StoredTask | undefined; after?: StoredTask | undefined }>;

export type TaskWriter = Readonly<{
  /**
   * Writes a task everywhere it is kept: the store first, whose version decides, then history, cache and feed. A
   * crash in between heals: the store is the truth, the cache forgets, and a log is replayed from its checkpoint.
   * Once the store has the task, cache and feed are told of it even where its history cannot be written.
   *
   * @throws MiyabiError `version_conflict`, `already_exists`: nothing was written. `unavailable`: write it again.
   */
  save(write: TaskWrite): Promise<void>;
  /** Adds to the history of a task that is as it should be: what a save before could not. @throws as `save` */
  addHistory(taskId: string, points: readonly HistoryPoint[]): Promise<void>;
  /**
   * Removes this version of a task, and its history: the history first, or a crash would leave points that nobody can
   * find; but last where the removal `mayFail`, that is, where whoever loses the race will not try again.
   *
   * @throws MiyabiError `version_conflict`: it is at another version, and counted as it was. `unavailable`
   */
  remove(task: StoredTask, options?: Readonly<{ mayFail?: boolean }>): Promise<void>;
  /**
   * Takes what was written and removed into the metrics of the projects, one write per project, and tells webhooks
   * what happened.
   */
  account(changes: readonly TaskMove[]): Promise<void>;
}>;

/** However much happened to a task, one write adds no more than this to its history: a batch of DynamoDB. */
export const MAX_POINTS_PER_WRITE = 25;

export const taskWriter = ({
  taskStore: tasks,
  taskHistory: history,
  taskCache: cache,
  changeFeed: feed,
  taskCounter: counter,
  clock,
}: Pick<Ports, 'taskStore' | 'taskHistory' | 'taskCache' | 'changeFeed' | 'clock'> &
  Readonly<{ taskCounter: TaskCounter }>): TaskWriter => {
  const addHistory = async (taskId: string, points: readonly HistoryPoint[]): Promise<void> => {
    if (points.length > 0) await history.append(taskId, thinPoints(points, MAX_POINTS_PER_WRITE));
  };

  return {
    async save({ before, after, points }) {
      if (before !== undefined && before.project_id !== after.project_id) await counter.settle(before);
      // From before the store was asked: a write that was long under way must not live on in the cache for longer.
      const asOf = clock.now();
      await tasks.save(withEvent(before, after));
      const [recorded] = await Promise.allSettled([addHistory(after.task_id, points)]);
      const told = publicTask(after);
      await cache.save([told], asOf);
      const moved = before !== undefined && before.project_id !== after.project_id;
      await feed.publish([
        // To whoever watches the project that it left it is gone; the version lets the save that follows count more.
        ...(moved ? [deletion(before)] : []),
        {
          kind: 'task',
          action: 'saved',
          id: told.task_id,
          project_id: told.project_id,
          version: told.version,
          body: JSON.stringify(told),
        },
      ]);
      if (recorded.status === 'rejected') throw recorded.reason;
    },

    addHistory,

    async remove(task, { mayFail = false } = {}) {
      await counter.discount(task);
      if (!mayFail) await history.remove(task.task_id);
      try {
        await tasks.remove(task.task_id, task.version);
      } catch (error) {
        if (isMiyabiError(error, 'version_conflict')) await counter.restore(task.task_id);
        throw error;
      }
      const [cleared] = mayFail ? await Promise.allSettled([history.remove(task.task_id)]) : [];
      await cache.remove(task.task_id);
      await feed.publish([deletion(task)]);
      if (cleared?.status === 'rejected') throw cleared.reason;
    },

    account(changes) {
      return counter.account(changes);
    },
  };
};

const deletion = ({ task_id, project_id, version }: StoredTask): Change => ({
  kind: 'task',
  action: 'deleted',
  id: task_id,
  project_id,
  version,
});
