import { TASK_EVENTS } from '../../domain/tasks/events.ts';
import {
  DELIVERY_EVENTS,
  type Delivery,
  type LastDelivery,
  OUTCOMES,
} from '../../domain/webhooks/delivery.ts';
import type { ProjectWebhooks, Webhook } from '../../domain/webhooks/webhook.ts';
import {
  flag,
  type Item,
  itemReader,
  number,
  present,
  type Reader,
  schema,
  text,
  withUnknown,
} from './attributes.ts';

/**
 * The webhooks table keeps three kinds of items: the webhooks of a project, the queue of a webhook, and its deliveries.
 * Only items that are due at some time have `queue` and `due_at`, so the index of due items contains nothing else.
 */
export const projectWebhooksKey = (projectId: string): Item => ({
  owner: text(`project#${projectId}`),
  item: text('webhooks'),
});

export const queueKey = (webhookId: string): Item => ({
  owner: text(`webhook#${webhookId}`),
  item: text('queue'),
});

export const deliveryKey = ({
  webhook_id,
  delivery_id,
}: Pick<Delivery, 'webhook_id' | 'delivery_id'>): Item => ({
  owner: text(`webhook#${webhook_id}`),
  item: text(`delivery#${delivery_id}`),
});

/** The deliveries of a webhook, in the index of due items. */
export const waitingOf = (webhookId: string): string => `webhook#${webhookId}`;

/** `writeId` identifies a write. */
export const projectWebhooksToItem = (kept: ProjectWebhooks, writeId: string): Item =>
  withUnknown(
    {
      ...projectWebhooksKey(kept.project_id),
      ...schema,
      project_id: text(kept.project_id),
      project_created_at: text(kept.project_created_at),
      version: number(kept.version),
      webhooks: { L: kept.webhooks.map((webhook) => ({ M: webhookToMap(webhook) })) },
      write_id: text(writeId),
    },
    kept.unknown,
  );

const webhookToMap = (webhook: Webhook): Item =>
  withUnknown(
    {
      webhook_id: text(webhook.webhook_id),
      url: text(webhook.url),
      events: { L: [...webhook.events, ...Object.keys(webhook.unknown?.['events'] ?? {})].map(text) },
      active: flag(webhook.active),
      secret: text(webhook.secret),
      ...present(
        {
          format: webhook.format,
          previous_secret: webhook.previous_secret,
          previous_until: webhook.previous_until,
        },
        text,
      ),
      version: number(webhook.version),
      created_at: text(webhook.created_at),
      updated_at: text(webhook.updated_at),
    },
    webhook.unknown,
  );

/** @throws MiyabiError `internal` that names the project and the damaged part of its webhooks. */
export const projectWebhooksFromItem = (item: Item): ProjectWebhooks => {
  const what = `The webhooks of ${item['owner']?.S ?? ''}`;
  const read = itemReader(what, item);
  const project_id = read.text('project_id');
  const kept: ProjectWebhooks = {
    project_id,
    project_created_at: read.text('project_created_at'),
    version: read.number('version'),
    webhooks: read.maps('webhooks').map((webhook) => webhookFromMap(webhook, project_id)),
  };
  return { ...kept, ...read.unread(['owner', 'item', 'write_id']) };
};

const webhookFromMap = (read: Reader, project_id: string): Webhook => {
  const events = read.texts('events');
  const known = TASK_EVENTS.filter((event) => events.includes(event));
  const others = events.filter((event) => !TASK_EVENTS.some((type) => type === event));
  const webhook: Webhook = {
    webhook_id: read.text('webhook_id'),
    project_id,
    url: read.text('url'),
    events: known,
    active: read.flag('active'),
    secret: read.text('secret'),
    ...read.present(read.text, 'format', 'previous_secret', 'previous_until'),
    version: read.number('version'),
    created_at: read.text('created_at'),
    updated_at: read.text('updated_at'),
  };
  const { unknown } = read.unread([]);
  if (unknown === undefined && others.length === 0) return webhook;
  // Events that only a newer version sends are kept.
  const kinds = Object.fromEntries(others.map((event) => [event, true]));
  return { ...webhook, unknown: { ...unknown, ...(others.length === 0 ? {} : { events: kinds }) } };
};

export const deliveryToItem = (delivery: Delivery, writeId: string): Item => ({
  ...deliveryKey(delivery),
  ...schema,
  delivery_id: text(delivery.delivery_id),
  webhook_id: text(delivery.webhook_id),
  project_id: text(delivery.project_id),
  event: text(delivery.event),
  ...present({ task_id: delivery.task_id }, text),
  body: text(delivery.body),
  attempts: number(delivery.attempts),
  created_at: number(delivery.created_at),
  queue: text(waitingOf(delivery.webhook_id)),
  due_at: number(delivery.due_at),
  write_id: text(writeId),
});

/** @throws MiyabiError `internal` that names the delivery and its damaged attribute. */
export const deliveryFromItem = (item: Item): Delivery => {
  const read = itemReader(`Delivery ${item['delivery_id']?.S ?? ''}`, item);
  return {
    delivery_id: read.text('delivery_id'),
    webhook_id: read.text('webhook_id'),
    project_id: read.text('project_id'),
    event: read.oneOf('event', DELIVERY_EVENTS),
    ...read.present(read.text, 'task_id'),
    body: read.text('body'),
    attempts: read.number('attempts'),
    due_at: read.number('due_at'),
    created_at: read.number('created_at'),
  };
};

export const lastToMap = (last: LastDelivery): Item[string] => ({
  M: {
    delivery_id: text(last.delivery_id),
    event: text(last.event),
    attempts: number(last.attempts),
    at: text(last.at),
    outcome: text(last.outcome),
    ...present({ task_id: last.task_id, error: last.error, next_attempt_at: last.next_attempt_at }, text),
    ...present({ status_code: last.status_code }, number),
  },
});

/** The latest result in the item of a queue, undefined if there was none yet. */
export const lastFromItem = (item: Item): LastDelivery | undefined => {
  const queue = itemReader(`The queue of ${item['owner']?.S ?? ''}`, item);
  if (!queue.has('last')) return undefined;
  const read = queue.map('last');
  return {
    delivery_id: read.text('delivery_id'),
    event: read.oneOf('event', DELIVERY_EVENTS),
    ...read.present(read.text, 'task_id'),
    attempts: read.number('attempts'),
    at: read.text('at'),
    outcome: read.oneOf('outcome', OUTCOMES),
    ...read.present(read.number, 'status_code'),
    ...read.present(read.text, 'error', 'next_attempt_at'),
  };
};
