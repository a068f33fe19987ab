import { isStale, lastSignOfLife, MIN_SILENCE_MS } from '../domain/tasks/staleness.ts';
import type { StoredTask } from '../domain/tasks/task.ts';
import { toIso } from '../domain/time.ts';
import type { Ports } from '../ports/ports.ts';
import type { TaskQuery, TaskStore } from '../ports/task-store.ts';
import { allPages } from './all-pages.ts';
import { eachOf } from './keyed-mutex.ts';
import type { TaskWriter } from './task-writer.ts';

/** Marks running tasks that have gone silent and returns their ids. */
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
    clock,
  }: Pick<Ports, 'taskStore' | 'taskHistory' | 'clock'> & Readonly<{ taskWriter: TaskWriter }>): StaleSweep =>
  async () => {
    const marked: string[] = [];
    for await (const page of runningTasks(tasks)) {
      const silent = page.filter((task) => mayBeStale(task, clock.now()));
      await eachOf(silent, WIDTH, async ({ task_id }) => {
        const { items } = await history.read(task_id, { limit: POINTS });
        const result = await writer.change(async () => {
          // The list may be out of date: the task itself is read before it is written.
          const before = await tasks.find(task_id);
          if (before === undefined || !mayBeStale(before, clock.now())) return undefined;
          if (!isStale(before, items, clock.now())) return undefined;
          const { eta_seconds: _eta, ...known } = before;
          const updated_at = toIso(clock.now());
          const after = { ...known, stale: true, version: before.version + 1, updated_at };
          return { before, after, points: [] };
        });
        if (result === undefined) return;
        marked.push(task_id);
        await writer.account([result]);
      });
    }
    return marked;
  };

const mayBeStale = (task: StoredTask, now: number): boolean =>
  task.status === 'running' && !task.stale && now - lastSignOfLife(task) > MIN_SILENCE_MS;

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
