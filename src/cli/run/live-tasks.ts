import type { LogEvent } from '../../domain/logs/event.ts';
import type { LogFormat, Observation } from '../../domain/logs/format.ts';
import { advance, emptyLedger, type Ledger, ledgerMemos } from '../../domain/logs/ledger.ts';
import { type ContinuedLine, logReader } from '../../domain/logs/signals.ts';
import { etaOf, type RateStart, rateStartOf } from '../../domain/tasks/eta.ts';
import { partialFailure, percentageOf } from '../../domain/tasks/progress.ts';
import { isTerminal, type TaskStatus } from '../../domain/tasks/status.ts';
import { toIso } from '../../domain/time.ts';
import type { BarTask } from '../terminal/bars.ts';

/** The tasks of a run, from its lines: the same ones that a server finds. */
export type LiveTasks = Readonly<{
  add(events: readonly LogEvent[]): void;
  /** Running tasks first, then those that ended last. */
  bars(now: number): readonly BarTask[];
  /** How far all of it is; undefined if the lines report no task. `status` is that of the command. */
  whole(status: TaskStatus): Pick<BarTask, 'current' | 'total' | 'percentage'> | undefined;
}>;

/** `runName` is the name of tasks whose lines give none. */
export const liveTasks = (formats: readonly LogFormat[], runName: string): LiveTasks => {
  const reader = logReader(formats);
  const memos = ledgerMemos();
  let continued: ContinuedLine | undefined;
  const byName = new Map(formats.map((format) => [format.name, format]));
  const ledgers = new Map<string | undefined, Ledger>();
  const found = new Map<string, LiveRun>();

  return {
    add(events) {
      const reading = reader.read(events, { inSequence: true, continued });
      continued = reading.continued;
      const scopes: [string | undefined, typeof reading.ofStream][] = [
        [undefined, reading.ofStream],
        ...reading.ofTask,
      ];
      for (const [taskId, signals] of scopes) {
        if (signals.length === 0) continue;
        const step = advance(ledgers.get(taskId) ?? emptyLedger, signals, byName, {
          wholeTask: taskId !== undefined,
          memos,
        });
        ledgers.set(taskId, step.ledger);
        for (const { key } of step.removed) found.delete(`${taskId ?? ''} ${key}`);
        for (const { observation, points } of step.changes) {
          const shown = observation.task_name || taskId || runName;
          const key = `${taskId ?? ''} ${observation.key}`;
          const rateFrom = rateStartOf(found.get(key)?.rateFrom, points);
          found.set(key, { ...observation, shown, ...(rateFrom !== undefined && { rateFrom }) });
        }
      }
    },

    whole(status) {
      const runs = [...found.values()];
      const [only] = runs;
      if (only === undefined) return undefined;
      if (runs.length === 1) {
        const { current, total } = only;
        return { current, total, percentage: percentageOf(only, status) };
      }
      // As the server counts: each part is the same, and those that were cancelled count nothing.
      const counted = runs.filter((run) => run.status !== 'cancelled');
      const done = counted.reduce((sum, run) => sum + (percentageOf(run, run.status) ?? 0), 0);
      return {
        current: counted.filter((run) => run.status === 'completed').length,
        total: counted.length,
        percentage: percentageOf({ current: done, total: counted.length * 100 }, status),
      };
    },

    bars(now) {
      const open = [...found.values()].filter(({ status }) => !isTerminal(status));
      const ended = [...found.values()]
        .filter(({ status }) => isTerminal(status))
        .sort((a, b) => (b.ended_at ?? b.last_at) - (a.ended_at ?? a.last_at));
      return [...open, ...ended].map((run) => barTask(run, run.shown, now));
    },
  };
};

type LiveRun = Observation & Readonly<{ shown: string; rateFrom?: RateStart }>;

const barTask = (run: LiveRun, name: string, now: number): BarTask => {
  const until = run.ended_at ?? (isTerminal(run.status) ? run.last_at : now);
  const elapsed = Math.max(0, (until - run.started_at) / 1000);
  const { current, total, status } = run;
  const eta = etaOf({ ...run, progress: run, started_at: toIso(run.started_at) }, [], now);
  return {
    name,
    status,
    current,
    total,
    ...partialFailure(run),
    percentage: percentageOf(run, status),
    phase: isTerminal(status)
      ? (run.details.error_message ?? run.details.outcome?.replace('_', ' '))
      : (run.details.phase ?? run.details.current_step),
    elapsed,
    ...(eta !== undefined && { eta }),
  };
};
