import type { StoredProject } from '../domain/projects/project.ts';
import type { TaskEvent } from '../domain/tasks/events.ts';
import { publicTask } from '../domain/tasks/stored.ts';
import type { StoredTask } from '../domain/tasks/task.ts';
import { type Delivery, deliveryIdOf, messageOf } from '../domain/webhooks/delivery.ts';
import type { Webhook } from '../domain/webhooks/webhook.ts';
import type { Ports } from '../ports/ports.ts';
import type { OutboxSignal } from './outbox-signal.ts';
import { webhooksOf } from './webhook-sets.ts';

/** A task and what happened to it. */
export type Occurrence = Readonly<{ task: StoredTask; event: TaskEvent }>;

/**
 * Puts events of a project's tasks into the outbox, for each webhook that wants them. Repeating it changes nothing. If
 * a project has no webhooks, nothing is read. The message holds the task as it is now.
 *
 * @throws MiyabiError `unavailable`: do it again.
 */
export type WebhookAnnouncer = (project: StoredProject, occurrences: readonly Occurrence[]) => Promise<void>;

export const webhookAnnouncer =
  ({
    webhookStore: store,
    outbox,
    outboxSignal,
    clock,
  }: Pick<Ports, 'webhookStore' | 'outbox' | 'clock'> &
    Readonly<{ outboxSignal: OutboxSignal }>): WebhookAnnouncer =>
  async (project, occurrences) => {
    if (project.has_webhooks === undefined || occurrences.length === 0) return;
    const { webhooks } = webhooksOf(project, await store.find(project.project_id));
    const now = clock.now();
    const deliveries = occurrences.flatMap((occurrence) =>
      webhooks
        .filter(({ active, events }) => active && events.includes(occurrence.event.type))
        .map((webhook) => deliveryOf(webhook, occurrence, now)),
    );
    if (deliveries.length === 0) return;
    await outbox.add(deliveries);
    outboxSignal.notify();
  };

const deliveryOf = (
  { webhook_id, project_id }: Webhook,
  { task, event }: Occurrence,
  now: number,
): Delivery => ({
  delivery_id: deliveryIdOf(webhook_id, task.task_id, event),
  webhook_id,
  project_id,
  event: event.type,
  task_id: task.task_id,
  body: messageOf(event.type, event.at, publicTask(task)),
  attempts: 0,
  due_at: now,
  created_at: now,
});
