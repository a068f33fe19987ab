import { batch, type ReadonlySignal, type Signal, signal } from '@preact/signals';
import { MiyabiApiError, type TaskLogs } from '../../../src/client/index.ts';
import { readLogs } from '../api.ts';
import { type LogLine, type LogWindow, windowAt, windowOf, withNewer, withOlder } from './window.ts';

/** The cursor of the beginning of every log. */
const START = '0';
/** How many lines a page opens with. */
const FIRST = 500;
/** How many are read at a time after that: what the API gives at most. */
const PAGE = 1_000;
/** How many are read on each side of a line that is shown in its context. */
const AROUND = 300;

/** A line that the list is to bring into view. A new object each time, so that the same line can be asked for again. */
export type Target = Readonly<{ cursor: string }>;

export type LogReader = Readonly<{
  /** What has been read; undefined before the first answer. */
  held: ReadonlySignal<LogWindow | undefined>;
  /** Whether the server keeps no lines of this task. */
  isNone: ReadonlySignal<boolean>;
  /** Why the last request failed. */
  fault: ReadonlySignal<MiyabiApiError | undefined>;
  /** Whether lines are being read that someone waits for. */
  busy: ReadonlySignal<boolean>;
  target: Signal<Target | undefined>;
  /** Starts again with the newest lines. */
  tail(): Promise<void>;
  older(): Promise<void>;
  /** @returns how many lines came. */
  newer(): Promise<number>;
  /** Shows the newest line. */
  end(): Promise<void>;
  /** Shows the oldest line. */
  beginning(): Promise<void>;
  /** Shows a line in its context. */
  show(line: LogLine): Promise<void>;
  /** The next line beyond the window that holds a text; undefined if there is none. */
  beyond(text: string, direction: 'older' | 'newer'): Promise<LogLine | undefined>;
  stop(): void;
}>;

/** Reads the log of a task, one request at a time. A failed request changes nothing but `fault`. */
export const logReader = (taskId: string): LogReader => {
  const stopped = new AbortController();
  const held = signal<LogWindow | undefined>(undefined);
  const isNone = signal(false);
  const fault = signal<MiyabiApiError | undefined>(undefined);
  const waiting = signal(0);
  const busy = signal(false);
  const target = signal<Target | undefined>(undefined);
  let queue: Promise<unknown> = Promise.resolve();

  const queued = <T>(work: () => Promise<T>, otherwise: T): Promise<T> => {
    const attempt = async () => {
      if (stopped.signal.aborted) return otherwise;
      try {
        const result = await work();
        fault.value = undefined;
        return result;
      } catch (error) {
        if (!(error instanceof MiyabiApiError)) throw error;
        if (!stopped.signal.aborted) fault.value = error;
        return otherwise;
      }
    };
    const done = queue.then(attempt);
    queue = done.catch(() => undefined);
    return done;
  };

  const awaited = async <T>(work: Promise<T>): Promise<T> => {
    waiting.value += 1;
    busy.value = true;
    try {
      return await work;
    } finally {
      waiting.value -= 1;
      busy.value = waiting.value > 0;
    }
  };

  const read = (query: Parameters<typeof readLogs>[1]) => readLogs(taskId, query, stopped.signal);

  /** Asks until lines come or there are no more: the server may answer none and lead on. */
  const older = async (before: string | null, query: Readonly<{ limit: number; q?: string }>) => {
    let page: TaskLogs | undefined;
    for (let at = before; at !== null && (page === undefined || page.lines.length === 0); at = page.before)
      page = await read({ ...query, before: at });
    return page;
  };

  const newer = async (after: string, query: Readonly<{ limit: number; q?: string }>) => {
    let page = await read({ ...query, after });
    for (
      let at = after;
      page.lines.length === 0 && page.after !== at;
      page = await read({ ...query, after: at })
    )
      at = page.after;
    return page;
  };

  const readTail = async (): Promise<void> => {
    const page = await read({ tail: FIRST });
    batch(() => {
      isNone.value = page.source === 'none' && page.lines.length === 0;
      held.value = windowOf(page, true);
    });
  };

  const readNewer = async (): Promise<number> => {
    const now = held.peek();
    if (now === undefined) return 0;
    const page = now.isAtEnd
      ? await read({ after: now.after, limit: PAGE })
      : await newer(now.after, { limit: PAGE });
    isNone.value = page.source === 'none' && now.rows.length === 0;
    held.value = withNewer(now, page);
    return page.lines.length;
  };

  return {
    held,
    isNone,
    fault,
    busy,
    target,
    tail: () => queued(readTail, undefined),
    end: () =>
      awaited(
        queued(async () => {
          if (held.peek()?.isAtEnd !== true) await readTail();
          const last = held.peek()?.rows.at(-1);
          if (last !== undefined) target.value = { cursor: last.key };
        }, undefined),
      ),
    older: () =>
      queued(async () => {
        const now = held.peek();
        const page = now === undefined ? undefined : await older(now.before, { limit: PAGE });
        if (now !== undefined && page !== undefined) held.value = withOlder(now, page);
      }, undefined),
    newer: () => queued(readNewer, 0),
    beginning: () =>
      awaited(
        queued(async () => {
          if (held.peek()?.before !== null) held.value = windowOf(await newer(START, { limit: PAGE }), false);
          const first = held.peek()?.rows[0];
          if (first !== undefined) target.value = { cursor: first.key };
        }, undefined),
      ),
    show: (line) =>
      awaited(
        queued(async () => {
          const isHere = held.peek()?.rows.some(({ key }) => key === line.cursor) ?? false;
          if (!isHere) {
            const before = await older(line.cursor, { limit: AROUND });
            const after = await newer(line.cursor, { limit: AROUND });
            const start = windowAt(line);
            held.value = withNewer(before === undefined ? start : withOlder(start, before), after);
          }
          target.value = { cursor: line.cursor };
        }, undefined),
      ),
    beyond: (text, direction) =>
      awaited(
        queued(async () => {
          const now = held.peek();
          if (now === undefined || (direction === 'newer' && now.isAtEnd)) return undefined;
          const query = { q: text, limit: 1 };
          const page = direction === 'older' ? await older(now.before, query) : await newer(now.after, query);
          return page?.lines[0];
        }, undefined),
      ),
    stop: () => stopped.abort(),
  };
};
