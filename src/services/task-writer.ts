import { isMiyabiError } from '../domain/errors.ts';
import { countTogether, emptyProject, type StoredProject } from '../domain/projects/project.ts';
import { isAccounted, type TaskEvent, withEvent, withoutEvents } from '../domain/tasks/events.ts';
import { type HistoryPoint, thinPoints } from '../domain/tasks/progress.ts';
import { isTerminal } from '../domain/tasks/status.ts';
import { publicTask, taskText } from '../domain/tasks/stored.ts';
import type { StoredTask } from '../domain/tasks/task.ts';
import type { Change } from '../ports/change-feed.ts';
import type { Ports } from '../ports/ports.ts';
import type { Committed } from '../ports/task-commits.ts';
import type { CachedProjectStore } from './cached-projects.ts';
import type { Estimates } from './estimates.ts';
import { type Closed, parentFollower, subtaskCloser } from './parents.ts';
import type { ProjectService } from './projects.ts';
import type { Attempt, RetryOnConflict } from './retry-on-conflict.ts';
import type { TaskCounter } from './task-counter.ts';
import type { Telemetry } from './telemetry.ts';

/** One write of a task: its state before and after, and the new points of its history. */
export type TaskWrite = Readonly<{
  before?: StoredTask | undefined;
  after: StoredTask;
  points: readonly HistoryPoint[];
  /** The mark of the read that `before` comes from, if it was made before `decide` was called. */
  mark?: number;
}>;

/** A task as the store has it, and a moment before it was read, by `CachedProjectStore.mark`. */
export type TaskRead = Readonly<{ task: StoredTask | undefined; mark: number }>;

/** The outcome: no `before` if the task is new, no `after` if it was removed. `mark` is a moment before it was read. */
export type WrittenTask = Readonly<{
  before?: StoredTask | undefined;
  after?: StoredTask | undefined;
  mark: number;
}>;

/**
 * Every write of a task, in this order:
 *
 * 1. the project exists (known to the process after the first write)
 * 2. store: its version decides, and an event that happens is kept by the same write
 * 3. history, and beside it cache, then feed
 * 4. open sub-tasks of tasks that have ended, which are closed; then parents; each by the same steps
 * 5. metrics of the project, then the outbox of its webhooks; durations of completed tasks
 *
 * `create` and `change` are steps 1 to 3, `account` is steps 4 and 5: a batch accounts for all of its writes at once.
 * A crash between any two steps heals: the store is the truth, the cache expires, a sweep accounts for what is left.
 * A backend with `TaskCommits` writes task, history and metrics together in step 2; only events for webhooks are left.
 *
 * Backend calls of a write, its read included: 5 for a report, 8 for a new task, 11 for one that ends, 13 if a webhook
 * waits for that; with `TaskCommits` 4, 5, 8 and 13.
 */
export type TaskWriter = Readonly<{
  /** Reads a task that is to be changed. @throws MiyabiError `unavailable` */
  read(taskId: string): Promise<TaskRead>;
  /** @throws MiyabiError `already_exists`: nothing was written. `unavailable`: write it again. */
  create(write: TaskWrite): Promise<WrittenTask>;
  /**
   * Reads, decides by `decide`, and writes until there is no conflict; undefined writes nothing. Once the store has the
   * task, cache and feed get it even if its history cannot be written.
   *
   * @throws MiyabiError `version_conflict`: all attempts conflicted. `unavailable`: write it again. What `decide`
   * throws.
   */
  change(decide: () => Promise<TaskWrite | undefined>): Promise<WrittenTask | undefined>;
  /** Adds to the history of a task that is otherwise up to date. @throws MiyabiError `unavailable` */
  addHistory(taskId: string, points: readonly HistoryPoint[]): Promise<void>;
  /**
   * Removes the task that `find` reads, and its history. The history goes first, or a crash would leave points that
   * nothing refers to; it goes last if `mayFail`, that is, if `find` may refuse the task after a change. Undefined
   * removes nothing.
   *
   * @throws MiyabiError `version_conflict`: all attempts conflicted, and it is counted as before. `unavailable`. What
   * `find` throws.
   */
  remove(
    find: () => Promise<StoredTask | undefined>,
    options?: Readonly<{ mayFail?: boolean }>,
  ): Promise<WrittenTask | undefined>;
  /** Steps 4 and 5. It does not fail if a backend is down: a sweep accounts for what is left. */
  account(written: readonly WrittenTask[]): Promise<void>;
  /**
   * Steps 4 and 5 of what was written by a process that died in between. It answers how many tasks there were.
   *
   * @throws MiyabiError `unavailable`
   */
  sweep(): Promise<number>;
}>;

