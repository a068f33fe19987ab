import type { Task } from '../tasks/task.ts';
import { fromIso, MAX_TIME } from '../time.ts';
import type { LogOrigin } from './event.ts';

/** Where lines come from: posts that were kept, or a log source, `custom` where it is none of ours; `none` where there are none. */
export const LINE_SOURCES = ['store', 'cloudwatch', 'file', 'memory', 'custom', 'none'] as const;
export type LineSource = (typeof LINE_SOURCES)[number];

/** Where the lines of a task are: its stream, and from when to when, epoch milliseconds, both included. */
export type LogPlace = LogOrigin & Readonly<{ from: number; to: number }>;

/** Lines that belong to a task may come a little before its first signal, and after its last. */
const BEFORE_MS = 10_000;
const AFTER_MS = 60_000;
/** A task that a client reports has the server's times, and its lines those of the client's machine. */
const CLOCKS_MS = 10 * 60_000;

/**
 * The place of a task's lines, undefined where it has no stream. The stream of a run is its own, whatever the times of its
 * lines; the end of a task that has not ended is open.
 */
export const logPlaceOf = (
  task: Pick<Task, 'details' | 'created_at' | 'started_at' | 'completed_at' | 'reported_at'> &
    Readonly<{ is_run: boolean }>,
): LogPlace | undefined => {
  const { log_group, log_stream } = task.details;
  if (log_group === undefined || log_stream === undefined) return undefined;
  if (task.is_run) return { log_group, log_stream, from: 0, to: MAX_TIME };
  const slack = task.reported_at === undefined ? 0 : CLOCKS_MS;
  const from = fromIso(task.started_at ?? task.created_at);
  return {
    log_group,
    log_stream,
    from: Math.max(0, from - BEFORE_MS - slack),
    to:
      task.completed_at === undefined
        ? MAX_TIME
        : Math.min(MAX_TIME, fromIso(task.completed_at) + AFTER_MS + slack),
  };
};
