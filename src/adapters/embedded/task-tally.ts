import type { StoredTask } from '../../domain/tasks/task.ts';
import type { TaskTally } from '../../ports/task-tally.ts';
import { taskCodec } from './codecs.ts';
import type { Database } from './database.ts';
import { segmentsOf, taskKey, unaccountedKey, under } from './keys.ts';
import { factsOf, storedIn } from './task-store.ts';

/** The tasks that are not accounted for, from an index that contains no others. */
export const embeddedTaskTally = ({ database }: Readonly<{ database: Database }>): TaskTally => ({
  uncounted(limit) {
    return database.view(async (view) => {
      const ids = (await view.keys({ ...under('u'), limit })).map((key) => segmentsOf(key)[1] ?? '');
      const values = await view.getMany(ids.map(taskKey));
      return values.flatMap((value, index) =>
        value === undefined ? [] : taskCodec.decode(ids[index] ?? '', value),
      );
    });
  },

  async mark(taskId) {
    await database.write((change) => {
      if (change.get(taskKey(taskId)) !== undefined) change.put(unaccountedKey(taskId), '');
    });
  },

  async markAccounted({ task_id, version }, counted, published) {
    await database.write((change) => {
      const stored = storedIn(change, task_id);
      if (stored?.version !== version) return;
      const { pendingEvents, ...rest } = stored;
      const kept = published || pendingEvents === undefined ? {} : { pendingEvents };
      const isDone: StoredTask = { ...rest, ...kept, counted };
      // Its positions in the lists stay: this is no update of the task.
      change.put(taskKey(task_id), taskCodec.encode(isDone), factsOf(isDone));
      if (published) change.remove(unaccountedKey(task_id));
    });
  },
});
