import { isJsonObject, type Json } from '../json.ts';
import { isObservation, type LogFormat, type Observation } from './format.ts';
import { advance, emptyLedger, folded, type Ledger, lastingMemos } from './ledger.ts';
import { type ContinuedLine, logReader, type PlacedSignal } from './signals.ts';
import { ledgerFromJson, ledgerToJson } from './stored-ledger.ts';

/** One task of a log. `task_id` is present if its lines name it. */
export type ParsedTask = Readonly<{ task_id?: string; run: Observation }>;

export type LogParser = Readonly<{
  /** Reads the next lines, any number of them. */
  add(lines: readonly string[]): void;
  /**
   * The tasks so far, in the order in which they first appeared. Those on a shelf come first, with those that have left it
   * since.
   */
  tasks(): readonly ParsedTask[];
  /** The tasks of a log that has come to its end, in the same order. */
  tasksAtEnd(): Iterable<ParsedTask>;
  /** Lines that were too long to be read. */
  oversized(): number;
}>;

/**
 * Keeps tasks outside of memory, e.g. in a file. What it keeps must be plain JSON.
 *
 * @throws Error where it cannot be written or read.
 */
export type TaskShelf = Readonly<{
  /** Keeps a task, instead of what was kept of it before. */
  put(taskId: string, task: Json): void;
  /** What is kept of a task; undefined if nothing is. */
  find(taskId: string): Json | undefined;
  /** The tasks in the order in which they were first put. */
  all(): Iterable<Readonly<{ id: string; task: Json }>>;
}>;

/** How many tasks that their lines name stay in memory; the rest goes to the shelf. */
const MAX_IN_MEMORY = 2_000;

/**
 * Reads a single log whose lines have no times but those in their text. The tasks are those that a server finds in the
 * same log.
 *
 * Memory grows with the number of tasks, not of lines. With a shelf it does not grow with the tasks that lines name either:
 * the oldest are put there, and come back with their next line. A line of such a task that belongs before those that were
 * read before is ignored.
 */
export const logParser = (
  formats: readonly LogFormat[],
  { shelf, maxInMemory = MAX_IN_MEMORY }: Readonly<{ shelf?: TaskShelf; maxInMemory?: number }> = {},
): LogParser => {
  const reader = logReader(formats);
  const memos = lastingMemos();
  const byName = new Map(formats.map((format) => [format.name, format]));
  let ofStream = emptyLedger;
  const ofTasks = new Map<string, Ledger>();
  const found = new Map<string, ParsedTask>();
  let lines = 0;
  let oversized = 0;
  let continued: ContinuedLine | undefined;

  const fold = (ledger: Ledger, signals: readonly PlacedSignal[], taskId?: string): Ledger => {
    const step = advance(ledger, signals, byName, {
      wholeTask: taskId !== undefined,
      withoutHistory: true,
      unique: true,
      memos,
    });
    for (const { key } of step.removed) found.delete(nameOf(taskId, key));
    for (const { observation: run } of step.changes)
      found.set(nameOf(taskId, run.key), taskId === undefined ? { run } : { task_id: taskId, run });
    return step.ledger;
  };

  const foldTask = (taskId: string, signals: readonly PlacedSignal[]) => {
    const ledger = ofTasks.get(taskId) ?? fromShelf(taskId);
    ofTasks.set(taskId, fold(ledger, signals, taskId));
    if (shelf === undefined || ofTasks.size <= maxInMemory) return;
    for (const [oldest] of ofTasks) return toShelf(shelf, oldest);
  };

  const toShelf = ({ put }: TaskShelf, taskId: string) => {
    const ledger = ofTasks.get(taskId) ?? emptyLedger;
    const { run } = found.get(taskId) ?? {};
    put(taskId, {
      ledger: ledgerToJson(folded(ledger, byName, memos), byName),
      // An observation is plain JSON, but for absent members.
      run: (run ?? null) as Json,
    });
    ofTasks.delete(taskId);
    found.delete(taskId);
  };

  const fromShelf = (taskId: string): Ledger => {
    const kept = shelf?.find(taskId);
    if (kept === undefined) return emptyLedger;
    const { ledger, run } = shelved(kept);
    if (run !== undefined) found.set(taskId, { task_id: taskId, run });
    return ledgerFromJson(ledger, byName).ledger;
  };

  function* all(): Iterable<ParsedTask> {
    const seen = new Set<string>();
    for (const { id, task } of shelf?.all() ?? []) {
      const inMemory = found.get(id);
      if (inMemory !== undefined) seen.add(id);
      const { run } = shelved(task);
      if (inMemory !== undefined) yield inMemory;
      else if (run !== undefined && !ofTasks.has(id)) yield { task_id: id, run };
    }
    for (const [name, task] of found) if (!seen.has(name)) yield task;
  }

  return {
    add(chunk) {
      const events = chunk.map((message, index) => ({ id: String(lines + index), timestamp: 0, message }));
      lines += chunk.length;
      const reading = reader.read(events, { inSequence: true, continued });
      continued = reading.continued;
      oversized += reading.oversized;
      if (reading.ofStream.length > 0) ofStream = fold(ofStream, reading.ofStream);
      for (const [taskId, signals] of reading.ofTask) foldTask(taskId, signals);
    },
    tasks() {
      return [...all()];
    },
    *tasksAtEnd() {
      for (const task of all()) {
        const { run } = task;
        const format = byName.get(run.key.slice(0, Math.max(0, run.key.indexOf('/'))));
        yield { ...task, run: format?.atEnd?.(run) ?? run };
      }
    },
    oversized() {
      return oversized;
    },
  };
};

/** A task that lines name is one run. No id begins with a space. */
const nameOf = (taskId: string | undefined, key: string): string => taskId ?? ` ${key}`;

const shelved = (task: Json): Readonly<{ ledger: Json; run: Observation | undefined }> => {
  const { ledger = null, run } = isJsonObject(task) ? task : {};
  return { ledger, run: isObservation(run) ? run : undefined };
};
