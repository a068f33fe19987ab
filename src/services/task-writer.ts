import { type HistoryPoint, thinPoints } from '../domain/progress.ts';
import type { MetricsChange } from '../domain/project.ts';
import type { Task } from '../domain/task.ts';
import type { ChangeFeed } from '../ports/change-feed.ts';
import type { Clock } from '../ports/clock.ts';
import type { TaskCache } from '../ports/task-cache.ts';
import type { TaskHistory, TaskStore } from '../ports/task-store.ts';
import type { ProjectService } from './projects.ts';

/** One write of a task: what it was, what it is now, and what its history gains. */
export type TaskWrite = Readonly<{ before?: Task | undefined; after: Task; points: readonly HistoryPoint[] }>;

/** What became of a task: no `before` where it is new, no `after` where it was removed. */
export type TaskMove = Readonly<{ before?: Task | undefined; after?: Task | undefined }>;

export type TaskWriter = Readonly<{
  /**
   * Writes a task everywhere it is kept: the store first, whose version decides, then history, cache and feed. A
   * crash in between heals: the store is the truth, the cache forgets, and a log is replayed from its checkpoint.
   *
   * @throws MiyabiError `version_conflict`, `already_exists`: nothing was written. `unavailable`: write it again.
   */
  save(write: TaskWrite): Promise<void>;
  /** Removes a task and its history; without the history first, a crash would leave points that nobody can find. */
  remove(task: Task): Promise<void>;
  /** Takes what was written and removed into the metrics of the projects, one write per project. */
  account(changes: readonly TaskMove[]): Promise<void>;
}>;

/** However much happened to a task, one write adds no more than this to its history: a batch of DynamoDB. */
export const MAX_POINTS_PER_WRITE = 25;

export const taskWriter = (
  tasks: TaskStore,
  history: TaskHistory,
  cache: TaskCache,
  feed: ChangeFeed,
  projects: ProjectService,
  clock: Clock,
): TaskWriter => ({
  async save({ after, points }) {
    // From before the store was asked: a write that was long under way must not live on in the cache for longer.
    const asOf = clock.now();
    await tasks.save(after);
    if (points.length > 0) await history.append(after.task_id, thinPoints(points, MAX_POINTS_PER_WRITE));
    await cache.save([after], asOf);
    await feed.publish([
      {
        kind: 'task',
        action: 'saved',
        id: after.task_id,
        project_id: after.project_id,
        version: after.version,
        body: JSON.stringify(after),
      },
    ]);
  },

  async remove(task) {
    await history.remove(task.task_id);
    await tasks.remove(task.task_id);
    await cache.remove(task.task_id);
    await feed.publish([
      {
        kind: 'task',
        action: 'deleted',
        id: task.task_id,
        project_id: task.project_id,
        version: task.version,
      },
    ]);
  },

  async account(changes) {
    const byProject = new Map<string, MetricsChange[]>();
    const add = (task: Task | undefined, change: (counted: Task) => MetricsChange) => {
      if (task === undefined) return;
      const known = byProject.get(task.project_id);
      if (known === undefined) byProject.set(task.project_id, [change(task)]);
      else known.push(change(task));
    };
    for (const { before, after } of changes) {
      if (before !== undefined && after !== undefined && before.project_id === after.project_id) {
        add(after, () => ({ before, after }));
      } else {
        add(before, (counted) => ({ before: counted }));
        add(after, (counted) => ({ after: counted }));
      }
    }
    await Promise.all([...byProject].map(([projectId, counted]) => projects.account(projectId, counted)));
  },
});
