import { batch, signal } from '@preact/signals';
import {
  isProject,
  isRecord,
  isTask,
  MiyabiApiError,
  type Page,
  type Task,
} from '../../../src/client/index.ts';
import { backoffMs } from '../../../src/domain/backoff.ts';
import { client, eventsAfter, listTasks, readProjects, readTasks } from '../api.ts';
import { pause } from './pause.ts';
import { attempt, signIn, trying } from './session.ts';
import { dropProject, dropTask, flush, forgetAll, forgetUnseen, takeProject, takeTask } from './store.ts';

/**
 * `live`: changes arrive on a stream. `polling`: requested every few seconds, since the server offers no stream.
 * `lost`: no answer; the page shows the last known state.
 */
export type Connection = Readonly<{
  state: 'connecting' | 'live' | 'polling' | 'lost';
  since: number;
  /** The error of an unexpected answer. */
  reason?: string | undefined;
}>;

export const connection = signal<Connection>({ state: 'connecting', since: Date.now() });

/** Whether the first read has finished: before it, an empty list means nothing. */
export const loaded = signal(false);

/** Whether the server has more ended tasks than the first read loaded. */
export const beyond = signal<Readonly<{ failed: boolean; done: boolean }>>({ failed: false, done: false });

/** Further live tasks are counted by the server and not shown. */
const MOST_LIVE = 1_000;
/** Ended tasks of each kind in the first read. */
const ENDED_PAGE = 100;

const POLL_MS = 2_000;
const PROJECTS_EVERY = 5;
/** After how many polls a server that offered no stream is asked for one again. */
const STREAM_AGAIN = 30;
const RETRY = { firstMs: 500, lastMs: 8_000 };
/** A stream that ends sooner does not count as one and is polled. */
const SHORT_MS = 1_000;
/** A browser has six connections to a server for all its tabs, so a hidden tab closes its stream. */
const AWAY_MS = 5_000;
const AWAY_POLL_MS = 15_000;

const become = (state: Connection['state'], reason?: string): void => {
  const was = connection.peek();
  if (was.state === state && was.reason === reason) return;
  connection.value = { state, since: was.state === state ? was.since : Date.now(), reason };
};

/**
 * Reads everything that the page shows. `afresh`: ignores the known versions, because the server may be another one.
 */
const readAll = async ({ afresh = false } = {}): Promise<void> => {
  const [live, failed, done, projects] = await Promise.all([
    readTasks({ status: ['pending', 'running', 'blocked'] }, MOST_LIVE),
    listTasks({ status: ['failed'], limit: ENDED_PAGE }),
    listTasks({ status: ['completed', 'cancelled'], limit: ENDED_PAGE }),
    readProjects(MOST_LIVE),
  ]);
  const tasks = [...live.items, ...failed.items, ...done.items];
  batch(() => {
    if (afresh) forgetAll();
    // A task that ended unnoticed is in one of the other lists; one that is in none was deleted.
    else if (live.items.length < MOST_LIVE) forgetUnseen(new Set(tasks.map(({ task_id }) => task_id)));
    tasks.forEach(takeTask);
    projects.items.forEach(takeProject);
    flush();
    beyond.value = { failed: failed.next !== null, done: done.next !== null };
    loaded.value = true;
  });
};

/** Applies one event of the stream. */
const take = (kind: string, data: string): void => {
  let said: unknown;
  try {
    said = JSON.parse(data);
  } catch {
    return;
  }
  if (isRecord(said)) takeEvent(kind, said);
};

const takeEvent = (kind: string, said: Record<string, unknown>): void => {
  const version = typeof said['version'] === 'number' ? said['version'] : Number.POSITIVE_INFINITY;
  const deleted = said['action'] === 'deleted';
  if (kind === 'task') {
    if (deleted && typeof said['task_id'] === 'string') dropTask(said['task_id'], version);
    else if (isTask(said['task'])) takeTask(said['task']);
  } else if (kind === 'project') {
    if (deleted && typeof said['project_id'] === 'string') dropProject(said['project_id'], version);
    else if (isProject(said['project'])) takeProject(said['project']);
  }
};

/**
 * How a stream ended: `none` if the server offers no stream, `short` if it sends and closes at once, `away` if this tab
 * has been hidden for a while.
 */
type StreamEnd = 'none' | 'short' | 'long' | 'away';

/** Where to continue. `hangsUp`: the last stream was sent and closed at once. */
type Resume = { position: string; retryMs: number; hangsUp: boolean };

