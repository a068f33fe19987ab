import { setTimeout as sleep } from 'node:timers/promises';
import { MiyabiApiError, type TaskLogs } from '../../client/index.ts';
import { backoffMs } from '../../domain/backoff.ts';
import { isTerminal } from '../../domain/tasks/status.ts';
import { CommandFailure, EXIT } from '../failure.ts';
import { endLike } from '../run/signals.ts';
import { type Session, takeLimit, withServer } from '../session.ts';
import { logLine } from '../terminal/log-line.ts';
import { paint } from '../terminal/terminal.ts';
import { taskView } from '../terminal/views.ts';
import type { LogsOptions } from './logs.ts';

/** How long to wait for new lines, and for a server that does not answer, in milliseconds. */
const POLL_MS = 1_000;
const LAST_RETRY_MS = 15_000;
/** The most lines of one answer. */
const PAGE = 1_000;

type Line = TaskLogs['lines'][number];

export const printLogs = (taskId: string, options: LogsOptions): Promise<void> =>
  withServer(async (session) => {
    const count = takeLimit(options.tail);
    const stopping = new AbortController();
    let interrupted = false;
    process.once('SIGINT', () => {
      interrupted = true;
      stopping.abort();
    });
    const path = { task_id: taskId };
    const { signal } = stopping;
    const read: Read = (query) =>
      session.client.request('GET /api/tasks/{task_id}/logs', {
        path,
        query: { ...query, q: options.search },
        signal,
      });
    const show = printer(session, options);
    try {
      const tail = await readTail(read, count);
      show(tail);
      if (tail.lines.length === 0 && !options.follow) {
        process.stderr.write(
          options.search === undefined
            ? `miyabi: no log lines of task ${taskId} are kept\n`
            : `miyabi: no log line of task ${taskId} has this text\n`,
        );
      }
      if (options.follow) await follow(session, taskId, { read, show, signal, after: tail.after });
    } catch (error) {
      if (!interrupted) throw error;
    }
    if (interrupted) endLike(null, 'SIGINT');
  });

type Query = Readonly<{ tail?: string; before?: string; after?: string; limit?: string }>;
type Read = (query: Query) => Promise<TaskLogs>;
type Shown = Readonly<{
  lines: readonly Line[];
  after: string;
  omitted?: TaskLogs['omitted'];
}>;

/** The newest lines, up to a number that may take several answers. */
const readTail = async (read: Read, count: number): Promise<Shown> => {
  const size = (left: number) => String(Math.min(PAGE, left));
  const newest = await read({ tail: size(count) });
  let { lines }: Readonly<{ lines: readonly Line[] }> = newest;
  let omitted = newest.omitted ?? [];
  let { before } = newest;
  while (before !== null && lines.length < count) {
    const page: TaskLogs = await read({ before, limit: size(count - lines.length) });
    lines = [...page.lines, ...lines];
    omitted = [...(page.omitted ?? []), ...omitted];
    before = page.before;
  }
  return { lines, after: newest.after, omitted };
};

/** Prints what comes until the task has ended and nothing more of it comes. */
const follow = async (
  { client }: Session,
  taskId: string,
  {
    read,
    show,
    signal,
    ...start
  }: Readonly<{ read: Read; show(page: Shown): void; signal: AbortSignal; after: string }>,
): Promise<void> => {
  let { after } = start;
  let failures = 0;
  let ended: string | undefined;
  while (!signal.aborted) {
    try {
      // The task first: what it ended with is there when its lines are read.
      const task = taskView(
        await client.request('GET /api/tasks/{task_id}', { path: { task_id: taskId }, signal }),
      );
      const page = await read({ after, limit: String(PAGE) });
      show(page);
      after = page.after;
      if (failures > 0) process.stderr.write('miyabi: connected again\n');
      failures = 0;
      const isFull = page.lines.length === PAGE;
      // Lines of the end may come a moment behind it: one more look, and then it is over.
      if (ended !== undefined && !isFull) {
        if (ended !== 'completed') process.exitCode = EXIT.taskFailed;
        return;
      }
      if (task !== undefined && isTerminal(task.status)) ended = task.status;
      if (isFull) continue;
    } catch (error) {
      if (signal.aborted || !(error instanceof MiyabiApiError) || !error.isPassing) {
        if (error instanceof MiyabiApiError && error.code === 'task_not_found')
          throw new CommandFailure(EXIT.notFound, 'the task was deleted');
        throw error;
      }
      if (failures === 0) process.stderr.write('miyabi: connection lost, trying again\n');
      failures += 1;
    }
    const wait = failures === 0 ? POLL_MS : backoffMs(failures, { firstMs: POLL_MS, lastMs: LAST_RETRY_MS });
    await sleep(wait, undefined, { signal }).catch(() => undefined);
  }
};

const printer =
  ({ print, printJson, look }: Session, { json }: LogsOptions) =>
  ({ lines, omitted = [] }: Shown): void => {
    const missing = new Map(omitted.map(({ after, lines: count }) => [after, count]));
    for (const line of lines) {
      if (json) printJson(line);
      else print(`${logLine(line.text, look)}\n`);
      const count = missing.get(line.cursor);
      if (count !== undefined && !json) {
        process.stderr.write(
          `${paint(`… ${count} ${count === 1 ? 'line is' : 'lines are'} no longer kept`, 'dim', look)}\n`,
        );
      }
    }
  };
