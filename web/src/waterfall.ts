import type { Task } from '../../src/client/index.ts';

/** A part of a task on the time line of all parts. `from` and `to` are shares of its length, 0 to 1. */
type Stripe = Readonly<{ task: Task; from: number; to: number; seconds: number }>;

/** Parts in the order in which they began, and the length of all in seconds. */
export type Waterfall = Readonly<{ stripes: readonly Stripe[]; seconds: number; start: number }>;

/**
 * Places tasks on a line from the first start to the last end. Tasks that go on reach to `now`, in epoch milliseconds;
 * tasks that have not begun are left out.
 */
export const waterfallOf = (tasks: readonly Task[], now: number): Waterfall => {
  const spans = tasks
    .flatMap((task) => {
      if (task.started_at === undefined) return [];
      const from = Date.parse(task.started_at);
      return [
        {
          task,
          from,
          to: Math.max(from, task.completed_at === undefined ? now : Date.parse(task.completed_at)),
        },
      ];
    })
    .sort((a, b) => a.from - b.from || a.to - b.to || (a.task.task_id < b.task.task_id ? -1 : 1));
  const start = spans[0]?.from ?? now;
  const end = spans.reduce((last, { to }) => Math.max(last, to), start);
  const length = Math.max(1, end - start);
  return {
    start,
    seconds: (end - start) / 1_000,
    stripes: spans.map(({ task, from, to }) => ({
      task,
      from: (from - start) / length,
      to: (to - start) / length,
      seconds: (to - from) / 1_000,
    })),
  };
};
