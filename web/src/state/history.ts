import { useSignal } from '@preact/signals';
import { useEffect } from 'preact/hooks';
import type { HistoryPoint } from '../../../src/domain/progress.ts';
import type { Task } from '../../../src/domain/task.ts';
import { ApiError, readHistory } from '../api.ts';

/** No task of any use has more; the plot has fewer pixels. */
const MOST_POINTS = 5_000;
/** The shortest time between two readings, however fast a task goes. */
const PAUSE_MS = 1_000;

/** The history of a task, oldest first, read on as the task changes. */
export const useHistory = (task: Task): readonly HistoryPoint[] => {
  const points = useSignal<readonly HistoryPoint[]>([]);
  const readAt = useSignal(0);
  const { task_id, version } = task;
  useEffect(() => {
    let stopped = false;
    const readOn = async () => {
      readAt.value = Date.now();
      // The last point may have been replaced by one of the same moment, so it is read again.
      const known = points.peek().slice(0, -1);
      const from = points.peek().at(-1)?.timestamp;
      const fresh: HistoryPoint[] = [];
      let cursor: string | undefined;
      do {
        const page = await readHistory(task_id, { limit: 1_000, from, cursor });
        fresh.push(...page.items);
        cursor = page.next;
      } while (cursor !== undefined && fresh.length < MOST_POINTS);
      if (!stopped) points.value = [...known, ...fresh].slice(-MOST_POINTS);
    };
    const timer = setTimeout(
      () => {
        readOn().catch((error: unknown) => {
          // The next change of the task reads on from the same place.
          if (!(error instanceof ApiError)) throw error;
        });
      },
      Math.max(0, readAt.peek() + PAUSE_MS - Date.now()),
    );
    return () => {
      stopped = true;
      clearTimeout(timer);
    };
  }, [task_id, version]);
  return points.value;
};
