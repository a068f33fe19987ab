import type { TaskPosition } from '../../ports/task-store.ts';
import type { CollectorService } from '../../services/collector.ts';
import type { EventService } from '../../services/events.ts';
import type { ProgressService } from '../../services/progress.ts';
import type { ProjectService } from '../../services/projects.ts';
import type { TaskService } from '../../services/tasks.ts';
import { readJson, validate } from './body.ts';
import type { Cursors } from './cursor.ts';
import { eventPageText, eventStream, eventText } from './events.ts';
import { eventsOf } from './log-events.ts';
import { type HttpRequest, type HttpResponse, json, jsonText } from './message.ts';
import * as schemas from './schemas.ts';

export type Context = Readonly<{
  request: HttpRequest;
  params: Readonly<Record<string, string>>;
  query(): Readonly<Record<string, string>>;
}>;

export type Handler = (context: Context) => Promise<HttpResponse> | HttpResponse;

export type Route = Readonly<{ path: string; methods: Readonly<Record<string, Handler>> }>;

export type HttpServices = Readonly<{
  tasks: TaskService;
  projects: ProjectService;
  progress: ProgressService;
  collector: CollectorService;
  events: EventService;
  cursors: Cursors;
}>;

export type HttpOptions = Readonly<{
  /** Whether an answer may be a stream. Where a stream is billed by the second, events are told at once instead. */
  streaming?: boolean | undefined;
}>;

/** How long a browser waits before it asks for events again where they are no stream. */
const POLL_MS = 3_000;
const SSE_HEADERS = {
  'content-type': 'text/event-stream; charset=utf-8',
  'cache-control': 'no-store',
  'x-accel-buffering': 'no',
};

/** Every route there is, in the order of the documentation. */
export const routes = (
  { tasks, projects, progress, collector, events, cursors }: HttpServices,
  { streaming = true }: HttpOptions = {},
): readonly Route[] => [
  {
    path: '/health',
    methods: { GET: () => json(200, { status: 'healthy' }) },
  },
  {
    path: '/api/tasks',
    methods: {
      GET: async ({ query }) => {
        const { cursor, limit, status, ...filter } = validate(schemas.taskListQuery, query());
        const scope = `tasks ${JSON.stringify([status, filter])}`;
        const page = await tasks.list({
          limit,
          ...(status === undefined ? {} : { statuses: status }),
          ...(filter.project_id === undefined ? {} : { project_id: filter.project_id }),
          ...(filter.task_type === undefined ? {} : { task_type: filter.task_type }),
          ...(cursor === undefined ? {} : { after: cursors.open(scope, cursor) as TaskPosition }),
        });
        return json(200, {
          tasks: page.items,
          next_cursor: page.next === undefined ? null : cursors.seal(scope, page.next),
        });
      },
      POST: async ({ request }) => {
        const task = await tasks.create(validate(schemas.newTask, readJson(request)));
        return json(
          201,
          { task_id: task.task_id, status: 'created', task },
          { location: `/api/tasks/${task.task_id}` },
        );
      },
    },
  },
  {
    path: '/api/tasks/:task_id',
    methods: {
      GET: async ({ params }) => jsonText(200, (await tasks.read(idOf(params, 'task_id'))).json),
    },
  },
  {
    path: '/api/tasks/:task_id/progress',
    methods: {
      POST: async ({ params, request }) =>
        json(
          200,
          await tasks.report(idOf(params, 'task_id'), validate(schemas.progressReport, readJson(request))),
        ),
    },
  },
  {
    path: '/api/tasks/:task_id/history',
    methods: {
      GET: async ({ params, query }) => {
        const taskId = idOf(params, 'task_id');
        const { from, to, limit, cursor } = validate(schemas.historyQuery, query());
        const scope = `history ${JSON.stringify([taskId, from, to])}`;
        const page = await tasks.history(taskId, {
          limit,
          ...(from === undefined ? {} : { from }),
          ...(to === undefined ? {} : { to }),
          ...(cursor === undefined ? {} : { after: cursors.open(scope, cursor) as number }),
        });
        return json(200, {
          task_id: taskId,
          history: page.items,
          next_cursor: page.next === undefined ? null : cursors.seal(scope, page.next),
        });
      },
    },
  },
  {
    path: '/api/projects',
    methods: {
      GET: async ({ query }) => {
        const { limit, cursor } = validate(schemas.projectListQuery, query());
        const page = await projects.list({
          limit,
          ...(cursor === undefined ? {} : { after: cursors.open('projects', cursor) as string }),
        });
        return json(200, {
          projects: page.items,
          next_cursor: page.next === undefined ? null : cursors.seal('projects', page.next),
        });
      },
      POST: async ({ request }) => {
        const project = await projects.create(validate(schemas.newProject, readJson(request)));
        return json(
          201,
          { project_id: project.project_id, status: 'created', project },
          { location: `/api/projects/${project.project_id}` },
        );
      },
    },
  },
  {
    path: '/api/projects/:project_id',
    methods: {
      GET: async ({ params }) => json(200, await projects.get(idOf(params, 'project_id'))),
    },
  },
  {
    path: '/api/logs',
    methods: {
      POST: async ({ request }) => {
        const { events, ...batch } = validate(schemas.logBatch, readJson(request));
        const result = await progress.ingest({ ...batch, events: eventsOf(events) });
        return json(200, result);
      },
    },
  },
  {
    path: '/api/collect',
    methods: {
      POST: async ({ request }) => {
        const body = (request.body ?? '').trim() === '' ? {} : readJson(request);
        return json(200, await collector.collect(validate(schemas.collectRequest, body)));
      },
    },
  },
  {
    path: '/api/events',
    methods: {
      GET: async ({ request, query }) => {
        const { since: sinceQuery, project_id, task_id } = validate(schemas.eventsQuery, query());
        const lastId = request.headers['last-event-id'];
        const since =
          lastId === undefined || lastId === '' ? sinceQuery : validate(schemas.lastEventId, lastId);
        const wanted = {
          ...(project_id === undefined ? {} : { project_id }),
          ...(task_id === undefined ? {} : { task_id }),
          ...(since === undefined ? {} : { since }),
        };
        const accept = request.headers['accept'] ?? '';
        const asStream =
          accept.includes('text/event-stream') || (streaming && !accept.includes('application/json'));
        if (asStream && request.method === 'HEAD') return { status: 200, headers: SSE_HEADERS, body: '' };
        if (asStream && streaming) {
          const signal = request.signal ?? new AbortController().signal;
          return {
            status: 200,
            headers: SSE_HEADERS,
            body: eventStream(await events.subscribe({ ...wanted, signal })),
          };
        }
        const page = await events.since(wanted);
        if (asStream) return { status: 200, headers: SSE_HEADERS, body: eventText(page, POLL_MS) };
        const etag = `"${page.next}"`;
        return page.news ? jsonText(200, eventPageText(page), { etag }) : notModified(etag);
      },
    },
  },
];

const notModified = (etag: string): HttpResponse => ({
  status: 304,
  headers: { etag, 'cache-control': 'no-cache' },
  body: '',
});

const idOf = (params: Readonly<Record<string, string>>, name: string): string =>
  validate(schemas.pathParams(name), params)[name] as string;
