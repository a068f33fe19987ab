import * as v from 'valibot';
import type { ApiKey, Scope } from '../../domain/api-keys.ts';
import { invalidField, isMiyabiError, MiyabiError } from '../../domain/errors.ts';
import { isJsonObject } from '../../domain/json.ts';
import type { Task } from '../../domain/tasks/task.ts';
import { toIso } from '../../domain/time.ts';
import type { RateLimiter } from '../../ports/rate-limiter.ts';
import type { CollectorService } from '../../services/collector.ts';
import type { EventService } from '../../services/events.ts';
import type { HealthService } from '../../services/health.ts';
import type { IdempotencyService, OnceContext } from '../../services/idempotency.ts';
import { eachOf, keyedMutex } from '../../services/keyed-mutex.ts';
import type { LogTextService } from '../../services/log-text.ts';
import type { ProgressService } from '../../services/progress.ts';
import type { ProjectService } from '../../services/projects.ts';
import type { TaskLister } from '../../services/task-list.ts';
import type { Guard, TaskService } from '../../services/tasks.ts';
import type { WebhookService } from '../../services/webhooks.ts';
import { preferred } from '../accept.ts';
import type { Principal } from '../auth.ts';
import { JSON_TYPES, PATCH_TYPES, readJson, readOptionalJson, readText, validate } from '../body.ts';
import type { BrowserGuard } from '../browser-guard.ts';
import type { Cursors } from '../cursor.ts';
import { eventPageText, eventStream, eventText } from '../events.ts';
import { eventsOf } from '../log-events.ts';
import { type HttpRequest, type HttpResponse, JSON_HEADERS, json, jsonText } from '../message.ts';
import { etagOf, isFresh, notModified, versionsOf } from '../preconditions.ts';
import { problemBody } from '../problem.ts';
import { idOf, NO_CONTENT, orMadeBefore, ownProjectId } from '../route-parts.ts';
import * as schemas from '../schemas.ts';
import { webhookRoutes } from './webhooks.ts';

export type Context = Readonly<{
  request: HttpRequest;
  principal: Principal;
  params: Readonly<Record<string, string>>;
  /** The query parameters; those named here may come several times. */
  query(...repeatable: readonly string[]): Query;
  /** Set where the request is answered once under an Idempotency-Key. */
  once?: OnceContext | undefined;
}>;

export type Query = Readonly<Record<string, string | readonly string[]>>;

export type Handler = (context: Context) => Promise<HttpResponse> | HttpResponse;

/** What answers one method of a path. `name` is its operation in the contract; `open` needs no key. */
export type Operation = Readonly<{
  name: string;
  scope: Scope | 'open';
  /** The media types that it answers in, JSON by default. */
  types?: readonly string[];
  /** Whether it begins while the request is being counted: it only reads, and what it has read can be thrown away. */
  isEager?: boolean;
  handle: Handler;
}>;

export type Method = 'GET' | 'POST' | 'PATCH' | 'DELETE';

/** A path, its parameters as `:name`, and what it does by method. */
export type Route = Readonly<{ path: string; methods: Readonly<Partial<Record<Method, Operation>>> }>;

export type HttpServices = Readonly<{
  tasks: TaskService;
  projects: ProjectService;
  webhooks: WebhookService;
  progress: ProgressService;
  logText: LogTextService;
  collector: CollectorService;
  events: EventService;
  listTasks: TaskLister;
  health: HealthService;
  idempotency: IdempotencyService;
  cursors: Cursors;
}>;

export type HttpOptions = Readonly<{
  /** Whether an answer may be a stream. Where a stream is billed by the second, events are told at once instead. */
  streaming?: boolean | undefined;
  /** Who may call; without any, everybody may. */
  apiKeys?: readonly ApiKey[] | undefined;
  /** Counts the requests of each key. */
  rateLimiter?: RateLimiter | undefined;
  /** Origins whose pages may call; `*` is any. */
  corsOrigins?: readonly string[] | undefined;
  /** Refuses what other web pages send; for a server that asks for no key. */
  browserGuard?: BrowserGuard | undefined;
}>;

/** How long a browser waits before it asks for events again where they are no stream. */
const POLL_MS = 3_000;
const SSE = 'text/event-stream';
const JSON_TYPE = 'application/json';
const SSE_HEADERS = {
  'content-type': `${SSE}; charset=utf-8`,
  'cache-control': 'no-store',
  'x-accel-buffering': 'no',
};