const follow = async (resume: Resume, stop: AbortSignal): Promise<StreamEnd> => {
  const quiet = new AbortController();
  const away = new AbortController();
  const signal = AbortSignal.any([stop, quiet.signal, away.signal]);
  let leaving: ReturnType<typeof setTimeout> | undefined;
  const seen = () => {
    clearTimeout(leaving);
    if (document.hidden) leaving = setTimeout(() => away.abort(), AWAY_MS);
  };
  document.addEventListener('visibilitychange', seen);
  seen();
  let lasting: ReturnType<typeof setTimeout> | undefined;
  try {
    const resumed = resume.position !== '';
    const stream = await client.events({ signal, lastEventId: resumed ? resume.position : undefined });
    // From here on no change is missed, so what is read now can only be older than the stream's events.
    const reading = resumed ? Promise.resolve() : readAll();
    const openedAt = Date.now();
    lasting = setTimeout(() => {
      if (!resume.hangsUp) return;
      resume.hangsUp = false;
      become('live');
    }, SHORT_MS);
    let fault: unknown;
    reading.catch((error: unknown) => {
      fault = error;
      quiet.abort();
    });
    // A server that always closes at once is polled; calling that live would flicker.
    if (resumed) become(resume.hangsUp ? 'polling' : 'live');
    else
      reading.then(
        () => become('live'),
        () => undefined,
      );
    try {
      for await (const event of stream) {
        if (event.retry !== undefined) resume.retryMs = event.retry;
        if (event.id !== undefined) resume.position = event.id;
        if (event.kind === 'reset') await readAll({ afresh: true });
        else if (event.data !== '') take(event.kind, event.data);
      }
    } catch (error) {
      // An incomplete read cannot be resumed.
      if (fault !== undefined) resume.position = '';
      throw fault ?? error;
    }
    await reading;
    return Date.now() - openedAt < SHORT_MS ? 'short' : 'long';
  } catch (error) {
    if (away.signal.aborted && !stop.aborted && resume.position !== '') return 'away';
    if (error instanceof MiyabiApiError && [200, 404, 405, 406, 501].includes(error.status)) return 'none';
    // The server does not have this position any more: start again.
    if (
      error instanceof MiyabiApiError &&
      (error.status === 400 || error.status === 410) &&
      resume.position !== ''
    ) {
      resume.position = '';
      return 'long';
    }
    throw error;
  } finally {
    clearTimeout(lasting);
    clearTimeout(leaving);
    document.removeEventListener('visibilitychange', seen);
    quiet.abort();
  }
};

/** Polls for changes, for a server without a stream. Ends when it is time to try for one. */
const poll = async (stop: AbortSignal): Promise<void> => {
  let newest = '';
  for (let round = 0; round < STREAM_AGAIN && !stop.aborted; round += 1) {
    if (round === 0) await readAll();
    else {
      let cursor: string | undefined;
      let top = newest;
      do {
        const page: Page<Task> = await listTasks({ limit: 100, cursor });
        page.items.forEach(takeTask);
        top = page.items[0] !== undefined && page.items[0].updated_at > top ? page.items[0].updated_at : top;
        const oldest = page.items.at(-1);
        cursor =
          oldest !== undefined && newest !== '' && oldest.updated_at >= newest
            ? (page.next ?? undefined)
            : undefined;
      } while (cursor !== undefined);
      newest = top;
      if (round % PROJECTS_EVERY === 0) (await readProjects(MOST_LIVE)).items.forEach(takeProject);
    }
    become('polling');
    await pause(document.hidden ? AWAY_POLL_MS : POLL_MS, stop);
  }
};

/** Polls occasionally while this tab is hidden. */
const lookIn = async (resume: Resume, stop: AbortSignal): Promise<void> => {
  while (document.hidden && !stop.aborted) {
    await pause(AWAY_POLL_MS, stop);
    let received = 1;
    while (received > 0 && document.hidden && !stop.aborted) {
      const { events, next, reset } = await eventsAfter(resume.position);
      if (stop.aborted) return;
      if (reset) await readAll({ afresh: true });
      for (const event of events) takeEvent(event.event, event);
      resume.position = next;
      received = events.length;
    }
  }
};

const run = async (stop: AbortSignal): Promise<void> => {
  const resume: Resume = { position: '', retryMs: RETRY.firstMs, hangsUp: false };
  let failures = 0;
  while (!stop.aborted) {
    try {
      const end = await follow(resume, stop);
      failures = 0;
      if (end === 'none') {
        resume.position = '';
        await poll(stop);
      } else if (end === 'away') {
        await lookIn(resume, stop);
      } else {
        resume.hangsUp = end === 'short';
        if (resume.hangsUp) become('polling');
        if (resume.hangsUp && document.hidden) await lookIn(resume, stop);
        else await pause(resume.retryMs, stop);
      }
    } catch (error) {
      if (stop.aborted) return;
      // Without a key there is nothing to try; a new one starts this again.
      if (error instanceof MiyabiApiError && error.status === 401) return;
      trying.value = false;
      if (failures > 0)
        become('lost', error instanceof MiyabiApiError && error.status > 0 ? error.message : undefined);
      failures += 1;
      await pause(backoffMs(failures, RETRY) * (0.5 + Math.random() / 2), stop);
    }
  }
};

/** Keeps the store in sync with the server for the life of the page, with the current key. */
export const startSync = (): void => {
  let stop = new AbortController();
  attempt.subscribe(() => {
    stop.abort();
    stop = new AbortController();
    forgetAll();
    loaded.value = false;
    connection.value = { state: 'connecting', since: Date.now() };
    void run(stop.signal);
  });
  signIn.subscribe((state) => {
    if (state !== 'no') {
      stop.abort();
      forgetAll();
      connection.value = { state: 'connecting', since: Date.now() };
    }
  });
};
