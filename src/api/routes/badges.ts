import { hash as digestOf } from 'node:crypto';
import * as v from 'valibot';
import {
  BADGE_KINDS,
  type Badge,
  type BadgeKind,
  type BadgeSubject,
  type BadgeTask,
  projectBadge,
  taskBadge,
} from '../../domain/badge.ts';
import { isMiyabiError, MiyabiError } from '../../domain/errors.ts';
import { requireVisible } from '../../domain/projects/access.ts';
import { badgeLink, isSigned } from '../badge-link.ts';
import { json } from '../message.ts';
import { isFresh } from '../preconditions.ts';
import { type Answer, type HttpServices, jsonAnswer, route } from '../route.ts';
import { projectGuard } from '../route-parts.ts';
import * as schemas from '../schemas/badges.ts';

const SVG = 'image/svg+xml';
const IMAGE: Answer<string> = { description: 'An image', headers: ['ETag'], content: { [SVG]: v.string() } };
/** Pages of others show it, so proxies may keep it; for a short time, because it shows progress. */
const CACHED = { 'cache-control': 'public, max-age=30' };
const HEADERS = {
  'content-type': `${SVG}; charset=utf-8`,
  ...CACHED,
  'content-security-policy': "default-src 'none'; sandbox",
};

const LINK = { 200: jsonAnswer('The link', schemas.badgeLink) };
const LINK_DESCRIPTION =
  'Anyone who has the link sees the name, the state and the percentage, without a key and as long as the secret of the ' +
  'server stays.';

/** One answer for every link that shows nothing, so that it does not show which tasks exist. */
const nothingThere = (): MiyabiError => new MiyabiError('not_found', 'Not Found');

const isKind = (text: string): text is BadgeKind => BADGE_KINDS.some((kind) => kind === text);

const taskFrom = (text: string): BadgeTask => v.parse(schemas.badgeTask, JSON.parse(text));

const badgeOf = async (
  { tasks, projects, listTasks }: HttpServices,
  { kind, id }: BadgeSubject,
): Promise<Badge> => {
  if (kind === 'task') return taskBadge(taskFrom((await tasks.read(id)).json));
  const [project, page] = await Promise.all([projects.get(id), listTasks({ project_id: id, limit: 1 })]);
  const [newest] = page.items;
  return projectBadge(
    project.project_name,
    project.metrics,
    newest === undefined ? undefined : taskFrom(newest.json),
  );
};

export const badgeRoutes = {
  getTaskBadge: route({
    method: 'GET',
    path: '/api/tasks/{task_id}/badge',
    scope: 'read',
    summary: 'Make a public link to the badge of a task',
    description: LINK_DESCRIPTION,
    query: schemas.badgeLinkQuery,
    answers: LINK,
    handle: async ({ tasks, linkSecret }, context) => {
      const { task_id: id } = context.params;
      const { task_name } = taskFrom((await tasks.read(id, projectGuard(context))).json);
      return json(200, badgeLink(await linkSecret(), { kind: 'task', id }, task_name, context.query));
    },
  }),
  getProjectBadge: route({
    method: 'GET',
    path: '/api/projects/{project_id}/badge',
    scope: 'read',
    summary: 'Make a public link to the badge of a project',
    description: LINK_DESCRIPTION,
    query: schemas.badgeLinkQuery,
    answers: LINK,
    handle: async ({ projects, linkSecret }, { params: { project_id: id }, principal, query }) => {
      requireVisible(principal, id);
      const { project_name } = await projects.get(id);
      return json(200, badgeLink(await linkSecret(), { kind: 'project', id }, project_name, query));
    },
  }),
  getBadge: route({
    method: 'GET',
    path: '/badge/{kind}/{id}.svg',
    scope: 'open',
    summary: 'Show the badge of a task or a project',
    description:
      '`kind` is `task` or `project`. The link is signed: ask for it at `/badge` of the task or the project.',
    conditional: true,
    query: schemas.badgeQuery,
    answers: { 200: IMAGE },
    handle: async (services, { request, params: { kind, id }, query: { sig, style = 'badge' } }) => {
      if (!isKind(kind) || sig === undefined) throw nothingThere();
      const subject = { kind, id };
      if (!isSigned(await services.linkSecret(), subject, sig)) throw nothingThere();
      try {
        const badge = await badgeOf(services, subject);
        const { badgeSvg } = await import('../badge-svg.ts');
        const body = badgeSvg(badge, style);
        const etag = `"${digestOf('sha256', body, 'hex').slice(0, 32)}"`;
        if (isFresh(request, etag)) return { status: 304, headers: { ...CACHED, etag }, body: '' };
        return { status: 200, headers: { ...HEADERS, etag }, body };
      } catch (error) {
        throw isMiyabiError(error, 'task_not_found', 'project_not_found') ? nothingThere() : error;
      }
    },
  }),
};
