import { defined } from '../../domain/defined.ts';
import { versionConflict } from '../../domain/errors.ts';
import { byNewest, matchesFilter } from '../../domain/tasks/list.ts';
import type { StoredTask } from '../../domain/tasks/task.ts';
import type { Clock } from '../../ports/clock.ts';
import type { TaskStore } from '../../ports/task-store.ts';
import { type Condition, isNext, newWriteId, refusal, type TableOptions, tableOf } from './table.ts';
import { readIndex } from './task-index.ts';
import { taskFromItem, taskKey, taskToItem } from './task-item.ts';
import { type TaskShards, UNSHARDED } from './task-shards.ts';

export type DynamodbTaskStoreOptions = TableOptions & Readonly<{ clock: Clock; shards?: TaskShards }>;

/** How long an index may lag behind its table. An entry that differs from its task for longer is a leftover. */
const INDEX_LAG_MS = 60_000;

/** The condition for saving a task: its previous version is stored, and what was counted of it since is what it says. */
const isNextTask = ({ version, counted }: StoredTask): Condition => {
  const next = isNext(version, 'task_id');
  if (version === 1) return next;
  const names = { ...next.ExpressionAttributeNames, '#counted': 'counted' };
  if (counted === undefined) {
    return {
      ...next,
      ConditionExpression: `${next.ConditionExpression} AND attribute_not_exists(#counted)`,
      ExpressionAttributeNames: names,
    };
  }
  const { project_id, kind, seconds } = counted;
  return {
    ConditionExpression: `${next.ConditionExpression} AND #counted.#project = :project AND #counted.#kind = :kind AND #counted.#seconds = :seconds`,
    ExpressionAttributeNames: { ...names, '#project': 'project_id', '#kind': 'kind', '#seconds': 'seconds' },
    ExpressionAttributeValues: {
      ...next.ExpressionAttributeValues,
      ':project': { S: project_id },
      ':kind': { S: kind },
      ':seconds': { N: String(seconds) },
    },
  };
};

/** Tasks in the tasks table, as `createTables` makes it. */
export const dynamodbTaskStore = ({
  clock,
  shards = UNSHARDED,
  ...options
}: DynamodbTaskStoreOptions): TaskStore => {
  const table = tableOf(options);

  const findMany: TaskStore['findMany'] = async (taskIds) => {
    const items = await table.getMany([...new Set(taskIds)].map(taskKey));
    return items.map(taskFromItem);
  };

  return {
    async find(taskId) {
      const item = await table.get(taskKey(taskId));
      return item === undefined ? undefined : taskFromItem(item);
    },

    findMany,

    async save(task) {
      const item = taskToItem(task, newWriteId(), shards.count);
      const isSaved = await table.putIf(item, taskKey(task.task_id), isNextTask(task));
      if (!isSaved) throw refusal('Task', task.task_id, task.version);
    },

    async list(query) {
      const { positions, next } = await readIndex(table, query, shards);
      // The index gives the tasks and their order; the tasks themselves are read from the table, so that a list is
      // never older than a task that was seen before. A task that was removed or no longer matches the filter drops
      // out.
      const entryOf = new Map(positions.map((position) => [position.task_id, position]));
      const lagging = clock.now() - INDEX_LAG_MS;
      const tasks = (await findMany([...entryOf.keys()])).filter((task) => {
        const entry = entryOf.get(task.task_id);
        const isLeftover =
          entry !== undefined && entry.updated_at < task.updated_at && Date.parse(task.updated_at) < lagging;
        return !isLeftover && matchesFilter(task, query);
      });
      return { items: tasks.sort(byNewest), ...defined({ next }) };
    },

    async remove(taskId, version) {
      if (!(await table.remove(taskKey(taskId), version))) throw versionConflict('Task', taskId);
    },
  };
};
