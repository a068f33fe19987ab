import type { Json } from '../domain/json.ts';
import type { StoredProject } from '../domain/projects/project.ts';
import type { HistoryPoint } from '../domain/tasks/progress.ts';
import type { StoredTask } from '../domain/tasks/task.ts';
import type { Delivery, LastDelivery } from '../domain/webhooks/delivery.ts';
import type { ProjectWebhooks } from '../domain/webhooks/webhook.ts';

/** One record of a store, independent of the backend. Fields that only one backend has are not in it. */
export type ArchiveEntry =
  | Readonly<{ kind: 'task'; task: StoredTask }>
  | Readonly<{ kind: 'point'; task_id: string; point: HistoryPoint }>
  | Readonly<{ kind: 'project'; project: StoredProject }>
  | Readonly<{ kind: 'webhooks'; webhooks: ProjectWebhooks }>
  | Readonly<{ kind: 'checkpoint'; key: string; value: Json; version: number }>
  | Readonly<{ kind: 'delivery'; delivery: Delivery }>
  /** A delivery that has ended. Its id is kept so that it is not accepted again. */
  | Readonly<{ kind: 'ended'; webhook_id: string; delivery_id: string; until: number }>
  /** The latest result of a webhook. */
  | Readonly<{ kind: 'result'; webhook_id: string; project_id: string; last: LastDelivery }>;

export const ARCHIVE_KINDS = [
  'task',
  'point',
  'project',
  'webhooks',
  'checkpoint',
  'delivery',
  'ended',
  'result',
] as const satisfies readonly ArchiveEntry['kind'][];

/**
 * Everything that a store keeps, to be moved to another one. What other processes write meanwhile may be missing. Both
 * methods throw MiyabiError `unavailable` where the backend does not answer.
 */
export interface Archive {
  /** Every record, in no particular order. */
  entries(): AsyncIterable<ArchiveEntry>;

  /**
   * Writes records as they are, versions included. A record that exists already at the same or a higher version stays,
   * so restoring twice changes nothing.
   */
  restore(entries: readonly ArchiveEntry[]): Promise<void>;
}
