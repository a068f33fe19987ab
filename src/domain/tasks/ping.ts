import { defined } from '../defined.ts';
import { isTerminal, type TaskStatus } from './status.ts';
import { reopenTask, reportProgress, type StoredTask, type TaskChange } from './task.ts';

/**
 * What a script reports by a URL alone, as with healthchecks.io: that it started, or how it ended. `message` is the body
 * that it sent, e.g. the end of its output.
 */
export type Ping = Readonly<
  ({ kind: 'start' } | { kind: 'end'; status: 'completed' | 'failed'; exit_code?: number | undefined }) & {
    message?: string | undefined;
  }
>;

/**
 * A task after a ping. A start begins its next attempt if it has ended, or if it still runs: its last run never reported
 * how it ended. An end without a start is an attempt of its own.
 */
export const pingTask = (task: StoredTask, ping: Ping, now: number): TaskChange => {
  const { message } = ping;
  const running = (): StoredTask => restarted(task, now).task;
  if (ping.kind === 'start') {
    const { task: next, point } =
      task.status === 'pending' || task.status === 'blocked'
        ? reportProgress(task, { status: 'running', message }, now)
        : restarted(task, now, message);
    return { task: asOneWrite(task, next), ...defined({ point }) };
  }
  const { status, exit_code } = ping;
  const why =
    message ?? (status === 'failed' && exit_code !== undefined ? `Exit code ${exit_code}` : undefined);
  const { task: next, point } = reportProgress(
    isTerminal(task.status) ? running() : task,
    { status, exit_code, message, ...(status === 'failed' ? { error_message: why } : {}) },
    now,
  );
  return { task: asOneWrite(task, next), ...defined({ point }) };
};

/** The next attempt of a task, which runs. */
const restarted = (task: StoredTask, now: number, message?: string): TaskChange => {
  const ended = isTerminal(task.status) ? task : reportProgress(task, { status: UNKNOWN_END }, now).task;
  return reopenTask(ended, { status: 'running', message }, now);
};

/** An attempt whose end was never reported. */
const UNKNOWN_END: TaskStatus = 'cancelled';

/** Several steps are kept by one write. */
const asOneWrite = (before: StoredTask, after: StoredTask): StoredTask => ({
  ...after,
  version: before.version + 1,
});
