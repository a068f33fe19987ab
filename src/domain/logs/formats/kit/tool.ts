import { isTerminal } from '../../../tasks/status.ts';
import type { LogFormat } from '../../format.ts';
import type { Hint } from '../../hint.ts';
import { counterRuns, type Run, type RunsState, type RunUpdate, withText } from './counter-runs.ts';
import { cut, headOf, TEXT_LIMITS } from './text.ts';

/**
 * What a line of a tool says. `begins`: a run has begun; `works`: one is under way, new or not; `counts`: how far it is; `step`: what it is doing; `broken`:
 * something in it has failed, and it goes on; `fails` and `ends`: how it ended.
 */
export type ToolLine = 'begins' | 'works' | 'counts' | 'step' | 'broken' | 'fails' | 'ends';

/**
 * A line of a tool. Groups that the expression may name: `current` and `total`, or `percent`; `phase`, `step`; `item`,
 * what has failed; `reason`, why; `lane`, which of several runs the line is about. It is anchored, and takes time linear
 * in the line.
 */
export type ToolPattern = Readonly<{ says: ToolLine; line: RegExp }>;

/**
 * A tool that prints how far it is, as a table of its lines.
 *
 * `counts` is `done` where a counter of 3 says that three steps are done, so that a full counter completes a run, and an
 * explicit failure right after it still corrects that. It is `begun` where the third step has begun: then only a line
 * that `ends` or `fails` ends a run, whatever a percentage says. A run begins with a line that `begins`, `works` or `counts`; other lines say something of a
 * run that is there.
 */
export type Tool = Readonly<{
  name: string;
  taskName: string;
  taskType: string;
  counts: 'begun' | 'done';
  hint: Hint;
  patterns: readonly ToolPattern[];
}>;

export type ToolSignal = Readonly<{
  says: ToolLine;
  current?: number;
  total?: number;
  phase?: string;
  step?: string;
  item?: string;
  reason?: string;
  lane?: string;
  text: string;
}>;

/** The format of a tool. See docs/log-formats.md on how to write one. */
export const toolFormat = (tool: Tool): LogFormat<ToolSignal, RunsState<null>> =>
  counterRuns<ToolSignal, null>({
    name: tool.name,
    stateVersion: 1,
    hint: tool.hint,
    taskType: tool.taskType,
    memory: null,

    read(line) {
      const text = headOf(line);
      for (const { says, line: pattern } of tool.patterns) {
        const groups = pattern.exec(text);
        if (groups !== null) return signalOf(says, groups.groups ?? {}, text);
      }
      return undefined;
    },

    laneOf: (signal) => signal.lane ?? tool.name,

    begins(last, signal) {
      if (signal.says === 'begins') return isTerminal(last.status) || last.current !== null;
      if (signal.says === 'works') return isTerminal(last.status);
      if (signal.says !== 'counts') return false;
      return isTerminal(last.status) ? !isFull(signal) : startsOver(last, signal);
    },

    apply(run, signal) {
      if (run === undefined && !BEGINNINGS.has(signal.says)) return undefined;
      return update(tool, run, signal);
    },
  });

const BEGINNINGS: ReadonlySet<ToolLine> = new Set(['begins', 'works', 'counts']);

const isFull = ({ current, total }: ToolSignal): boolean =>
  current !== undefined && total !== undefined && current >= total;

const startsOver = (last: Run<null>, { current = 0, total }: ToolSignal): boolean =>
  last.current !== null && current <= 1 && current < last.current && total !== undefined;

const update = (tool: Tool, run: Run<null> | undefined, signal: ToolSignal): RunUpdate<null> => {
  const { says, phase, step, item, reason, text, lane } = signal;
  const details = {
    ...(phase !== undefined && { phase }),
    ...(step !== undefined && { current_step: step }),
    ...(item !== undefined && { failed_resources: withText(run?.details.failed_resources, item) }),
  };
  const named = { name: lane ?? tool.taskName, details, message: cut(text, TEXT_LIMITS.message) };
  switch (says) {
    case 'begins':
    case 'works':
    case 'step':
      return named;
    case 'broken':
      return {
        ...named,
        details: {
          ...details,
          ...(reason !== undefined && run?.details.error_message === undefined && { error_message: reason }),
        },
      };
    case 'counts': {
      const { current, total } = signal;
      const full = tool.counts === 'done' && isFull(signal);
      const isBegun = tool.counts === 'begun' && total !== 100;
      const done = current === undefined ? undefined : isBegun ? Math.max(0, current - 1) : current;
      return {
        ...named,
        ...(done !== undefined && { current: done }),
        ...(total !== undefined && { total }),
        ...(full && { status: 'completed', concluded: true }),
      };
    }
    case 'fails':
      return {
        ...named,
        status: 'failed',
        details: {
          ...details,
          outcome: 'failed',
          error_message: run?.details.error_message ?? reason ?? cut(text, TEXT_LIMITS.error),
        },
      };
    case 'ends':
      return {
        ...named,
        status: 'completed',
        ...(run?.total != null && { current: run.total }),
        details: { ...details, outcome: 'completed' },
      };
  }
};

const signalOf = (
  says: ToolLine,
  groups: Readonly<Record<string, string | undefined>>,
  text: string,
): ToolSignal | undefined => {
  const percent = groups['percent'];
  const current = Number(percent ?? groups['current'] ?? Number.NaN);
  const total = percent === undefined ? Number(groups['total'] ?? Number.NaN) : 100;
  if (says === 'counts' && !(total > 0 && current <= total)) return undefined;
  const words = (name: string, limit: number) => {
    const found = groups[name]?.trim() ?? '';
    return found === '' ? {} : { [name]: cut(found, limit) };
  };
  return {
    says,
    ...(Number.isInteger(current) && { current }),
    ...(Number.isInteger(total) && { total }),
    ...words('phase', TEXT_LIMITS.phase),
    ...words('step', TEXT_LIMITS.step),
    ...words('item', TEXT_LIMITS.step),
    ...words('reason', TEXT_LIMITS.error),
    ...words('lane', TEXT_LIMITS.name),
    text: cut(text, TEXT_LIMITS.message),
  };
};
