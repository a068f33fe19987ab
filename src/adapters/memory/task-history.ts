import type { HistoryPoint } from '../../domain/tasks/progress.ts';
import { fromIso } from '../../domain/time.ts';
import type { TaskHistory } from '../../ports/task-store.ts';
import { frozenCopy } from './frozen-copy.ts';
import { type SortedList, sortedList } from './sorted-list.ts';

type Placed = Readonly<{ at: number; point?: HistoryPoint }>;

/** Histories in this process's memory. Nothing survives it. What it returns is frozen. */
export const memoryTaskHistory = (): TaskHistory => {
  const histories = new Map<string, SortedList<Placed, Placed>>();

  return {
    async append(taskId, points) {
      let history = histories.get(taskId);
      if (history === undefined) {
        history = sortedList<Placed, Placed>((a, b) => a.at - b.at);
        histories.set(taskId, history);
      }
      for (const point of points) {
        const placed = { at: fromIso(point.timestamp), point: frozenCopy(point) };
        history.remove(placed);
        history.add(placed);
      }
    },

    async read(taskId, { from = 0, to = Number.POSITIVE_INFINITY, limit, after }) {
      const start = Math.max(from - 1, after ?? -1);
      const items: HistoryPoint[] = [];
      let last = 0;
      for (const { at, point } of histories.get(taskId)?.after({ at: start }) ?? []) {
        if (at > to) break;
        if (items.length === limit) return { items, next: last };
        if (point !== undefined) items.push(point);
        last = at;
      }
      return { items };
    },

    async remove(taskId) {
      histories.delete(taskId);
    },
  };
};
