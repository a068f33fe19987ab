import { fromIso, toIso } from '../domain/time.ts';
import type { Clock } from '../ports/clock.ts';
import type { TaskWriter } from './task-writer.ts';

/** A stretch of time in which something is read. `at` is when it began: no later write of this process is that old. */
export type Window = Readonly<{
  at: number;
  /** From when on a write may not have been seen by it: when the oldest that was under way began. */
  since: number;
  /** Ends it. The tasks that were being written at any moment of it: what was read of them is before or after that. */
  close(): ReadonlySet<string>;
}>;

export type WriteWindows = Clock &
  Readonly<{
    open(): Window;
    /** The time of an update that is written now: a later one where a window was opened since it was taken. */
    stamped(updatedAt: string): string;
    /** Runs a write of a task, so that windows know of it. */
    writing<T>(taskId: string, write: () => Promise<T>): Promise<T>;
  }>;

/**
 * Tells for each write of this process whether it was before a read, after it, or neither. The clock that it is
 * gives writes after the beginning of a window a later millisecond than the window's own.
 */
export const writeWindows = (clock: Clock): WriteWindows => {
  let floor = 0;
  const open = new Set<Set<string>>();
  const writing = new Map<symbol, Readonly<{ taskId: string; began: number }>>();
  const now = () => Math.max(clock.now(), floor);
  return {
    now,
    open() {
      const at = now();
      floor = at + 1;
      const under = [...writing.values()];
      const seen = new Set(under.map(({ taskId }) => taskId));
      open.add(seen);
      return {
        at,
        since: Math.min(at, ...under.map(({ began }) => began)),
        close() {
          open.delete(seen);
          return seen;
        },
      };
    },
    stamped: (updatedAt) => (fromIso(updatedAt) < floor ? toIso(now()) : updatedAt),
    async writing(taskId, write) {
      const key = Symbol(taskId);
      writing.set(key, { taskId, began: now() });
      for (const window of open) window.add(taskId);
      try {
        return await write();
      } finally {
        writing.delete(key);
      }
    },
  };
};

/** A writer whose writes windows know of. */
export const watched = (writer: TaskWriter, windows: WriteWindows): TaskWriter => ({
  ...writer,
  save: (write) =>
    windows.writing(write.after.task_id, () => {
      const after = { ...write.after, updated_at: windows.stamped(write.after.updated_at) };
      return writer.save({ ...write, after });
    }),
  remove: (task, options) => windows.writing(task.task_id, () => writer.remove(task, options)),
});
