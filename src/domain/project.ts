import { isTerminal } from './status.ts';
import type { Task } from './task.ts';
import { toIso } from './time.ts';

export const PROJECT_STATUSES = ['active', 'paused', 'completed', 'archived'] as const;
export type ProjectStatus = (typeof PROJECT_STATUSES)[number];

export type ProjectResources = Readonly<{
  github_repo?: string;
  s3_bucket?: string;
  cloudfront_distribution?: string;
  api_endpoint?: string;
}>;

/**
 * `active_tasks` have not ended and are not blocked. `success_rate` is completed ÷ (completed + failed), 0–1, null before
 * the first of them; `avg_completion_time_seconds` is the mean duration of completed tasks, null before the first.
 */
export type ProjectMetrics = Readonly<{
  total_tasks: number;
  active_tasks: number;
  completed_tasks: number;
  failed_tasks: number;
  blocked_tasks: number;
  success_rate: number | null;
  avg_completion_time_seconds: number | null;
  last_updated: string;
}>;

export type Project = Readonly<{
  project_id: string;
  project_name: string;
  description?: string;
  status: ProjectStatus;
  owner: string;
  account_id?: string;
  resources: ProjectResources;
  metrics: ProjectMetrics;
  version: number;
  created_at: string;
  updated_at: string;
}>;

export type NewProject = Readonly<{
  project_id?: string | undefined;
  project_name: string;
  description?: string | undefined;
  status?: ProjectStatus | undefined;
  owner?: string | undefined;
  account_id?: string | undefined;
  resources?: ProjectResources | undefined;
}>;

export const createProject = (input: NewProject, context: Readonly<{ id: string; now: number }>): Project => {
  const now = toIso(context.now);
  return {
    project_id: context.id,
    project_name: input.project_name,
    ...(input.description === undefined ? {} : { description: input.description }),
    status: input.status ?? 'active',
    owner: input.owner ?? '',
    ...(input.account_id === undefined ? {} : { account_id: input.account_id }),
    resources: input.resources ?? {},
    metrics: metricsOf([], context.now),
    version: 1,
    created_at: now,
    updated_at: now,
  };
};

/** What a client may change of a project, as a merge patch (RFC 7396). */
export type ProjectPatch = Readonly<{
  project_name?: string;
  description?: string | null;
  status?: ProjectStatus;
  owner?: string;
  account_id?: string | null;
  resources?: Readonly<{ [K in keyof ProjectResources]?: ProjectResources[K] | null }> | null;
}>;

/** A project after a patch, one version on; undefined where the patch changes nothing. */
export const patchProject = (project: Project, patch: ProjectPatch, now: number): Project | undefined => {
  const { description, account_id, resources, ...plain } = patch;
  const { description: _description, account_id: _account, ...rest } = project;
  const edited: Project = {
    ...rest,
    ...plain,
    ...optional('description', description, project.description),
    ...optional('account_id', account_id, project.account_id),
    resources:
      resources === undefined
        ? project.resources
        : Object.fromEntries(
            Object.entries({ ...(resources === null ? {} : project.resources), ...resources }).filter(
              ([, value]) => value !== null,
            ),
          ),
  };
  const changed = (Object.keys(patch) as (keyof ProjectPatch)[]).some(
    (key) => JSON.stringify(edited[key]) !== JSON.stringify(project[key]),
  );
  return changed ? { ...edited, version: project.version + 1, updated_at: toIso(now) } : undefined;
};

const optional = <K extends string>(
  key: K,
  patch: string | null | undefined,
  value: string | undefined,
): { [P in K]?: string } => {
  const next = patch === undefined ? value : patch;
  return (next === undefined || next === null ? {} : { [key]: next }) as { [P in K]?: string };
};

/** What the metrics need of a task: a small part, so that a recount need not read whole tasks. */
export type Counted = Pick<Task, 'status'> & Readonly<{ duration_seconds?: number | undefined }>;

export const metricsOf = (tasks: Iterable<Counted>, now: number): ProjectMetrics => {
  let total = 0;
  let active = 0;
  let completed = 0;
  let failed = 0;
  let blocked = 0;
  let seconds = 0;
  for (const task of tasks) {
    total += 1;
    if (task.status === 'blocked') blocked += 1;
    else if (!isTerminal(task.status)) active += 1;
    if (task.status === 'failed') failed += 1;
    if (task.status === 'completed') {
      completed += 1;
      seconds += task.duration_seconds ?? 0;
    }
  }
  return {
    total_tasks: total,
    active_tasks: active,
    completed_tasks: completed,
    failed_tasks: failed,
    blocked_tasks: blocked,
    success_rate: completed + failed === 0 ? null : completed / (completed + failed),
    avg_completion_time_seconds: completed === 0 ? null : seconds / completed,
    last_updated: toIso(now),
  };
};

/** A task before and after one write: no `before` where it was created, no `after` where it was deleted. */
export type MetricsChange = Readonly<{ before?: Counted | undefined; after?: Counted | undefined }>;

/** A project whose metrics take these changes in, one version on. */
export const countChanges = (project: Project, changes: readonly MetricsChange[], now: number): Project => {
  const removed = metricsOf(
    changes.flatMap(({ before }) => before ?? []),
    now,
  );
  const added = metricsOf(
    changes.flatMap(({ after }) => after ?? []),
    now,
  );
  const was = project.metrics;
  const moved = (count: CountName) => Math.max(0, was[count] - removed[count] + added[count]);
  const completed = moved('completed_tasks');
  const failed = moved('failed_tasks');
  const seconds = secondsOf(was) - secondsOf(removed) + secondsOf(added);
  return {
    ...project,
    metrics: {
      total_tasks: moved('total_tasks'),
      active_tasks: moved('active_tasks'),
      completed_tasks: completed,
      failed_tasks: failed,
      blocked_tasks: moved('blocked_tasks'),
      success_rate: completed + failed === 0 ? null : completed / (completed + failed),
      avg_completion_time_seconds: completed === 0 ? null : Math.max(0, seconds / completed),
      last_updated: toIso(now),
    },
    version: project.version + 1,
    updated_at: toIso(now),
  };
};

type CountName = 'total_tasks' | 'active_tasks' | 'completed_tasks' | 'failed_tasks' | 'blocked_tasks';

const secondsOf = (metrics: ProjectMetrics): number =>
  (metrics.avg_completion_time_seconds ?? 0) * metrics.completed_tasks;
