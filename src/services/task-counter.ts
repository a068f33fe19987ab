import { countedOf } from '../domain/projects/metrics.ts';
import { createProject, recount, type StoredProject } from '../domain/projects/project.ts';
import { eventOf, isSettled } from '../domain/tasks/events.ts';
import type { StoredTask } from '../domain/tasks/task.ts';
import type { Ports } from '../ports/ports.ts';
import type { ProjectStore } from '../ports/project-store.ts';
import { eachOf } from './keyed-mutex.ts';
import { projectChange } from './project-change.ts';
import { retryOnConflict } from './retry-on-conflict.ts';
import type { Occurrence, WebhookAnnouncer } from './webhook-announcer.ts';

export type TaskCounter = Readonly<{
  /**
   * Takes tasks that were written or removed into the metrics, and announces what happened to them. It never fails:
   * what is left, a sweep finds.
   */
  account(
    moves: readonly Readonly<{ before?: StoredTask | undefined; after?: StoredTask | undefined }>[],
  ): Promise<void>;

  /**
   * Takes a task out of the metrics before it is removed. Where a crash keeps it from being removed, a sweep counts it
   * again.
   *
   * @throws MiyabiError `unavailable`
   */
  discount(task: StoredTask): Promise<void>;

  /**
   * Counts a task again that was not removed because somebody has changed it: that write may have taken its mark away.
   *
   * @throws MiyabiError `unavailable`
   */
  restore(taskId: string): Promise<void>;

  /**
   * Brings a task and the metrics to one state, before it moves to another project: no more than one project may be
   * behind.
   *
   * @throws MiyabiError `unavailable`
   */
  settle(task: StoredTask): Promise<void>;

  /**
   * Counts and announces what was written but not settled, by whatever process, because that died in between. The
   * cost is that of what is left, not of what there is. It answers how many tasks there were.
   *
   * @throws MiyabiError `unavailable`
   */
  sweep(): Promise<number>;
}>;

/** How many tasks one write of a project takes in, and one look of a sweep. */
const BATCH = 200;
/** One sweep looks so often, so that it comes to an end under any load. */
const LOOKS = 20;
const WIDTH = 8;

/**
 * Metrics that survive a crash between any two writes, without transactions. Each task says what was counted of it;
 * while it does not say so yet, its project does. So what a project holds of a task is always known, and counting it
 * again changes nothing:
 *
 * 1. the project takes in the difference and notes, in the same write, what it now holds of the task (`recent`);
 * 2. the task notes what was counted of it;
 * 3. with its next write the project drops the note, which the task now has itself.
 *
 * A project is read before the tasks, so that a note that was dropped in between loses its write the race.
 *
 * What happened to a task is carried by the task as well, from the write that made it happen until it is in the outbox
 * of the webhooks: the counting waits for no announcement, but a task is not settled without it.
 */
