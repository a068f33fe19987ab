import type { TaskDetails } from '../../../tasks/details.ts';
import { isTerminal } from '../../../tasks/status.ts';
import type { LogFormat, Observation } from '../../format.ts';
import type { Hint } from '../../hint.ts';
import { counterRuns, type Run, type RunsState, type RunUpdate, withText } from './counter-runs.ts';
import { type Because, explanation, FAILURES } from './explanation.ts';
import { cut, headOf, TEXT_LIMITS } from './text.ts';
import { readJson, type ToolJson } from './tool-json.ts';
import { type Counts, signalOf, type ToolPattern, type ToolSignal, unwrapped } from './tool-signal.ts';

/**
 * A tool that prints how far it is, as a table of its lines; the first pattern that matches is taken.
 *
 * `counts` says what a counter of 3 means. `done`: three steps are done, so a full counter completes a run, and an
 * explicit failure right after it still corrects that. `begun`: the third step has begun. `open`: three are done, but the
 * total may still grow or an end line follows. A counter that is `begun` or `open` never ends a run; the next run does,
 * where all steps of the one before have begun.
 *
 * A run begins with a line that `begins`, `works`, `waits` or `counts`, or that is `alone`; other lines say something of a run that
 * is there.
 *
 * `because` finds the reason of a failure in the lines below one that has none, past empty lines and lines that match
 * `between`, or past all lines that no tool reads (`over`); its group `item` is what has failed. It goes on in lines that match `goesOn`, and in any line after a colon. Such lines are only found where a
 * log is read in sequence. So is the rest of a reason that a failure itself gives and that ends with a colon. `unwrap` takes the line out of JSON: its group `text` is a JSON string.
 *
 * `json` reads lines that are JSON objects and hold one of these texts. A line without a lane is about the run that began
 * last if `sharesLast`.
 */
export type Tool = Readonly<{
  name: string;
  taskName: string;
  taskType: string;
  counts: 'begun' | 'done' | 'open';
  hint: Hint;
  patterns: readonly ToolPattern[];
  because?: Because;
  unwrap?: Readonly<{ line: RegExp }>;
  json?: ToolJson;
  sharesLast?: true;
  /** A full counter may go on with a larger total in the same phase, as networks are created before containers are. */
  grows?: true;
  /** Bars without a name that it draws while it runs: they are no tasks of their own. */
  draws?: RegExp;
  /**
   * No line says that all went well: a run in which nothing has failed completes with the end of its stream, if it was in
   * such a phase. One that is known to have failed fails.
   */
  endsSilently?: true | RegExp;
  /** Something that is `broken` is its end, unless it is seen to go on: such a run fails with the end of its stream. */
  failsSilently?: true;
}>;

/**
 * `remark`: what was said last that may be the reason of a failure. `unexplained`: the last line was a failure whose reason
 * may follow. `guessed`: the error message is only how the run ended, until there is a better one.
 */
type Memory = Readonly<{ remark?: string; unexplained?: true; guessed?: true }>;