/** Items of a batch that are dealt with side by side. */
const WIDTH = 8;

/** Every route there is, in the order of the documentation. */
export const routes = (
  services: HttpServices,
  options: Pick<HttpOptions, 'streaming'> = {},
): readonly Route[] => [
  ...healthRoutes(services),
  ...taskRoutes(services),
  ...batchRoutes(services),
  ...projectRoutes(services),
  ...webhookRoutes(services),
  ...logRoutes(services),
  eventRoute(services, options),
  ...contractRoutes(),
];

const healthRoutes = ({ health }: HttpServices): readonly Route[] => [
  {
    path: '/health',
    methods: { GET: { name: 'getHealth', scope: 'open', handle: () => json(200, { status: 'healthy' }) } },
  },
  {
    path: '/health/ready',
    methods: {
      GET: {
        name: 'getReadiness',
        scope: 'open',
        handle: async () => {
          const readiness = await health.ready();
          return json(readiness.status === 'unavailable' ? 503 : 200, readiness);
        },
      },
    },
  },
];

const TASK_POSITION = v.object({ task_id: v.string(), updated_at: v.string() });

const taskRoutes = ({ tasks, listTasks, cursors }: HttpServices): readonly Route[] => [
  {
    path: '/api/tasks',
    methods: {
      GET: {
        name: 'listTasks',
        scope: 'read',
        isEager: true,
        handle: async ({ query, principal }) => {
          const { cursor, limit, status, label, updated_since, ...filter } = validate(
            schemas.taskListQuery,
            query(...schemas.REPEATABLE),
          );
          if (isOthers(principal, filter.project_id)) return json(200, { tasks: [], next_cursor: null });
          const project_id = filter.project_id ?? principal.project_id;
          const wanted = present({
            ...filter,
            project_id,
            statuses: status,
            labels: label,
            updated_since: updated_since === undefined ? undefined : toIso(updated_since),
          });
          const scope = `tasks ${JSON.stringify(Object.entries(wanted).sort())}`;
          const after = cursor === undefined ? {} : { after: cursors.open(scope, cursor, TASK_POSITION) };
          const page = await listTasks({ ...wanted, limit, ...after });
          const next = page.next === undefined ? null : cursors.seal(scope, page.next);
          // The texts are passed on as they are kept.
          const texts = page.items.map((task) => task.json).join(',');
          return jsonText(200, `{"tasks":[${texts}],"next_cursor":${JSON.stringify(next)}}`);
        },
      },
      POST: {
        name: 'createTask',
        scope: 'write',
        handle: async ({ request, principal, once }) => {
          const task = await createTask(tasks, principal, readJson(request), once);
          return json(
            201,
            { task_id: task.task_id, status: 'created', task },
            { location: `/api/tasks/${task.task_id}`, etag: etagOf(task.version) },
          );
        },
      },
    },
  },
  {
    path: '/api/tasks/:task_id',
    methods: {
      GET: {
        name: 'getTask',
        scope: 'read',
        isEager: true,
        handle: async (context) => {
          const { version, json: text } = await tasks.read(idOf(context, 'task_id'), projectGuard(context));
          const etag = etagOf(version);
          return isFresh(context.request, etag) ? notModified(etag) : revalidated(text, etag);
        },
      },
      PATCH: {
        name: 'patchTask',
        scope: 'write',
        handle: async (context) => {
          const patch = validate(schemas.taskPatch, readJson(context.request, PATCH_TYPES));
          requireOwn(context.principal, patch.project_id);
          return taskAnswer(await tasks.patch(idOf(context, 'task_id'), patch, guardOf(context)));
        },
      },
      DELETE: {
        name: 'deleteTask',
        scope: 'write',
        handle: async (context) => {
          await tasks.remove(idOf(context, 'task_id'), guardOf(context));
          return NO_CONTENT;
        },
      },
    },
  },
  {
    path: '/api/tasks/:task_id/progress',
    methods: {
      POST: {
        name: 'reportProgress',
        scope: 'write',
        handle: async (context) => {
          const report = validate(schemas.progressReport, readJson(context.request));
          return taskAnswer(await tasks.report(idOf(context, 'task_id'), report, guardOf(context)));
        },
      },
    },
  },
  {
    path: '/api/tasks/:task_id/cancel',
    methods: {
      POST: {
        name: 'cancelTask',
        scope: 'write',
        handle: async (context) => {
          const { message } = validate(schemas.cancelRequest, readOptionalJson(context.request));
          return taskAnswer(await tasks.cancel(idOf(context, 'task_id'), message, guardOf(context)));
        },
      },
    },
  },
  {
    path: '/api/tasks/:task_id/reopen',
    methods: {
      POST: {
        name: 'reopenTask',
        scope: 'write',
        handle: async (context) => {
          const options = validate(schemas.reopenRequest, readOptionalJson(context.request));
          return taskAnswer(await tasks.reopen(idOf(context, 'task_id'), options, guardOf(context)));
        },
      },
    },
  },
  {
    path: '/api/tasks/:task_id/history',
    methods: {
      GET: {
        name: 'getTaskHistory',
        scope: 'read',
        handle: async (context) => {
          const taskId = idOf(context, 'task_id');
          const { from, to, limit, cursor } = validate(schemas.historyQuery, context.query());
          const scope = `history ${JSON.stringify([taskId, from, to])}`;
          const page = await tasks.history(
            taskId,
            {
              limit,
              ...(from === undefined ? {} : { from }),
              ...(to === undefined ? {} : { to }),
              ...(cursor === undefined ? {} : { after: cursors.open(scope, cursor, v.number()) }),
            },
            projectGuard(context),
          );
          return json(200, {
            task_id: taskId,
            history: page.items,
            next_cursor: page.next === undefined ? null : cursors.seal(scope, page.next),
          });
        },
      },
    },
  },
];

