import { invalidField, MiyabiError } from '../domain/errors.ts';
import type { Project } from '../domain/projects/project.ts';
import { toIso } from '../domain/time.ts';
import type { AddressRange } from '../domain/webhooks/address.ts';
import { type Delivery, messageOf } from '../domain/webhooks/delivery.ts';
import {
  createWebhook,
  MAX_WEBHOOKS,
  type NewWebhook,
  type ProjectWebhooks,
  type PublicWebhook,
  patchWebhook,
  problemOfTarget,
  publicWebhook,
  rotateSecret,
  type Webhook,
  type WebhookPatch,
} from '../domain/webhooks/webhook.ts';
import type { Ports } from '../ports/ports.ts';
import type { OutboxSignal } from './outbox-signal.ts';
import type { ProjectService } from './projects.ts';
import type { RetryOnConflict } from './retry-on-conflict.ts';
import { webhooksOf } from './webhook-sets.ts';

/** A precondition: the stored version must be among these. */
export type WebhookGuard = Readonly<{ versions?: readonly number[] | undefined }>;

/**
 * The webhooks of projects. Every method throws MiyabiError `project_not_found` where there is no such project; those
 * that name a webhook, `webhook_not_found`; those that take a guard, `precondition_failed` where it does not name the
 * version; and all, `unavailable`.
 */
export type WebhookService = Readonly<{
  /** The webhooks of a project, oldest first; with complete URLs only if requested. */
  list(projectId: string, withUrl: boolean): Promise<readonly PublicWebhook[]>;
  get(projectId: string, webhookId: string, withUrl: boolean): Promise<PublicWebhook>;
  /**
   * A new webhook, with its secret. If one exists already under the chosen id, it is returned as it is.
   *
   * @throws MiyabiError `invalid_input` where the URL may not be called; `limit_reached`.
   */
  create(projectId: string, input: NewWebhook, webhookId?: string): Promise<PublicWebhook>;
  /** @throws MiyabiError `invalid_input` where the URL may not be called. */
  patch(
    projectId: string,
    webhookId: string,
    patch: WebhookPatch,
    guard?: WebhookGuard,
  ): Promise<PublicWebhook>;
  /** Gives a webhook a new secret, and returns it. The previous one also signs for another day. */
  rotate(
    projectId: string,
    webhookId: string,
    secret: string | undefined,
    guard?: WebhookGuard,
  ): Promise<PublicWebhook>;
  /** Removes a webhook. Its pending deliveries are dropped. */
  remove(projectId: string, webhookId: string, guard?: WebhookGuard): Promise<void>;
  /**
   * Sends a webhook a test message and returns the id of the delivery, the chosen one if any.
   *
   * @throws MiyabiError `webhook_inactive`
   */
  test(projectId: string, webhookId: string, deliveryId?: string): Promise<string>;
}>;

