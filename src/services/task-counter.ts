import { isMiyabiError } from '../domain/errors.ts';
import { countedOf } from '../domain/projects/metrics.ts';
import { emptyProject, recount, type StoredProject } from '../domain/projects/project.ts';
import { isAccounted } from '../domain/tasks/events.ts';
import type { StoredTask } from '../domain/tasks/task.ts';
import type { Ports } from '../ports/ports.ts';
import type { CachedProjectStore } from './cached-projects.ts';
import { eachOf } from './keyed-mutex.ts';
import { projectChange } from './project-change.ts';
import type { RetryOnConflict } from './retry-on-conflict.ts';
import type { WrittenTask } from './task-writer.ts';
import type { Occurrence, WebhookAnnouncer } from './webhook-announcer.ts';

export type TaskCounter = Readonly<{
  /**
   * Counts written tasks in the metrics, and announces their events. It never fails: a sweep finds what is left. A
   * removed task was taken out by `discount` before.
   */
  account(written: readonly WrittenTask[]): Promise<void>;

  /**
   * Shows a project that was written with a task: in the cache and in the feed. It never fails: readers see it with its
   * next change. `asOf` is a moment before it was written.
   */
  show(project: StoredProject, asOf: number): Promise<void>;

  /**
   * Takes a task out of the metrics before it is removed. `mark` is a moment before it was read. If a crash prevents
   * the removal, a sweep counts the task again.
   *
   * @throws MiyabiError `unavailable`
   */
  discount(task: StoredTask, mark: number): Promise<void>;

  /**
   * Takes a removed task out of the metrics again, if another process counted it in between.
   *
   * @throws MiyabiError `unavailable`
   */
  forget(task: StoredTask): Promise<void>;

  /**
   * Counts a task again that was not removed because another writer changed it: that write may have cleared its mark.
   *
   * @throws MiyabiError `unavailable`
   */
  restore(taskId: string): Promise<void>;

  /**
   * Accounts for earlier writes of a task before it moves to another project: at most one project may be out of date.
   *
   * @throws MiyabiError `unavailable`
   */
  ensureAccounted(task: StoredTask): Promise<void>;

  /**
   * Counts and announces tasks that any process wrote but did not account for, because it died in between. The cost
   * depends on what is left, not on what is stored. `prepare` does what has to come first, and returns the tasks that can
   * be counted then. Returns the number of tasks that were left.
   *
   * @throws MiyabiError `unavailable`
   */
  sweep(prepare: (left: readonly StoredTask[]) => Promise<readonly StoredTask[]>): Promise<number>;
}>;

/** How many tasks one write of a project, or one read of a sweep, takes. */
const BATCH = 200;
/** The most reads of one sweep, so that it ends under any load. */
const LOOKS = 20;
const WIDTH = 32;
/** With so many notes, the next write of a project reads their tasks and drops the notes that the tasks have now. */
const MAX_NOTES = 20;

/**
 * Metrics that survive a crash between any two writes, without transactions. Each task records what was counted of it;
 * until it does, its project has a note of it. So it is always known what a project counts of a task, and counting
 * again changes nothing:
 *
 * 1. the project adds the difference and, in the same write, a note of what it now counts of the task (`recent`);
 * 2. the task records what was counted of it;
 * 3. with its next write the project drops the note, which the task now has itself.
 *
 * A project is read before its tasks, so that a note dropped in between makes the write conflict. Usually neither is
 * read: if this process has seen no other version of the project since before it read the task, the project has nothing
 * newer of the task, and a conflict shows that another process wrote it.
 *
 * A task also carries its events, from the write that caused them until they are in the outbox of the webhooks.
 * Counting does not wait for them, but a task is not accounted for without them.
 */