/** One write adds at most so many points to a history: a batch of DynamoDB. */
const MAX_POINTS_PER_WRITE = 25;

export const taskWriter = ({
  taskStore,
  taskHistory,
  taskCommits,
  taskCache,
  changeFeed,
  clock,
  cachedProjectStore,
  projectService,
  taskCounter,
  estimates,
  retryOnConflict,
  telemetry,
}: Pick<Ports, 'taskStore' | 'taskHistory' | 'taskCommits' | 'taskCache' | 'changeFeed' | 'clock'> &
  Readonly<{
    cachedProjectStore: CachedProjectStore;
    projectService: ProjectService;
    taskCounter: TaskCounter;
    estimates: Estimates;
    retryOnConflict: RetryOnConflict;
    telemetry: Telemetry;
  }>): TaskWriter => {
  /** `project` was written with the task, if that changed it; `points` are still to be written. */
  type Writing = Readonly<TaskWrite & { mark: number; asOf: number; project?: StoredProject | undefined }>;

  /** Steps 1 and 2. The write sets what it has made of the task. */
  const attempt = async (write: TaskWrite, mark: number): Promise<Attempt<{ writing: Writing }>> => {
    const { before } = write;
    if (before?.project_id !== write.after.project_id) await projectService.ensure(write.after.project_id);
    const after = withEvent(before, write.after);
    // Taken before the store is written: a slow write must not stay in the cache longer than a fast one.
    const asOf = clock.now();
    const result = { writing: { before, after, points: write.points, mark, asOf } as Writing };
    const { commit } = taskCommits;
    if (commit === undefined || !isCountableIn(after)) {
      return { result, write: () => taskStore.save(after) };
    }
    return {
      result,
      async write() {
        const points = thinPoints(write.points, MAX_POINTS_PER_WRITE);
        const { task, project } = await commit(after, points, (projectNow) => counted(after, projectNow));
        result.writing = { before, after: task, points: [], mark, asOf, project };
      },
    };
  };

  /** A task with the metrics that count it. Its events are dropped where no webhook can want them. */
  const counted = (task: StoredTask, projectNow: () => StoredProject | undefined): Committed => {
    if (isAccounted(task)) return { task };
    const stored = projectNow();
    const project = stored ?? emptyProject(task.project_id, clock.now());
    const isHeard = project.has_webhooks === true || (task.pendingEvents ?? []).some(isOfAnother(project));
    return countTogether(project, isHeard ? task : withoutEvents(task), clock.now());
  };

  /** Step 3. */
  const spread = async ({ before, after, points, mark, asOf, project }: Writing): Promise<WrittenTask> => {
    const task = publicTask(after);
    const show = async () => {
      await taskCache.save([task], asOf);
      await changeFeed.publish([
        // Readers of its former project see it go. The save that follows wins, as its version is higher.
        ...(before !== undefined && before.project_id !== after.project_id ? [deletion(before)] : []),
        saved(task),
      ]);
    };
    await all([
      points.length === 0 ? undefined : addHistory(after.task_id, points),
      show(),
      project === undefined ? undefined : taskCounter.show(project, asOf),
    ]);
    return { before, after, mark };
  };

  const addHistory = async (taskId: string, points: readonly HistoryPoint[]): Promise<void> => {
    if (points.length > 0) await taskHistory.append(taskId, thinPoints(points, MAX_POINTS_PER_WRITE));
  };

  const removeFromStore = async ({ task_id, version }: StoredTask): Promise<void> => {
    try {
      await taskStore.remove(task_id, version);
    } catch (error) {
      if (isMiyabiError(error, 'version_conflict')) await taskCounter.restore(task_id);
      throw error;
    }
  };

  const change: TaskWriter['change'] = async (decide) => {
    const written = await retryOnConflict<{ writing: Writing } | undefined>(async () => {
      const mark = cachedProjectStore.mark();
      let write = await decide();
      if (write?.before !== undefined && write.before.project_id !== write.after.project_id) {
        // At most one project may count a task: its earlier writes are accounted for before it moves.
        if (!isAccounted(write.before)) {
          await taskCounter.ensureAccounted(write.before);
          write = await decide();
        }
      }
      return write === undefined ? { result: undefined } : attempt(write, write.mark ?? mark);
    });
    return written === undefined ? undefined : spread(written.writing);
  };

  const follow = parentFollower({ taskStore, clock }, change);
  const close = subtaskCloser({ taskStore, clock }, change);

  return {
    async read(taskId) {
      const mark = cachedProjectStore.mark();
      return { task: await taskStore.find(taskId), mark };
    },

    async create(write) {
      const { result, write: save } = await attempt(write, cachedProjectStore.mark());
      await save?.();
      return spread(result.writing);
    },

    change,

    addHistory,

    async remove(find, { mayFail = false } = {}) {
      const removed = await retryOnConflict<Readonly<{ before: StoredTask; mark: number }> | undefined>(
        async () => {
          const mark = cachedProjectStore.mark();
          const before = await find();
          if (before === undefined) return { result: undefined };
          await taskCounter.discount(before, mark);
          if (!mayFail) await taskHistory.remove(before.task_id);
          return { result: { before, mark }, write: () => removeFromStore(before) };
        },
      );
      if (removed === undefined) return undefined;
      const { before: task } = removed;
      const hide = async () => {
        await taskCache.remove(task.task_id);
        await changeFeed.publish([deletion(task)]);
      };
      await all([mayFail ? taskHistory.remove(task.task_id) : undefined, hide(), taskCounter.forget(task)]);
      return removed;
    },

    async account(written) {
      const ended = written.filter(hasJustEnded).flatMap(({ after }) => after ?? []);
      const closed = ended.length === 0 ? NONE_CLOSED : await close(ended);
      const changed = [...written, ...closed.written];
      // A parent with open sub-tasks is not settled: the sweep finds it by that.
      const everything = [...changed, ...(await follow(changed))].filter(
        ({ after }) => after === undefined || !closed.unfinished.has(after.task_id),
      );
      const statusChanged = everything.flatMap(({ before, after }) =>
        after !== undefined && before?.status !== after.status ? [after] : [],
      );
      statusChanged.forEach(telemetry.changed);
      await all([taskCounter.account(everything), ...statusChanged.map(estimates.learn)]);
    },

    sweep: () =>
      taskCounter.sweep(async (left) => {
        const { written, unfinished } = await close(left);
        const closed = written.flatMap(({ after }) => after ?? []);
        return [...left, ...closed].filter(({ task_id }) => !unfinished.has(task_id));
      }),
  };
};

