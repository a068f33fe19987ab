import type { HistoryPoint } from '../../src/client/index.ts';
import type { TaskStatus } from '../../src/domain/tasks/status.ts';

/** A period of a task's life. Times are epoch milliseconds; `name` is undefined if no phase was reported. */
export type Stretch = Readonly<{ name: string | undefined; status: TaskStatus; from: number; to: number }>;

const isEnd = (status: TaskStatus): boolean =>
  status === 'completed' || status === 'failed' || status === 'cancelled';

/**
 * The phases of a history, oldest first. A phase lasts until the next begins or the task ends; a point without one
 * continues the previous. Waiting and blocked times are periods of their own. `until` closes the last period of a task
 * that is still running.
 */
export const stretchesOf = (points: readonly HistoryPoint[], until: number): readonly Stretch[] => {
  const stretches: { name: string | undefined; status: TaskStatus; from: number; to: number }[] = [];
  for (const point of points) {
    const at = Date.parse(point.timestamp);
    const last = stretches.at(-1);
    if (last !== undefined) last.to = Math.max(last.from, at);
    if (isEnd(point.status)) {
      // The last phase has the colour of the outcome.
      if (last !== undefined && point.status !== 'completed') last.status = point.status;
      continue;
    }
    const name = point.phase ?? last?.name;
    if (last !== undefined && last.name === name && last.status === point.status) continue;
    stretches.push({ name, status: point.status, from: at, to: at });
  }
  const final = points.at(-1);
  const last = stretches.at(-1);
  if (final !== undefined && last !== undefined && !isEnd(final.status)) last.to = Math.max(last.to, until);
  return stretches;
};
