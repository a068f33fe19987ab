import type { Project } from '../api/schemas/projects.ts';
import type { HistoryPoint, Task } from '../api/schemas/tasks.ts';
import type { Webhook } from '../api/schemas/webhooks.ts';

// Checks just enough to use an answer safely, even that of a newer server; the server has validated the rest.

export const isRecord = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

const areTexts = (value: Record<string, unknown>, names: readonly string[]): boolean =>
  names.every((name) => typeof value[name] === 'string');

export const isTask = (value: unknown): value is Task =>
  isRecord(value) &&
  areTexts(value, [
    'task_id',
    'task_name',
    'task_type',
    'project_id',
    'status',
    'created_at',
    'updated_at',
  ]) &&
  typeof value['version'] === 'number' &&
  isRecord(value['progress']) &&
  isRecord(value['details']) &&
  isRecord(value['labels']);

export const isProject = (value: unknown): value is Project =>
  isRecord(value) &&
  areTexts(value, ['project_id', 'project_name', 'status']) &&
  typeof value['version'] === 'number' &&
  isRecord(value['metrics']) &&
  isRecord(value['resources']);

export const isWebhook = (value: unknown): value is Webhook =>
  isRecord(value) &&
  areTexts(value, ['webhook_id', 'url']) &&
  typeof value['active'] === 'boolean' &&
  (value['last_delivery'] === null ||
    (isRecord(value['last_delivery']) && areTexts(value['last_delivery'], ['outcome', 'at'])));

export const isHistoryPoint = (value: unknown): value is HistoryPoint =>
  isRecord(value) && areTexts(value, ['timestamp', 'status']);
