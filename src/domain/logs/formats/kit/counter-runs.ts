import { isJsonObject, type Json } from '../../../json.ts';
import type { TaskDetails } from '../../../tasks/details.ts';
import { changedFailure, partialFailure } from '../../../tasks/progress.ts';
import { isTerminal, type TaskStatus } from '../../../tasks/status.ts';
import type { LogFormat, Observation } from '../../format.ts';
import type { Hint } from '../../hint.ts';

/** One run of a tool. `memory` is what the tool's format remembers of it besides the fields of a task. */
export type Run<Memory extends Json = Json> = Readonly<{
  name: string;
  status: TaskStatus;
  current: number | null;
  total: number | null;
  /** Steps that failed and that were skipped, absent while unknown. */
  failed?: number;
  skipped?: number;
  details: TaskDetails;
  message?: string;
  /** The end was concluded from a full counter: an explicit failure right after it still corrects it. */
  concluded?: true;
  /** Why it counts as failed if no more updates come. */
  failing?: string;
  memory: Memory;
  started_at: number;
  last_at: number;
  ended_at?: number;
}>;

/** The change that a signal makes to its run. Members of `details` are added to the existing ones. */
export type RunUpdate<Memory extends Json = Json> = Readonly<{
  name?: string;
  status?: TaskStatus;
  current?: number | null;
  total?: number | null;
  failed?: number;
  skipped?: number;
  details?: TaskDetails;
  message?: string;
  concluded?: true;
  /** An end that was concluded from a full counter was none. */
  reopens?: true;
  failing?: string;
  memory?: Memory;
}>;

/**
 * `numbers` counts the runs of each lane. The runs of a lane come one after another: those of a tool, or of one stack
 * of several.
 */
export type RunsState<Memory extends Json = Json> = Readonly<{
  numbers: { readonly [lane: string]: number };
  runs: { readonly [key: string]: Run<Memory> };
}>;

/** How to identify the runs of one tool, and what its signals do to them. */
export type CounterTool<S extends Json, Memory extends Json> = Readonly<{
  name: string;
  /** As in {@link LogFormat.stateVersion}; it covers `Memory`. */
  stateVersion: number;
  taskType: string | ((run: Run<Memory>) => string);
  hint?: Hint;
  counts: NonNullable<LogFormat['counts']>;
  atEnd?(run: Observation): Observation;
  revisesEnds?: LogFormat['revisesEnds'] & true;
  /** Bars without a name that the tool draws while it runs, as `plain` reads them: they are no tasks of their own. */
  draws?: RegExp;
  /** The memory of a run before its first signal. */
  memory: Memory;
  read(line: string): S | undefined;
  isContinued?: LogFormat<S>['isContinued'];
  readContinuation?: LogFormat<S>['readContinuation'];
  taskOf?(signal: S): string | undefined;
  timeOf?(signal: S): number | undefined;
  lineOf?(signal: S): string | undefined;
  /** The lane that a signal belongs to, by default the tool's name. `latest` gives the newest run of a lane. */
  laneOf?(signal: S, state: RunsState<Memory>): string;
  /**
   * Whether a signal begins another run than `last`, the newest of its lane. By default it does if `last` has ended.
   */
  begins?(last: Run<Memory>, signal: S, at: number): boolean;
  /** The change of the run, undefined if the signal changes nothing. `run` is absent before the first. */
  apply(run: Run<Memory> | undefined, signal: S, at: number): RunUpdate<Memory> | undefined;
  /** What becomes of a run that has not ended when the next one of its lane begins. By default nothing. */
  followed?(run: Run<Memory>): RunUpdate<Memory> | undefined;
}>;

/** A stream of invented lanes must not grow without limit; the oldest lanes are dropped, with their numbers. */
const MAX_LANES = 500;

/**
 * The format of a tool that counts. A run ends when its tool says so. Later lines change nothing but its failures,
 * except that an end that was concluded from a full counter gives way to an explicit failure.
 */
