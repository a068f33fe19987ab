import { defined } from '../defined.ts';
import type { StoredTask } from '../tasks/task.ts';
import { toIso } from '../time.ts';
import type { UnknownFields } from '../unknown-fields.ts';
import { type Counted, type CountedKind, countedOf, isSameCount, NO_TALLY, type Tally } from './metrics.ts';

export const PROJECT_STATUSES = ['active', 'paused', 'completed', 'archived'] as const;
export type ProjectStatus = (typeof PROJECT_STATUSES)[number];

export type ProjectResources = Readonly<{
  github_repo?: string;
  s3_bucket?: string;
  cloudfront_distribution?: string;
  api_endpoint?: string;
}>;

/**
 * `active_tasks` have not ended and are not blocked. `success_rate` is completed ÷ (completed + failed), 0–1;
 * `avg_completion_time_seconds` is the mean duration of completed tasks. Both are null before the first such task.
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

type ProjectFields = Readonly<{
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

/** What the stores keep with a project and the API never returns. */
export type ProjectBookkeeping = Readonly<{
  /** The sums of the metrics. */
  tally?: Tally;
  /**
   * The project may have webhooks. Counting its tasks reads the project anyway; without this field it does not read
   * webhooks.
   */
  has_webhooks?: true;
  unknown?: UnknownFields;
}>;

/** A project as the stores keep it. */
export type StoredProject = ProjectFields & ProjectBookkeeping;

/**
 * A project as the API answers it. The compiler does not accept a `StoredProject` here: `publicProject` converts it.
 */
export type Project = ProjectFields & Readonly<{ [K in keyof ProjectBookkeeping]?: never }>;

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
    ...defined({ description: input.description }),
    status: input.status ?? 'active',
    owner: input.owner ?? '',
    ...defined({ account_id: input.account_id }),
    resources: input.resources ?? {},
    metrics: metricsOf([], context.now),
    version: 1,
    created_at: now,
    updated_at: now,
  };
};

/** A project that a task names and that is not stored, before its first version. */
export const emptyProject = (projectId: string, now: number): Project => ({
  ...createProject({ project_name: projectId }, { id: projectId, now }),
  version: 0,
});

/** What a client may change of a project, as a merge patch (RFC 7396). */
export type ProjectPatch = Readonly<{
  project_name?: string;
  description?: string | null;
  status?: ProjectStatus;
  owner?: string;
  account_id?: string | null;
  resources?: Readonly<{ [K in keyof ProjectResources]?: ProjectResources[K] | null }> | null;
}>;

