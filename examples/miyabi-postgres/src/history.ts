import type { HistoryPoint, TaskHistory } from 'miyabi-progress/ports';
import type { Database } from './database.ts';

export const postgresTaskHistory = ({ query, table }: Database): TaskHistory => {
  const history = table('history');
  return {
    async append(taskId, points) {
      // One statement may not change a row twice, so that the later of two points of a millisecond is chosen here.
      const docs = new Map(points.map((point) => [Date.parse(point.timestamp), JSON.stringify(point)]));
      if (docs.size === 0) return;
      await query(
        `INSERT INTO ${history} SELECT $1, * FROM unnest($2::bigint[], $3::text[])
         ON CONFLICT (task_id, at) DO UPDATE SET doc = excluded.doc`,
        [taskId, [...docs.keys()], [...docs.values()]],
      );
    },

    async read(taskId, { from = 0, to = null, limit, after = -1 }) {
      const rows = await query<{ doc: string }>(
        `SELECT doc FROM ${history} WHERE task_id = $1 AND at >= $2 AND at > $3 AND ($4::bigint IS NULL OR at <= $4)
         ORDER BY at LIMIT $5`,
        [taskId, from, after, to, limit + 1],
      );
      const items = rows.slice(0, limit).map(({ doc }): HistoryPoint => JSON.parse(doc));
      const last = items.at(-1);
      return rows.length > limit && last !== undefined
        ? { items, next: Date.parse(last.timestamp) }
        : { items };
    },

    async remove(taskId) {
      await query(`DELETE FROM ${history} WHERE task_id = $1`, [taskId]);
    },
  };
};
