import type { LogEvent } from '../../domain/logs/event.ts';
import type { LogFormat, Observation } from '../../domain/logs/format.ts';
import { advance, emptyLedger, type Ledger, ledgerMemos } from '../../domain/logs/ledger.ts';
import { type ContinuedLine, logReader } from '../../domain/logs/signals.ts';
import { partialFailure, percentageOf } from '../../domain/tasks/progress.ts';
import { isTerminal } from '../../domain/tasks/status.ts';
import type { BarTask } from '../terminal/bars.ts';

/** The tasks of a run as its lines tell them: those that a server finds in the same lines. */
export type LiveTasks = Readonly<{
  add(events: readonly LogEvent[]): void;
  /** Running tasks first, then those that ended last. */
  bars(now: number): readonly BarTask[];
}>;

/** A remaining time is shown once so much of the task is done, and so many seconds have gone into it. */
const GROUND = { steps: 2, seconds: 3 } as const;

/** `runName` names what the lines themselves give no name. */
export const liveTasks = (formats: readonly LogFormat[], runName: string): LiveTasks => {
  const reader = logReader(formats);
  const memos = ledgerMemos();
  let continued: ContinuedLine | undefined;
  const byName = new Map(formats.map((format) => [format.name, format]));
  const ledgers = new Map<string | undefined, Ledger>();
  const found = new Map<string, Observation & Readonly<{ shown: string }>>();

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
        for (const { key } of step.gone) found.delete(`${taskId ?? ''} ${key}`);
        for (const { observation } of step.changes) {
          const shown = observation.task_name || taskId || runName;
          found.set(`${taskId ?? ''} ${observation.key}`, { ...observation, shown });
        }
      }
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

const barTask = (run: Observation, name: string, now: number): BarTask => {
  const until = run.ended_at ?? (isTerminal(run.status) ? run.last_at : now);
  const elapsed = Math.max(0, (until - run.started_at) / 1000);
  const { current, total, status } = run;
  const enough =
    current !== null &&
    total !== null &&
    current >= GROUND.steps &&
    current < total &&
    elapsed >= GROUND.seconds;
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
    ...(enough && status === 'running' ? { eta: (elapsed * (total - current)) / current } : {}),
  };
};
