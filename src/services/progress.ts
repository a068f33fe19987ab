// Over 300 lines: how a batch of lines becomes writes, of plain streams and of the output of runs.

import { defined } from '../domain/defined.ts';
import { fingerprint } from '../domain/ids.ts';
import type { LogEvent, LogOrigin } from '../domain/logs/event.ts';
import type { LogFormat, Observation } from '../domain/logs/format.ts';
import {
  nameOfStream,
  type ProjectRule,
  projectOf,
  type Scope,
  streamScope,
  taskIdOf,
  taskScope,
} from '../domain/logs/identity.ts';
import {
  type Advance,
  advance,
  emptyLedger,
  type Ledger,
  ledgerMemos,
  type RunChange,
  withAnnounced,
} from '../domain/logs/ledger.ts';
import { logReader, type PlacedSignal } from '../domain/logs/signals.ts';
import { ledgerToJson } from '../domain/logs/stored-ledger.ts';
import type { HistoryPoint } from '../domain/tasks/progress.ts';
import {
  applyOutput,
  type OutputPlan,
  outputPlan,
  pointsOfRun,
  splitOutput,
} from '../domain/tasks/run-output.ts';
import { isTerminal } from '../domain/tasks/status.ts';
import { publicTask } from '../domain/tasks/stored.ts';
import {
  applyObservation,
  hasEnded,
  type StoredTask,
  type Task,
  taskFromObservation,
} from '../domain/tasks/task.ts';
import { fromIso } from '../domain/time.ts';
import type { Ports } from '../ports/ports.ts';
import { cachedLedgers } from './cached-ledgers.ts';
import type { Estimates } from './estimates.ts';
import { eachOf, keyedMutex } from './keyed-mutex.ts';
import { isInSequence, openLines } from './open-lines.ts';
import type { RetryOnConflict } from './retry-on-conflict.ts';
import type { TaskRead, TaskWriter, WrittenTask } from './task-writer.ts';

/**
 * Events of one stream. `project_id` is the project if neither the lines nor an existing task name one. With
 * `only_project`, that project is used always, and tasks of other projects are skipped.
 */
export type LogBatch = LogOrigin &
  Readonly<{
    project_id?: string | undefined;
    only_project?: string | undefined;
    /** The task of the process whose output this is: it gets the progress, or the things in it become its sub-tasks. */
    run_id?: string | undefined;
    events: readonly LogEvent[];
    /**
     * The ids of the stream's events count upwards, and no event arrives before one with a lower number was received.
     */
    inOrder?: boolean | undefined;
    /**
     * Each event directly follows the one before it, also that of the previous batch, so that a line may continue in the
     * next event. Not for a log service, whose events come late, twice and in other batches.
     */
    inSequence?: boolean | undefined;
  }>;

/**
 * The result of a batch. `records` are new signals, `duplicates` known ones, `late` those too old to be placed;
 * `oversized` lines were not read. `tasks` are those that changed.
 */
export type Ingested = Readonly<{
  events: number;
  lines: number;
  records: number;
  duplicates: number;
  late: number;
  oversized: number;
  tasks: readonly Task[];
}>;

export type ProgressService = Readonly<{
  /**
   * Applies events of one stream to tasks and stores them. Sending the same events again changes nothing.
   *
   * @throws MiyabiError `unavailable` where a store does not answer: what was written stays, send the batch again.
   */
  ingest(batch: LogBatch): Promise<Ingested>;
}>;

/** How many scopes, and tasks of one scope, are written in parallel. */
const WIDTH = 8;