export const counterRuns = <S extends Json, Memory extends Json>(
  tool: CounterTool<S, Memory>,
): LogFormat<S, RunsState<Memory>> => ({
  name: tool.name,
  stateVersion: tool.stateVersion,
  read: tool.read,
  ...(tool.hint !== undefined && { hint: tool.hint }),
  counts: tool.counts,
  ...(tool.atEnd !== undefined && { atEnd: tool.atEnd }),
  ...(tool.revisesEnds && { revisesEnds: true }),
  ...(tool.draws !== undefined && drawing<Memory>(tool.draws)),
  ...(tool.isContinued !== undefined && { isContinued: tool.isContinued }),
  ...(tool.readContinuation !== undefined && { readContinuation: tool.readContinuation }),
  ...(tool.taskOf !== undefined && { taskOf: tool.taskOf }),
  ...(tool.timeOf !== undefined && { timeOf: tool.timeOf }),
  ...(tool.lineOf !== undefined && { lineOf: tool.lineOf }),
  initial: { numbers: {}, runs: {} },

  evolve(state, signal, at) {
    const lane = tool.laneOf?.(signal, state) ?? tool.name;
    const last = latestRun(state, lane);
    const begins = last === undefined || (tool.begins?.(last, signal, at) ?? isTerminal(last.status));
    const number = numberOf(state, lane) + (begins ? 1 : 0);
    const run = begins ? undefined : last;
    const update = tool.apply(run, signal, at);
    if (update === undefined) return { state, touched: [] };
    const next = advance(run ?? blank(tool, at), update, at);
    if (next === run) return { state, touched: [] };
    const key = keyOf(lane, number);
    const before = begins && last !== undefined ? ended(tool, last) : undefined;
    const keyBefore = keyOf(lane, number - 1);
    return {
      state: {
        numbers: begins ? withNewest(state.numbers, lane, number) : state.numbers,
        runs: { ...state.runs, ...(before !== undefined && { [keyBefore]: before }), [key]: next },
      },
      touched: before === undefined ? [key] : [keyBefore, key],
    };
  },

  observe(state, key) {
    const run = Object.hasOwn(state.runs, key) ? state.runs[key] : undefined;
    return run === undefined ? undefined : observation(tool, key, run);
  },

  prune(state) {
    const newest = new Set(Object.entries(state.numbers).map(([lane, number]) => keyOf(lane, number)));
    const kept = Object.entries(state.runs).filter(([key]) => newest.has(key));
    return { numbers: state.numbers, runs: Object.fromEntries(kept) };
  },
});

const drawing = <Memory extends Json>(
  bar: RegExp,
): Required<Pick<LogFormat<Json, RunsState<Memory>>, 'runs' | 'isWorking'>> => ({
  runs: ['plain'],
  isWorking: (state, output) =>
    isJsonObject(output) &&
    typeof output['text'] === 'string' &&
    bar.test(output['text']) &&
    Object.keys(state.numbers).some((lane) => latestRun(state, lane)?.status === 'running'),
});

/** A run that another one follows, if that is its end. */
const ended = <S extends Json, Memory extends Json>(
  tool: CounterTool<S, Memory>,
  run: Run<Memory>,
): Run<Memory> | undefined => {
  const update = isTerminal(run.status) ? undefined : tool.followed?.(run);
  return update === undefined ? undefined : advance(run, update, run.last_at);
};

/** The newest run of a lane. */
export const latestRun = <Memory extends Json>(
  state: RunsState<Memory>,
  lane: string,
): Run<Memory> | undefined => {
  const key = keyOf(lane, numberOf(state, lane));
  return Object.hasOwn(state.runs, key) ? state.runs[key] : undefined;
};

/** At most `limit` texts, without repetition, the first ones. */
export const withText = (
  texts: readonly string[] | undefined,
  text: string,
  limit = 20,
): readonly string[] =>
  texts === undefined ? [text] : texts.length >= limit || texts.includes(text) ? texts : [...texts, text];

