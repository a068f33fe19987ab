import type { TaskPosition } from '../../ports/task-store.ts';
import type { CollectorService } from '../../services/collector.ts';
import type { ProgressService } from '../../services/progress.ts';
import type { ProjectService } from '../../services/projects.ts';
import type { TaskService } from '../../services/tasks.ts';
import { readJson, validate } from './body.ts';
import type { Cursors } from './cursor.ts';
import { type HttpRequest, type HttpResponse, json, jsonText } from './message.ts';
import * as schemas from './schemas.ts';
import { eventsOf } from './log-events.ts';

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
  cursors: Cursors;
}>;

/** Every route there is, in the order of the documentation. */
export const routes = ({ tasks, projects, progress, collector, cursors }: HttpServices): readonly Route[] => [
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
];

const idOf = (params: Readonly<Record<string, string>>, name: string): string =>
  validate(schemas.pathParams(name), params)[name] as string;