/** The format of a tool. See docs/log-formats.md on how to write one. */
export const toolFormat = (tool: Tool): LogFormat<ToolSignal, RunsState<Memory>> => {
  return counterRuns<ToolSignal, Memory>({
    name: tool.name,
    stateVersion: 2,
    hint: tool.hint,
    taskType: tool.taskType,
    counts: tool.counts,
    ...(tool.draws !== undefined && { draws: tool.draws }),
    memory: {},
    ...((tool.counts === 'done' ||
      tool.patterns.some(({ says }) => says === 'concludes' || says === 'closes for now')) && {
      revisesEnds: true,
    }),

    read(line) {
      if (tool.json !== undefined && line.startsWith('{')) return readJson(tool.json, line);
      const text = headOf(tool.unwrap === undefined ? line : unwrapped(line, tool.unwrap.line));
      for (const pattern of tool.patterns) {
        const match = pattern.line.exec(text);
        if (match !== null) return signalOf(pattern, match.groups ?? {}, text);
      }
      return undefined;
    },

    ...(tool.because !== undefined && explanation(tool.because)),

    laneOf: (signal, { numbers }) =>
      signal.lane ?? (tool.sharesLast ? Object.keys(numbers).at(-1) : undefined) ?? tool.name,

    ...(tool.json !== undefined && { timeOf: ({ time }: ToolSignal) => time }),

    ...(tool.endsSilently !== undefined && { atEnd: atEnd(tool.endsSilently) }),
    ...(tool.failsSilently && { atEnd: failedAtEnd }),

    begins(last, signal) {
      if (signal.says === 'fails' && last.concluded) return false;
      if (signal.goesOn) return isTerminal(last.status) && !last.concluded;
      if (signal.says === 'concludes' && isRepeated(last, signal)) return false;
      if (signal.alone || signal.says === 'works') return isTerminal(last.status);
      if (signal.says === 'begins') return isTerminal(last.status) || last.current !== null;
      if (signal.says !== 'counts') return false;
      if (isTerminal(last.status))
        return tool.grows ? !growsOn(last, signal) && !isRedrawn(last, signal) : !isFull(signal);
      return tool.counts !== 'open' && startsOver(tool, last, signal);
    },

    followed: (run) =>
      tool.counts === 'begun' && hasBegunAll(run)
        ? { status: 'completed', current: run.total, details: { outcome: 'completed' } }
        : undefined,

    apply(run, signal) {
      if (run === undefined && !signal.alone && !BEGINNINGS.has(signal.says)) return undefined;
      if (signal.after !== undefined && signal.after !== run?.details.phase)
        return signal.says === 'broken' ? because(run, { ...signal, says: 'remarks' }) : undefined;
      return update(tool, run, signal);
    },
  });
};

const atEnd =
  (after: RegExp | true) =>
  (run: Observation): Observation => {
    if (run.failing !== undefined) return failedAtEnd(run);
    const isCut = run.total === null && after !== true && !after.test(run.details.phase ?? '');
    return run.status !== 'running' || hasFailed(run) || isPartial(run) || isCut
      ? run
      : {
          ...run,
          status: 'completed',
          details: { ...run.details, outcome: 'completed' },
          ended_at: run.last_at,
        };
  };

const isPartial = ({ current, total }: Observation): boolean => total !== null && (current ?? 0) < total;

const failedAtEnd = (run: Observation): Observation =>
  run.status !== 'running' || run.failing === undefined
    ? run
    : {
        ...run,
        status: 'failed',
        details: { ...run.details, outcome: 'failed', error_message: run.failing },
        ended_at: run.last_at,
      };

const BEGINNINGS: ReadonlySet<ToolSignal['says']> = new Set(['begins', 'works', 'counts', 'waits']);

const isFull = ({ current, total }: Counts): boolean =>
  current !== undefined && total !== undefined && current >= total;

const startsOver = (tool: Tool, last: Run<Memory>, signal: ToolSignal): boolean => {
  const { current = 0, total } = signal;
  const done = (tool.counts === 'begun' && total !== 100 ? beforeThis(signal) : current) ?? 0;
  return last.current !== null && current <= 1 && done < last.current && total !== undefined;
};

/** Whether the last step of a tool that counts begun ones was the last thing it printed. */
const hasBegunAll = ({ current, total }: Run<Memory>): boolean =>
  current !== null && total !== null && current >= (total === 100 ? total : total - 1);

const growsOn = (last: Run<Memory>, { current = 0, total = 0, phase }: ToolSignal): boolean =>
  last.concluded === true &&
  phase === last.details.phase &&
  total > (last.total ?? 0) &&
  current >= (last.current ?? 0);

const isRedrawn = (last: Run<Memory>, { current, total, phase }: ToolSignal): boolean =>
  phase === last.details.phase && current === last.current && total === last.total;

const goingOn = (tool: Tool, run: Run<Memory> | undefined): Pick<RunUpdate<Memory>, 'status' | 'reopens'> =>
  tool.grows && run?.concluded ? { status: 'running', reopens: true } : {};

