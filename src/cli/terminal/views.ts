import { isJsonObject, type Json, type JsonObject } from '../../domain/json.ts';
import { isTerminal, TASK_STATUSES, type TaskStatus } from '../../domain/tasks/status.ts';
import type { BarTask } from './bars.ts';

/** What the tables show of a task as a server answers it. Times are epoch milliseconds. */
export type TaskView = Readonly<{
  id: string;
  name: string;
  type: string;
  project: string;
  status: TaskStatus;
  version: number;
  percentage: number | null;
  current: number | null;
  total: number | null;
  phase?: string;
  step?: string;
  error?: string;
  failed: readonly string[];
  stale: boolean;
  createdAt?: number;
  updatedAt: number;
  startedAt?: number;
  completedAt?: number;
  etaSeconds?: number;
}>;

/** Undefined where the JSON is no task: a newer server may say things that this version does not know. */
export const taskView = (json: Json | undefined): TaskView | undefined => {
  if (!isJsonObject(json)) return undefined;
  const id = textOf(json, 'task_id');
  const status = TASK_STATUSES.find((known) => known === json.status);
  if (id === undefined || status === undefined) return undefined;
  const progress = isJsonObject(json.progress) ? json.progress : {};
  const details = isJsonObject(json.details) ? json.details : {};
  const failed = Array.isArray(details.failed_resources) ? details.failed_resources : [];
  return {
    id,
    name: textOf(json, 'task_name') ?? id,
    type: textOf(json, 'task_type') ?? '',
    project: textOf(json, 'project_id') ?? '',
    status,
    version: numberOf(json, 'version') ?? 0,
    percentage: numberOf(progress, 'percentage') ?? null,
    current: numberOf(progress, 'current') ?? null,
    total: numberOf(progress, 'total') ?? null,
    failed: failed.filter((name) => typeof name === 'string'),
    stale: json.stale === true,
    updatedAt: timeOf(json, 'updated_at') ?? 0,
    ...optional('phase', textOf(details, 'phase')),
    ...optional('step', textOf(details, 'current_step')),
    ...optional('error', textOf(details, 'error_message')),
    ...optional('createdAt', timeOf(json, 'created_at')),
    ...optional('startedAt', timeOf(json, 'started_at')),
    ...optional('completedAt', timeOf(json, 'completed_at')),
    ...optional('etaSeconds', numberOf(json, 'eta_seconds')),
  };
};

export const tasksIn = (json: Json | undefined): readonly TaskView[] =>
  Array.isArray(json) ? json.map((task) => taskView(task)).filter((task) => task !== undefined) : [];

export const barOfTask = (task: TaskView, now: number): BarTask => ({
  name: task.name,
  status: task.status,
  percentage: task.percentage,
  current: task.current,
  total: task.total,
  phase:
    task.status === 'failed'
      ? (task.error ?? task.failed.join(', ')) || task.phase
      : (task.step ?? task.phase),
  stale: task.stale,
  elapsed:
    task.startedAt === undefined
      ? undefined
      : Math.max(0, ((task.completedAt ?? now) - task.startedAt) / 1000),
  eta: task.etaSeconds,
});

/** What runs comes first, the newest start on top; then what ended last. */
export const byInterest = (a: TaskView, b: TaskView): number => {
  const ended = Number(isTerminal(a.status)) - Number(isTerminal(b.status));
  if (ended !== 0) return ended;
  const moment = (task: TaskView) =>
    (isTerminal(task.status) ? task.completedAt : task.startedAt) ?? task.updatedAt;
  return moment(b) - moment(a) || (a.id < b.id ? -1 : 1);
};

export const textOf = (json: JsonObject, key: string): string | undefined => {
  const value = json[key];
  return typeof value === 'string' ? value : undefined;
};

export const numberOf = (json: JsonObject, key: string): number | undefined => {
  const value = json[key];
  return typeof value === 'number' ? value : undefined;
};

const timeOf = (json: JsonObject, key: string): number | undefined => {
  const at = Date.parse(textOf(json, key) ?? '');
  return Number.isNaN(at) ? undefined : at;
};

const optional = <K extends string, V>(key: K, value: V | undefined): { [P in K]?: V } =>
  (value === undefined ? {} : { [key]: value }) as { [P in K]?: V };
