import { isAccounted } from '../../domain/tasks/events.ts';
import type { StoredTask } from '../../domain/tasks/task.ts';
import { fromIso } from '../../domain/time.ts';
import type { Clock } from '../../ports/clock.ts';
import type { TaskStore } from '../../ports/task-store.ts';
import { refuseUnlessAt, refuseUnlessNextTask } from '../memory/versions.ts';
import { taskCodec } from './codecs.ts';
import type { Change, Database } from './database.ts';
import { KEPT_MS, placesOf, taskKey, unaccountedKey } from './keys.ts';
import { fromOwnRecord } from './record.ts';
import type { Remembered } from './remembered.ts';
import { readList } from './task-index.ts';

/** A task, and its position in each list. */
export const embeddedTaskStore = ({
  database,
  clock,
}: Readonly<{ database: Database; clock: Clock }>): TaskStore => {
  const decoded = (taskId: string, value: string | undefined): StoredTask | undefined => {
    const task = value === undefined ? undefined : taskCodec.decode(taskId, value);
    return task === undefined || hasExpired(fromIso(task.updated_at), clock.now()) ? undefined : task;
  };

  return {
    async find(taskId) {
      const key = taskKey(taskId);
      const value = await database.get(key);
      if (value === undefined) return undefined;
      const facts = factsBeside(database.remembered(key));
      if (facts?.isPlain === true) {
        // What was encoded here, and has no fields of a newer Miyabi, needs no check.
        return hasExpired(facts.updated, clock.now()) ? undefined : (fromOwnRecord(value) as StoredTask);
      }
      try {
        const task = taskCodec.decode(taskId, value);
        if (facts === undefined) database.remember(key, { value, facts: factsOf(task) });
        return hasExpired(fromIso(task.updated_at), clock.now()) ? undefined : task;
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
      await database.write((change) => putTask(change, task, requireNext(change, task, clock.now())));
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

/** A task that has expired and was not removed yet counts as missing. */
const hasExpired = (updated: number, now: number): boolean => updated + KEPT_MS <= now;

/** What a write has to know of the task before it. `updated` is epoch milliseconds. */
export type TaskFacts = Readonly<{
  version: number;
  counted: StoredTask['counted'];
  updated: number;
  places: readonly string[];
  /** It has no fields that a newer Miyabi has written. */
  isPlain: boolean;
  /** The newest day on which points of its history expire, if this process knows it. */
  expires_on: number | undefined;
}>;

/** What is known of a task that is put. */
export const factsOf = (task: StoredTask, expires_on?: number): TaskFacts => ({
  version: task.version,
  // A copy, like everything else here: the caller's object is not kept.
  counted: task.counted === undefined ? undefined : { ...task.counted },
  updated: fromIso(task.updated_at),
  places: placesOf(task),
  isPlain: task.unknown === undefined,
  expires_on,
});

// Only this file puts facts beside a task.
const factsBeside = (remembered: Remembered | undefined) => remembered?.facts as TaskFacts | undefined;

/** What is known of the task after the previous writes, expired or not; undefined if there is none. */
export const factsIn = (change: Change, taskId: string): TaskFacts | undefined => {
  const known = change.facts(taskKey(taskId)) as TaskFacts | undefined;
  if (known !== undefined) return known;
  const task = storedIn(change, taskId);
  return task === undefined ? undefined : factsOf(task);
};

/** The task after the previous writes, expired or not. */
export const storedIn = (change: Change, taskId: string): StoredTask | undefined => {
  const value = change.get(taskKey(taskId));
  return value === undefined ? undefined : taskCodec.decode(taskId, value);
};

/** What is known of the task before the next version of it. @throws MiyabiError as `TaskStore.save` */
export const requireNext = (change: Change, task: StoredTask, now: number): TaskFacts | undefined => {
  const before = factsIn(change, task.task_id);
  refuseUnlessNextTask(before === undefined || hasExpired(before.updated, now) ? undefined : before, task);
  return before;
};

/** Replaces a task, with its positions in the lists. */
export const putTask = (
  change: Change,
  task: StoredTask,
  before: TaskFacts | undefined,
  expires_on = before?.expires_on,
): void => {
  const facts = factsOf(task, expires_on);
  for (const place of before?.places ?? []) if (!facts.places.includes(place)) change.remove(place);
  for (const place of facts.places) change.put(place, '');
  if (!isAccounted(task)) change.put(unaccountedKey(task.task_id), '');
  else if (before !== undefined) change.remove(unaccountedKey(task.task_id));
  change.put(taskKey(task.task_id), taskCodec.encode(task), facts);
};

export const removeTask = (change: Change, task: StoredTask): void => {
  for (const place of placesOf(task)) change.remove(place);
  change.remove(unaccountedKey(task.task_id));
  change.remove(taskKey(task.task_id));
};
