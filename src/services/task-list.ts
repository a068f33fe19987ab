import { publicTask } from '../domain/tasks/stored.ts';
import type { Ports } from '../ports/ports.ts';
import type { TaskListPage } from '../ports/task-list-cache.ts';
import type { TaskQuery } from '../ports/task-store.ts';

/** A page of tasks as the texts that the API answers: out of the cache, or of the store, which then fills the cache. */
export type TaskLister = (query: TaskQuery) => Promise<TaskListPage>;

export const taskLister =
  ({ taskStore: tasks, taskListCache: lists }: Pick<Ports, 'taskStore' | 'taskListCache'>): TaskLister =>
  async (query) => {
    const known = await lists.page(query);
    if (known.page !== undefined) return known.page;
    const stored = await tasks.list(query);
    const page = { ...stored, items: stored.items.map(publicTask) };
    if (known.ticket !== undefined) await lists.fill(known.ticket, page);
    return {
      items: page.items.map((task) => ({
        task_id: task.task_id,
        version: task.version,
        json: JSON.stringify(task),
      })),
      ...(page.next === undefined ? {} : { next: page.next }),
    };
  };
