import type { NewTask } from '../api/schemas/tasks.ts';
import type { MiyabiClient } from './client.ts';
import { MiyabiApiError } from './error.ts';
import { newId } from './ids.ts';
import type { Report, Reporter } from './reports.ts';
import { mayRetry, withRetries } from './retry.ts';

export type TaskOptions = Omit<NewTask, 'task_name' | 'status' | 'parent_id' | 'heartbeat' | 'started_at'> &
  Readonly<{
    /** Steps in all, if that is known at the beginning. */
    total?: number;
    /** Aborts the `signal` of the task. If its function then fails, the task is cancelled. */
    signal?: AbortSignal;
    /**
     * How often the task shows that it is alive, in seconds; 30 by default. Without a sign of life it goes stale, and
     * later it fails with the outcome `lost`. `false` sends none.
     */
    heartbeatSeconds?: number | false;
  }>;

/** Runs a function as a task: creates it, ends it as the function ends, returns what the function returns. */
export type RunTask = {
  <T>(name: string, run: (task: RunningTask) => T | PromiseLike<T>): Promise<T>;
  <T>(name: string, options: TaskOptions, run: (task: RunningTask) => T | PromiseLike<T>): Promise<T>;
};

export type RunningTask = Readonly<{
  task_id: string;
  /** Aborts if someone cancels or ends the task, with a `TaskEndedError`, or if the caller's own signal aborts. */
  signal: AbortSignal;
  /** Reports how many steps are done. It returns at once; reports are sent together. */
  progress(current: number, total?: number): void;
  /** Reports anything else: the phase, a message, failed and skipped steps. */
  report(report: Report): void;
  /**
   * Iterates, and counts each item as a step once its turn of the loop has ended. The total is the length or size of
   * `items`, or is given. Ends with the reason of `signal` when that aborts.
   */
  each<T>(
    items: Iterable<T> | AsyncIterable<T>,
    options?: Readonly<{ total?: number }>,
  ): AsyncGenerator<Awaited<T>, void, undefined>;
  /** Runs a function as a part of this task, whose steps its parts are unless it reports steps itself. */
  task: RunTask;
  /** Sends what was reported so far. */
  flush(): Promise<void>;
}>;

/** The reason of a task's signal: the task was cancelled or ended by someone else, or was deleted. */
export class TaskEndedError extends Error {
  constructor(message: string) {
    super(message);
    this.name = 'TaskEndedError';
  }
}

export type TaskRunner = Readonly<{
  client: Pick<MiyabiClient, 'request'>;
  reports: Reporter;
  project: string | undefined;
  retries: number;
  onError: (error: Error) => void;
  /** The functions to call if a task ends elsewhere, by its id. */
  ended: Map<string, (reason: string) => void>;
}>;

const HEARTBEAT_SECONDS = 30;
const LEAST_GRACE_SECONDS = 60;
const MAX_MESSAGE = 4_096;

/** `parent`: the id of the task of which the new ones are parts. */
export const taskRunner = (runner: TaskRunner, parent?: Parent): RunTask => {
  const start = async <T>(
    name: string,
    options: TaskOptions,
    run: (task: RunningTask) => T | PromiseLike<T>,
  ): Promise<T> => {
    await parent?.begin();
    try {
      return await runOne(runner, parent, { name, options, run });
    } finally {
      parent?.end();
    }
  };
  return <T>(name: string, ...rest: [TaskOptions, Run<T>] | [Run<T>]): Promise<T> => {
    const [options, run] = rest.length === 1 ? [{}, rest[0]] : rest;
    return start(name, options, run);
  };
};

type Run<T> = (task: RunningTask) => T | PromiseLike<T>;

/** A task that has parts: they are announced before they are created. */
type Parent = Readonly<{
  task_id: string;
  project_id: string | undefined;
  begin(): Promise<void>;
  end(): void;
}>;

const runOne = async <T>(
  runner: TaskRunner,
  parent: Parent | undefined,
  { name, options, run }: Readonly<{ name: string; options: TaskOptions; run: Run<T> }>,
): Promise<T> => {
  const { client, reports, retries, onError } = runner;
  const { total, signal: callerSignal, heartbeatSeconds = HEARTBEAT_SECONDS, ...fields } = options;
  const task_id = fields.task_id ?? newId();
  const project_id = fields.project_id ?? parent?.project_id ?? runner.project;
  const endedElsewhere = new AbortController();
  const signal =
    callerSignal === undefined
      ? endedElsewhere.signal
      : AbortSignal.any([endedElsewhere.signal, callerSignal]);

  const body: NewTask = {
    task_type: 'job',
    ...fields,
    task_id,
    task_name: name,
    project_id,
    parent_id: parent?.task_id,
    status: 'running',
    started_at: new Date().toISOString(),
    ...(total === undefined ? {} : { progress: { current: 0, total, ...fields.progress } }),
    ...(heartbeatSeconds === false ? {} : { heartbeat: cadenceOf(heartbeatSeconds) }),
  };
  const creation = creationOf(runner, body);
  await creation.begin();

  runner.ended.set(task_id, (reason) => endedElsewhere.abort(new TaskEndedError(reason)));
  const stopBeating =
    heartbeatSeconds === false ? nothing : beats(runner, task_id, heartbeatSeconds, creation.isDone);
  const handle = runningTask(runner, { task_id, project_id, signal, creation });

  const finish = async (end: EndReport): Promise<void> => {
    stopBeating();
    try {
      await creation.complete();
      const report = { ...creation.held(), ...(await reports.take(task_id)), ...end };
      if (endedElsewhere.signal.aborted) return;
      const idempotencyKey = newId();
      await withRetries(
        () =>
          client.request('POST /api/tasks/{task_id}/progress', {
            path: { task_id },
            body: report,
            idempotencyKey,
          }),
        { retries },
      );
    } catch (error) {
      // Someone else has ended the task meanwhile; what they said counts.
      if (error instanceof MiyabiApiError && error.code === 'invalid_transition') return;
      onError(asError(error));
    } finally {
      runner.ended.delete(task_id);
    }
  };

  let result: T;
  try {
    result = await run(handle);
  } catch (error) {
    const message = messageOf(error);
    await finish(
      callerSignal?.aborted === true
        ? { status: 'cancelled', message }
        : { status: 'failed', message, error_message: message },
    );
    throw error;
  }
  await finish({ status: 'completed' });
  return result;
};

