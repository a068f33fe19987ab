import type { TaskStatus } from '../tasks/status.ts';
import type { StoredTask } from '../tasks/task.ts';

/** The parts of a task that the metrics of its project need. */
export const COUNTED_KINDS = ['active', 'blocked', 'completed', 'failed', 'cancelled'] as const;
export type CountedKind = (typeof COUNTED_KINDS)[number];

/** What the metrics of a project count of one task. `seconds` is its duration, if it has completed. */
export type Counted = Readonly<{ project_id: string; kind: CountedKind; seconds: number }>;

const kindOf = (status: TaskStatus): CountedKind =>
  status === 'pending' || status === 'running' ? 'active' : status;

/** What the metrics should count of a task in its present state. */
export const countedOf = (task: Pick<StoredTask, 'project_id' | 'status' | 'duration_seconds'>): Counted => ({
  project_id: task.project_id,
  kind: kindOf(task.status),
  seconds: task.status === 'completed' ? (task.duration_seconds ?? 0) : 0,
});

export const isSameCount = (a: Counted | undefined, b: Counted | undefined): boolean =>
  a === undefined || b === undefined
    ? a === b
    : a.project_id === b.project_id && a.kind === b.kind && a.seconds === b.seconds;

/** Whether the metrics count of a task what they should. */
export const isCounted = (task: StoredTask): boolean => isSameCount(task.counted, countedOf(task));

/**
 * The bookkeeping of a project's metrics: the whole seconds of their average, and what was counted of tasks that do not
 * record it themselves yet; null for a task that must not be counted any more.
 */
export type Tally = Readonly<{ seconds: number; recent: Readonly<Record<string, Counted | null>> }>;

export const NO_TALLY: Tally = { seconds: 0, recent: {} };
