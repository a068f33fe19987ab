import {
  type Counted,
  isAccounted,
  MiyabiError,
  matchesFilter,
  type StoredTask,
  type TaskPosition,
  type TaskStore,
  type TaskTally,
  versionConflict,
} from 'miyabi-progress/ports';
import type { Database } from './database.ts';

type Doc = Readonly<{ doc: string }>;

/** Tasks that are read for one page at most: labels and names are compared here, after reading. */
const MOST_READ = 500;

const taskOf = ({ doc }: Doc): StoredTask => JSON.parse(doc);

/** Equal for equal counts, for a comparison in the database. */
const countKey = (counted: Counted | undefined): string | null =>
  counted === undefined ? null : JSON.stringify([counted.project_id, counted.kind, counted.seconds]);

const columnsOf = (task: StoredTask): readonly unknown[] => [
  task.task_id,
  task.version,
  task.project_id,
  task.status,
  task.task_type,
  task.parent_id ?? null,
  task.updated_at,
  !isAccounted(task),
  countKey(task.counted),
  JSON.stringify(task),
];

export const postgresTaskStore = ({ query, table }: Database): TaskStore => {
  const tasks = table('tasks');
  return {
    async find(taskId) {
      const [row] = await query<Doc>(`SELECT doc FROM ${tasks} WHERE task_id = $1`, [taskId]);
      return row === undefined ? undefined : taskOf(row);
    },

    async findMany(taskIds) {
      const rows = await query<Doc>(`SELECT doc FROM ${tasks} WHERE task_id = ANY($1)`, [taskIds]);
      return rows.map(taskOf);
    },

    async save(task) {
      if (task.version === 1) {
        const created = await query(
          `INSERT INTO ${tasks} VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)
           ON CONFLICT (task_id) DO NOTHING RETURNING version`,
          columnsOf(task),
        );
        if (created.length === 0)
          throw new MiyabiError('already_exists', `Task ${task.task_id} exists already`);
        return;
      }
      const saved = await query(
        `UPDATE ${tasks} SET version = $2, project_id = $3, status = $4, task_type = $5, parent_id = $6,
           updated_at = $7, uncounted = $8, doc = $10
         WHERE task_id = $1 AND version = $2 - 1 AND counted IS NOT DISTINCT FROM $9 RETURNING version`,
        columnsOf(task),
      );
      if (saved.length === 0) throw versionConflict('Task', task.task_id);
    },

    async list({ limit, after, ...filter }) {
      const isExact = filter.q === undefined && Object.keys(filter.labels ?? {}).length === 0;
      const most = isExact ? limit + 1 : MOST_READ;
      const rows = await query<Doc>(
        `SELECT doc FROM ${tasks}
         WHERE ($1::text[] IS NULL OR status = ANY($1)) AND ($2::text IS NULL OR project_id = $2)
           AND ($3::text IS NULL OR task_type = $3) AND ($4::text IS NULL OR parent_id = $4)
           AND ($5::text IS NULL OR updated_at >= $5)
           AND ($6::text IS NULL OR (updated_at, task_id) < ($6, $7))
         ORDER BY updated_at DESC, task_id DESC LIMIT $8`,
        [
          filter.statuses ?? null,
          filter.project_id ?? null,
          filter.task_type ?? null,
          filter.parent_id ?? null,
          filter.updated_since ?? null,
          after?.updated_at ?? null,
          after?.task_id ?? null,
          most,
        ],
      );
      const read = rows.map(taskOf);
      const items: StoredTask[] = [];
      for (const [index, task] of read.entries()) {
        if (items.length === limit) return { items, next: positionOf(read[index - 1] ?? task) };
        if (matchesFilter(task, filter)) items.push(task);
      }
      const last = read.at(-1);
      return read.length < most || last === undefined ? { items } : { items, next: positionOf(last) };
    },

    async remove(taskId, version) {
      const removed = await query(
        `DELETE FROM ${tasks} WHERE task_id = $1 AND ($2::integer IS NULL OR version = $2) RETURNING version`,
        [taskId, version ?? null],
      );
      if (removed.length > 0 || version === undefined) return;
      const found = await query(`SELECT version FROM ${tasks} WHERE task_id = $1`, [taskId]);
      if (found.length > 0) throw versionConflict('Task', taskId);
    },
  };
};

const positionOf = ({ updated_at, task_id }: StoredTask): TaskPosition => ({ updated_at, task_id });

export const postgresTaskTally = ({ query, together, table }: Database): TaskTally => {
  const tasks = table('tasks');
  return {
    async uncounted(limit) {
      const rows = await query<Doc>(`SELECT doc FROM ${tasks} WHERE uncounted ORDER BY task_id LIMIT $1`, [
        limit,
      ]);
      return rows.map(taskOf);
    },

    async mark(taskId) {
      await query(`UPDATE ${tasks} SET uncounted = true WHERE task_id = $1`, [taskId]);
    },

    async markAccounted({ task_id, version }, counted, published) {
      await together(async (run) => {
        const [row] = await run<Doc>(
          `SELECT doc FROM ${tasks} WHERE task_id = $1 AND version = $2 FOR UPDATE`,
          [task_id, version],
        );
        if (row === undefined) return;
        const { pendingEvents, ...rest } = taskOf(row);
        const kept = published || pendingEvents === undefined ? {} : { pendingEvents };
        await run(
          `UPDATE ${tasks} SET counted = $2, uncounted = uncounted AND NOT $3, doc = $4 WHERE task_id = $1`,
          [task_id, countKey(counted), published, JSON.stringify({ ...rest, ...kept, counted })],
        );
      });
    },
  };
};
