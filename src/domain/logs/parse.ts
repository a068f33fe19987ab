import type { LogFormat, Observation } from './format.ts';
import { advance, emptyLedger, type Ledger, ledgerMemos } from './ledger.ts';
import { type ContinuedLine, logReader, type PlacedSignal } from './signals.ts';

/** One task of a log. `task_id` is present if its lines name it. */
export type ParsedTask = Readonly<{ task_id?: string; run: Observation }>;

export type LogParser = Readonly<{
  /** Reads the next lines, any number of them. */
  add(lines: readonly string[]): void;
  /** The tasks so far, in the order in which they first appeared. */
  tasks(): readonly ParsedTask[];
  /** The tasks of a log that has come to its end. */
  tasksAtEnd(): readonly ParsedTask[];
  /** Lines that were too long to be read. */
  oversized(): number;
}>;

/**
 * Reads a single log whose lines have no times but those in their text. The tasks are those that a server finds in the
 * same log; memory grows with the number of tasks, not of lines.
 */
export const logParser = (formats: readonly LogFormat[]): LogParser => {
  const reader = logReader(formats);
  const memos = ledgerMemos();
  const byName = new Map(formats.map((format) => [format.name, format]));
  const ledgers = new Map<string | undefined, Ledger>();
  const found = new Map<string, ParsedTask>();
  let lines = 0;
  let oversized = 0;
  let continued: ContinuedLine | undefined;

  const fold = (taskId: string | undefined, signals: readonly PlacedSignal[]) => {
    const step = advance(ledgers.get(taskId) ?? emptyLedger, signals, byName, {
      wholeTask: taskId !== undefined,
      withoutHistory: true,
      memos,
    });
    ledgers.set(taskId, step.ledger);
    for (const { key } of step.removed) found.delete(`${taskId ?? ''} ${key}`);
    for (const { observation: run } of step.changes) {
      found.set(`${taskId ?? ''} ${run.key}`, taskId === undefined ? { run } : { task_id: taskId, run });
    }
  };

  return {
    add(chunk) {
      const events = chunk.map((message, index) => ({ id: String(lines + index), timestamp: 0, message }));
      lines += chunk.length;
      const reading = reader.read(events, { inSequence: true, continued });
      continued = reading.continued;
      oversized += reading.oversized;
      if (reading.ofStream.length > 0) fold(undefined, reading.ofStream);
      for (const [taskId, signals] of reading.ofTask) fold(taskId, signals);
    },
    tasks() {
      return [...found.values()];
    },
    tasksAtEnd() {
      return [...found.values()].map((task) => {
        const { run } = task;
        const format = byName.get(run.key.slice(0, Math.max(0, run.key.indexOf('/'))));
        return { ...task, run: format?.atEnd?.(run) ?? run };
      });
    },
    oversized() {
      return oversized;
    },
  };
};
