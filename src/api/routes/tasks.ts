import * as v from 'valibot';
import { defined } from '../../domain/defined.ts';
import { isHidden, requireOwn } from '../../domain/projects/access.ts';
import { taskText } from '../../domain/tasks/stored.ts';
import type { Task } from '../../domain/tasks/task.ts';
import { toIso } from '../../domain/time.ts';
import type { TaskDocument } from '../../ports/task-cache.ts';
import { type HttpResponse, json, jsonText } from '../message.ts';
import { etagOf } from '../preconditions.ts';
import { emptyAnswer, jsonAnswer, jsonBody, mergePatch, route } from '../route.ts';
import { guardOf, NO_CONTENT, projectGuard, revalidated } from '../route-parts.ts';
import * as schemas from '../schemas/tasks.ts';
import { createTask } from './create-task.ts';

const TASK_POSITION = v.object({ task_id: v.string(), updated_at: v.string() });

const joined = new WeakMap<readonly TaskDocument[], string>();

/** The stored texts as they are; joined once for a page that the cache answers several times. */
const textsOf = (items: readonly TaskDocument[]): string => {
  const known = joined.get(items);
  if (known !== undefined) return known;
  const texts = items.map((task) => task.json).join(',');
  joined.set(items, texts);
  return texts;
};

const answer = (task: Task): HttpResponse => jsonText(200, taskText(task), { etag: etagOf(task.version) });

const TASK = { 200: jsonAnswer('The task as it is now', schemas.task, 'ETag') };

export const taskRoutes = {
  listTasks: route({
    method: 'GET',
    path: '/api/tasks',
    scope: 'read',
    summary: 'List tasks, newest update first',
    isEager: true,
    query: schemas.taskListQuery,
    answers: { 200: jsonAnswer('A page', schemas.taskList) },
    handle: async ({ listTasks, cursors }, { query, principal }) => {
      const { cursor, limit, status, label, updated_since, ...filter } = query;
      if (isHidden(principal, filter.project_id)) return json(200, { tasks: [], next_cursor: null });
      const wanted = defined({
        ...filter,
        project_id: filter.project_id ?? principal.project_id,
        statuses: status,
        labels: label,
        updated_since: updated_since === undefined ? undefined : toIso(updated_since),
      });
      const scope = `tasks ${JSON.stringify(Object.entries(wanted).sort())}`;
      const after = cursor === undefined ? {} : { after: cursors.decrypt(scope, cursor, TASK_POSITION) };
      const page = await listTasks({ ...wanted, limit, ...after });
      const next = page.next === undefined ? null : cursors.encrypt(scope, page.next);
      return jsonText(200, `{"tasks":[${textsOf(page.items)}],"next_cursor":${JSON.stringify(next)}}`);
    },
  }),
  createTask: route({
    method: 'POST',
    path: '/api/tasks',
    scope: 'write',
    summary: 'Create a task',
    description:
      'Everything has a default; `task_name` is "Untitled". A part belongs to the project of its parent.',
    body: jsonBody(schemas.newTask),
    answers: { 201: jsonAnswer('Created', schemas.taskCreated, 'Location', 'ETag') },
    handle: async ({ tasks }, { body, principal, once }) => {
      const task = await createTask(tasks, principal, body, once);
      return jsonText(
        201,
        `{"task_id":${JSON.stringify(task.task_id)},"status":"created","task":${taskText(task)}}`,
        { location: `/api/tasks/${task.task_id}`, etag: etagOf(task.version) },
      );
    },
  }),
  getTask: route({
    method: 'GET',
    path: '/api/tasks/{task_id}',
    scope: 'read',
    summary: 'Read a task',
    conditional: true,
    isEager: true,
    answers: { 200: jsonAnswer('The task', schemas.task, 'ETag') },
    handle: async ({ tasks }, context) => {
      const { version, json: text } = await tasks.read(context.params.task_id, projectGuard(context));
      return revalidated(context.request, text, etagOf(version));
    },
  }),
  patchTask: route({
    method: 'PATCH',
    path: '/api/tasks/{task_id}',
    scope: 'write',
    summary: 'Change a task by a merge patch (RFC 7396)',
    description:
      'Fields that are left out stay, null removes. A task that has ended keeps its status and progress: reopen it.',
    conditional: true,
    body: mergePatch(schemas.taskPatch),
    answers: TASK,
    handle: async ({ tasks }, context) => {
      requireOwn(context.principal, context.body.project_id);
      return answer(await tasks.patch(context.params.task_id, context.body, guardOf(context)));
    },
  }),
  deleteTask: route({
    method: 'DELETE',
    path: '/api/tasks/{task_id}',
    scope: 'write',
    summary: 'Delete a task and its history',
    description: 'Its parts stay.',
    conditional: true,
    answers: { 204: emptyAnswer('Deleted') },
    handle: async ({ tasks }, context) => {
      await tasks.remove(context.params.task_id, guardOf(context));
      return NO_CONTENT;
    },
  }),
  reportProgress: route({
    method: 'POST',
    path: '/api/tasks/{task_id}/progress',
    scope: 'write',
    summary: 'Report progress',
    description: 'A count that reaches its total without a status completes the task.',
    conditional: true,
    body: jsonBody(schemas.progressReport),
    answers: TASK,
    handle: async ({ tasks }, context) =>
      answer(await tasks.report(context.params.task_id, context.body, guardOf(context))),
  }),
  cancelTask: route({
    method: 'POST',
    path: '/api/tasks/{task_id}/cancel',
    scope: 'write',
    summary: 'Cancel a task',
    conditional: true,
    body: jsonBody(schemas.cancelRequest, { isOptional: true }),
    answers: TASK,
    handle: async ({ tasks }, context) =>
      answer(await tasks.cancel(context.params.task_id, context.body.message, guardOf(context))),
  }),
  sendHeartbeat: route({
    method: 'POST',
    path: '/api/tasks/{task_id}/heartbeat',
    scope: 'write',
    summary: 'Say that the process of a task is alive',
    description:
      'A running task with a `heartbeat` goes stale without one, and 10 minutes later it is `failed` with the outcome `lost`. A heartbeat or a report brings it back.',
    answers: TASK,
    handle: async ({ tasks }, context) => answer(await tasks.beat(context.params.task_id, guardOf(context))),
  }),
  reopenTask: route({
    method: 'POST',
    path: '/api/tasks/{task_id}/reopen',
    scope: 'write',
    summary: 'Start a task that has ended again, as its next attempt',
    conditional: true,
    body: jsonBody(schemas.reopenRequest, { isOptional: true }),
    answers: TASK,
    handle: async ({ tasks }, context) =>
      answer(await tasks.reopen(context.params.task_id, context.body, guardOf(context))),
  }),
  getTaskHistory: route({
    method: 'GET',
    path: '/api/tasks/{task_id}/history',
    scope: 'read',
    summary: 'Read the history of a task, oldest first',
    query: schemas.historyQuery,
    answers: { 200: jsonAnswer('A page', schemas.taskHistory) },
    handle: async ({ tasks, cursors }, context) => {
      const { task_id } = context.params;
      const { from, to, limit, cursor } = context.query;
      const scope = `history ${JSON.stringify([task_id, from, to])}`;
      const page = await tasks.history(
        task_id,
        {
          limit,
          ...defined({ from, to }),
          ...(cursor === undefined ? {} : { after: cursors.decrypt(scope, cursor, v.number()) }),
        },
        projectGuard(context),
      );
      return json(200, {
        task_id,
        history: page.items,
        next_cursor: page.next === undefined ? null : cursors.encrypt(scope, page.next),
      });
    },
  }),
};