type EndReport = Readonly<{
  status: 'completed' | 'failed' | 'cancelled';
  message?: string;
  error_message?: string;
}>;

type Creation = Readonly<{
  /** @throws MiyabiApiError if the server refuses the task. Without an answer it goes on in the background. */
  begin(): Promise<void>;
  isDone(): boolean;
  /** Tries once more to create the task. @throws MiyabiApiError */
  complete(): Promise<void>;
  /** Keeps a report until the task exists; false if it exists already. */
  hold(report: Report): boolean;
  /** What was reported before the task existed and was not handed on. */
  held(): Report;
}>;

const creationOf = ({ client, reports, retries, onError }: TaskRunner, body: NewTask): Creation => {
  const idempotencyKey = newId();
  const create = () => client.request('POST /api/tasks', { body, idempotencyKey });
  const stop = new AbortController();
  let isDone = false;
  let held: Report = {};
  const done = () => {
    isDone = true;
  };
  return {
    isDone: () => isDone,
    async begin() {
      try {
        await create();
        done();
      } catch (error) {
        if (!mayRetry(error)) throw error;
        onError(error);
        withRetries(create, { retries: Number.POSITIVE_INFINITY, signal: stop.signal })
          .then(() => {
            done();
            if (stop.signal.aborted || Object.keys(held).length === 0) return;
            reports.add(body.task_id ?? '', held);
            held = {};
          })
          .catch((failure: unknown) => {
            if (!stop.signal.aborted) onError(asError(failure));
          });
      }
    },
    async complete() {
      stop.abort();
      if (!isDone) await withRetries(create, { retries });
      done();
    },
    hold(report) {
      if (!isDone) held = { ...held, ...report };
      return !isDone;
    },
    held: () => held,
  };
};

const runningTask = (
  runner: TaskRunner,
  {
    task_id,
    project_id,
    signal,
    creation,
  }: Readonly<{ task_id: string; project_id: string | undefined; signal: AbortSignal; creation: Creation }>,
): RunningTask => {
  const { reports } = runner;
  let reportsSteps = false;
  const parts = { begun: 0, ended: 0 };
  const partsReport = (): Report =>
    reportsSteps || parts.begun === 0 ? {} : { current: parts.ended, total: parts.begun };

  const add = (report: Report) => {
    if (!signal.aborted && !creation.hold(report)) reports.add(task_id, report);
  };
  const report = (given: Report) => {
    if (given.current !== undefined || given.total !== undefined) reportsSteps = true;
    add(given);
  };
  const progress: RunningTask['progress'] = (current, total) =>
    report(total === undefined ? { current } : { current, total });

  async function* each<T>(
    items: Iterable<T> | AsyncIterable<T>,
    { total = sizeOf(items) }: Readonly<{ total?: number | undefined }> = {},
  ): AsyncGenerator<Awaited<T>, void, undefined> {
    let done = 0;
    progress(done, total);
    for await (const item of items) {
      signal.throwIfAborted();
      yield item;
      done += 1;
      progress(done, total);
    }
  }

  const parent: Parent = {
    task_id,
    project_id,
    async begin() {
      parts.begun += 1;
      add(partsReport());
      // A task without steps of its own ends with its parts, and more of them may come.
      if (parts.begun === 1) await reports.flush();
    },
    end() {
      parts.ended += 1;
      add(partsReport());
    },
  };

  return {
    task_id,
    signal,
    progress,
    report,
    each,
    task: taskRunner(runner, parent),
    flush: () => reports.flush(),
  };
};

const beats = (
  { client, ended }: TaskRunner,
  task_id: string,
  seconds: number,
  isCreated: () => boolean,
): (() => void) => {
  const timer = setInterval(() => {
    if (!isCreated()) return;
    client.request('POST /api/tasks/{task_id}/heartbeat', { path: { task_id } }).catch((error: unknown) => {
      // An outage shows in the reports; the next heartbeat makes up for this one.
      if (!(error instanceof MiyabiApiError)) return;
      if (error.code === 'invalid_transition' || error.code === 'task_not_found')
        ended.get(task_id)?.(error.message);
    });
  }, seconds * 1_000);
  // In Node it must not keep a program alive whose work has ended; in a browser it is a number.
  if (typeof timer === 'object' && 'unref' in timer) timer.unref();
  return () => clearInterval(timer);
};

const cadenceOf = (seconds: number) => ({
  every_seconds: Math.max(1, Math.round(seconds)),
  grace_seconds: Math.max(LEAST_GRACE_SECONDS, 2 * Math.round(seconds)),
});

const sizeOf = (items: object): number | undefined => {
  const size: unknown = 'length' in items ? items.length : 'size' in items ? items.size : undefined;
  return typeof size === 'number' && size > 0 ? size : undefined;
};

const messageOf = (error: unknown): string => {
  const { message, name } = asError(error);
  const text = message.replaceAll('\0', '').trim() || name;
  return text.slice(0, MAX_MESSAGE).toWellFormed();
};

const asError = (error: unknown): Error => (error instanceof Error ? error : new Error(String(error)));

const nothing = () => undefined;
