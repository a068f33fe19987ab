import { setTimeout as sleep } from 'node:timers/promises';
import { createParser } from 'eventsource-parser';
import { isMiyabiError } from '../../domain/errors.ts';
import { isJsonObject, type Json } from '../../domain/json.ts';
import { isTerminal } from '../../domain/tasks/status.ts';
import { CommandFailure, EXIT } from '../failure.ts';
import { screen } from '../run/screen.ts';
import { endLike } from '../run/signals.ts';
import { queryOf, runHint, type Session, withServer } from '../session.ts';
import { projectOf } from '../settings.ts';
import { barLine, markOf } from '../terminal/bars.ts';
import { fit, paint, printable } from '../terminal/terminal.ts';
import { barOfTask, byInterest, type TaskView, taskView } from '../terminal/views.ts';
import type { WatchOptions } from './watch.ts';

/** A server says it lives at least every 15 s; longer silence is a broken connection. */
const SILENCE_MS = 45_000;
const FIRST_RETRY_MS = 500;
const LAST_RETRY_MS = 15_000;
const FRAME_MS = 100;
/** How often a watched task is read again, in case the stream misses its end. */
const POLL_MS = 5_000;
/** The tasks that are kept; of more, those that ended first are forgotten. */
const MAX_TASKS = 500;
/** The most that the API gives in one answer. */
const PAGE = 100;

type Told = Readonly<{ view: TaskView; json: Json }>;

/** What a watch needs to know of the tasks: each as it was last told, in whatever order it came. */
type Watch = Readonly<{
  tasks: Map<string, Told>;
  /** Called once for each version of a task that is new. */
  changed(told: Told): void;
  removed(id: string): void;
  connection(state: 'connected' | 'waiting', reason?: string): void;
  ended(): boolean;
}>;

export const watchTasks = (taskId: string | undefined, options: WatchOptions): Promise<void> =>
  withServer(async (session) => {
    const { project } = options;
    const filter = {
      ...(taskId === undefined ? {} : { task_id: taskId }),
      ...(project === undefined ? {} : { project_id: projectOf(project, '--project') }),
    };
    const stopping = new AbortController();
    let interrupted = false;
    process.once('SIGINT', () => {
      interrupted = true;
      stopping.abort();
    });
    const tasks = new Map<string, Told>();
    let gone = false;
    const shown = options.json
      ? jsonLines(session)
      : process.stdout.isTTY
        ? liveTable(session, tasks, taskId)
        : textLines(session);
    const watch: Watch = {
      tasks,
      changed: shown.changed,
      removed: (id) => {
        gone ||= id === taskId;
        shown.removed(id);
      },
      connection: shown.connection,
      ended: () => {
        const told = taskId === undefined ? undefined : tasks.get(taskId);
        return gone || (told !== undefined && isTerminal(told.view.status));
      },
    };
    try {
      await follow(session, filter, watch, stopping.signal);
    } finally {
      shown.end();
    }
    if (interrupted) endLike(null, 'SIGINT');
    else if (gone) throw new CommandFailure(EXIT.notFound, 'the task was deleted');
    else if (taskId !== undefined && tasks.get(taskId)?.view.status !== 'completed')
      process.exitCode = EXIT.taskFailed;
  });

/** Follows the event stream through every loss of it, until the signal aborts or the watch has ended. */
const follow = async (
  session: Session,
  filter: Readonly<Record<string, string>>,
  watch: Watch,
  signal: AbortSignal,
): Promise<void> => {
  let lastId: string | undefined;
  let retryMs = FIRST_RETRY_MS;
  let failures = 0;
  let known = false;
  while (!signal.aborted && !watch.ended()) {
    let stopPolling: () => void = nothing;
    try {
      // The stream first, then what there is: nothing falls between the two, and an older version never wins.
      const stream = await session.client.stream({
        method: 'GET',
        path: `/api/events${queryOf(filter)}`,
        headers: {
          accept: 'text/event-stream',
          ...(lastId === undefined ? {} : { 'last-event-id': lastId }),
        },
        timeoutMs: SILENCE_MS,
        signal,
      });
      const news: Readonly<{ event?: string | undefined; data: string }>[] = [];
      const parser = createParser({
        onEvent: ({ event, data }) => void news.push({ event, data }),
        onRetry: (ms) => {
          retryMs = Math.max(100, Math.min(ms, LAST_RETRY_MS));
        },
      });
      const decoder = new TextDecoder();
      if (!known) {
        await readAll(session, filter, watch).catch((error: unknown) => {
          stream.destroy();
          throw error;
        });
        known = true;
      }
      failures = 0;
      watch.connection('connected');
      if (watch.ended()) return stream.destroy() && undefined;
      stopPolling = pollTask(session, filter, watch, () => stream.destroy());
      for await (const chunk of stream as AsyncIterable<Buffer>) {
        const text = decoder.decode(chunk, { stream: true });
        parser.feed(text);
        lastId = lastIdIn(text) ?? lastId;
        for (const { event, data } of news.splice(0)) {
          if (event === 'reset') await readAll(session, filter, watch);
          else if (event === 'task') takeEvent(data, watch);
        }
        if (watch.ended()) return stream.destroy() && undefined;
      }
    } catch (error) {
      if (signal.aborted || watch.ended()) return;
      // At first a server that is not there is a mistake; later it is one that will be back.
      if (!known || !isPassing(error)) throw error;
      watch.connection('waiting', error instanceof Error ? error.message : String(error));
      failures += 1;
    } finally {
      stopPolling();
    }
    const wait =
      failures === 0 ? retryMs : Math.min(LAST_RETRY_MS, FIRST_RETRY_MS * 2 ** Math.min(failures - 1, 8));
    await sleep(wait, undefined, { signal }).catch(() => undefined);
  }
};

