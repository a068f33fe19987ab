import { isAccounted } from '../../domain/tasks/events.ts';
import type { StoredTask } from '../../domain/tasks/task.ts';
import { fromIso } from '../../domain/time.ts';
import type { Clock } from '../../ports/clock.ts';
import type { TaskStore } from '../../ports/task-store.ts';
import { refuseUnlessAt, refuseUnlessNextTask } from '../memory/versions.ts';
import { taskCodec } from './codecs.ts';
import type { Change, Database } from './database.ts';
import { KEPT_MS, placesOf, taskKey, unaccountedKey } from './keys.ts';
import { readList } from './task-index.ts';

/** A task, and its position in each list. */
export const embeddedTaskStore = ({
  database,
  clock,
}: Readonly<{ database: Database; clock: Clock }>): TaskStore => {
  /** A task that has expired and was not removed yet counts as missing. */
  const isOver = (task: StoredTask): boolean => fromIso(task.updated_at) + KEPT_MS <= clock.now();
  const decoded = (taskId: string, value: string | undefined): StoredTask | undefined => {
    const task = value === undefined ? undefined : taskCodec.decode(taskId, value);
    return task === undefined || isOver(task) ? undefined : task;
  };

  return {
    async find(taskId) {
      const value = await database.get(taskKey(taskId));
      try {
        return decoded(taskId, value);
      } catch (error) {
        throw database.damaged(error);
      }
    },

    findMany(taskIds) {
      const ids = [...new Set(taskIds)];
      return database.view(async (view) => {
        const values = await view.getMany(ids.map(taskKey));
        return values.flatMap((value, index) => decoded(ids[index] ?? '', value) ?? []);
      });
    },

    async save(task) {
      await database.write((change) => {
        const before = storedIn(change, task.task_id);
        const current = before === undefined || isOver(before) ? undefined : before;
        refuseUnlessNextTask(current, task);
        putTask(change, task, before);
      });
    },

    list(query) {
      return readList(database, query, clock.now() - KEPT_MS);
    },

    async remove(taskId, version) {
      await database.write((change) => {
        const stored = storedIn(change, taskId);
        refuseUnlessAt('Task', taskId, stored, version);
        if (stored !== undefined) removeTask(change, stored);
      });
    },
  };
};

/** The task after the previous writes, expired or not. */
export const storedIn = (change: Change, taskId: string): StoredTask | undefined => {
  const value = change.get(taskKey(taskId));
  return value === undefined ? undefined : taskCodec.decode(taskId, value);
};

/** Replaces a task, with its positions in the lists. */
export const putTask = (change: Change, task: StoredTask, before: StoredTask | undefined): void => {
  const places = placesOf(task);
  for (const place of before === undefined ? [] : placesOf(before)) {
    if (!places.includes(place)) change.remove(place);
  }
  for (const place of places) change.put(place, '');
  const isDone = isAccounted(task);
  if (!isDone) change.put(unaccountedKey(task.task_id), '');
  else if (before !== undefined) change.remove(unaccountedKey(task.task_id));
  change.put(taskKey(task.task_id), taskCodec.encode(task));
};

export const removeTask = (change: Change, task: StoredTask): void => {
  for (const place of placesOf(task)) change.remove(place);
  change.remove(unaccountedKey(task.task_id));
  change.remove(taskKey(task.task_id));
};
