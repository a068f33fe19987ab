import * as v from 'valibot';
import { PATCH_TYPES, readJson, validate } from '../body.ts';
import { json } from '../message.ts';
import { etagOf, isFresh, notModified, versionsOf } from '../preconditions.ts';
import type { HttpServices, Route } from '../route.ts';
import { NO_CONTENT, orMadeBefore, ownProjectId, requireOwn, revalidated } from '../route-parts.ts';
import * as schemas from '../schemas/projects.ts';

export const projectRoutes = ({ projects, cursors }: HttpServices): readonly Route[] => [
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
