import { isMiyabiError } from '../domain/errors.ts';
import { isStale, lastSignOfLife, MIN_SILENCE_MS } from '../domain/tasks/staleness.ts';
import type { StoredTask } from '../domain/tasks/task.ts';
import { toIso } from '../domain/time.ts';
import type { Ports } from '../ports/ports.ts';
import type { TaskStore } from '../ports/task-store.ts';
import { eachOf } from './keyed-mutex.ts';
import type { TaskWriter } from './task-writer.ts';

/** Marks running tasks that have fallen silent. It answers the ids of those that it marked. */
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
      const silent = page.filter(
        (task) => !task.stale && clock.now() - lastSignOfLife(task) > MIN_SILENCE_MS,
      );
      await eachOf(silent, WIDTH, async (task) => {
        const { items } = await history.read(task.task_id, { limit: POINTS });
        if (!isStale(task, items, clock.now())) return;
        const { eta_seconds: _eta, ...known } = task;
        const after = { ...known, stale: true, version: task.version + 1, updated_at: toIso(clock.now()) };
        try {
          await writer.save({ before: task, after, points: [] });
          marked.push(task.task_id);
          await writer.account([{ before: task, after }]);
        } catch (error) {
          // Somebody wrote it meanwhile: it is not silent after all.
          if (!isMiyabiError(error, 'version_conflict')) throw error;
        }
      });
    }
    return marked;
  };

async function* runningTasks(tasks: TaskStore): AsyncIterable<readonly StoredTask[]> {
  let seen = 0;
  let after: Parameters<TaskStore['list']>[0]['after'];
  do {
    const page = await tasks.list({
      statuses: ['running'],
      limit: PAGE,
      ...(after === undefined ? {} : { after }),
    });
    yield page.items;
    seen += page.items.length;
    after = page.next;
  } while (after !== undefined && seen < MAX_TASKS);
}
