import { setTimeout as sleep } from 'node:timers/promises';
import { isRecord, MiyabiApiError, readPages } from '../../client/index.ts';
import { backoffMs } from '../../domain/backoff.ts';
import { defined } from '../../domain/defined.ts';
import { isTerminal } from '../../domain/tasks/status.ts';
import { CommandFailure, EXIT } from '../failure.ts';
import { screen } from '../run/screen.ts';
import { endLike } from '../run/signals.ts';
import { runHint, type Session, withServer } from '../session.ts';
import { projectOf } from '../settings.ts';
import { barLine, doneText, markOf } from '../terminal/bars.ts';
import { fit, paint, printable } from '../terminal/terminal.ts';
import { barOfTask, byInterest, type TaskView, taskView } from '../terminal/views.ts';
import type { WatchOptions } from './watch.ts';

const RETRY = { firstMs: 500, lastMs: 15_000 };
const FRAME_MS = 100;
/** How often a watched task is read again, in case the stream misses its end. */
const POLL_MS = 5_000;
/** How many tasks are kept; the ones that ended first are dropped. */
const MAX_TASKS = 500;
type LatestTask = Readonly<{ view: TaskView; json: unknown }>;

type Filter = Readonly<{ task_id?: string; project_id?: string }>;

/** The watched tasks: the newest version of each. Updates may arrive in any order. */
type Watch = Readonly<{
  tasks: Map<string, LatestTask>;
  /** Called once for each new version of a task. */
  changed(latest: LatestTask): void;
  removed(id: string): void;
  connection(state: 'connected' | 'waiting', reason?: string): void;
  ended(): boolean;
}>;

export const watchTasks = (taskId: string | undefined, options: WatchOptions): Promise<void> =>
  withServer(async (session) => {
    const { project } = options;
    const filter = {
      ...defined({ task_id: taskId }),
      ...(project === undefined ? {} : { project_id: projectOf(project, '--project') }),
    };
    const stopping = new AbortController();
    let interrupted = false;
    process.once('SIGINT', () => {
      interrupted = true;
      stopping.abort();
    });
    const tasks = new Map<string, LatestTask>();
    let wasDeleted = false;
    const shown = options.json
      ? jsonLines(session)
      : process.stdout.isTTY
        ? liveTable(session, tasks, taskId)
        : textLines(session);
    const watch: Watch = {
      tasks,
      changed: shown.changed,
      removed: (id) => {
        wasDeleted ||= id === taskId;
        shown.removed(id);
      },
      connection: shown.connection,
      ended: () => {
        const latest = taskId === undefined ? undefined : tasks.get(taskId);
        return wasDeleted || (latest !== undefined && isTerminal(latest.view.status));
      },
    };
    try {
      await follow(session, filter, watch, stopping.signal);
    } finally {
      shown.end();
    }
    if (interrupted) endLike(null, 'SIGINT');
    else if (wasDeleted) throw new CommandFailure(EXIT.notFound, 'the task was deleted');
    else if (taskId !== undefined && tasks.get(taskId)?.view.status !== 'completed')
      process.exitCode = EXIT.taskFailed;
  });

/** Follows the event stream, reconnecting after every loss, until the signal aborts or the watch has ended. */
const follow = async (session: Session, filter: Filter, watch: Watch, signal: AbortSignal): Promise<void> => {
  let lastEventId: string | undefined;
  let retryMs = RETRY.firstMs;
  let failures = 0;
  let known = false;
  while (!signal.aborted && !watch.ended()) {
    const leaving = new AbortController();
    let stopPolling: () => void = nothing;
    try {
      // Stream first, then the list: nothing is missed in between, and an older version never wins.
      const stream = await session.client.events({
        query: filter,
        lastEventId,
        signal: AbortSignal.any([signal, leaving.signal]),
      });
      // No position to resume from: a first stream, or one after a loss before any event.
      if (lastEventId === undefined) await readAll(session, filter, watch);
      known = true;
      failures = 0;
      watch.connection('connected');
      if (watch.ended()) return;
      stopPolling = pollTask(session, filter, watch, () => leaving.abort());
      for await (const { kind, data, id, retry } of stream) {
        lastEventId = id ?? lastEventId;
        if (retry !== undefined) retryMs = Math.max(100, Math.min(retry, RETRY.lastMs));
        if (kind === 'reset') await readAll(session, filter, watch);
        else if (kind === 'task') takeEvent(data, watch);
        if (watch.ended()) return;
      }
    } catch (error) {
      if (signal.aborted || watch.ended()) return;
      // A server that cannot be reached at first is a mistake; later it will be back.
      if (!known || !(error instanceof MiyabiApiError) || !error.isPassing) throw error;
      watch.connection('waiting', error.message);
      failures += 1;
    } finally {
      stopPolling();
      leaving.abort();
    }
    const wait = failures === 0 ? retryMs : backoffMs(failures, RETRY);
    await sleep(wait, undefined, { signal }).catch(() => undefined);
  }
};

/** Reads one watched task repeatedly, and calls `end` when it has ended or was removed. */
const pollTask = (session: Session, filter: Filter, watch: Watch, end: () => void): (() => void) => {
  const { task_id: id } = filter;
  if (id === undefined) return nothing;
  const timer = setInterval(() => {
    readAll(session, filter, watch)
      .catch((error: unknown) => {
        if (error instanceof MiyabiApiError && error.code === 'task_not_found') watch.removed(id);
        // Other failures show on the stream as well, or are temporary.
      })
      .finally(() => {
        if (watch.ended()) end();
      });
  }, POLL_MS);
  return () => clearInterval(timer);
};