/** A bar that has ended is often drawn once more. */
const isRepeated = (last: Run<Memory>, { current, total }: ToolSignal): boolean =>
  last.concluded === true && total !== undefined && last.total === total && last.current === current;

const update = (
  tool: Tool,
  run: Run<Memory> | undefined,
  signal: ToolSignal,
): RunUpdate<Memory> | undefined => {
  const { says, phase, step, text, lane } = signal;
  if (says === 'because' || says === 'remarks') return because(run, signal);
  const reason = signal.reason ?? (FAILURES.has(says) ? run?.memory.remark : undefined);
  const counts = countsAfter(tool, run, signal);
  const isUnknown = run?.details.error_message === undefined || run.memory.guessed;
  const isGuess = signal.vague === true && isUnknown;
  const details: TaskDetails = {
    ...(phase !== undefined && { phase }),
    ...(step !== undefined && { current_step: step }),
    ...withItem(run, signal),
  };
  const said: RunUpdate<Memory> = {
    name: signal.name ?? (run?.name || lane) ?? tool.taskName,
    ...(run?.status === 'blocked' && { status: 'running' }),
    ...counts,
    details,
    message: cut(text, TEXT_LIMITS.message),
    memory: {
      ...((isGuess || (run?.memory.guessed && reason === undefined)) && { guessed: true }),
      ...(FAILURES.has(says) && reason === undefined && { unexplained: true }),
    },
  };
  const explained = {
    ...said,
    details: {
      ...details,
      ...(reason !== undefined && isUnknown && { error_message: reason }),
    },
  };
  switch (says) {
    case 'begins':
    case 'works':
    case 'step':
    case 'one done':
    case 'one skipped':
      return said;
    case 'waits':
      return { ...said, status: 'blocked' };
    case 'broken':
    case 'one failed':
      return explained;
    case 'counts':
      if (tool.counts === 'done' && isFull(signal))
        return { ...said, ...goingOn(tool, run), status: 'completed', concluded: true };
      return { ...said, ...goingOn(tool, run) };
    case 'fails':
      return failure(run, said, reason, endingOf(run, counts, text));
    case 'cancels':
      return { ...said, status: 'cancelled', details: { ...details, outcome: 'failed' } };
    case 'concludes':
      return { ...success(run, said), concluded: true };
    case 'ends':
      return success(run, said);
    case 'closes':
      return closing(run, said, signal, counts);
    case 'closes for now':
      return { ...closing(run, said, signal, counts), concluded: true };
  }
};

/** The counter after what a signal adds to it. Steps may be done that were added before the log began. */
const withAdded = (run: Run<Memory> | undefined, signal: ToolSignal): ToolSignal => {
  const { addDone = 0, addTotal = 0 } = signal;
  const total = (run?.total ?? 0) + addTotal;
  const current = Math.max(0, (run?.current ?? 0) + addDone);
  return { ...signal, current, ...(total > 0 && { total: Math.max(total, current) }) };
};

const countsAfter = (tool: Tool, run: Run<Memory> | undefined, given: ToolSignal): Counts => {
  const signal = given.addTotal === undefined ? given : withAdded(run, given);
  const { says, total, moreDone, moreFailed = 0, moreSkipped = 0 } = signal;
  const isOneMore = says === 'one done' || says === 'one failed' || says === 'one skipped';
  const isOpen = (total ?? run?.total ?? null) === null;
  const more = isOneMore ? 1 : isOpen ? (moreDone ?? moreFailed + moreSkipped) : 0;
  const begun = tool.counts === 'begun' && total !== 100 ? beforeThis(signal) : signal.current;
  const current = begun ?? (more > 0 ? (run?.current ?? 0) + more : undefined);
  const oneFailed = says === 'one failed' ? 1 : isOpen ? moreFailed : 0;
  const oneSkipped = says === 'one skipped' ? 1 : isOpen ? moreSkipped : 0;
  const failed = stated(run?.failed, signal.failed) ?? sum(run?.failed, oneFailed);
  const skipped = stated(run?.skipped, signal.skipped) ?? sum(run?.skipped, oneSkipped);
  return {
    ...(current !== undefined && { current }),
    ...(total !== undefined && { total }),
    ...(failed !== undefined && { failed }),
    ...(skipped !== undefined && { skipped }),
  };
};

