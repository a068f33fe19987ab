import * as v from 'valibot';
import { requireOwn, requireVisible } from '../../domain/projects/access.ts';
import { json } from '../message.ts';
import { etagOf, versionsOf } from '../preconditions.ts';
import { emptyAnswer, jsonAnswer, jsonBody, mergePatch, route } from '../route.ts';
import { NO_CONTENT, orMadeBefore, revalidated } from '../route-parts.ts';
import * as schemas from '../schemas/projects.ts';

export const projectRoutes = {
  listProjects: route({
    method: 'GET',
    path: '/api/projects',
    scope: 'read',
    summary: 'List projects',
    query: schemas.projectListQuery,
    answers: { 200: jsonAnswer('A page', schemas.projectList) },
    handle: async ({ projects, cursors }, { query: { limit, cursor }, principal }) => {
      if (principal.project_id !== undefined) {
        const own = await projects.find(principal.project_id);
        return json(200, { projects: own === undefined ? [] : [own], next_cursor: null });
      }
      const page = await projects.list({
        limit,
        ...(cursor === undefined ? {} : { after: cursors.decrypt('projects', cursor, v.string()) }),
      });
      return json(200, {
        projects: page.items,
        next_cursor: page.next === undefined ? null : cursors.encrypt('projects', page.next),
      });
    },
  }),
  createProject: route({
    method: 'POST',
    path: '/api/projects',
    scope: 'write',
    summary: 'Create a project',
    body: jsonBody(schemas.newProject),
    answers: { 201: jsonAnswer('Created', schemas.projectCreated, 'Location', 'ETag') },
    handle: async ({ projects }, { body, principal, once }) => {
      const chosen = body.project_id ?? principal.project_id;
      requireOwn(principal, chosen);
      const project_id = chosen ?? once?.id;
      const project = await orMadeBefore(
        () => projects.create({ ...body, project_id }),
        once?.resumed === true && project_id !== undefined ? () => projects.get(project_id) : undefined,
      );
      return json(
        201,
        { project_id: project.project_id, status: 'created', project },
        { location: `/api/projects/${project.project_id}`, etag: etagOf(project.version) },
      );
    },
  }),
  getProject: route({
    method: 'GET',
    path: '/api/projects/{project_id}',
    scope: 'read',
    summary: 'Read a project and its metrics',
    conditional: true,
    isEager: true,
    answers: { 200: jsonAnswer('The project', schemas.project, 'ETag') },
    handle: async ({ projects }, { request, principal, params }) => {
      requireVisible(principal, params.project_id);
      const project = await projects.read(params.project_id);
      return revalidated(request, project.json, etagOf(project.version));
    },
  }),
  patchProject: route({
    method: 'PATCH',
    path: '/api/projects/{project_id}',
    scope: 'write',
    summary: 'Change a project by a merge patch (RFC 7396)',
    conditional: true,
    body: mergePatch(schemas.projectPatch),
    answers: { 200: jsonAnswer('The project as it is now', schemas.project, 'ETag') },
    handle: async ({ projects }, { request, principal, params, body }) => {
      requireVisible(principal, params.project_id);
      const project = await projects.patch(params.project_id, body, { versions: versionsOf(request) });
      return json(200, project, { etag: etagOf(project.version) });
    },
  }),
  deleteProject: route({
    method: 'DELETE',
    path: '/api/projects/{project_id}',
    scope: 'admin',
    summary: 'Delete a project that has no tasks',
    conditional: true,
    answers: { 204: emptyAnswer('Deleted') },
    handle: async ({ projects }, { request, principal, params }) => {
      requireVisible(principal, params.project_id);
      await projects.remove(params.project_id, { versions: versionsOf(request) });
      return NO_CONTENT;
    },
  }),
};