/** Whether no other project counts the task: it would have to be written too. */
const isCountableIn = ({ counted, project_id }: StoredTask): boolean =>
  counted === undefined || counted.project_id === project_id;

const isOfAnother =
  ({ project_id }: StoredProject) =>
  (event: TaskEvent): boolean =>
    event.project_id !== project_id;

const NONE_CLOSED: Closed = { written: [], unfinished: new Set() };

/** A new task has no sub-tasks yet. */
const hasJustEnded = ({ before, after }: WrittenTask): boolean =>
  before !== undefined &&
  after !== undefined &&
  isTerminal(after.status) &&
  (!isTerminal(before.status) || before.attempt !== after.attempt);

/** Waits for all of them, even if one fails; then throws the first failure. */
const all = async (jobs: readonly (Promise<unknown> | undefined)[]): Promise<void> => {
  for (const result of await Promise.allSettled(jobs)) {
    if (result.status === 'rejected') throw result.reason;
  }
};

const saved = (task: ReturnType<typeof publicTask>): Change => ({
  kind: 'task',
  action: 'saved',
  id: task.task_id,
  project_id: task.project_id,
  version: task.version,
  body: taskText(task),
});

const deletion = ({ task_id, project_id, version }: StoredTask): Change => ({
  kind: 'task',
  action: 'deleted',
  id: task_id,
  project_id,
  version,
});