export const webhookService = ({
  projectService: projects,
  webhookStore: store,
  outbox,
  outboxQueues: queues,
  outboxSignal,
  secrets,
  clock,
  ids,
  webhookAllow: allowed,
  retryOnConflict,
}: Pick<Ports, 'webhookStore' | 'outbox' | 'outboxQueues' | 'secrets' | 'clock' | 'ids'> &
  Readonly<{
    projectService: ProjectService;
    outboxSignal: OutboxSignal;
    webhookAllow: readonly AddressRange[];
    retryOnConflict: RetryOnConflict;
  }>): WebhookService => {
  const readSet = async (project: Pick<Project, 'project_id' | 'created_at'>): Promise<ProjectWebhooks> =>
    webhooksOf(project, await store.find(project.project_id));

  const find = (set: ProjectWebhooks, webhookId: string, { versions }: WebhookGuard = {}): Webhook => {
    const webhook = set.webhooks.find(({ webhook_id }) => webhook_id === webhookId);
    if (webhook === undefined) throw new MiyabiError('webhook_not_found', 'Webhook not found');
    if (versions !== undefined && !versions.includes(webhook.version)) {
      throw new MiyabiError(
        'precondition_failed',
        `Webhook ${webhookId} is at version ${webhook.version}; read it again`,
      );
    }
    return webhook;
  };

  const requireTarget = (url: string | undefined): void => {
    const problem = url === undefined ? undefined : problemOfTarget(url, allowed);
    if (problem !== undefined) throw invalidField('url', problem);
  };

  const withLastDelivery = async (webhook: Webhook, withSecret: boolean): Promise<PublicWebhook> => {
    const last = await queues.last([webhook.webhook_id]);
    return publicWebhook(webhook, last.get(webhook.webhook_id), { withUrl: true, withSecret });
  };

  const save = (set: ProjectWebhooks, webhooks: readonly Webhook[]): Promise<void> =>
    store.save({ ...set, webhooks, version: set.version + 1 });

  /** Reads, changes and writes a webhook until there is no conflict; undefined writes nothing. */
  const change = (
    projectId: string,
    webhookId: string,
    guard: WebhookGuard | undefined,
    step: (before: Webhook) => Webhook | undefined,
  ): Promise<Webhook> =>
    retryOnConflict(async () => {
      const set = await readSet(await projects.get(projectId));
      const before = find(set, webhookId, guard);
      const after = step(before);
      if (after === undefined) return { result: before };
      const webhooks = set.webhooks.map((one) => (one === before ? after : one));
      return { result: after, write: () => save(set, webhooks) };
    });

  return {
    async list(projectId, withUrl) {
      const { webhooks } = await readSet(await projects.get(projectId));
      const last = await queues.last(webhooks.map(({ webhook_id }) => webhook_id));
      return webhooks.map((webhook) => publicWebhook(webhook, last.get(webhook.webhook_id), { withUrl }));
    },

    async get(projectId, webhookId, withUrl) {
      const webhook = find(await readSet(await projects.get(projectId)), webhookId);
      const last = await queues.last([webhookId]);
      return publicWebhook(webhook, last.get(webhookId), { withUrl });
    },

    create(projectId, input, webhookId = ids.next()) {
      requireTarget(input.url);
      return retryOnConflict(async () => {
        // First, so that from now on every count of a task of the project looks for webhooks.
        const project = await projects.expectWebhooks(projectId);
        const set = await readSet(project);
        const there = set.webhooks.find(({ webhook_id }) => webhook_id === webhookId);
        if (there !== undefined) return { result: await withLastDelivery(there, true) };
        if (set.webhooks.length >= MAX_WEBHOOKS) {
          throw new MiyabiError('limit_reached', `A project has at most ${MAX_WEBHOOKS} webhooks`);
        }
        const webhook = createWebhook(input, {
          id: webhookId,
          project_id: projectId,
          secret: secrets.next(),
          now: clock.now(),
        });
        const result = publicWebhook(webhook, undefined, { withUrl: true, withSecret: true });
        return { result, write: () => save(set, [...set.webhooks, webhook]) };
      });
    },

    async patch(projectId, webhookId, patch, guard) {
      requireTarget(patch.url);
      const changed = await change(projectId, webhookId, guard, (webhook) =>
        patchWebhook(webhook, patch, clock.now()),
      );
      return withLastDelivery(changed, false);
    },

    async rotate(projectId, webhookId, secret, guard) {
      const changed = await change(projectId, webhookId, guard, (webhook) =>
        rotateSecret(webhook, secret ?? secrets.next(), clock.now()),
      );
      return withLastDelivery(changed, true);
    },

    async remove(projectId, webhookId, guard) {
      await retryOnConflict(async () => {
        const set = await readSet(await projects.get(projectId));
        const removed = find(set, webhookId, guard);
        const webhooks = set.webhooks.filter((one) => one !== removed);
        return { result: undefined, write: () => save(set, webhooks) };
      });
    },

    async test(projectId, webhookId, deliveryId = ids.next()) {
      const webhook = find(await readSet(await projects.get(projectId)), webhookId);
      if (!webhook.active) {
        throw new MiyabiError('webhook_inactive', `Webhook ${webhookId} is not active; activate it first`);
      }
      const delivery = testOf(webhook, `msg_${deliveryId}`, clock.now());
      await outbox.add([delivery]);
      outboxSignal.notify();
      return delivery.delivery_id;
    },
  };
};

const testOf = ({ webhook_id, project_id }: Webhook, deliveryId: string, now: number): Delivery => ({
  delivery_id: deliveryId,
  webhook_id,
  project_id,
  event: 'webhook.test',
  body: messageOf('webhook.test', toIso(now), { project_id, webhook_id }),
  attempts: 0,
  due_at: now,
  created_at: now,
});