export const progressService = ({
  taskStore: tasks,
  checkpoints,
  taskWriter: writer,
  estimates: estimate,
  clock,
  formats,
  projectRules: rules,
  logger,
  retryOnConflict,
}: Pick<Ports, 'taskStore' | 'checkpoints' | 'clock' | 'logger'> &
  Readonly<{
    taskWriter: TaskWriter;
    estimates: Estimates;
    formats: readonly LogFormat[];
    projectRules: readonly ProjectRule[];
    retryOnConflict: RetryOnConflict;
  }>): ProgressService => {
  const reader = logReader(formats);
  const memos = ledgerMemos();
  const byName = new Map(formats.map((format) => [format.name, format]));
  const serialize = keyedMutex();
  const ledgers = cachedLedgers(byName);
  const open = openLines();

  const writeRun = async (
    scope: Scope,
    batch: LogBatch,
    change: RunChange,
    project: string | undefined,
    read: TaskRead | undefined,
    written: WrittenTask[],
    parent?: StoredTask,
  ): Promise<void> => {
    const id = taskIdOf(scope, batch, change.observation);
    let known = read;
    const result = await writer.change(async () => {
      const { task: before, mark } = known ?? (await writer.read(id));
      // After a conflict the task is read again.
      known = undefined;
      if (before !== undefined && isOthers(before, batch)) return undefined;
      // Its process has ended, and with it what still ran.
      const isOver = parent !== undefined && hasEnded(parent) && !isTerminal(change.observation.status);
      if (isOver && before === undefined) return undefined;
      const seen =
        before === undefined
          ? taskFromObservation(change.observation, {
              id,
              project_id:
                parent?.project_id ??
                project ??
                projectOf(batch, change.observation.task_name, batch.project_id, rules),
              parent_id: parent?.task_id,
              details: { log_group: batch.log_group, log_stream: batch.log_stream },
              now: clock.now(),
              fallback_name: nameOfStream(scope.task_id ?? batch.log_stream),
            })
          : applyObservation(before, change.observation, clock.now());
      if (seen === undefined) {
        // Its state may be stored already, by a write that failed before its history or by a line that changes only
        // that.
        if (before?.reported_at === undefined) await writer.addHistory(id, change.points);
        return undefined;
      }
      return { before, after: await estimate.estimated(seen, change.points), points: change.points, mark };
    });
    if (result !== undefined) written.push(result);
  };

  /** The task of the process whose output this is; undefined where there is none that the sender may write to. */
  const processOf = async (batch: LogBatch): Promise<StoredTask | undefined> => {
    if (batch.run_id === undefined) return undefined;
    const task = await tasks.find(batch.run_id);
    return task?.run === undefined || isOthers(task, batch) ? undefined : task;
  };

  const changeProcess = async (
    runId: string,
    points: readonly HistoryPoint[],
    step: (run: StoredTask) => StoredTask | undefined,
    written: WrittenTask[],
  ): Promise<void> => {
    const result = await writer.change(async () => {
      const { task: before, mark } = await writer.read(runId);
      const after = before === undefined ? undefined : step(before);
      if (after === undefined) return undefined;
      return { before, after: await estimate.estimated(after, points), points, mark };
    });
    if (result !== undefined) written.push(result);
  };

  /** Writes what the output of a process reports: as its own progress, or as its sub-tasks. */
  const writeOutput = async (
    runId: string,
    scope: Scope,
    batch: LogBatch,
    step: Advance,
    written: WrittenTask[],
    announced: (changes: readonly RunChange[]) => Promise<readonly TaskRead[]>,
  ): Promise<void> => {
    const run = await tasks.find(runId);
    if (run === undefined) return;
    const observations = step.changes.map(({ observation }) => observation);
    const removed = step.removed.map(({ key }) => key);
    // A stream that is named after its task is one thing, even if it reports on several.
    const plan: OutputPlan =
      scope.task_id === undefined
        ? outputPlan(run, observations, removed)
        : { kind: 'alone', observation: observations[0] };
    if (plan.kind === 'alone') {
      const [change] = step.changes;
      if (change === undefined) return;
      const points = pointsOfRun(change.points);
      const apply = (task: StoredTask) => applyOutput(task, change.observation, clock.now());
      return changeProcess(runId, points, apply, written);
    }
    const first = plan.first === undefined ? [] : [{ observation: plan.first, points: [] }];
    // Sub-tasks first: until the run says that it has some, this can be done again.
    const changes = [...first, ...step.changes];
    const reads = await announced(changes);
    await eachOf(changes, WIDTH, (change, index) =>
      writeRun(scope, batch, change, run.project_id, reads[index], written, run),
    );
    await changeProcess(runId, [], (task) => splitOutput(task, clock.now()), written);
  };

  /** The only run in the output of a process becomes a subtask, because its lines have named another. */
  const separate = async (
    run: StoredTask,
    observation: Observation,
    batch: LogBatch,
    written: WrittenTask[],
  ): Promise<void> => {
    const scope = streamScope(batch);
    if (scope.task_id === undefined) {
      await writeRun(scope, batch, { observation, points: [] }, run.project_id, undefined, written, run);
    }
    await changeProcess(run.task_id, [], (task) => splitOutput(task, clock.now()), written);
  };

  /** A run that turns out to be part of another leaves no task, unless a client has edited it. */
  const removeRun = async (
    scope: Scope,
    batch: LogBatch,
    run: Pick<Observation, 'key'>,
    written: WrittenTask[],
  ): Promise<void> => {
    const result = await writer.remove(async () => {
      const task = await tasks.find(taskIdOf(scope, batch, run));
      return task === undefined || task.reported_at !== undefined || isOthers(task, batch) ? undefined : task;
    });
    if (result !== undefined) written.push(result);
  };

  const advanceScope = (
    scope: Scope,
    batch: LogBatch,
    signals: readonly PlacedSignal[],
    project: string | undefined,
    written: WrittenTask[],
    running: StoredTask | undefined,
  ): Promise<Advance> =>
    serialize(scope.key, () =>
      retryOnConflict(async (contested) => {
        const kept = await checkpoints.read(scope.key);
        const stored = ledgers.of(scope.key, kept);
        const read = scope.task_id === undefined ? undefined : await writer.read(scope.task_id);
        const ledger = currentLedger(stored.ledger, read?.task);
        const step = advance(ledger, signals, byName, {
          wholeTask: scope.task_id !== undefined,
          memos,
          origin: batch.inOrder === true ? fingerprint(batch.log_group, batch.log_stream) : undefined,
        });
        if (step.fresh === 0) return { result: step };
        const dropped = [...stored.dropped, ...step.dropped];
        if (dropped.length > 0) {
          logger.warn('Stored log state could not be read; the recent signals were replayed without it', {
            ledger: scope.key,
            dropped,
          });
        }
        let version = kept?.version ?? 0;
        /** Reads the tasks of these runs. The ledger names those that are new before any of them is created. */
        const announced = async (changes: readonly RunChange[]): Promise<readonly TaskRead[]> => {
          const reads = await eachOf(
            changes,
            WIDTH,
            async ({ observation }) => read ?? (await writer.read(taskIdOf(scope, batch, observation))),
          );
          // Lines that name a task always mean that task; the keys of other runs depend on it.
          const newRuns = changes
            .filter((_, index) => scope.task_id === undefined && reads[index]?.task === undefined)
            .map(({ observation }) => observation.key);
          if (newRuns.length > 0 && step.newest !== undefined) {
            const announcing = withAnnounced(ledger, newRuns, step.newest);
            const expected = version;
            await contested(() => checkpoints.write(scope.key, ledgerToJson(announcing, byName), expected));
            version += 1;
          }
          return reads;
        };
        if (running !== undefined && (scope.task_id ?? running.task_id) === running.task_id) {
          await writeOutput(running.task_id, scope, batch, step, written, announced);
        } else {
          // A part belongs to the project of its parent.
          const parent = running?.project_id === (project ?? running?.project_id) ? running : undefined;
          if (parent?.output !== undefined) await separate(parent, parent.output, batch, written);
          const reads = await announced(step.changes);
          await eachOf(step.changes, WIDTH, (change, index) =>
            writeRun(scope, batch, change, project, reads[index], written, parent),
          );
        }
        await eachOf(step.removed, WIDTH, (run) => removeRun(scope, batch, run, written));
        // Written last: if a crash comes before, the ledger is unchanged and the same events are applied again.
        const write = async () => {
          await checkpoints.write(scope.key, ledgerToJson(step.ledger, byName), version);
          ledgers.keep(scope.key, step.ledger, version + 1);
        };
        return { result: step, write };
      }),
    );

  /** A reopened task starts a new ledger: what its log said before belongs to the previous attempt. */
  const currentLedger = (ledger: Ledger, task: StoredTask | undefined): Ledger => {
    // Attempts that the log itself has begun are in its ledger.
    if (task === undefined || task.attempt - (task.retries ?? 0) <= ledger.attempt) return ledger;
    const since = task.reported_at === undefined ? -1 : fromIso(task.reported_at);
    const { through } = ledger;
    return {
      ...emptyLedger,
      compacted_at: since,
      attempt: task.attempt,
      ...defined({ through }),
    };
  };

  /** Leaves the tasks of other projects out completely: a changed run would reveal when their own log continues. */
  const allowed = async <S extends Readonly<{ scope: Scope }>>(
    scopes: readonly S[],
    batch: LogBatch,
  ): Promise<readonly S[]> => {
    if (batch.only_project === undefined) return scopes;
    const found = await tasks.findMany(scopes.flatMap(({ scope }) => scope.task_id ?? []));
    const hidden = new Set(found.filter((task) => isOthers(task, batch)).map(({ task_id }) => task_id));
    return scopes.filter(({ scope }) => scope.task_id === undefined || !hidden.has(scope.task_id));
  };

  return {
    async ingest(batch) {
      const ownScope = streamScope(batch);
      const inSequence = batch.inSequence === true && isInSequence(batch.events);
      const reading = reader.read(batch.events, {
        streamTask: ownScope.task_id,
        inSequence,
        ...(inSequence && { continued: open.before(ownScope.key, batch.events) }),
      });
      const scopes: { scope: Scope; signals: readonly PlacedSignal[]; project: string | undefined }[] = [];
      if (reading.ofStream.length > 0) {
        const project = batch.only_project ?? reading.projectOfStream;
        scopes.push({ scope: ownScope, signals: reading.ofStream, project });
      }
      for (const [taskId, signals] of reading.ofTask) {
        const project = batch.only_project ?? reading.projectOfTask.get(taskId);
        scopes.push({ scope: taskScope(taskId), signals, project });
      }
      const written: WrittenTask[] = [];
      const running = await processOf(batch);
      try {
        const steps = await eachOf(await allowed(scopes, batch), WIDTH, ({ scope, signals, project }) =>
          advanceScope(scope, batch, signals, project, written, running),
        );
        // Not before: a batch that could not be written comes again.
        if (batch.inSequence === true) open.after(ownScope.key, batch.events, reading.continued);
        const sum = (count: (step: Advance) => number) =>
          steps.reduce((total, step) => total + count(step), 0);
        return {
          events: batch.events.length,
          lines: reading.lines,
          records: sum((step) => step.fresh),
          duplicates: sum((step) => step.known),
          late: sum((step) => step.late),
          oversized: reading.oversized,
          tasks: newestOf(written),
        };
      } finally {
        // Even if a later write failed: what was written is reported, and a repeated batch finds it unchanged.
        await writer.account(written);
      }
    },
  };
};

/** Whether a task belongs to another project than the only one that these events may change. */
const isOthers = ({ project_id }: StoredTask, { only_project }: LogBatch): boolean =>
  only_project !== undefined && only_project !== project_id;

/** Each task once, as its last write left it. */
const newestOf = (written: readonly WrittenTask[]): readonly Task[] => [
  ...new Map(
    written.flatMap(({ after }) =>
      after === undefined ? [] : [[after.task_id, publicTask(after)] as const],
    ),
  ).values(),
];
