import { useSignal } from '@preact/signals';
import { useEffect, useRef } from 'preact/hooks';
import type { HistoryPoint, Task } from '../../../src/client/index.ts';
import { MiyabiApiError } from '../../../src/client/index.ts';
import { readHistory } from '../api.ts';
import { pause } from './pause.ts';

/** The newest points are kept; a plot has fewer pixels. */
const MOST_POINTS = 5_000;
/** The shortest time between two reads, however fast a task changes. */
const PAUSE_MS = 1_000;
/** How long after a failed read the next one is made. */
const RETRY_MS = 5_000;

/**
 * The history of a task, oldest first, updated as the task changes, and again after a failed read. Undefined before the
 * first one.
 */
export const useHistory = ({ task_id, version }: Task): readonly HistoryPoint[] | undefined => {
  const points = useSignal<readonly HistoryPoint[] | undefined>(undefined);
  const wake = useRef(() => {});
  useEffect(() => {
    const stop = new AbortController();
    let wanted = false;
    let busy = false;
    // One read at a time, to its end: a task that changes faster than it can be read must not interrupt it.
    const readOn = async () => {
      if (busy) return;
      busy = true;
      while (wanted && !stop.signal.aborted) {
        wanted = false;
        let rest = PAUSE_MS;
        try {
          const { found, whole } = await pointsAfter(task_id, points.peek() ?? []);
          if (stop.signal.aborted) return;
          points.value = found;
          wanted ||= !whole;
        } catch (error) {
          if (!(error instanceof MiyabiApiError)) throw error;
          if (error.status === 404) break;
          wanted = true;
          rest = RETRY_MS;
        }
        await pause(rest, stop.signal);
      }
      busy = false;
    };
    wake.current = () => {
      wanted = true;
      void readOn();
    };
    return () => stop.abort();
  }, [task_id]);
  useEffect(() => wake.current(), [task_id, version]);
  return points.value;
};

/** The known points and those after them. `whole`: there are no more. */
const pointsAfter = async (
  task_id: string,
  points: readonly HistoryPoint[],
): Promise<Readonly<{ found: readonly HistoryPoint[]; whole: boolean }>> => {
  // A later point may have replaced the last one at the same moment, so it is read again.
  const known = points.slice(0, -1);
  const from = points.at(-1)?.timestamp;
  const fresh: HistoryPoint[] = [];
  let cursor: string | undefined;
  do {
    const page = await readHistory(task_id, { limit: 1_000, from, cursor });
    fresh.push(...page.items);
    cursor = page.next ?? undefined;
  } while (cursor !== undefined && fresh.length < MOST_POINTS);
  return { found: [...known, ...fresh].slice(-MOST_POINTS), whole: cursor === undefined };
};