export const taskCounter = ({
  cachedProjectStore: projects,
  taskStore: tasks,
  taskTally: tally,
  changeFeed: feed,
  webhookAnnouncer: announce,
  clock,
  logger,
}: Pick<Ports, 'taskStore' | 'taskTally' | 'changeFeed' | 'clock' | 'logger'> &
  Readonly<{ cachedProjectStore: ProjectStore; webhookAnnouncer: WebhookAnnouncer }>): TaskCounter => {
  const waiting = new Map<string, Waiting>();
  const running = new Map<string, Promise<void>>();

  /** Announces what these tasks carry, by project: a task that moved on still carries what happened before. */
  const announceAll = async (
    own: StoredProject | undefined,
    carrying: readonly StoredTask[],
  ): Promise<void> => {
    const byProject = new Map<string, Occurrence[]>();
    for (const task of carrying) {
      for (const event of task.pendingEvents ?? []) {
        const occurrences = byProject.get(event.project_id) ?? [];
        byProject.set(event.project_id, [...occurrences, { task, event }]);
      }
    }
    for (const [projectId, occurrences] of byProject) {
      const project = projectId === own?.project_id ? own : await projects.find(projectId);
      if (project !== undefined) await announce(project, occurrences);
    }
  };

  /** One write of a project for tasks of it; then each task notes it, and what happened to it is announced. */
  const countNow = async (
    projectId: string,
    taskIds: readonly string[],
    gone: ReadonlySet<string>,
  ): Promise<void> => {
    const { stored, project: counted } = await retryOnConflict(async () => {
      const before = await projects.find(projectId);
      const recent = before?.tally?.recent ?? {};
      const found = await tasks.findMany([...new Set([...taskIds, ...Object.keys(recent)])]);
      const byId = new Map(found.map((task) => [task.task_id, task]));
      // What a project still holds of tasks that are gone must go, even if the project itself went.
      if (
        before === undefined &&
        !found.some((task) => task.project_id === projectId && !gone.has(task.task_id))
      ) {
        return { stored: byId, project: before };
      }
      const project =
        before ?? createProject({ project_name: projectId }, { id: projectId, now: clock.now() });
      const next = recount(project, taskIds, byId, gone, clock.now());
      if (next === undefined) return { stored: byId, project };
      const saved: StoredProject = before === undefined ? { ...next, version: 1 } : next;
      await projects.save(saved);
      await feed.publish([projectChange(saved)]);
      return { stored: byId, project: saved };
    });
    const looked = taskIds.flatMap((taskId) => stored.get(taskId) ?? []);
    const [announced] = await Promise.allSettled([announceAll(counted, looked)]);
    await eachOf(looked, WIDTH, async (task) => {
      if (task.project_id !== projectId || gone.has(task.task_id)) return;
      const isTold = announced.status === 'fulfilled' || (task.pendingEvents ?? []).length === 0;
      await tally.settle(task, countedOf(task), isTold);
    });
    if (announced.status === 'rejected') throw announced.reason;
  };

  /** Whoever comes while a write of a project is under way is taken in by the next one, all together. */
  const count = (projectId: string, taskIds: readonly string[]): Promise<void> => {
    const current = waiting.get(projectId);
    if (current !== undefined && current.ids.size < BATCH) {
      for (const id of taskIds) current.ids.add(id);
      return current.done;
    }
    const ids = new Set(taskIds);
    const before = current?.done ?? running.get(projectId) ?? Promise.resolve();
    const done = before
      .catch(() => undefined)
      .then(() => {
        if (waiting.get(projectId)?.ids === ids) waiting.delete(projectId);
        return countNow(projectId, [...ids], NONE);
      });
    waiting.set(projectId, { ids, done });
    running.set(projectId, done);
    void done
      .catch(() => undefined)
      .then(() => {
        if (running.get(projectId) === done) running.delete(projectId);
      });
    return done;
  };

  /** Out of the project that still holds it first: only that one is named by the task itself. */
  const countTask = async (task: StoredTask): Promise<void> => {
    const held = task.counted?.project_id;
    if (held !== undefined && held !== task.project_id) await count(held, [task.task_id]);
    await count(task.project_id, [task.task_id]);
  };

  return {
    async account(moves) {
      const left = moves.filter(
        ({ before, after }) =>
          after === undefined ||
          before === undefined ||
          !isSettled(after) ||
          eventOf(before, after) !== undefined,
      );
      await Promise.all(
        left.map(async ({ before, after }) => {
          const task = after ?? before;
          if (task === undefined) return;
          try {
            await countTask(task);
          } catch (error) {
            logger.warn('A task could not be counted and announced; a sweep will', {
              project_id: task.project_id,
              error,
            });
          }
        }),
      );
    },

    async discount(task) {
      await tally.mark(task.task_id);
      const held = task.counted?.project_id;
      if (held !== undefined && held !== task.project_id) await count(held, [task.task_id]);
      await countNow(task.project_id, [task.task_id], new Set([task.task_id]));
    },

    async restore(taskId) {
      await tally.mark(taskId);
      const task = await tasks.find(taskId);
      if (task !== undefined) await countTask(task);
    },

    async settle(task) {
      if (!isSettled(task)) await countTask(task);
    },

    async sweep() {
      let total = 0;
      for (let look = 0; look < LOOKS; look += 1) {
        const left = await tally.uncounted(BATCH);
        total += left.length;
        const failed: unknown[] = [];
        // What of one project cannot be settled now keeps nothing of others.
        await eachOf(left, BATCH, (task) => countTask(task).catch((error: unknown) => failed.push(error)));
        if (failed.length > 0) throw failed[0];
        if (left.length < BATCH) break;
      }
      return total;
    },
  };
};

type Waiting = Readonly<{ ids: Set<string>; done: Promise<void> }>;

const NONE: ReadonlySet<string> = new Set();
