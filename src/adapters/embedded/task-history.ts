import type { HistoryPoint } from '../../domain/tasks/progress.ts';
import { fromIso, MAX_TIME } from '../../domain/time.ts';
import type { Clock } from '../../ports/clock.ts';
import type { TaskHistory } from '../../ports/task-store.ts';
import { pointCodec } from './codecs.ts';
import type { Change, Database } from './database.ts';
import { dayAfter, daySegment, KEPT_MS, keyOf, startOfDay, timeSegment, under } from './keys.ts';

const pointKey = (taskId: string, at: number): string => keyOf('h', taskId, timeSegment(at));

/**
 * Puts points, and where they expire: on the day that is returned. `noted` is the newest day for which that is put
 * already, undefined if it is not known.
 */
export const putPoints = (
  change: Change,
  taskId: string,
  points: readonly HistoryPoint[],
  now: number,
  noted: number | undefined,
): number => {
  const day = dayAfter(now + KEPT_MS);
  for (const point of points) {
    change.put(pointKey(taskId, fromIso(point.timestamp)), pointCodec.encode({ ...point, day }));
  }
  if (day !== noted) change.put(keyOf('x', daySegment(day), 'h', taskId), '');
  return day;
};

/** Removals of a history in one batch. */
const REMOVED_AT_ONCE = 1000;

/** The history of tasks: one record for each point, in order of time. */
export const embeddedTaskHistory = ({
  database,
  clock,
}: Readonly<{ database: Database; clock: Clock }>): TaskHistory => ({
  async append(taskId, points) {
    if (points.length === 0) return;
    await database.write((change) => putPoints(change, taskId, points, clock.now(), undefined));
  },

  async read(taskId, { from = 0, to = MAX_TIME, limit, after = -1 }) {
    const first = Math.max(from, after + 1);
    const last = Math.min(to, MAX_TIME);
    if (first > last) return { items: [] };
    const all = under('h', taskId);
    const now = clock.now();
    return database.view(async (view) => {
      const entries = await view.entries({
        gt: first === 0 ? all.gt : pointKey(taskId, first - 1),
        lt: last === MAX_TIME ? all.lt : pointKey(taskId, last + 1),
        limit: limit + 1,
      });
      const page = entries.slice(0, limit).map(([, value]) => pointCodec.decode(taskId, value));
      const end = page.at(-1);
      return {
        items: page.flatMap(({ day, ...point }): HistoryPoint[] => (startOfDay(day) <= now ? [] : [point])),
        ...(entries.length > limit && end !== undefined ? { next: fromIso(end.timestamp) } : {}),
      };
    });
  },

  async remove(taskId) {
    const range = under('h', taskId);
    for (;;) {
      const keys = await database.view((view) => view.keys({ ...range, limit: REMOVED_AT_ONCE }));
      if (keys.length === 0) return;
      await database.write((change) => {
        for (const key of keys) change.remove(key);
      });
      if (keys.length < REMOVED_AT_ONCE) return;
    }
  },
});
