import { MiyabiError } from '../domain/errors.ts';
import { isJsonObject } from '../domain/json.ts';
import { roomFor } from '../domain/page.ts';
import { publicTask, taskText } from '../domain/tasks/stored.ts';
import type { Ports } from '../ports/ports.ts';
import type { TaskListPage } from '../ports/task-list-cache.ts';
import type { TaskQuery } from '../ports/task-store.ts';

/**
 * A page of tasks as the JSON texts that the API answers, from the cache, or from the store, which then fills the
 * cache. A page ends early where the answer would get too large, and may be empty and still have a `next` if a filter
 * passes over many tasks.
 *
 * @throws MiyabiError `unavailable` where neither cache nor store answers.
 */
export type TaskLister = (query: TaskQuery) => Promise<TaskListPage>;

/**
 * How long one call continues through pages without a match, in milliseconds, and how many of them it reads at most.
 */
const MAX_SEARCH_MS = 10;
const MAX_EMPTY_PAGES = 10;

export const taskLister = ({
  taskStore,
  taskListCache,
  clock,
}: Pick<Ports, 'taskStore' | 'taskListCache' | 'clock'>): TaskLister => {
  const read = async (query: TaskQuery): Promise<TaskListPage> => {
    const cached = await taskListCache.page(query);
    if (cached.page !== undefined) return cached.page;
    const stored = await taskStore.list(query);
    const page = { ...stored, items: stored.items.map(publicTask) };
    if (cached.ticket !== undefined) await taskListCache.fill(cached.ticket, page);
    return {
      ...page,
      items: page.items.map((task) => ({
        task_id: task.task_id,
        version: task.version,
        json: taskText(task),
      })),
    };
  };

  return async (query) => {
    const began = clock.now();
    let page = await read(query);
    for (let empty = 1; page.items.length === 0 && page.next !== undefined; empty += 1) {
      if (empty >= MAX_EMPTY_PAGES || clock.now() - began >= MAX_SEARCH_MS) break;
      page = await read({ ...query, after: page.next });
    }
    return fitting(page);
  };
};

/** The part of a page that fits an answer; the next page begins after it. */
const fitting = (page: TaskListPage): TaskListPage => {
  const items = page.items.slice(0, roomFor(page.items.map(({ json }) => json.length)));
  const last = items.at(-1);
  if (last === undefined || items.length === page.items.length) return page;
  const task: unknown = JSON.parse(last.json);
  if (!isJsonObject(task) || typeof task['updated_at'] !== 'string') {
    throw new MiyabiError('internal', `Task ${last.task_id} is damaged in the cache: updated_at is no text`);
  }
  return { items, next: { task_id: last.task_id, updated_at: task['updated_at'] } };
};
