import type { Project } from '../../src/domain/projects/project.ts';
import type { HistoryPoint } from '../../src/domain/tasks/progress.ts';
import type { Task } from '../../src/domain/tasks/task.ts';
import type { ToldWebhook } from '../../src/domain/webhooks/webhook.ts';
import { key, keyAccepted, keyRefused } from './state/session.ts';

const meta = (name: string): string =>
  document.querySelector<HTMLMetaElement>(`meta[name="${name}"]`)?.content ?? '';

/** Where the API is: this page's origin, unless the page names another. */
const BASE = meta('miyabi-api').replace(/\/$/, '');

/** The address of a task's log stream, by the template that the page may name with `{group}` and `{stream}`. */
export const logUrl = (group: string, stream: string): string | undefined => {
  const template = meta('miyabi-log-url');
  if (template === '') return undefined;
  return template
    .replaceAll('{group}', encodeURIComponent(group))
    .replaceAll('{stream}', encodeURIComponent(stream));
};

/** An answer that is not the one hoped for. `status` 0: no answer at all. */
export class ApiError extends Error {
  readonly status: number;

  constructor(status: number, message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = 'ApiError';
    this.status = status;
  }
}

/** How long a plain read may take before it counts as no answer. */
const READ_TIMEOUT_MS = 15_000;

/** How far the server's clock is ahead of this one's, in milliseconds, by the dates of its answers. */
let skew = 0;

/** Now, by the server's clock: what the times in tasks are measured against. */
export const serverNow = (): number => Date.now() + skew;

/** Asks the API. @throws ApiError where there is no good answer. */
export const open = async (
  path: string,
  options: Readonly<{ signal: AbortSignal; headers?: Readonly<Record<string, string>> }>,
): Promise<Response> => {
  const used = key.peek();
  const headers = { ...options.headers, ...(used === '' ? {} : { authorization: `Bearer ${used}` }) };
  let response: Response;
  try {
    response = await fetch(BASE + path, {
      headers,
      signal: options.signal,
      cache: 'no-store',
    });
  } catch (error) {
    throw new ApiError(0, 'no answer', { cause: error });
  }
  const date = Date.parse(response.headers.get('date') ?? '');
  // The header tells whole seconds, so a smaller difference says nothing.
  if (!Number.isNaN(date)) skew = Math.abs(date - Date.now()) > 2_000 ? date - Date.now() : 0;
  if (response.ok) {
    if (used === key.peek()) keyAccepted();
    return response;
  }
  // A 401 to a key that has been replaced meanwhile is old news.
  if (response.status === 401 && used === key.peek()) keyRefused();
  throw new ApiError(response.status, await reasonOf(response));
};

const reasonOf = async (response: Response): Promise<string> => {
  const body: unknown = await response.json().catch(() => undefined);
  return isRecord(body) && typeof body['error'] === 'string' ? body['error'] : `HTTP ${response.status}`;
};

const read = async (
  path: string,
  headers: Readonly<Record<string, string>> = {},
): Promise<Record<string, unknown>> => {
  const response = await open(path, { signal: AbortSignal.timeout(READ_TIMEOUT_MS), headers });
  const body: unknown = await response.json().catch((error: unknown) => {
    throw new ApiError(0, 'an answer that is no JSON', { cause: error });
  });
  if (!isRecord(body)) throw new ApiError(0, 'an answer of another kind');
  return body;
};

export type Query = Readonly<Record<string, string | number | undefined>>;

const withQuery = (path: string, query: Query): string => {
  const search = new URLSearchParams();
  for (const [name, value] of Object.entries(query))
    if (value !== undefined && value !== '') search.set(name, String(value));
  return search.size === 0 ? path : `${path}?${search}`;
};

export type Listed<T> = Readonly<{ items: readonly T[]; next: string | undefined }>;

const listed = <T>(
  body: Record<string, unknown>,
  name: string,
  accept: (value: unknown) => value is T,
): Listed<T> => {
  const items = body[name];
  const next = body['next_cursor'];
  return {
    items: Array.isArray(items) ? items.filter(accept) : [],
    next: typeof next === 'string' ? next : undefined,
  };
};

