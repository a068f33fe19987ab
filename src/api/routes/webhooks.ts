import { includesScope } from '../../domain/api-keys.ts';
import type { ToldWebhook } from '../../domain/webhooks/webhook.ts';
import type { WebhookService } from '../../services/webhooks.ts';
import { PATCH_TYPES, readJson, readOptionalJson, validate } from '../body.ts';
import { type HttpResponse, json } from '../message.ts';
import { etagOf, versionsOf } from '../preconditions.ts';
import type { Context, Route } from '../route.ts';
import { idOf, NO_CONTENT, ownProjectId } from '../route-parts.ts';
import * as schemas from '../schemas/webhooks.ts';

/** The webhooks of a project: who reads it may see how they fare, who administers it may change them. */
export const webhookRoutes = ({ webhooks }: Readonly<{ webhooks: WebhookService }>): readonly Route[] => [
  {
    path: '/api/projects/:project_id/webhooks',
    methods: {
      GET: {
        name: 'listWebhooks',
        scope: 'read',
        handle: async (context) =>
          json(200, { webhooks: await webhooks.list(ownProjectId(context), seesUrls(context)) }),
      },
      POST: {
        name: 'createWebhook',
        scope: 'admin',
        handle: async (context) => {
          const projectId = ownProjectId(context);
          const input = validate(schemas.newWebhook, readJson(context.request));
          const webhook = await webhooks.create(projectId, input, context.once?.id);
          return json(
            201,
            { webhook_id: webhook.webhook_id, status: 'created', webhook },
            {
              location: `/api/projects/${projectId}/webhooks/${webhook.webhook_id}`,
              etag: etagOf(webhook.version),
            },
          );
        },
      },
    },
  },
  {
    path: '/api/projects/:project_id/webhooks/:webhook_id',
    methods: {
      GET: {
        name: 'getWebhook',
        scope: 'read',
        handle: async (context) =>
          webhookAnswer(
            await webhooks.get(ownProjectId(context), idOf(context, 'webhook_id'), seesUrls(context)),
          ),
      },
      PATCH: {
        name: 'patchWebhook',
        scope: 'admin',
        handle: async (context) => {
          const patch = validate(schemas.webhookPatch, readJson(context.request, PATCH_TYPES));
          return webhookAnswer(
            await webhooks.patch(ownProjectId(context), idOf(context, 'webhook_id'), patch, guardOf(context)),
          );
        },
      },
      DELETE: {
        name: 'deleteWebhook',
        scope: 'admin',
        handle: async (context) => {
          await webhooks.remove(ownProjectId(context), idOf(context, 'webhook_id'), guardOf(context));
          return NO_CONTENT;
        },
      },
    },
  },
  {
    path: '/api/projects/:project_id/webhooks/:webhook_id/rotate',
    methods: {
      POST: {
        name: 'rotateWebhookSecret',
        scope: 'admin',
        handle: async (context) => {
          const { secret } = validate(schemas.rotateRequest, readOptionalJson(context.request));
          return webhookAnswer(
            await webhooks.rotate(
              ownProjectId(context),
              idOf(context, 'webhook_id'),
              secret,
              guardOf(context),
            ),
          );
        },
      },
    },
  },
  {
    path: '/api/projects/:project_id/webhooks/:webhook_id/test',
    methods: {
      POST: {
        name: 'testWebhook',
        scope: 'admin',
        handle: async (context) => {
          const delivery_id = await webhooks.test(
            ownProjectId(context),
            idOf(context, 'webhook_id'),
            context.once?.id,
          );
          return json(202, { delivery_id, status: 'queued' });
        },
      },
    },
  },
];

const webhookAnswer = (webhook: ToldWebhook): HttpResponse =>
  json(200, webhook, { etag: etagOf(webhook.version) });

const seesUrls = ({ principal }: Context): boolean => includesScope(principal.scope, 'admin');

const guardOf = ({ request }: Context) => ({ versions: versionsOf(request) });