const readAll = async ({ client }: Session, filter: Filter, watch: Watch): Promise<void> => {
  const { task_id, project_id } = filter;
  if (task_id !== undefined) {
    take(await client.request('GET /api/tasks/{task_id}', { path: { task_id } }), watch);
    return;
  }
  const { items } = await readPages(async (page) => {
    const { tasks, next_cursor } = await client.request('GET /api/tasks', { query: { project_id, ...page } });
    return { items: tasks, next: next_cursor };
  }, MAX_TASKS);
  for (const task of items.toReversed()) take(task, watch);
};

const takeEvent = (data: string, watch: Watch): void => {
  let event: unknown;
  try {
    event = JSON.parse(data);
  } catch {
    // Part of an event, from a broken connection: the next one resumes before it.
    return;
  }
  if (!isRecord(event)) return;
  if (event['action'] === 'deleted' && typeof event['task_id'] === 'string') {
    watch.tasks.delete(event['task_id']);
    watch.removed(event['task_id']);
  } else take(event['task'], watch);
};

const take = (json: unknown, { tasks, changed }: Watch): void => {
  const view = taskView(json);
  if (view === undefined) return;
  const before = tasks.get(view.id);
  if (before !== undefined && before.view.version >= view.version) return;
  const latest = { view, json };
  tasks.set(view.id, latest);
  if (tasks.size > MAX_TASKS) {
    const oldest = [...tasks.values()]
      .map((kept) => kept.view)
      .sort(byInterest)
      .at(-1);
    if (oldest !== undefined) tasks.delete(oldest.id);
  }
  changed(latest);
};

type Shown = Pick<Watch, 'changed' | 'removed' | 'connection'> & Readonly<{ end(): void }>;

const nothing = () => undefined;

const jsonLines = ({ printJson }: Session): Shown => ({
  changed: ({ json }) => printJson(json),
  removed: nothing,
  connection: connectionFor(),
  end: nothing,
});

/** A loss and its end, a line each on standard error: standard output is only for tasks. */
const connectionFor = (): Shown['connection'] => {
  let lost = false;
  return (state, reason = '') => {
    if (lost === (state === 'waiting')) return;
    lost = state === 'waiting';
    process.stderr.write(
      lost ? `miyabi: connection lost, trying again: ${printable(reason)}\n` : 'miyabi: connected again\n',
    );
  };
};

/** A line for each change that matters to a reader. */
const textLines = ({ print, look }: Session): Shown => {
  const last = new Map<string, string>();
  return {
    changed: ({ view }) => {
      const state = [view.status, doneText(view)].filter((word) => word !== '').join(' ');
      const why =
        view.status === 'failed' ? (view.error ?? view.failed.join(', ')) : (view.step ?? view.phase ?? '');
      const text = `${markOf(view.status, look)} ${state} ${view.name} (${view.id})${why === '' ? '' : `: ${why}`}`;
      if (last.get(view.id) === text) return;
      last.set(view.id, text);
      print(`${printable(text)}\n`);
    },
    removed: (id) => void last.delete(id),
    connection: connectionFor(),
    end: nothing,
  };
};

const liveTable = (
  { look, client, settings }: Session,
  tasks: Map<string, LatestTask>,
  taskId: string | undefined,
): Shown => {
  const { stdout } = process;
  const view = screen({ out: stdout, err: stdout, outIsTerminal: true, live: true });
  let state = 'connecting';

  const lines = (): readonly string[] => {
    const columns = stdout.columns;
    const now = Date.now();
    const all = [...tasks.values()].map((latest) => latest.view).sort(byInterest);
    const room = Math.max(1, stdout.rows - 2);
    const shown = all.slice(0, room - 1);
    const count = (status: string) => all.filter((task) => task.status === status).length;
    const head = `${state}  ${count('running')} running, ${count('failed')} failed, ${all.length} in all  ${client.url}`;
    const bars = shown.map((task) => barLine(barOfTask(task, now), columns, look));
    if (all.length > shown.length) bars.push(fit(`  ${all.length - shown.length} more`, columns - 1));
    if (all.length === 0 && taskId === undefined)
      bars.push(fit(`No tasks yet. Try: ${runHint(settings)}`, columns - 1));
    return [
      ...(taskId === undefined
        ? [paint(fit(head, columns - 1), 'dim', look)]
        : state === 'connected'
          ? []
          : [fit(state, columns - 1)]),
      ...bars,
    ];
  };
  const draw = () => view.draw(lines());
  const timer = setInterval(draw, FRAME_MS);
  const onResize = () => draw();
  stdout.on('resize', onResize);
  return {
    changed: nothing,
    removed: nothing,
    connection: (next) => {
      state = next === 'connected' ? next : 'connection lost, trying again';
      draw();
    },
    end: () => {
      clearInterval(timer);
      stdout.off('resize', onResize);
      const last = lines();
      view.end();
      // The last picture stays.
      if (tasks.size > 0) stdout.write(`${last.join('\n')}\n`);
    },
  };
};