/** Several things at once, each with a status of its own: one that is refused stops no other. */
const batchRoutes = ({ tasks }: HttpServices): readonly Route[] => [
  {
    path: '/api/tasks:batch',
    methods: {
      POST: {
        name: 'createTasks',
        scope: 'write',
        handle: async ({ request, principal, once }) => {
          const { tasks: items } = validate(schemas.taskBatch, readJson(request));
          // A part comes after its parent, and of two with one id the first is made.
          const begun = new Map<string, Promise<object>>();
          const results = await eachOf(items, WIDTH, (item, index) => {
            const { task_id = '', parent_id = '' } = idsIn(item);
            const before = [begun.get(task_id), begun.get(parent_id)];
            const result = itemResult(async () => {
              await Promise.allSettled(before);
              const own = once === undefined ? undefined : { ...once, id: `${once.id}.${index}` };
              const task = await createTask(tasks, principal, item, own);
              return { status: 201, task_id: task.task_id, task };
            });
            if (task_id !== '') begun.set(task_id, result);
            return result;
          });
          return json(200, { results });
        },
      },
    },
  },
  {
    path: '/api/tasks:progress',
    methods: {
      POST: {
        name: 'reportProgressOfTasks',
        scope: 'write',
        handle: async (context) => {
          const { reports } = validate(schemas.progressBatch, readJson(context.request));
          const turn = keyedMutex();
          const results = await eachOf(reports, WIDTH, (item) =>
            itemResult(async () => {
              const { task_id, ...report } = validate(schemas.taskReport, item);
              // Reports of one task in their order: the last of them has the last word.
              const task = await turn(task_id, () => tasks.report(task_id, report, projectGuard(context)));
              return { status: 200, task_id, task };
            }),
          );
          return json(200, { results });
        },
      },
    },
  },
];

