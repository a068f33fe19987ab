import type { ProjectMetrics } from './projects/project.ts';
import type { Outcome } from './tasks/details.ts';
import { isTerminal, type TaskStatus } from './tasks/status.ts';

export const BADGE_KINDS = ['task', 'project'] as const;
export type BadgeKind = (typeof BADGE_KINDS)[number];

/** `badge` is one line of 20 pixels; `bar` is wider, with a progress bar below the text. */
export const BADGE_STYLES = ['badge', 'bar'] as const;
export type BadgeStyle = (typeof BADGE_STYLES)[number];

/** The subject of a badge. */
export type BadgeSubject = Readonly<{ kind: BadgeKind; id: string }>;

/** What the colour of a badge stands for. */
export type BadgeTone = 'active' | 'waiting' | 'good' | 'bad' | 'neutral';

/** What a badge shows. `percentage` is an integer 0–100, null while unknown; `isOpen`: the work has not ended. */
export type Badge = Readonly<{
  label: string;
  message: string;
  tone: BadgeTone;
  percentage: number | null;
  isOpen: boolean;
}>;

/** The fields of a task that its badge needs. */
export type BadgeTask = Readonly<{
  task_name: string;
  status: TaskStatus;
  stale: boolean;
  progress: Readonly<{ percentage: number | null }>;
  details: Readonly<{ outcome?: Outcome | undefined }>;
}>;

export const taskBadge = (task: BadgeTask): Badge => {
  const { task_name: label, status, progress } = task;
  // A completed task is done, whether its steps were counted or not.
  const percentage = status === 'completed' ? 100 : progress.percentage;
  return { label, ...stateOf(task), percentage, isOpen: !isTerminal(status) };
};

const stateOf = (task: BadgeTask): Pick<Badge, 'message' | 'tone'> => {
  const { status, stale, progress, details } = task;
  switch (status) {
    case 'pending':
      return { message: stale ? 'overdue' : 'pending', tone: stale ? 'waiting' : 'neutral' };
    case 'running': {
      const done = progress.percentage === null ? undefined : `${progress.percentage}%`;
      if (!stale) return { message: done ?? 'running', tone: 'active' };
      return { message: done === undefined ? 'stale' : `stale at ${done}`, tone: 'waiting' };
    }
    case 'blocked':
      return { message: 'blocked', tone: 'waiting' };
    case 'completed':
      // A job that is expected again goes stale after its end.
      if (stale) return { message: 'overdue', tone: 'waiting' };
      return { message: details.outcome === 'no_changes' ? 'no changes' : 'completed', tone: 'good' };
    case 'failed':
      return { message: failureOf(details.outcome), tone: 'bad' };
    case 'cancelled':
      return { message: 'cancelled', tone: 'neutral' };
    default:
      throw new Error(`No such status: ${status satisfies never}`);
  }
};

const failureOf = (outcome: Outcome | undefined): string =>
  outcome === 'rolled_back' || outcome === 'rollback_failed' || outcome === 'lost'
    ? outcome.replace('_', ' ')
    : 'failed';

/**
 * The badge of a project: how many tasks are open, or how the newest one is doing if no more than one is. `newest` is the
 * task that changed last. Failures are not counted: their number only grows, so the badge would stay red for ever.
 */
export const projectBadge = (
  label: string,
  { active_tasks: active, blocked_tasks: blocked }: Pick<ProjectMetrics, 'active_tasks' | 'blocked_tasks'>,
  newest: BadgeTask | undefined,
): Badge => {
  const open = active + blocked;
  const shown = newest === undefined ? undefined : taskBadge(newest);
  if (shown !== undefined && (open === 0 || (open === 1 && shown.isOpen))) return { ...shown, label };
  if (open === 0) return { label, message: 'no tasks', tone: 'neutral', percentage: null, isOpen: false };
  const counts = [active > 0 ? `${active} active` : '', blocked > 0 ? `${blocked} blocked` : ''];
  return {
    label,
    message: counts.filter((text) => text !== '').join(', '),
    tone: active > 0 ? 'active' : 'waiting',
    percentage: null,
    isOpen: true,
  };
};
