import { isJsonObject, type Json, type JsonObject } from '../json.ts';
import type { TaskDetails } from '../tasks/details.ts';
import { TASK_STATUSES, type TaskStatus } from '../tasks/status.ts';
import type { Hint } from './hint.ts';

/**
 * A log format: what its lines say, and how what they say adds up to tasks.
 *
 * A format is pure. `read` looks at one line alone and gives a signal, plain JSON, that is kept and replayed when
 * events arrive late; `evolve` folds signals, in order of time, into a state, plain JSON too. One state exists per
 * stream and format, so a stream may hold several formats and several tasks of each.
 */
export interface LogFormat<S extends Json = Json, State extends Json = Json> {
  /** Short and stable, e.g. `cdk`: it is stored with the signals. */
  readonly name: string;

  /**
   * The version of the shape of `State`. Raise it when the shape changes: a stored state of another version is dropped,
   * and the recent signals are replayed instead.
   */
  readonly stateVersion: number;

  /**
   * What one line says, undefined where it is not of this format. The line comes without line ending, terminal
   * escapes and logger prefixes. Takes time linear in the line and never throws.
   */
  read(line: string): S | undefined;

  /**
   * Whether the line after this signal's belongs to it whatever it looks like, as the reason below a row of what failed.
   * It is then offered to `read` of this format, to `readContinuation`, and only after that to other formats.
   */
  isContinued?(signal: S): boolean;

  /** What such a line says, undefined where it continues nothing. An empty line never does. */
  readContinuation?(line: string): S | undefined;

  /**
   * What every line of this format has in it; lines without it are not offered. A format without a hint, such as one
   * that is configured and may look like anything, is offered every line.
   */
  readonly hint?: Hint;

  /** Its runs are what a task reports of itself, which outranks what is read out of the tools that it runs. */
  readonly isReport?: true;

  /** The task that the line itself names, where the format has such a thing. */
  taskOf?(signal: S): string | undefined;

  /** The project that the line itself names, where the format has such a thing. */
  projectOf?(signal: S): string | undefined;

  /** The moment that the line itself states, epoch milliseconds, where the format has one that is absolute. */
  timeOf?(signal: S): number | undefined;

  /**
   * Formats of tools that this one runs for work of its own, as CDK runs a docker build: while it is
   * {@link LogFormat.isWorking working}, what they print makes no tasks.
   */
  readonly runs?: readonly string[];
  isWorking?(state: State): boolean;

  /** The state of a stream that has said nothing yet. */
  readonly initial: State;

  /**
   * A copy of a state that `evolve` may change in place, for who folds many signals and looks at none of the states in
   * between. A format that has none makes a new state of each signal.
   */
  open?(state: State): State;

  /**
   * The state after one more signal, and the keys of the runs that it touched. Never changes its argument, unless that
   * was opened: then it is spent, and what comes back is open as well.
   */
  evolve(state: State, signal: S, at: number): Evolved<State>;

  /** What is known of one run, undefined for a key that the state does not hold. */
  observe(state: State, key: string): Observation | undefined;

  /**
   * The same state without runs that nothing can change any more; what numbers the next run stays. It is not open, and
   * shares nothing that changes with one that is.
   */
  prune(state: State): State;
}

export type Evolved<State> = Readonly<{ state: State; touched: readonly string[] }>;

/**
 * One run of something, as the log tells it. Times are epoch milliseconds of log events.
 *
 * `key` names the run within its stream and format and is the same in every replay, e.g. `MyStack#2`: the stack and
 * the how manieth run of it. `status` is never `cancelled` or `completed` on the ground of a full counter alone,
 * except for counts that a task reports of itself.
 */
export type Observation = Readonly<{
  key: string;
  task_name: string;
  task_type: string;
  status: TaskStatus;
  current: number | null;
  total: number | null;
  /** Counted beside `current`: steps that failed and that were skipped, absent where the log does not say. */
  failed?: number;
  skipped?: number;
  details: TaskDetails;
  description?: string;
  metadata?: JsonObject;
  started_at: number;
  last_at: number;
  ended_at?: number;
  /** How often the run has begun again after its end under the same key; absent for its first attempt. */
  retries?: number;
  /** The last thing said in words, for the history. */
  message?: string;
}>;

/** Whether a value that was stored is an observation, as far as its use requires. */
export const isObservation = (value: unknown): value is Observation =>
  isJsonObject(value) &&
  ['key', 'task_name', 'task_type'].every((name) => typeof value[name] === 'string') &&
  TASK_STATUSES.some((status) => status === value['status']) &&
  ['current', 'total'].every((name) => value[name] === null || typeof value[name] === 'number') &&
  isJsonObject(value['details']) &&
  ['started_at', 'last_at'].every((name) => typeof value[name] === 'number');
