import type { Project } from '../api/schemas/projects.ts';
import type { Task } from '../api/schemas/tasks.ts';
import type { MiyabiClient } from './client.ts';
import { isProject, isRecord, isTask } from './decode.ts';
import { mayRetry, pause, waitBefore, withRetries } from './retry.ts';

/** What has changed. `id` is the position to continue after. */
export type Change =
  | Readonly<{ kind: 'task'; action: 'saved'; id: string | undefined; task: Task }>
  | Readonly<{ kind: 'task'; action: 'deleted'; id: string | undefined; task_id: string }>
  | Readonly<{ kind: 'project'; action: 'saved'; id: string | undefined; project: Project }>
  | Readonly<{ kind: 'project'; action: 'deleted'; id: string | undefined; project_id: string }>
  /** Read again what you keep: the stream has begun, or changes may have been missed. */
  | Readonly<{ kind: 'reset'; id: string | undefined }>;

export type ChangesOptions = Readonly<{
  project_id?: string;
  task_id?: string;
  /** The `id` of a change: what came after it. */
  since?: string;
  /** Ends the iteration. */
  signal?: AbortSignal;
}>;

const ENDED: ReadonlySet<string> = new Set(['completed', 'failed', 'cancelled']);
/** A server may ask for another wait, within these bounds. */
const RECONNECT_MS = { usual: 500, least: 100, most: 15_000 };

/**
 * Changes as they happen, over every loss of the connection. Without `since` a `reset` comes first: once it is there,
 * read what you show, and nothing is missed in between.
 *
 * @throws MiyabiApiError if the server cannot be reached at first, or refuses.
 */
export async function* changes(
  client: Pick<MiyabiClient, 'events'>,
  { since, signal, ...query }: ChangesOptions = {},
): AsyncGenerator<Change, void, undefined> {
  let position = since;
  let isKnown = false;
  let failures = 0;
  let reconnectMs = RECONNECT_MS.usual;
  while (!isAborted(signal)) {
    let wait = reconnectMs;
    const leaving = new AbortController();
    try {
      const stream = await client.events({
        query,
        lastEventId: position,
        signal: signal === undefined ? leaving.signal : AbortSignal.any([leaving.signal, signal]),
      });
      failures = 0;
      isKnown = true;
      // No position to resume from: a first connection, or one after a loss before any event.
      if (position === undefined) yield { kind: 'reset', id: undefined };
      for await (const { kind, data, id, retry } of stream) {
        position = id ?? position;
        if (retry !== undefined)
          reconnectMs = Math.max(RECONNECT_MS.least, Math.min(retry, RECONNECT_MS.most));
        const change = changeIn(kind, data, id);
        if (change !== undefined) yield change;
      }
      wait = reconnectMs;
    } catch (error) {
      if (isAborted(signal)) return;
      if (!isKnown || !mayRetry(error)) throw error;
      wait = waitBefore(failures, error);
      failures += 1;
    } finally {
      leaving.abort();
    }
    await pause(wait, signal);
  }
}

/** Each state of a task from now on, the present one first, until it has ended or is deleted. */
export async function* watch(
  client: Pick<MiyabiClient, 'events' | 'request'>,
  task_id: string,
  { signal, retries }: Readonly<{ signal?: AbortSignal; retries: number }>,
): AsyncGenerator<Task, void, undefined> {
  let version = 0;
  const options = signal === undefined ? { task_id } : { task_id, signal };
  for await (const change of changes(client, options)) {
    if (change.kind === 'project') continue;
    if (change.kind === 'task' && change.action === 'deleted') return;
    const task =
      change.kind === 'task'
        ? change.task
        : await withRetries(() => client.request('GET /api/tasks/{task_id}', { path: { task_id }, signal }), {
            retries,
            signal,
          });
    // A read may be newer than the changes that still arrive.
    if (task.version <= version) continue;
    version = task.version;
    yield task;
    if (ENDED.has(task.status)) return;
  }
}

// A function, since the compiler takes a property for unchanged over an await.
const isAborted = (signal: AbortSignal | undefined): boolean => signal?.aborted === true;

const changeIn = (kind: string, data: string, id: string | undefined): Change | undefined => {
  if (kind === 'reset') return { kind, id };
  let event: unknown;
  try {
    event = JSON.parse(data);
  } catch {
    // A keep-alive without data.
    return undefined;
  }
  if (!isRecord(event)) return undefined;
  const { action, task, project, task_id, project_id } = event;
  const isDeleted = action === 'deleted';
  if (kind === 'task') {
    if (isDeleted && typeof task_id === 'string') return { kind, action: 'deleted', id, task_id };
    return isTask(task) ? { kind, action: 'saved', id, task } : undefined;
  }
  if (kind !== 'project') return undefined;
  if (isDeleted && typeof project_id === 'string') return { kind, action: 'deleted', id, project_id };
  return isProject(project) ? { kind, action: 'saved', id, project } : undefined;
};