/** Reads one watched task again and again, and calls `end` when it has ended or was removed. */
const pollTask = (
  session: Session,
  filter: Readonly<Record<string, string>>,
  watch: Watch,
  end: () => void,
): (() => void) => {
  const { task_id: id } = filter;
  if (id === undefined) return nothing;
  const timer = setInterval(() => {
    readAll(session, filter, watch)
      .catch((error: unknown) => {
        if (isMiyabiError(error, 'task_not_found')) watch.removed(id);
        // Anything else shows on the stream as well, or passes.
      })
      .finally(() => {
        if (watch.ended()) end();
      });
  }, POLL_MS);
  return () => clearInterval(timer);
};

/** An event may carry an id and nothing else; a parser does not report those, but they are where to resume. */
const lastIdIn = (text: string): string | undefined => {
  const at = text.lastIndexOf('\nid: ');
  const start = at === -1 ? (text.startsWith('id: ') ? 4 : -1) : at + 5;
  if (start === -1) return undefined;
  const end = text.indexOf('\n', start);
  return end === -1 ? undefined : text.slice(start, end).trim();
};

const isPassing = (error: unknown): boolean =>
  isMiyabiError(error, 'unavailable') ||
  (error instanceof Error && 'code' in error && error.code === 'ECONNRESET') ||
  isCut(error);

/** What reading a stream throws where its connection breaks. */
const isCut = (error: unknown): boolean =>
  error instanceof Error && /aborted|terminated|premature/i.test(error.message);

const readAll = async (
  { client }: Session,
  filter: Readonly<Record<string, string>>,
  watch: Watch,
): Promise<void> => {
  if (filter.task_id !== undefined) {
    take(
      await client.json({ method: 'GET', path: `/api/tasks/${encodeURIComponent(filter.task_id)}` }),
      watch,
    );
    return;
  }
  const tasks: Json[] = [];
  let cursor: string | undefined;
  do {
    const page = await client.json({
      method: 'GET',
      path: `/api/tasks${queryOf({ ...filter, limit: String(PAGE), cursor })}`,
    });
    if (Array.isArray(page.tasks)) tasks.push(...page.tasks);
    cursor = typeof page.next_cursor === 'string' ? page.next_cursor : undefined;
  } while (cursor !== undefined && tasks.length < MAX_TASKS);
  for (const task of tasks.toReversed()) take(task, watch);
};

const takeEvent = (data: string, watch: Watch): void => {
  let event: Json;
  try {
    event = JSON.parse(data);
  } catch {
    // Half an event, of a connection that broke: the next one resumes before it.
    return;
  }
  if (!isJsonObject(event)) return;
  if (event.action === 'deleted' && typeof event.task_id === 'string') {
    watch.tasks.delete(event.task_id);
    watch.removed(event.task_id);
  } else take(event.task, watch);
};

const take = (json: Json | undefined, { tasks, changed }: Watch): void => {
  const view = taskView(json);
  if (view === undefined || json === undefined) return;
  const before = tasks.get(view.id);
  if (before !== undefined && before.view.version >= view.version) return;
  const told = { view, json };
  tasks.set(view.id, told);
  if (tasks.size > MAX_TASKS) {
    const oldest = [...tasks.values()]
      .map((kept) => kept.view)
      .sort(byInterest)
      .at(-1);
    if (oldest !== undefined) tasks.delete(oldest.id);
  }
  changed(told);
};

type Shown = Pick<Watch, 'changed' | 'removed' | 'connection'> & Readonly<{ end(): void }>;

const nothing = () => undefined;

const jsonLines = ({ printJson }: Session): Shown => ({
  changed: ({ json }) => printJson(json),
  removed: nothing,
  connection: toldConnection(),
  end: nothing,
});

/** A loss and its end, a line each on standard error: standard output is for tasks alone. */
const toldConnection = (): Shown['connection'] => {
  let lost = false;
  return (state, reason = '') => {
    if (lost === (state === 'waiting')) return;
    lost = state === 'waiting';
    process.stderr.write(
      lost ? `miyabi: connection lost, trying again: ${printable(reason)}\n` : 'miyabi: connected again\n',
    );
  };
};

/** A line for each change that a reader would notice. */
const textLines = ({ print, look }: Session): Shown => {
  const last = new Map<string, string>();
  return {
    changed: ({ view }) => {
      const done = view.percentage === null ? '' : ` ${view.percentage}%`;
      const why =
        view.status === 'failed' ? (view.error ?? view.failed.join(', ')) : (view.step ?? view.phase ?? '');
      const text = `${markOf(view.status, look)} ${view.status}${done} ${view.name} (${view.id})${why === '' ? '' : `: ${why}`}`;
      if (last.get(view.id) === text) return;
      last.set(view.id, text);
      print(`${printable(text)}\n`);
    },
    removed: (id) => void last.delete(id),
    connection: toldConnection(),
    end: nothing,
  };
};

const liveTable = (
  { look, client, settings }: Session,
  tasks: Map<string, Told>,
  taskId: string | undefined,
): Shown => {
  const { stdout } = process;
  const view = screen({ out: stdout, err: stdout, outIsTerminal: true, live: true });
  let state = 'connecting';

  const lines = (): readonly string[] => {
    const columns = stdout.columns;
    const now = Date.now();
    const all = [...tasks.values()].map((told) => told.view).sort(byInterest);
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
      // What was to be seen last stays.
      if (tasks.size > 0) stdout.write(`${last.join('\n')}\n`);
    },
  };
};
