import * as v from 'valibot';
import type { Task } from '../../domain/tasks/task.ts';
import { toIso } from '../../domain/time.ts';
import type { OnceContext } from '../../services/idempotency.ts';
import type { TaskService } from '../../services/tasks.ts';
import type { Principal } from '../auth.ts';
import { PATCH_TYPES, readJson, readOptionalJson, validate } from '../body.ts';
import { type HttpResponse, json, jsonText } from '../message.ts';
import { etagOf, isFresh, notModified } from '../preconditions.ts';
import type { HttpServices, Route } from '../route.ts';
import {
  guardOf,
  idOf,
  isOthers,
  NO_CONTENT,
  orMadeBefore,
  present,
  projectGuard,
  requireOwn,
  revalidated,
} from '../route-parts.ts';
import * as schemas from '../schemas/tasks.ts';

const TASK_POSITION = v.object({ task_id: v.string(), updated_at: v.string() });

export const taskRoutes = ({ tasks, listTasks, cursors }: HttpServices): readonly Route[] => [
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

const taskAnswer = (task: Task): HttpResponse => json(200, task, { etag: etagOf(task.version) });

/** Creates the task of one item, or finds what a process made of it that died before it could say so. */
export const createTask = async (
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