const projectRoutes = ({ projects, cursors }: HttpServices): readonly Route[] => [
  {
    path: '/api/projects',
    methods: {
      GET: {
        name: 'listProjects',
        scope: 'read',
        handle: async ({ query, principal }) => {
          const { limit, cursor } = validate(schemas.projectListQuery, query());
          if (principal.project_id !== undefined) {
            const own = await projects.find(principal.project_id);
            return json(200, { projects: own === undefined ? [] : [own], next_cursor: null });
          }
          const page = await projects.list({
            limit,
            ...(cursor === undefined ? {} : { after: cursors.open('projects', cursor, v.string()) }),
          });
          return json(200, {
            projects: page.items,
            next_cursor: page.next === undefined ? null : cursors.seal('projects', page.next),
          });
        },
      },
      POST: {
        name: 'createProject',
        scope: 'write',
        handle: async ({ request, principal, once }) => {
          const input = validate(schemas.newProject, readJson(request));
          const chosen = input.project_id ?? principal.project_id;
          requireOwn(principal, chosen);
          const project_id = chosen ?? once?.id;
          const project = await orMadeBefore(
            () => projects.create({ ...input, project_id }),
            once?.resumed === true && project_id !== undefined ? () => projects.get(project_id) : undefined,
          );
          return json(
            201,
            { project_id: project.project_id, status: 'created', project },
            { location: `/api/projects/${project.project_id}`, etag: etagOf(project.version) },
          );
        },
      },
    },
  },
  {
    path: '/api/projects/:project_id',
    methods: {
      GET: {
        name: 'getProject',
        scope: 'read',
        isEager: true,
        handle: async (context) => {
          const project = await projects.read(ownProjectId(context));
          const etag = etagOf(project.version);
          return isFresh(context.request, etag) ? notModified(etag) : revalidated(project.json, etag);
        },
      },
      PATCH: {
        name: 'patchProject',
        scope: 'write',
        handle: async (context) => {
          const patch = validate(schemas.projectPatch, readJson(context.request, PATCH_TYPES));
          const project = await projects.patch(ownProjectId(context), patch, {
            versions: versionsOf(context.request),
          });
          return json(200, project, { etag: etagOf(project.version) });
        },
      },
      DELETE: {
        name: 'deleteProject',
        scope: 'admin',
        handle: async (context) => {
          await projects.remove(ownProjectId(context), { versions: versionsOf(context.request) });
          return NO_CONTENT;
        },
      },
    },
  },
];

const logRoutes = ({ progress, logText, collector }: HttpServices): readonly Route[] => [
  {
    path: '/api/logs',
    methods: {
      POST: {
        name: 'sendLogs',
        scope: 'write',
        handle: async ({ request, principal }) => {
          const { events, ...batch } = validate(
            schemas.logBatch,
            readJson(request, JSON_TYPES, { anyBytes: true }),
          );
          requireOwn(principal, batch.project_id);
          return json(200, await progress.ingest({ ...ownLog(principal, batch), events: eventsOf(events) }));
        },
      },
    },
  },
  {
    path: '/api/logs/text',
    methods: {
      POST: {
        name: 'sendLogText',
        scope: 'write',
        handle: async ({ request, principal, query }) => {
          const piece = validate(schemas.logTextQuery, query());
          requireOwn(principal, piece.project_id);
          return json(200, await logText.append({ ...ownLog(principal, piece), bytes: readText(request) }));
        },
      },
    },
  },
  {
    path: '/api/collect',
    methods: {
      POST: {
        name: 'collect',
        scope: 'admin',
        handle: async ({ request, principal }) => {
          const wanted = validate(schemas.collectRequest, readOptionalJson(request));
          requireUnbound(principal, 'logs are collected for all projects');
          return json(200, await collector.collect(wanted));
        },
      },
    },
  },
];

