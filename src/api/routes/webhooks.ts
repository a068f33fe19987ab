import { includesScope } from '../../domain/api-keys.ts';
import { requireVisible } from '../../domain/projects/access.ts';
import type { PublicWebhook } from '../../domain/webhooks/webhook.ts';
import type { Principal } from '../auth.ts';
import { type HttpResponse, json } from '../message.ts';
import { etagOf, versionsOf } from '../preconditions.ts';
import { emptyAnswer, jsonAnswer, jsonBody, mergePatch, route } from '../route.ts';
import { NO_CONTENT } from '../route-parts.ts';
import * as schemas from '../schemas/webhooks.ts';

const answer = (webhook: PublicWebhook): HttpResponse =>
  json(200, webhook, { etag: etagOf(webhook.version) });

const isAdmin = ({ scope }: Principal): boolean => includesScope(scope, 'admin');

/** The webhooks of a project: everyone who may read it sees their state, only administrators may change them. */
export const webhookRoutes = {
  listWebhooks: route({
    method: 'GET',
    path: '/api/projects/{project_id}/webhooks',
    scope: 'read',
    summary: 'List the webhooks of a project, oldest first',
    description: 'Only keys of scope `admin` get whole URLs. Secrets are never returned here.',
    answers: { 200: jsonAnswer('All of them', schemas.webhookList) },
    handle: async ({ webhooks }, { principal, params: { project_id } }) => {
      requireVisible(principal, project_id);
      const can_change = isAdmin(principal);
      return json(200, { webhooks: await webhooks.list(project_id, can_change), can_change });
    },
  }),
  createWebhook: route({
    method: 'POST',
    path: '/api/projects/{project_id}/webhooks',
    scope: 'admin',
    summary: 'Create a webhook',
    description:
      'The answer holds the secret that signs the messages; it is never shown again. At most 10 per project. Messages ' +
      'follow the Standard Webhooks specification.',
    body: jsonBody(schemas.newWebhook),
    answers: { 201: jsonAnswer('Created', schemas.webhookCreated, 'Location', 'ETag') },
    handle: async ({ webhooks }, { principal, params: { project_id }, body, once }) => {
      requireVisible(principal, project_id);
      const webhook = await webhooks.create(project_id, body, once?.id);
      const { webhook_id } = webhook;
      return json(
        201,
        { webhook_id, status: 'created', webhook },
        { location: `/api/projects/${project_id}/webhooks/${webhook_id}`, etag: etagOf(webhook.version) },
      );
    },
  }),
  getWebhook: route({
    method: 'GET',
    path: '/api/projects/{project_id}/webhooks/{webhook_id}',
    scope: 'read',
    summary: 'Read a webhook and what came of its latest delivery',
    answers: { 200: jsonAnswer('The webhook', schemas.webhook, 'ETag') },
    handle: async ({ webhooks }, { principal, params: { project_id, webhook_id } }) => {
      requireVisible(principal, project_id);
      return answer(await webhooks.get(project_id, webhook_id, isAdmin(principal)));
    },
  }),
  patchWebhook: route({
    method: 'PATCH',
    path: '/api/projects/{project_id}/webhooks/{webhook_id}',
    scope: 'admin',
    summary: 'Change a webhook by a merge patch (RFC 7396)',
    conditional: true,
    body: mergePatch(schemas.webhookPatch),
    answers: { 200: jsonAnswer('The webhook as it is now', schemas.webhook, 'ETag') },
    handle: async ({ webhooks }, { request, principal, params: { project_id, webhook_id }, body }) => {
      requireVisible(principal, project_id);
      const versions = versionsOf(request);
      return answer(await webhooks.patch(project_id, webhook_id, body, { versions }));
    },
  }),
  deleteWebhook: route({
    method: 'DELETE',
    path: '/api/projects/{project_id}/webhooks/{webhook_id}',
    scope: 'admin',
    summary: 'Delete a webhook',
    description: 'Messages that are still waiting for it are dropped.',
    conditional: true,
    answers: { 204: emptyAnswer('Deleted') },
    handle: async ({ webhooks }, { request, principal, params: { project_id, webhook_id } }) => {
      requireVisible(principal, project_id);
      await webhooks.remove(project_id, webhook_id, { versions: versionsOf(request) });
      return NO_CONTENT;
    },
  }),
  rotateWebhookSecret: route({
    method: 'POST',
    path: '/api/projects/{project_id}/webhooks/{webhook_id}/rotate',
    scope: 'admin',
    summary: 'Give a webhook a new secret',
    description: 'The answer holds it. For 24 hours messages are signed with the previous one, too.',
    conditional: true,
    body: jsonBody(schemas.rotateRequest, { isOptional: true }),
    answers: { 200: jsonAnswer('The webhook as it is now', schemas.webhook, 'ETag') },
    handle: async ({ webhooks }, { request, principal, params: { project_id, webhook_id }, body }) => {
      requireVisible(principal, project_id);
      const versions = versionsOf(request);
      return answer(await webhooks.rotate(project_id, webhook_id, body.secret, { versions }));
    },
  }),
  testWebhook: route({
    method: 'POST',
    path: '/api/projects/{project_id}/webhooks/{webhook_id}/test',
    scope: 'admin',
    summary: 'Send a webhook a message `webhook.test`',
    answers: { 202: jsonAnswer('Queued', schemas.webhookTest) },
    handle: async ({ webhooks }, { principal, params: { project_id, webhook_id }, once }) => {
      requireVisible(principal, project_id);
      const delivery_id = await webhooks.test(project_id, webhook_id, once?.id);
      return json(202, { delivery_id, status: 'queued' });
    },
  }),
};
