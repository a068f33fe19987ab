import { isAccounted } from '../../domain/tasks/events.ts';
import { byNewest, matchesFilter, type TaskPosition } from '../../domain/tasks/list.ts';
import { TASK_STATUSES } from '../../domain/tasks/status.ts';
import type { StoredTask } from '../../domain/tasks/task.ts';
import type { TaskQuery, TaskStore } from '../../ports/task-store.ts';
import type { TaskTally } from '../../ports/task-tally.ts';
import { frozenCopy } from './frozen-copy.ts';
import { type SortedList, sortedList } from './sorted-list.ts';
import { refuseUnlessAt, refuseUnlessNextTask } from './versions.ts';

/** Tasks in this process's memory. Nothing survives it. What it returns is frozen. */
export const memoryTaskStore = (): TaskStore & TaskTally => {
  const tasks = new Map<string, StoredTask>();
  const byStatus = new Map<string, TaskList>(TASK_STATUSES.map((status) => [status, taskList()]));
  const byProject = new Map<string, TaskList>();
  const byParent = new Map<string, TaskList>();
  const uncounted = new Set<string>();

  const enter = (task: StoredTask): void => {
    tasks.set(task.task_id, task);
    if (!isAccounted(task)) uncounted.add(task.task_id);
    byStatus.get(task.status)?.add(task);
    addTo(byProject, task.project_id, task);
    if (task.parent_id !== undefined) addTo(byParent, task.parent_id, task);
  };
  const leave = (task: StoredTask): void => {
    tasks.delete(task.task_id);
    uncounted.delete(task.task_id);
    byStatus.get(task.status)?.remove(task);
    removeFrom(byProject, task.project_id, task);
    if (task.parent_id !== undefined) removeFrom(byParent, task.parent_id, task);
  };
  const listsFor = ({ project_id, parent_id, statuses }: TaskQuery): readonly TaskList[] => {
    if (parent_id !== undefined) return listIn(byParent, parent_id);
    if (project_id !== undefined) return listIn(byProject, project_id);
    return [...new Set(statuses ?? TASK_STATUSES)].flatMap((status) => listIn(byStatus, status));
  };

  return {
    async find(taskId) {
      return tasks.get(taskId);
    },

    async findMany(taskIds) {
      return [...new Set(taskIds)].map((id) => tasks.get(id)).filter((task) => task !== undefined);
    },

    async save(task) {
      const stored = tasks.get(task.task_id);
      refuseUnlessNextTask(stored, task);
      const copy = frozenCopy(task);
      if (stored !== undefined) leave(stored);
      enter(copy);
    },

    async list(query) {
      const items: StoredTask[] = [];
      for (const task of merged(listsFor(query), query.after)) {
        // The lists run from the newest update to the oldest: nothing that follows is newer.
        if (query.updated_since !== undefined && task.updated_at < query.updated_since) break;
        if (!matchesFilter(task, query)) continue;
        const last = items.at(-1);
        if (items.length === query.limit && last !== undefined) return { items, next: positionOf(last) };
        items.push(task);
      }
      return { items };
    },

    async remove(taskId, version) {
      const stored = tasks.get(taskId);
      refuseUnlessAt('Task', taskId, stored, version);
      if (stored !== undefined) leave(stored);
    },

    async uncounted(limit) {
      return [...uncounted].slice(0, limit).flatMap((taskId) => tasks.get(taskId) ?? []);
    },

    async mark(taskId) {
      if (tasks.has(taskId)) uncounted.add(taskId);
    },

    async markAccounted({ task_id, version }, counted, published) {
      const stored = tasks.get(task_id);
      if (stored?.version !== version) return;
      const { pendingEvents, ...rest } = stored;
      leave(stored);
      enter(
        frozenCopy({
          ...rest,
          ...(published || pendingEvents === undefined ? {} : { pendingEvents }),
          counted,
        }),
      );
      if (!published) uncounted.add(task_id);
    },
  };
};

type TaskList = SortedList<StoredTask, TaskPosition>;

const taskList = (): TaskList => sortedList(byNewest);

type Lists = Map<string, TaskList>;

const listIn = (lists: Lists, key: string): readonly TaskList[] => {
  const list = lists.get(key);
  return list === undefined ? [] : [list];
};

const addTo = (lists: Lists, key: string, task: StoredTask): void => {
  const list = lists.get(key) ?? taskList();
  lists.set(key, list);
  list.add(task);
};

const removeFrom = (lists: Lists, key: string, task: StoredTask): void => {
  const list = lists.get(key);
  list?.remove(task);
  if (list?.size === 0) lists.delete(key);
};

const positionOf = ({ updated_at, task_id }: StoredTask): TaskPosition => ({ updated_at, task_id });

/** Several sorted lists as one. */
function* merged(lists: readonly TaskList[], after: TaskPosition | undefined): Generator<StoredTask> {
  const heads: { task: StoredTask; rest: Generator<StoredTask> }[] = [];
  for (const list of lists) {
    const rest = list.after(after);
    const first = rest.next();
    if (!first.done) heads.push({ task: first.value, rest });
  }
  while (heads.length > 0) {
    const newest = heads.reduce((best, head) => (byNewest(head.task, best.task) < 0 ? head : best));
    yield newest.task;
    const following = newest.rest.next();
    if (following.done) heads.splice(heads.indexOf(newest), 1);
    else newest.task = following.value;
  }
}