/** A project after a patch, with the next version; undefined if the patch changes nothing. */
export const patchProject = (
  project: StoredProject,
  patch: ProjectPatch,
  now: number,
): StoredProject | undefined => {
  const { description, account_id, resources, ...plain } = patch;
  const { description: _description, account_id: _account, ...rest } = project;
  const edited: StoredProject = {
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
  // A computed key widens to string.
  return (next === undefined || next === null ? {} : { [key]: next }) as { [P in K]?: string };
};

/** A project as the API answers it, without its bookkeeping. The only conversion from one type to the other. */
export const publicProject = (project: StoredProject): Project => {
  const { tally: _tally, has_webhooks: _webhooks, unknown: _unknown, ...fields } = project;
  return fields;
};

/** The metrics of these tasks, counted from scratch. */
export const metricsOf = (
  tasks: Iterable<Pick<StoredTask, 'project_id' | 'status' | 'duration_seconds'>>,
  now: number,
): ProjectMetrics => {
  let counts = NO_COUNTS;
  for (const task of tasks) counts = moved(counts, countedOf(task), 1);
  return metricsFrom(counts, now);
};

/**
 * What to count: the tasks with these ids, and those of these notes of the project. `stored` has all of them as they
 * are now; a missing task was removed. Tasks in `removing` are about to be removed and count no more.
 */
export type Recount = Readonly<{
  taskIds: readonly string[];
  noteIds: readonly string[];
  stored: ReadonlyMap<string, StoredTask>;
  removing: ReadonlySet<string>;
}>;

/** A project that counts these tasks as they are, with the next version; undefined if there is nothing to write. */
export const recount = (
  project: StoredProject,
  { taskIds, noteIds, stored, removing }: Recount,
  now: number,
): StoredProject | undefined => {
  const { seconds, recent } = project.tally ?? NO_TALLY;
  const notes = new Map(Object.entries(recent));
  let counts = countsOf(project.metrics, seconds);
  let changed = false;
  for (const taskId of new Set([...taskIds, ...noteIds])) {
    const task = stored.get(taskId);
    const noted = notes.get(taskId);
    const own = task?.counted?.project_id === project.project_id ? task.counted : undefined;
    const held = noted === undefined ? own : (noted ?? undefined);
    const isOurs = task !== undefined && task.project_id === project.project_id && !removing.has(taskId);
    // The note of a task that is not counted now stays as it is, unless the task was removed.
    const wanted = isOurs ? (taskIds.includes(taskId) ? countedOf(task) : held) : undefined;
    if (!isSameCount(held, wanted)) {
      if (held !== undefined) counts = moved(counts, held, -1);
      if (wanted !== undefined) counts = moved(counts, wanted, 1);
      changed = true;
    }
    // A task that is about to be removed keeps a note: if it is removed after all, the note says what to subtract.
    const needsNote = !isSameCount(wanted, own) || (noted === null && wanted !== undefined);
    if (needsNote && !(noted !== undefined && isSameCount(noted ?? undefined, wanted))) changed = true;
    if (!needsNote && noted !== undefined) changed = true;
    if (needsNote) notes.set(taskId, wanted ?? null);
    else notes.delete(taskId);
  }
  if (!changed) return undefined;
  return {
    ...project,
    metrics: metricsFrom(counts, now),
    tally: { seconds: counts.seconds, recent: Object.fromEntries(notes) },
    version: project.version + 1,
    updated_at: toIso(now),
  };
};

/**
 * A project that counts a task as it is, and the task that records it, to be written together: so no note is needed, and
 * an earlier one goes. No project if there is nothing to write of it. The task must not be counted by another project.
 */
export const countTogether = (
  project: StoredProject,
  task: StoredTask,
  now: number,
): Readonly<{ project?: StoredProject; task: StoredTask }> => {
  const { seconds, recent } = project.tally ?? NO_TALLY;
  const { task_id } = task;
  const note = Object.hasOwn(recent, task_id) ? recent[task_id] : undefined;
  const held = note === undefined ? task.counted : (note ?? undefined);
  const wanted = countedOf(task);
  const counted = isSameCount(task.counted, wanted) ? task : { ...task, counted: wanted };
  if (note === undefined && isSameCount(held, wanted)) return { task: counted };
  let counts = countsOf(project.metrics, seconds);
  if (held !== undefined) counts = moved(counts, held, -1);
  counts = moved(counts, wanted, 1);
  return {
    task: counted,
    project: {
      ...project,
      metrics: metricsFrom(counts, now),
      tally: { seconds: counts.seconds, recent: note === undefined ? recent : without(recent, task_id) },
      version: project.version + 1,
      updated_at: toIso(now),
    },
  };
};

const without = (notes: Tally['recent'], taskId: string): Tally['recent'] =>
  Object.fromEntries(Object.entries(notes).filter(([id]) => id !== taskId));

type Counts = Readonly<Record<Counted['kind'] | 'seconds', number>>;

const NO_COUNTS: Counts = { active: 0, blocked: 0, completed: 0, failed: 0, cancelled: 0, seconds: 0 };

const moved = (counts: Counts, { kind, seconds }: Counted, by: 1 | -1): Counts => ({
  ...counts,
  [kind]: counts[kind] + by,
  seconds: counts.seconds + by * seconds,
});

/** How many tasks of each kind a project has. Its metrics leave out the cancelled ones, which are the rest. */
export const tasksByKind = (metrics: ProjectMetrics): Readonly<Record<CountedKind, number>> => {
  const { total_tasks, active_tasks, blocked_tasks, completed_tasks, failed_tasks } = metrics;
  return {
    active: active_tasks,
    blocked: blocked_tasks,
    completed: completed_tasks,
    failed: failed_tasks,
    cancelled: total_tasks - active_tasks - blocked_tasks - completed_tasks - failed_tasks,
  };
};

const countsOf = (metrics: ProjectMetrics, seconds: number): Counts => ({ ...tasksByKind(metrics), seconds });

const metricsFrom = (counts: Counts, now: number): ProjectMetrics => {
  const { active, blocked, completed, failed, cancelled, seconds } = counts;
  return {
    total_tasks: active + blocked + completed + failed + cancelled,
    active_tasks: active,
    completed_tasks: completed,
    failed_tasks: failed,
    blocked_tasks: blocked,
    success_rate: completed + failed === 0 ? null : completed / (completed + failed),
    avg_completion_time_seconds: completed === 0 ? null : seconds / completed,
    last_updated: toIso(now),
  };
};
