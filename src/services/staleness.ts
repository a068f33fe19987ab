import {
  isLost,
  isMissed,
  isStale,
  lastSignOfLife,
  leastSilence,
  loseTask,
} from '../domain/tasks/staleness.ts';
import type { StoredTask } from '../domain/tasks/task.ts';
import { toIso } from '../domain/time.ts';
import type { Ports } from '../ports/ports.ts';
import type { TaskQuery, TaskStore } from '../ports/task-store.ts';
import { allPages } from './all-pages.ts';
import type { Expectations } from './expectations.ts';
import { eachOf } from './keyed-mutex.ts';
import type { TaskWrite, TaskWriter } from './task-writer.ts';

/**
 * Marks running tasks that have gone silent, and tasks whose next start is overdue; fails those whose process is lost.
 * Returns the ids of all of them.
 */
export type StaleSweep = () => Promise<readonly string[]>;

/** One sweep looks at no more tasks than this, so that its cost stays bounded. */
const MAX_TASKS = 2_000;
const PAGE = 100;
const POINTS = 100;
const WIDTH = 8;

export const staleSweep =
  ({
    taskStore: tasks,
    taskHistory: history,
    taskWriter: writer,
    expectations,
    clock,
  }: Pick<Ports, 'taskStore' | 'taskHistory' | 'clock'> &
    Readonly<{ taskWriter: TaskWriter; expectations: Expectations }>): StaleSweep =>
  async () => {
    const marked: string[] = [];

    /** The list may be out of date: the task itself is read before it is written. */
    const change = async (
      taskId: string,
      step: (before: StoredTask) => Omit<TaskWrite, 'before'> | undefined,
    ) => {
      const result = await writer.change(async () => {
        const before = await tasks.find(taskId);
        const write = before === undefined ? undefined : step(before);
        return write === undefined ? undefined : { before, ...write };
      });
      if (result === undefined) return;
      marked.push(taskId);
      await writer.account([result]);
    };

    const judge = async ({ task_id, heartbeat, stale }: StoredTask): Promise<void> => {
      if (stale) {
        return change(task_id, (before) => {
          if (!isLost(before, clock.now())) return undefined;
          const { task, point } = loseTask(before, clock.now());
          return { after: task, points: point === undefined ? [] : [point] };
        });
      }
      // What a heartbeat promises does not depend on the history.
      const { items } =
        heartbeat === undefined ? await history.read(task_id, { limit: POINTS }) : { items: [] };
      return change(task_id, (before) => {
        if (!mayBeStale(before, clock.now()) || !isStale(before, items, clock.now())) return undefined;
        return { after: markedStale(before, clock.now()), points: [] };
      });
    };

    for await (const page of runningTasks(tasks)) {
      const now = clock.now();
      await eachOf(
        page.filter((task) => mayBeStale(task, now) || isLost(task, now)),
        WIDTH,
        judge,
      );
    }
    await eachOf(
      (await expectations.tasks()).filter((task) => isMissed(task, clock.now())),
      WIDTH,
      ({ task_id }) =>
        change(task_id, (before) =>
          isMissed(before, clock.now()) ? { after: markedStale(before, clock.now()), points: [] } : undefined,
        ),
    );
    return marked;
  };

const markedStale = (task: StoredTask, now: number): StoredTask => {
  const { eta_seconds: _eta, ...known } = task;
  return { ...known, stale: true, version: task.version + 1, updated_at: toIso(now) };
};

const mayBeStale = (task: StoredTask, now: number): boolean =>
  task.status === 'running' && !task.stale && now - lastSignOfLife(task) > leastSilence(task);

async function* runningTasks(tasks: TaskStore): AsyncIterable<readonly StoredTask[]> {
  let seen = 0;
  for await (const page of allPages((after: Pick<TaskQuery, 'after'>) =>
    tasks.list({ statuses: ['running'], limit: PAGE, ...after }),
  )) {
    yield page;
    seen += page.length;
    if (seen >= MAX_TASKS) return;
  }
}
