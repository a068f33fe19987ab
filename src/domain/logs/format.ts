import { isJsonObject, type Json, type JsonObject } from '../json.ts';
import type { TaskDetails } from '../tasks/details.ts';
import { TASK_STATUSES, type TaskStatus } from '../tasks/status.ts';
import type { Hint } from './hint.ts';

/**
 * A log format: what its lines mean, and how they add up to tasks.
 *
 * A format is pure. `read` looks at a single line and returns a signal, plain JSON, that is kept and replayed when
 * events arrive late; `evolve` folds signals, in order of time, into a state, plain JSON too. There is one state per
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
   * The signal of one line, undefined if it is not of this format. The line comes without line ending, terminal escapes
   * and logger prefixes. Takes time linear in the line and never throws.
   */
  read(line: string): S | undefined;

  /**
   * Whether the line after this one belongs to it whatever it looks like, as the reason below a row that failed. That
   * line is offered to `read` of this format, to `readContinuation`, and only then to other formats. An empty line
   * continues nothing; it ends the search unless the answer is `over empty lines`. With `over other lines`, the next lines are
   * offered to `readContinuation` and then to all formats as usual, until one is read.
   */
  isContinued?(signal: S): boolean | 'over empty lines' | 'over other lines';

  /** The signal of such a line, undefined if it does not continue anything. `before` is the signal of the line before. */
  readContinuation?(line: string, before: S): S | undefined;

  /**
   * What every line of this format contains; lines without it are not offered. A format without a hint, such as a
   * custom one, is offered every line.
   */
  readonly hint?: Hint;

  /**
   * The format concludes an end from what looks like one, such as a full counter, and revises it if a failure is printed
   * right after. Every other end is final.
   */
  readonly revisesEnds?: true;

  /**
   * What its counter counts: `done` where a counter of 3 of 3 says that three steps are done, `begun` where the third
   * has begun, `open` where three are done and an end line follows. Only a counter of what is `done` may complete a run.
   * `both`: begun or done, its lines say which.
   */
  readonly counts?: 'begun' | 'done' | 'open' | 'both';

  /** The run after its stream is known to have ended. Without it, a run stays as it is. */
  atEnd?(run: Observation): Observation;

  /** Its runs are reported by a task itself, which outranks the output of the tools that it runs. */
  readonly isReport?: true;

  /** The task that the line itself names, if the format has such a field. */
  taskOf?(signal: S): string | undefined;

  /** The project that the line itself names, if the format has such a field. */
  projectOf?(signal: S): string | undefined;

  /** The time in the line itself, epoch milliseconds, if the format has one that is absolute. */
  timeOf?(signal: S): number | undefined;

  /**
   * Formats of tools that this one runs for its own work, as CDK runs a docker build: while it is {@link
   * LogFormat.isWorking working}, their output makes no tasks. `output` is one signal of such a format.
   */
  readonly runs?: readonly string[];
  isWorking?(state: State, output: Json): boolean;

  /**
   * The line of a signal that may be about any tool: if it changes no run of this format, it is offered to the next format
   * that recognises it.
   */
  lineOf?(signal: S): string | undefined;

  /** The state of an empty stream. */
  readonly initial: State;

  /**
   * A copy of a state that `evolve` may change in place, for callers that fold many signals and do not look at the
   * states in between. A format without it makes a new state for each signal.
   */
  open?(state: State): State;

  /**
   * The state after one more signal, and the keys of the runs that it touched. Never changes its argument, unless that
   * was opened: then the argument must not be used again, and the result is open as well.
   */
  evolve(state: State, signal: S, at: number): Evolved<State>;

  /** One run, undefined for a key that the state does not hold. */
  observe(state: State, key: string): Observation | undefined;

  /**
   * The same state without runs that nothing can change any more; the numbers of further runs stay. It is not open, and
   * shares nothing that changes with an open one.
   */
  prune(state: State): State;
}

export type Evolved<State> = Readonly<{ state: State; touched: readonly string[] }>;

/**
 * One run of a tool, as the log reports it. Times are epoch milliseconds of log events.
 *
 * `key` names the run within its stream and format and is the same in every replay, e.g. `MyStack#2`: the stack and the
 * ordinal of this run. `status` is never `cancelled` or `completed` because of a full counter alone, except for counts
 * that a task reports itself.
 */
export type Observation = Readonly<{
  key: string;
  task_name: string;
  task_type: string;
  status: TaskStatus;
  current: number | null;
  total: number | null;
  /** Steps that failed and that were skipped, counted beside `current`; absent if the log does not say. */
  failed?: number;
  skipped?: number;
  details: TaskDetails;
  description?: string;
  metadata?: JsonObject;
  started_at: number;
  last_at: number;
  ended_at?: number;
  /** Why a run that has not ended counts as failed if nothing more is heard of it. */
  failing?: string;
  /** How often the run has begun again after its end under the same key; absent for its first attempt. */
  retries?: number;
  /** The latest message, for the history. */
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