export const listTasks = async (query: Query): Promise<Listed<Task>> =>
  listed(await read(withQuery('/api/tasks', query)), 'tasks', isTask);

export const listProjects = async (query: Query): Promise<Listed<Project>> =>
  listed(await read(withQuery('/api/projects', query)), 'projects', isProject);

/** Reads pages until there are no more or `most` items have come. */
export const allPages = async <T>(
  list: (query: Query) => Promise<Listed<T>>,
  query: Query,
  most: number,
): Promise<readonly T[]> => {
  const items: T[] = [];
  let cursor: string | undefined;
  do {
    const page = await list({ ...query, limit: query['limit'] ?? 100, cursor });
    items.push(...page.items);
    cursor = page.next;
  } while (cursor !== undefined && items.length < most);
  return items;
};

export const readTask = async (id: string): Promise<Task> => {
  const body = await read(`/api/tasks/${encodeURIComponent(id)}`);
  if (!isTask(body)) throw new ApiError(0, 'an answer that is no task');
  return body;
};

export const readProject = async (id: string): Promise<Project> => {
  const body = await read(`/api/projects/${encodeURIComponent(id)}`);
  if (!isProject(body)) throw new ApiError(0, 'an answer that is no project');
  return body;
};

/** The webhooks of a project, oldest first. */
export const listWebhooks = async (projectId: string): Promise<readonly ToldWebhook[]> => {
  const body = await read(`/api/projects/${encodeURIComponent(projectId)}/webhooks`);
  return listed(body, 'webhooks', isWebhook).items;
};

/** Points of a task's history, oldest first. */
export const readHistory = async (id: string, query: Query): Promise<Listed<HistoryPoint>> =>
  listed(await read(withQuery(`/api/tasks/${encodeURIComponent(id)}/history`, query)), 'history', isPoint);

/** Changes behind a place in the stream of events, as many as fit an answer, for who does not hold a stream open. */
export const eventsAfter = async (
  position: string,
): Promise<Readonly<{ events: readonly unknown[]; next: string; reset: boolean }>> => {
  let body: Record<string, unknown>;
  try {
    body = await read('/api/events', { accept: 'application/json', 'last-event-id': position });
  } catch (error) {
    if (!(error instanceof ApiError) || error.status !== 304) throw error;
    return { events: [], next: position, reset: false };
  }
  const { events, next, reset } = body;
  return {
    events: Array.isArray(events) ? events : [],
    next: typeof next === 'string' ? next : position,
    reset: reset === true,
  };
};

export const isRecord = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

const areTexts = (value: Record<string, unknown>, names: readonly string[]): boolean =>
  names.every((name) => typeof value[name] === 'string');

// Enough of a look to draw from safely; the server has validated the rest.
export const isTask = (value: unknown): value is Task =>
  isRecord(value) &&
  areTexts(value, [
    'task_id',
    'task_name',
    'task_type',
    'project_id',
    'status',
    'created_at',
    'updated_at',
  ]) &&
  typeof value['version'] === 'number' &&
  isRecord(value['progress']) &&
  isRecord(value['details']) &&
  isRecord(value['labels']);

export const isProject = (value: unknown): value is Project =>
  isRecord(value) &&
  areTexts(value, ['project_id', 'project_name', 'status']) &&
  typeof value['version'] === 'number' &&
  isRecord(value['metrics']) &&
  isRecord(value['resources']);

const isWebhook = (value: unknown): value is ToldWebhook =>
  isRecord(value) &&
  areTexts(value, ['webhook_id', 'url']) &&
  typeof value['active'] === 'boolean' &&
  (value['last_delivery'] === null ||
    (isRecord(value['last_delivery']) && areTexts(value['last_delivery'], ['outcome', 'at'])));

const isPoint = (value: unknown): value is HistoryPoint =>
  isRecord(value) && areTexts(value, ['timestamp', 'status']);