const eventRoute = (
  { events }: HttpServices,
  { streaming = true }: Pick<HttpOptions, 'streaming'>,
): Route => ({
  path: '/api/events',
  methods: {
    GET: {
      name: 'getEvents',
      scope: 'read',
      types: [SSE, JSON_TYPE],
      handle: async ({ request, query, principal }) => {
        const { since: sinceQuery, project_id, task_id } = validate(schemas.eventsQuery, query());
        const lastId = request.headers['last-event-id'] ?? '';
        if (lastId !== '' && !schemas.isPosition(lastId)) {
          throw invalidField('Last-Event-ID', 'must be the id of an event');
        }
        const since = lastId === '' ? sinceQuery : lastId;
        // Of another's project nothing is ever heard, as of one that is not there.
        const wanted = present({
          project_id: isOthers(principal, project_id) ? NO_PROJECT : (project_id ?? principal.project_id),
          task_id,
          since,
        });
        const [usual, other] = streaming ? [SSE, JSON_TYPE] : [JSON_TYPE, SSE];
        const asStream = preferred(request.headers['accept'], usual, other) === SSE;
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
});

/** The contract itself, loaded when somebody asks for it. */
const contractRoutes = (): readonly Route[] => {
  let page: string | undefined;
  let document: string | undefined;
  return [
    {
      path: '/openapi.json',
      methods: {
        GET: {
          name: 'getOpenApi',
          scope: 'open',
          handle: async () => {
            document ??= JSON.stringify((await import('../generated/openapi.ts')).OPENAPI);
            return jsonText(200, document);
          },
        },
      },
    },
    {
      path: '/docs',
      methods: {
        GET: {
          name: 'getDocs',
          scope: 'open',
          types: ['text/html'],
          handle: async () => {
            if (page === undefined) {
              const { docsPage } = await import('../docs-page.ts');
              page = docsPage((await import('../generated/openapi.ts')).OPENAPI);
            }
            return { status: 200, headers: DOCS_HEADERS, body: page };
          },
        },
      },
    },
  ];
};

const DOCS_HEADERS = {
  'content-type': 'text/html; charset=utf-8',
  'cache-control': 'no-cache',
  'content-security-policy':
    "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; frame-ancestors 'none'",
};

const REVALIDATED = { ...JSON_HEADERS, 'cache-control': 'private, no-cache' };

/** What a client may keep, and ask about again by its ETag. */
const revalidated = (text: string, etag: string): HttpResponse => ({
  status: 200,
  headers: { ...REVALIDATED, etag },
  body: text,
});

const createTask = async (
  tasks: TaskService,
  principal: Principal,
  item: unknown,
  once?: OnceContext,
): Promise<Task> => {
  const input = validate(schemas.newTask, item);
  requireOwn(principal, input.project_id);
  const task_id = input.task_id ?? once?.id;
  return orMadeBefore(
    () => tasks.create({ ...input, task_id, project_id: input.project_id ?? principal.project_id }),
    once?.resumed === true && input.task_id === undefined && task_id !== undefined
      ? () => tasks.patch(task_id, {})
      : undefined,
  );
};

/** The ids in an item that nobody has looked at yet. */
const idsIn = (item: unknown): Readonly<{ task_id?: string; parent_id?: string }> => {
  const { task_id, parent_id } = isJsonObject(item) ? item : {};
  return {
    ...(typeof task_id === 'string' ? { task_id } : {}),
    ...(typeof parent_id === 'string' ? { parent_id } : {}),
  };
};

const itemResult = async (job: () => Promise<object>): Promise<object> => {
  try {
    return await job();
  } catch (error) {
    // An outage is the whole batch's: it is to be sent again, under its Idempotency-Key if it has one.
    if (!isMiyabiError(error) || isMiyabiError(error, 'unavailable', 'internal')) throw error;
    const problem = problemBody(error);
    return { status: problem.status, problem };
  }
};

const taskAnswer = (task: Task): HttpResponse => json(200, task, { etag: etagOf(task.version) });

const projectGuard = ({ principal }: Context): Guard => ({ project_id: principal.project_id });

const guardOf = ({ principal, request }: Context): Guard => ({
  project_id: principal.project_id,
  versions: versionsOf(request),
});

/** Whether a caller who is bound to a project asks for another one. */
const isOthers = ({ project_id: bound }: Principal, asked: string | undefined): boolean =>
  bound !== undefined && asked !== undefined && asked !== bound;

/** No project can have this id. */
const NO_PROJECT = '#';

/** @throws MiyabiError `forbidden` where something is to go into another project than the caller's. */
const requireOwn = ({ project_id: bound }: Principal, projectId: string | undefined): void => {
  if (bound !== undefined && projectId !== undefined && projectId !== bound) {
    throw new MiyabiError('forbidden', 'This key is bound to another project');
  }
};

/** The logs of a project's key are its own: no other key can write on in them, whatever they are called. */
const ownLog = <T extends Readonly<{ log_group: string }>>({ project_id }: Principal, log: T) =>
  project_id === undefined
    ? log
    : { ...log, project_id, only_project: project_id, log_group: `${project_id}/${log.log_group}` };

const requireUnbound = ({ project_id }: Principal, why: string): void => {
  if (project_id !== undefined) {
    throw new MiyabiError('forbidden', `A key that is bound to a project cannot do this: ${why}`);
  }
};

const present = <T extends object>(value: T): { [K in keyof T]?: Exclude<T[K], undefined> } =>
  Object.fromEntries(Object.entries(value).filter(([, inner]) => inner !== undefined)) as {
    [K in keyof T]?: Exclude<T[K], undefined>;
  };