/** That nothing has failed is not worth a word, unless it was thought before. */
const stated = (known: number | undefined, count: number | undefined): number | undefined =>
  count === 0 && known === undefined ? undefined : count;

const sum = (known: number | undefined, more: number): number | undefined =>
  more === 0 ? undefined : (known ?? 0) + more;

/** The counter of a step that has begun, as what was done before it. */
const beforeThis = ({ says, current }: ToolSignal): number | undefined =>
  current === undefined || says !== 'counts' ? current : Math.max(0, current - 1);

/** After its end a run fails of no more than it has counted: what is listed then has been named before. */
const withItem = (run: Run<Memory> | undefined, { item }: ToolSignal): TaskDetails => {
  const known = run?.details.failed_resources;
  const isNamed =
    run !== undefined &&
    isTerminal(run.status) &&
    (known?.length ?? 0) >= (run.failed ?? Number.POSITIVE_INFINITY);
  return item === undefined || isNamed ? {} : { failed_resources: withText(known, item) };
};

const failure = (
  run: Run<Memory> | undefined,
  said: RunUpdate<Memory>,
  reason: string | undefined,
  ending: string,
): RunUpdate<Memory> => {
  const known = run?.details.error_message ?? reason;
  return {
    ...said,
    status: 'failed',
    details: { ...said.details, outcome: 'failed', error_message: known ?? ending },
    memory: known === undefined ? { guessed: true } : {},
  };
};

const success = (run: Run<Memory> | undefined, said: RunUpdate<Memory>): RunUpdate<Memory> => ({
  ...said,
  status: 'completed',
  ...(said.current === undefined && run?.total != null && { current: run.total }),
  details: { ...said.details, outcome: 'completed' },
});

const closing = (
  run: Run<Memory> | undefined,
  said: RunUpdate<Memory>,
  { reason }: ToolSignal,
  counts: Counts,
): RunUpdate<Memory> =>
  hasFailed({ failed: run?.failed, details: run?.details ?? {}, ...counts })
    ? failure(run, said, reason, sumOfFailures(run, counts))
    : success(run, said);

const hasFailed = ({
  failed = 0,
  details,
}: Readonly<{ failed?: number | undefined; details: TaskDetails }>): boolean =>
  failed > 0 || details.error_message !== undefined || (details.failed_resources?.length ?? 0) > 0;

/** How a run has failed for which no reason is printed. */
const endingOf = (run: Run<Memory> | undefined, counts: Counts, text: string): string =>
  (counts.failed ?? run?.failed) && (counts.total ?? run?.total)
    ? sumOfFailures(run, counts)
    : cut(text.replace(/^(?:[✖✗✘❌×] {1,4}|error: )/u, ''), TEXT_LIMITS.error);

const sumOfFailures = (run: Run<Memory> | undefined, counts: Counts): string => {
  const failed = counts.failed ?? run?.failed ?? run?.details.failed_resources?.length;
  const total = counts.total ?? run?.total;
  return total == null ? `${failed} failed` : `${failed} of ${total} failed`;
};

/** Only the first reason counts. One that goes on replaces its beginning. */
const because = (run: Run<Memory> | undefined, signal: ToolSignal): RunUpdate<Memory> | undefined => {
  const { says, reason } = signal;
  if (run === undefined || reason === undefined) return undefined;
  if (says === 'remarks' && !run.memory.unexplained) return { memory: { remark: reason } };
  const { error_message: known } = run.details;
  const isKnown = known !== undefined && !run.memory.guessed && !reason.startsWith(known);
  return isKnown ? undefined : { details: { ...withItem(run, signal), error_message: reason }, memory: {} };
};
