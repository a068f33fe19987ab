import {
  type Api,
  type EventPage,
  type HistoryPoint,
  isHistoryPoint,
  isProject,
  isTask,
  isWebhook,
  miyabiClient,
  type Page,
  type Project,
  readPages,
  type Task,
  type TaskLogs,
  type Webhook,
} from '../../src/client/index.ts';
import type { TaskStatus } from '../../src/domain/tasks/status.ts';
import { key, keyAccepted, keyRefused } from './state/session.ts';

const meta = (name: string): string =>
  document.querySelector<HTMLMetaElement>(`meta[name="${name}"]`)?.content ?? '';

/** The API's address: this page's origin, unless the page names another. */
const BASE = meta('miyabi-api').replace(/\/$/, '');

/** The address of a task's log stream, from the template that the page may contain, with `{group}` and `{stream}`. */
export const logUrl = (group: string, stream: string): string | undefined => {
  const template = meta('miyabi-log-url');
  if (template === '') return undefined;
  return template
    .replaceAll('{group}', encodeURIComponent(group))
    .replaceAll('{stream}', encodeURIComponent(stream));
};

/** How far the server's clock is ahead of this one's, in milliseconds, by the dates of its answers. */
let skew = 0;

/** Now, by the server's clock: the times of tasks are measured against it. */
export const serverNow = (): number => Date.now() + skew;

/** Adds the key, and reads the server's time and the validity of the key from each answer. */
const watchedFetch: typeof fetch = async (url, options = {}) => {
  const used = key.peek();
  const headers = new Headers(options.headers);
  if (used !== '') headers.set('authorization', `Bearer ${used}`);
  const response = await fetch(url, { ...options, headers, cache: 'no-store' });
  const date = Date.parse(response.headers.get('date') ?? '');
  // The header has whole seconds, so smaller differences mean nothing.
  if (!Number.isNaN(date)) skew = Math.abs(date - Date.now()) > 2_000 ? date - Date.now() : 0;
  if (response.ok && used === key.peek()) keyAccepted();
  // A 401 to a key that has been replaced meanwhile is outdated.
  if (response.status === 401 && used === key.peek()) keyRefused();
  return response;
};

export const client = miyabiClient({ baseUrl: BASE === '' ? location.origin : BASE, fetch: watchedFetch });

type ApiQuery = NonNullable<Api['GET /api/tasks']['input']['query']>;
/** An unset filter of the page is empty. */
export type TaskQuery = Omit<ApiQuery, 'status'> &
  Readonly<{ status?: TaskStatus | '' | readonly TaskStatus[] }>;

const given = ({ status = '', ...query }: TaskQuery): ApiQuery => ({
  ...(status === '' ? {} : { status: [status].flat() }),
  ...Object.fromEntries(Object.entries(query).filter(([, value]) => value !== '')),
});

export const listTasks = async (query: TaskQuery): Promise<Page<Task>> => {
  const { tasks, next_cursor } = await client.request('GET /api/tasks', { query: given(query) });
  return { items: tasks.filter(isTask), next: next_cursor };
};

export const readTasks = (query: TaskQuery, most: number): Promise<Page<Task>> =>
  readPages((page) => listTasks({ ...query, ...page }), most);

export const readProjects = (most: number): Promise<Page<Project>> =>
  readPages(async (query) => {
    const { projects, next_cursor } = await client.request('GET /api/projects', { query });
    return { items: projects.filter(isProject), next: next_cursor };
  }, most);

export const readTask = (task_id: string): Promise<Task> =>
  client.request('GET /api/tasks/{task_id}', { path: { task_id } });

export const readProject = (project_id: string): Promise<Project> =>
  client.request('GET /api/projects/{project_id}', { path: { project_id } });

const PROJECT_WEBHOOKS = '/api/projects/{project_id}/webhooks';
const ONE_WEBHOOK = `${PROJECT_WEBHOOKS}/{webhook_id}` as const;

export type WebhookList = Readonly<{ webhooks: readonly Webhook[]; canChange: boolean }>;

/** The webhooks of a project, oldest first, and whether the key in use may change them. */
export const listWebhooks = async (project_id: string): Promise<WebhookList> => {
  const { webhooks, can_change } = await client.request(`GET ${PROJECT_WEBHOOKS}`, { path: { project_id } });
  // An earlier server does not say.
  return { webhooks: webhooks.filter(isWebhook), canChange: can_change === true };
};

export type WebhookChange = Api[`PATCH ${typeof ONE_WEBHOOK}`]['input']['body'];

/** Creates a webhook. Only this answer has its secret. */
export const createWebhook = async (
  project_id: string,
  body: Api[`POST ${typeof PROJECT_WEBHOOKS}`]['input']['body'],
): Promise<Webhook> =>
  (await client.request(`POST ${PROJECT_WEBHOOKS}`, { path: { project_id }, body })).webhook;

const pathTo = ({ project_id, webhook_id }: Webhook) => ({ project_id, webhook_id });

/** Changes a webhook, unless someone else has changed it since it was read. */
export const changeWebhook = async (webhook: Webhook, body: WebhookChange): Promise<void> => {
  const input = { path: pathTo(webhook), body, ifVersion: webhook.version };
  await client.request(`PATCH ${ONE_WEBHOOK}`, input);
};

export const deleteWebhook = async (webhook: Webhook): Promise<void> => {
  await client.request(`DELETE ${ONE_WEBHOOK}`, { path: pathTo(webhook) });
};

/** Sends a test message, and returns the id by which `last_delivery` names it. */
export const testWebhook = async (webhook: Webhook): Promise<string> =>
  (await client.request(`POST ${ONE_WEBHOOK}/test`, { path: pathTo(webhook) })).delivery_id;

/** Points of a task's history, oldest first. */
export const readHistory = async (
  task_id: string,
  query: NonNullable<Api['GET /api/tasks/{task_id}/history']['input']['query']>,
): Promise<Page<HistoryPoint>> => {
  const { history, next_cursor } = await client.request('GET /api/tasks/{task_id}/history', {
    path: { task_id },
    query,
  });
  return { items: history.filter(isHistoryPoint), next: next_cursor };
};

/** Changes after a position in the stream of events, as many as fit an answer. */
export const eventsAfter = async (position: string): Promise<EventPage> =>
  (await client.request('GET /api/events', { query: { since: position } })) ?? {
    events: [],
    next: position,
    reset: false,
  };

type LogQuery = NonNullable<Api['GET /api/tasks/{task_id}/logs']['input']['query']>;

/** Lines of a task's log, oldest first. */
export const readLogs = (task_id: string, query: LogQuery, signal: AbortSignal): Promise<TaskLogs> =>
  client.request('GET /api/tasks/{task_id}/logs', { path: { task_id }, query, signal });
