import { isTask } from '../../client/index.ts';
import { isTerminal, TASK_STATUSES, type TaskStatus } from '../../domain/tasks/status.ts';
import type { BarTask } from './bars.ts';

/** The fields of a task that the tables show. Times are epoch milliseconds. */
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
  failedSteps?: number | undefined;
  skippedSteps?: number | undefined;
  phase?: string | undefined;
  step?: string | undefined;
  error?: string | undefined;
  failed: readonly string[];
  stale: boolean;
  createdAt?: number | undefined;
  updatedAt: number;
  startedAt?: number | undefined;
  completedAt?: number | undefined;
  etaSeconds?: number | undefined;
}>;

/** Undefined if this version cannot show it: a newer server may have more statuses. */
export const taskView = (task: unknown): TaskView | undefined => {
  if (!isTask(task) || !TASK_STATUSES.includes(task.status)) return undefined;
  const { progress, details } = task;
  return {
    id: task.task_id,
    name: task.task_name,
    type: task.task_type,
    project: task.project_id,
    status: task.status,
    version: task.version,
    current: progress.current,
    total: progress.total,
    percentage: progress.percentage,
    failedSteps: progress.failed,
    skippedSteps: progress.skipped,
    failed: details.failed_resources ?? [],
    stale: task.stale,
    createdAt: timeOf(task.created_at),
    updatedAt: timeOf(task.updated_at) ?? 0,
    startedAt: timeOf(task.started_at),
    completedAt: timeOf(task.completed_at),
    phase: details.phase,
    step: details.current_step,
    error: details.error_message,
    etaSeconds: task.eta_seconds,
  };
};

export const tasksIn = (tasks: readonly unknown[]): readonly TaskView[] =>
  tasks.map(taskView).filter((task) => task !== undefined);

const timeOf = (text: string | undefined): number | undefined => {
  const at = Date.parse(text ?? '');
  return Number.isNaN(at) ? undefined : at;
};

export const barOfTask = (task: TaskView, now: number): BarTask => ({
  name: task.name,
  status: task.status,
  percentage: task.percentage,
  current: task.current,
  total: task.total,
  failed: task.failedSteps,
  skipped: task.skippedSteps,
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

/** Running tasks come first, newest start on top; then the latest to end. */
export const byInterest = (a: TaskView, b: TaskView): number => {
  const ended = Number(isTerminal(a.status)) - Number(isTerminal(b.status));
  if (ended !== 0) return ended;
  const moment = (task: TaskView) =>
    (isTerminal(task.status) ? task.completedAt : task.startedAt) ?? task.updatedAt;
  return moment(b) - moment(a) || (a.id < b.id ? -1 : 1);
};