const keyOf = (lane: string, number: number): string => `${lane}#${number}`;

const numberOf = <Memory extends Json>(state: RunsState<Memory>, lane: string): number =>
  Object.hasOwn(state.numbers, lane) ? (state.numbers[lane] ?? 0) : 0;

/** A lane with a new run moves to the end. */
const withNewest = (numbers: Readonly<Record<string, number>>, lane: string, number: number) => {
  const { [lane]: _moved, ...others } = forgetOldest(numbers);
  return { ...others, [lane]: number };
};

const forgetOldest = (numbers: Readonly<Record<string, number>>): Readonly<Record<string, number>> => {
  const entries = Object.entries(numbers);
  return entries.length < MAX_LANES ? numbers : Object.fromEntries(entries.slice(1 - MAX_LANES));
};

const blank = <S extends Json, Memory extends Json>(
  tool: CounterTool<S, Memory>,
  at: number,
): Run<Memory> => ({
  name: '',
  status: 'running',
  current: null,
  total: null,
  details: {},
  memory: tool.memory,
  started_at: at,
  last_at: at,
});

const advance = <Memory extends Json>(
  run: Run<Memory>,
  update: RunUpdate<Memory>,
  at: number,
): Run<Memory> => {
  const corrected =
    run.concluded && (update.reopens || update.status === 'failed' || update.status === 'cancelled');
  if (isTerminal(run.status) && !corrected) return withCauses(run, update);
  const status = update.status ?? run.status;
  const message = update.message ?? run.message;
  return {
    name: update.name ?? run.name,
    status,
    current: update.current === undefined ? run.current : update.current,
    total: update.total === undefined ? run.total : update.total,
    ...changedFailure(run, update),
    details: update.details === undefined ? run.details : { ...run.details, ...update.details },
    ...(message !== undefined && { message }),
    ...(update.concluded && { concluded: true }),
    ...(update.failing !== undefined && { failing: update.failing }),
    memory: update.memory ?? run.memory,
    started_at: run.started_at,
    last_at: Math.max(run.last_at, at),
    ...(isTerminal(status) && { ended_at: at }),
  };
};

/** After its end nothing of a run changes but what it is known to have failed of, and the counts of a concluded end. */
const withCauses = <Memory extends Json>(run: Run<Memory>, update: RunUpdate<Memory>): Run<Memory> => {
  if (run.status !== 'failed' && !run.concluded) return run;
  const { failed_resources, error_message } = update.details ?? {};
  const hasCause = failed_resources !== undefined || error_message !== undefined;
  if (!hasCause && !(run.concluded && hasCount(update))) return run;
  return {
    ...run,
    ...(run.concluded &&
      hasCount(update) && { current: update.current ?? run.current, ...changedFailure(run, update) }),
    details: {
      ...run.details,
      ...(failed_resources !== undefined && { failed_resources }),
      ...(error_message !== undefined && { error_message }),
    },
    memory: update.memory ?? run.memory,
  };
};

const hasCount = <Memory extends Json>({ failed, skipped }: RunUpdate<Memory>): boolean =>
  failed !== undefined || skipped !== undefined;

const observation = <S extends Json, Memory extends Json>(
  tool: CounterTool<S, Memory>,
  key: string,
  run: Run<Memory>,
): Observation => {
  const { error_message: error, ...details } = run.details;
  const failing = isTerminal(run.status) ? undefined : (run.failing ?? error);
  return {
    key,
    task_name: run.name,
    task_type: typeof tool.taskType === 'string' ? tool.taskType : tool.taskType(run),
    status: run.status,
    current: run.current,
    total: run.total,
    ...partialFailure(run),
    details: { ...details, ...(error !== undefined && run.status === 'failed' && { error_message: error }) },
    ...(failing !== undefined && { failing }),
    started_at: run.started_at,
    last_at: run.last_at,
    ...(run.ended_at !== undefined && { ended_at: run.ended_at }),
    ...(run.message !== undefined && { message: run.message }),
  };
};