export const taskCounter = ({
  cachedProjectStore: projects,
  taskStore,
  taskTally: tally,
  changeFeed: feed,
  webhookAnnouncer: announce,
  clock,
  logger,
  retryOnConflict,
}: Pick<Ports, 'taskStore' | 'taskTally' | 'changeFeed' | 'clock' | 'logger'> &
  Readonly<{
    cachedProjectStore: CachedProjectStore;
    webhookAnnouncer: WebhookAnnouncer;
    retryOnConflict: RetryOnConflict;
  }>): TaskCounter => {
  const waiting = new Map<string, Waiting>();
  const running = new Map<string, Promise<void>>();
  const showing = new Map<string, { project: StoredProject; done: Promise<void> }>();

  /**
   * Announces the events that these tasks carry, by project: a task that moved still carries those of its former
   * project.
   */
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

  /** Counts tasks as they were just written, without reading anything. Undefined if that is not safe. */
  const countAsWritten = async (
    projectId: string,
    seen: ReadonlyMap<string, Seen | undefined>,
    removing: ReadonlySet<string>,
  ): Promise<Counting | undefined> => {
    const tasks = [...seen.values()].filter((one) => one !== undefined);
    if (tasks.length < seen.size || tasks.some(({ task }) => task.project_id !== projectId)) return undefined;
    const project = projects.unchangedSince(projectId, Math.min(...tasks.map(({ mark }) => mark)));
    if (project === undefined) return undefined;
    if (Object.keys(project.tally?.recent ?? {}).length >= MAX_NOTES) return undefined;
    const stored = new Map(tasks.map(({ task }) => [task.task_id, task]));
    const next = recount(project, { taskIds: [...seen.keys()], noteIds: [], stored, removing }, clock.now());
    // Only a read can show that nothing has to be written; a write is checked by its version.
    if (next === undefined) return undefined;
    try {
      await projects.save(next);
    } catch (error) {
      if (!isMiyabiError(error, 'version_conflict')) throw error;
      return undefined;
    }
    return { stored, project: next, isSaved: true };
  };

  /** Counts tasks as the store has them now. */
  const countAsStored = (
    projectId: string,
    taskIds: readonly string[],
    removing: ReadonlySet<string>,
  ): Promise<Counting> =>
    retryOnConflict<Counting>(async () => {
      const before = await projects.find(projectId);
      const noteIds = Object.keys(before?.tally?.recent ?? {});
      const found = await taskStore.findMany([...new Set([...taskIds, ...noteIds])]);
      const stored = new Map(found.map((task) => [task.task_id, task]));
      // What a project still counts of removed tasks must go, even if the project itself was removed.
      const isNeeded = found.some((task) => task.project_id === projectId && !removing.has(task.task_id));
      if (before === undefined && !isNeeded) {
        return { result: { stored, project: undefined, isSaved: false } };
      }
      const project = before ?? emptyProject(projectId, clock.now());
      const next = recount(project, { taskIds, noteIds, stored, removing }, clock.now());
      if (next === undefined) return { result: { stored, project, isSaved: false } };
      return { result: { stored, project: next, isSaved: true }, write: () => projects.save(next) };
    });

  /** Writes a project once for several tasks; then each task records it, and its events are announced. */
  const countNow = async (
    projectId: string,
    seen: ReadonlyMap<string, Seen | undefined>,
    removing: ReadonlySet<string>,
  ): Promise<void> => {
    const taskIds = [...seen.keys()];
    const { stored, project, isSaved } =
      (await countAsWritten(projectId, seen, removing)) ??
      (await countAsStored(projectId, taskIds, removing));
    const looked = taskIds.flatMap((taskId) => stored.get(taskId) ?? []);
    const show = project !== undefined && isSaved ? feed.publish([projectChange(project)]) : undefined;
    const [shown, announced] = await Promise.allSettled([show, announceAll(project, looked)]);
    await eachOf(looked, WIDTH, async (task) => {
      if (task.project_id !== projectId || removing.has(task.task_id)) return;
      const isAnnounced = announced.status === 'fulfilled' || (task.pendingEvents ?? []).length === 0;
      await tally.markAccounted(task, countedOf(task), isAnnounced);
    });
    for (const result of [announced, shown]) if (result.status === 'rejected') throw result.reason;
  };

  /** Counts that arrive while a project is being written are combined in its next write. */
  const count = (projectId: string, taskId: string, seen?: Seen): Promise<void> => {
    const current = waiting.get(projectId);
    if (current !== undefined && current.tasks.size < BATCH) {
      current.tasks.set(taskId, current.tasks.has(taskId) ? undefined : seen);
      return current.done;
    }
    const tasks = new Map([[taskId, seen]]);
    const before = current?.done ?? running.get(projectId) ?? Promise.resolve();
    const done = before
      .catch(() => undefined)
      .then(() => {
        if (waiting.get(projectId)?.tasks === tasks) waiting.delete(projectId);
        return countNow(projectId, tasks, NONE);
      });
    waiting.set(projectId, { tasks, done });
    running.set(projectId, done);
    void done
      .catch(() => undefined)
      .then(() => {
        if (running.get(projectId) === done) running.delete(projectId);
      });
    return done;
  };

  /** First out of the project that still counts it: only that one is named by the task itself. */
  const countTask = async (task: StoredTask, mark?: number): Promise<void> => {
    const held = task.counted?.project_id;
    const isElsewhere = held !== undefined && held !== task.project_id;
    if (isElsewhere) await count(held, task.task_id);
    const seen = mark === undefined || isElsewhere ? undefined : { task, mark };
    await count(task.project_id, task.task_id, seen);
  };

  return {
    async account(written) {
      await Promise.all(
        written.map(async ({ after: task, mark }) => {
          if (task === undefined || isAccounted(task)) return;
          try {
            await countTask(task, mark);
          } catch (error) {
            logger.warn('A task could not be counted and announced; a sweep will', {
              project_id: task.project_id,
              error,
            });
          }
        }),
      );
    },

    show(project, asOf) {
      const { project_id } = project;
      const waits = showing.get(project_id);
      if (waits !== undefined) {
        waits.project = project;
        return waits.done;
      }
      const next = { project, done: Promise.resolve() };
      // Of all that were written together only the last is shown.
      next.done = Promise.resolve().then(async () => {
        showing.delete(project_id);
        try {
          await projects.written(next.project, asOf);
          await feed.publish([projectChange(next.project)]);
        } catch (error) {
          logger.warn('A project could not be shown; its next change will be', { project_id, error });
        }
      });
      showing.set(project_id, next);
      return next.done;
    },

    async discount(task, mark) {
      await tally.mark(task.task_id);
      const held = task.counted?.project_id;
      const isElsewhere = held !== undefined && held !== task.project_id;
      if (isElsewhere) await count(held, task.task_id);
      const seen = isElsewhere ? undefined : { task, mark };
      await countNow(task.project_id, new Map([[task.task_id, seen]]), new Set([task.task_id]));
    },

    async forget({ task_id, project_id }) {
      const project = await projects.find(project_id);
      const note = project?.tally?.recent[task_id];
      if (note !== undefined && note !== null) await count(project_id, task_id);
    },

    async restore(taskId) {
      await tally.mark(taskId);
      const task = await taskStore.find(taskId);
      if (task !== undefined) await countTask(task);
    },

    async ensureAccounted(task) {
      if (!isAccounted(task)) await countTask(task);
    },

    async sweep(prepare) {
      let total = 0;
      for (let look = 0; look < LOOKS; look += 1) {
        const left = await tally.uncounted(BATCH);
        total += left.length;
        const failed: unknown[] = [];
        const ready = await prepare(left);
        // A failure in one project must not stop the others.
        await eachOf(ready, BATCH, (task) => countTask(task).catch((error: unknown) => failed.push(error)));
        if (failed.length > 0) throw failed[0];
        if (left.length < BATCH) break;
      }
      return total;
    },
  };
};

/** A task as this process wrote it, and a moment before it was read. */
type Seen = Readonly<{ task: StoredTask; mark: number }>;

type Counting = Readonly<{
  stored: ReadonlyMap<string, StoredTask>;
  project: StoredProject | undefined;
  isSaved: boolean;
}>;

type Waiting = Readonly<{ tasks: Map<string, Seen | undefined>; done: Promise<void> }>;

const NONE: ReadonlySet<string> = new Set();
