// Over 300 lines: every transition of a task.

import { defined } from '../defined.ts';
import { MiyabiError } from '../errors.ts';
import { isJsonObject, isSameJson, type JsonObject } from '../json.ts';
import type { Observation } from '../logs/format.ts';
import type { Counted } from '../projects/metrics.ts';
import { fromIso, toIso } from '../time.ts';
import type { UnknownFields } from '../unknown-fields.ts';
import type { Outcome, TaskDetails } from './details.ts';
import { type RateStart, rateStartOf } from './eta.ts';
import type { TaskEvent } from './events.ts';
import {
  type Counter,
  changedFailure,
  type HistoryPoint,
  type PartialFailure,
  type Progress,
  partialFailure,
  progressOf,
} from './progress.ts';
import type { Cadence, RunFacts } from './run.ts';
import { isTerminal, type TaskStatus } from './status.ts';

export const PRIORITIES = ['P0', 'P1', 'P2', 'P3'] as const;
export type Priority = (typeof PRIORITIES)[number];

export type GithubLinks = Readonly<{
  issue_number?: number;
  issue_url?: string;
  pr_number?: number;
  pr_url?: string;
}>;

/**
 * One piece of long-running work, as the API answers it.
 *
 * Times are ISO 8601 in UTC with milliseconds; `version` counts the writes from 1; `attempt` counts from 1 and goes up
 * when a client reopens the task, or when its log says that it runs again; `reported_at` is when a client last set
 * status or progress; `last_event_at` is the time of its newest log event, to half a minute. `eta_seconds` counts from
 * `updated_at`. `stale`: a running task has been silent for longer than its usual gap between updates allows.
 */
type TaskFields = Readonly<{
  task_id: string;
  task_name: string;
  task_type: string;
  description?: string;
  project_id: string;
  /** The task of which this one is a part. */
  parent_id?: string;
  status: TaskStatus;
  priority: Priority;
  progress: Progress;
  /** `parts`: status and progress are computed from its parts, until they are reported for the task itself. */
  progress_from?: 'parts';
  details: TaskDetails;
  labels: Readonly<Record<string, string>>;
  metadata: JsonObject;
  github?: GithubLinks;
  /** The process that this task stands for. */
  run?: RunFacts;
  /** A sign of life is expected so often while it runs; without one it goes stale, and later it is lost. */
  heartbeat?: Cadence;
  /** How often it is expected to start. It goes stale if it does not. */
  expect?: Cadence;
  attempt: number;
  version: number;
  created_at: string;
  updated_at: string;
  started_at?: string;
  completed_at?: string;
  duration_seconds?: number;
  eta_seconds?: number;
  stale: boolean;
  reported_at?: string;
  last_event_at?: string;
}>;

/** What the stores keep with a task and the API never returns. */
export type TaskBookkeeping = Readonly<{
  /** What the metrics of its project count of it. */
  counted?: Counted;
  /** Events that are not in the outbox of the webhooks yet, oldest first. */
  pendingEvents?: readonly TaskEvent[];
  /** The base of the rate for the estimate of a running attempt. */
  rateFrom?: RateStart;
  /** How many of its attempts were begun by its log since a client last reopened it. */
  retries?: number;
  /** Of a run: the one thing that its output is about, whose progress the run has. */
  output?: Observation;
  unknown?: UnknownFields;
}>;

/** A task as the stores keep it. */
export type StoredTask = TaskFields & TaskBookkeeping;

/** A task as the API answers it. The compiler does not accept a `StoredTask` here: `publicTask` converts it. */
export type Task = TaskFields & Readonly<{ [K in keyof TaskBookkeeping]?: never }>;

/** The most labels of a task. */
export const MAX_LABELS = 50;

/** The largest metadata, in characters of JSON: the whole task must fit an item of DynamoDB. */
export const MAX_METADATA = 65_536;

export const DEFAULT_PROJECT_ID = 'default';
const DEFAULT_TASK_NAME = 'Untitled';
const DEFAULT_TASK_TYPE = 'agent_execution';

/** The input for a new task; every field has a default. */
export type NewTask = Readonly<{
  task_id?: string | undefined;
  task_name?: string | undefined;
  task_type?: string | undefined;
  description?: string | undefined;
  project_id?: string | undefined;
  parent_id?: string | undefined;
  status?: TaskStatus | undefined;
  priority?: Priority | undefined;
  progress?:
    | Readonly<{
        current?: number | undefined;
        total?: number | null | undefined;
        failed?: number | undefined;
        skipped?: number | undefined;
      }>
    | undefined;
  details?: TaskDetails | undefined;
  labels?: Readonly<Record<string, string>> | undefined;
  metadata?: JsonObject | undefined;
  github?: GithubLinks | undefined;
  run?: RunFacts | undefined;
  heartbeat?: Cadence | undefined;
  expect?: Cadence | undefined;
  /** When it started, in epoch milliseconds, if that was before now: an outage may have kept the news. */
  started_at?: number | undefined;
}>;

/** A change of a task and the new point of its history, if any. */
export type TaskChange = Readonly<{ task: StoredTask; point?: HistoryPoint }>;

export const createTask = (input: NewTask, context: Readonly<{ id: string; now: number }>): TaskChange => {
  const now = toIso(context.now);
  const started = toIso(Math.min(context.now, input.started_at ?? context.now));
  const status = input.status ?? 'pending';
  const counter = {
    current: input.progress?.current ?? 0,
    total: input.progress?.total ?? null,
    ...partialFailure(input.progress ?? {}),
  };
  const task: StoredTask = {
    task_id: context.id,
    task_name: input.task_name ?? DEFAULT_TASK_NAME,
    task_type: input.task_type ?? DEFAULT_TASK_TYPE,
    ...defined({ description: input.description }),
    project_id: input.project_id ?? DEFAULT_PROJECT_ID,
    ...keep('parent_id', input.parent_id),
    status,
    priority: input.priority ?? 'P2',
    progress: progressOf(counter, status),
    details: input.details ?? {},
    labels: input.labels ?? {},
    metadata: input.metadata ?? {},
    ...defined({ github: input.github }),
    ...keep('run', input.run),
    ...keep('heartbeat', input.heartbeat),
    ...keep('expect', input.expect),
    attempt: 1,
    version: 1,
    created_at: now,
    updated_at: now,
    ...(status === 'running' || isTerminal(status) ? { started_at: started } : {}),
    ...(isTerminal(status)
      ? { completed_at: now, duration_seconds: Math.round((context.now - fromIso(started)) / 1_000) }
      : {}),
    stale: false,
    reported_at: now,
  };
  const point = pointOf(task, task.started_at ?? now);
  return { task: { ...task, ...keep('rateFrom', rateStartOf(undefined, [point])) }, point };
};

/** A client's report of progress. `timestamp` is epoch milliseconds, by default now. */
export type ProgressReport = Readonly<{
  current?: number | undefined;
  total?: number | null | undefined;
  failed?: number | null | undefined;
  skipped?: number | null | undefined;
  status?: TaskStatus | undefined;
  phase?: string | undefined;
  message?: string | undefined;
  timestamp?: number | undefined;
  exit_code?: number | undefined;
  signal?: string | undefined;
  /** The cause, unless the task's own log has one. */
  error_message?: string | undefined;
}>;

/**
 * A task after a report. Without a status, a count that reaches its total completes the task, as in the first design; a
 * pending task starts with its first report.
 *
 * @throws MiyabiError `invalid_transition` where the task has ended: reopen it first.
 */
export const reportProgress = (task: StoredTask, report: ProgressReport, now: number): TaskChange => {
  if (hasEnded(task)) {
    throw new MiyabiError('invalid_transition', `Task ${task.task_id} is ${task.status}; reopen it first`);
  }
  const at = report.timestamp ?? now;
  const counter = {
    current: report.current ?? task.progress.current,
    total: report.total === undefined ? task.progress.total : report.total,
    ...changedFailure(task.progress, report),
  };
  const status = report.status ?? (isFull(counter) && report.current !== undefined ? 'completed' : 'running');
  const { progress_from: _from, ...own } = task;
  const { details: known } = revived(task);
  const details: TaskDetails = {
    ...known,
    ...keep('phase', report.phase),
    ...keep('exit_code', report.exit_code),
    ...keep('signal', report.signal),
    ...keep('error_message', known.error_message ?? report.error_message),
  };
  const changed = withTimes(
    {
      ...own,
      status,
      progress: progressOf(counter, status),
      details: task.run === undefined ? details : detailsOfEnd(details, status),
      stale: false,
      reported_at: toIso(now),
    },
    { at },
  );
  const next = { ...changed, version: task.version + 1, updated_at: toIso(now) };
  return { task: next, point: pointOf(next, toIso(at), report.message) };
};

/** Whether only reopening continues it. A task that seemed lost may still report. */
export const hasEnded = ({ status, details }: Pick<StoredTask, 'status' | 'details'>): boolean =>
  isTerminal(status) && details.outcome !== 'lost';

/** A task that was taken for lost as it was before; any other as it is. */
export const revived = (task: StoredTask): StoredTask => {
  if (task.details.outcome !== 'lost') return task;
  const { outcome: _outcome, error_message: _message, ...details } = task.details;
  return {
    ...task,
    status: 'running',
    details: { ...details, ...keep('error_message', task.output?.details.error_message) },
  };
};

const FITTING_OUTCOMES: Readonly<Partial<Record<TaskStatus, readonly Outcome[]>>> = {
  completed: ['completed', 'no_changes'],
  failed: ['failed', 'rolled_back', 'rollback_failed'],
};

/** What the output said holds as far as it agrees with how the process ended. */
const detailsOfEnd = (details: TaskDetails, status: TaskStatus): TaskDetails => {
  if (!isTerminal(status)) return details;
  const { outcome, error_message, ...rest } = details;
  const fits = outcome !== undefined && FITTING_OUTCOMES[status]?.includes(outcome) === true;
  return {
    ...rest,
    ...(fits ? { outcome } : {}),
    ...(status === 'completed' ? {} : keep('error_message', error_message)),
  };
};

const isFull = ({ current, total }: Counter): boolean =>
  current !== null && total !== null && total > 0 && current >= total;

/** A patch of an object: fields that are left out stay, null removes a field. */
type Patch<T> = Readonly<{ [K in keyof T]?: T[K] | null }>;

/** What a client may change of a task, as a merge patch (RFC 7396). */
export type TaskPatch = Readonly<{
  task_name?: string;
  task_type?: string;
  description?: string | null;
  project_id?: string;
  status?: TaskStatus;
  priority?: Priority;
  progress?: Readonly<{
    current?: number | undefined;
    total?: number | null | undefined;
    failed?: number | null | undefined;
    skipped?: number | null | undefined;
  }>;
  details?: Patch<TaskDetails> | null;
  labels?: Readonly<Record<string, string | null>> | null;
  metadata?: JsonObject | null;
  github?: Patch<GithubLinks> | null;
  run?: RunFacts | null;
  heartbeat?: Cadence | null;
  expect?: Cadence | null;
}>;

/**
 * A task after a patch; undefined if the patch changes nothing.
 *
 * @throws MiyabiError `invalid_transition` where it would change the status or progress of an ended task: reopen it
 * first.
 */
export const patchTask = (task: StoredTask, patch: TaskPatch, now: number): TaskChange | undefined => {
  const counter = {
    current: patch.progress?.current ?? task.progress.current,
    total: patch.progress?.total === undefined ? task.progress.total : patch.progress.total,
    ...changedFailure(task.progress, patch.progress),
  };
  const status = patch.status ?? task.status;
  const hasProgressed =
    status !== task.status ||
    counter.current !== task.progress.current ||
    counter.total !== task.progress.total ||
    !sameFailure(counter, task.progress);
  if (hasProgressed && isTerminal(task.status)) {
    throw new MiyabiError(
      'invalid_transition',
      `Task ${task.task_id} is ${task.status}; reopen it before changing its status or progress`,
    );
  }
  const { description: _description, github: _github, run, heartbeat, expect, ...rest } = task;
  const github = merged(task.github ?? {}, patch.github);
  const edited: StoredTask = {
    ...rest,
    task_name: patch.task_name ?? task.task_name,
    task_type: patch.task_type ?? task.task_type,
    ...keep('description', patch.description === null ? undefined : (patch.description ?? task.description)),
    project_id: patch.project_id ?? task.project_id,
    status,
    priority: patch.priority ?? task.priority,
    progress: progressOf(counter, status),
    details: merged(task.details, patch.details),
    labels: merged(task.labels, patch.labels),
    metadata: patch.metadata === undefined ? task.metadata : mergedJson(task.metadata, patch.metadata),
    ...keep('github', Object.keys(github).length === 0 ? undefined : github),
    ...keep('run', patched(run, patch.run)),
    ...keep('heartbeat', patched(heartbeat, patch.heartbeat)),
    ...keep('expect', patched(expect, patch.expect)),
  };
  if (sameButVersion(task, edited)) return undefined;
  const at = toIso(now);
  const next = { ...edited, version: task.version + 1, updated_at: at };
  if (!hasProgressed) return { task: next };
  const { progress_from: _from, ...own } = next;
  const moved = withTimes({ ...own, stale: false, reported_at: at }, { at: now });
  return { task: moved, point: pointOf(moved, at) };
};

/**
 * Cancels a task that will not be finished. Undefined if it is cancelled already. @throws MiyabiError
 * `invalid_transition`
 */
export const cancelTask = (
  task: StoredTask,
  message: string | undefined,
  now: number,
): TaskChange | undefined =>
  task.status === 'cancelled' ? undefined : reportProgress(task, { status: 'cancelled', message }, now);

/**
 * Reopens an ended task as its next attempt: the counter and the fields of its end are reset, the others stay.
 *
 * @throws MiyabiError `invalid_transition` where it has not ended.
 */
export const reopenTask = (
  task: StoredTask,
  {
    status = 'pending',
    message,
  }: Readonly<{ status?: 'pending' | 'running' | undefined; message?: string | undefined }>,
  now: number,
): TaskChange => {
  if (!isTerminal(task.status)) {
    throw new MiyabiError(
      'invalid_transition',
      `Task ${task.task_id} is ${task.status}; only one that has ended can be reopened`,
    );
  }
  const {
    started_at: _started,
    progress_from: _from,
    rateFrom: _rate,
    retries: _retries,
    output: _output,
    ...rest
  } = task;
  const { operation } = task.details;
  const at = toIso(now);
  const next = withTimes(
    {
      ...rest,
      status,
      progress: progressOf({ current: 0, total: task.progress.total }, status),
      details: { ...placeOf(task.details), ...keep('operation', operation) },
      attempt: task.attempt + 1,
      version: task.version + 1,
      updated_at: at,
      stale: false,
      reported_at: at,
    },
    { at: now },
  );
  return { task: next, point: pointOf(next, at, message) };
};

const sameFailure = (a: PartialFailure, b: PartialFailure): boolean =>
  a.failed === b.failed && a.skipped === b.skipped;

const merged = <T extends object>(value: T, patch: Patch<T> | null | undefined): T => {
  if (patch === undefined) return value;
  const fields = Object.entries({ ...(patch === null ? {} : value), ...patch });
  // `Object.fromEntries` forgets the names of the keys.
  return Object.fromEntries(fields.filter(([, inner]) => inner !== null)) as T;
};

const patched = <T>(value: T | undefined, patch: T | null | undefined): T | undefined =>
  patch === undefined ? value : (patch ?? undefined);

const mergedJson = (value: JsonObject, patch: JsonObject | null): JsonObject => {
  const result = new Map(patch === null ? [] : Object.entries(value));
  for (const [key, inner] of Object.entries(patch ?? {})) {
    if (inner === null) result.delete(key);
    else if (isJsonObject(inner)) {
      const before = result.get(key);
      result.set(key, mergedJson(isJsonObject(before) ? before : {}, inner));
    } else result.set(key, inner);
  }
  return Object.fromEntries(result);
};

/**
 * A task after an observation of its log. The log decides name, status, counter and details; what people set (project,
 * priority, labels, description, links) stays. After an end that a client declared, the log changes nothing; after one
 * that the log reported, only a new attempt does if a client has reported on the task. A client's report holds until
 * the log has something newer.
 *
 * Undefined if the observation changes nothing.
 */
export const applyObservation = (
  task: StoredTask,
  seen: Observation,
  now: number,
): StoredTask | undefined => {
  // Closed with its parent: what its log says next is news only if it says how it ended.
  if (task.details.outcome === 'parent_ended' && !isTerminal(seen.status)) return undefined;
  const reported = task.reported_at === undefined ? undefined : fromIso(task.reported_at);
  const begun = (seen.retries ?? 0) - (task.retries ?? 0);
  const goesOn = !isTerminal(task.status) || (begun > 0 && !isEndedByClient(task));
  if (reported !== undefined && (!goesOn || seen.last_at <= reported)) return undefined;
  const {
    completed_at: _completed,
    duration_seconds: _duration,
    started_at: _started,
    progress_from: _from,
    rateFrom,
    retries: _retries,
    ...rest
  } = task;
  const next = withTimes(
    {
      ...rest,
      attempt: task.attempt + begun,
      ...keep('retries', seen.retries),
      ...(begun === 0 ? keep('rateFrom', rateFrom) : {}),
      // If the log has no name, a name that was given stays.
      task_name: seen.task_name === '' ? task.task_name : seen.task_name,
      ...defined({ description: seen.description }),
      status: seen.status,
      progress: progressOf(seen, seen.status),
      details: { ...placeOf(task.details), ...seen.details },
      metadata: seen.metadata === undefined ? task.metadata : { ...task.metadata, ...seen.metadata },
      ...(task.reported_at === undefined || begun !== 0 ? {} : keep('started_at', task.started_at)),
      stale: false,
      last_event_at: toIso(seen.last_at),
    },
    { at: seen.ended_at ?? seen.last_at, startedAt: seen.started_at },
  );
  if (sameButVersion(task, next) && !isSignOfLife(task, seen)) return undefined;
  return { ...next, version: task.version + 1, updated_at: toIso(now) };
};

const isEndedByClient = ({ completed_at, reported_at }: StoredTask): boolean =>
  reported_at !== undefined && completed_at !== undefined && fromIso(completed_at) <= fromIso(reported_at);

/** A running task whose log repeats itself is alive; that is recorded, but not for every line. */
export const isSignOfLife = (task: StoredTask, seen: Observation): boolean =>
  task.status === 'running' && seen.last_at - fromIso(task.last_event_at ?? task.created_at) >= LIFE_SIGN_MS;

const LIFE_SIGN_MS = 30_000;

export const placeOf = ({ log_group, log_stream }: TaskDetails): TaskDetails => ({
  ...keep('log_group', log_group),
  ...keep('log_stream', log_stream),
});

const keep = <K extends string, V>(key: K, value: V | undefined): { [P in K]?: V } =>
  // A computed key widens to string.
  (value === undefined ? {} : { [key]: value }) as { [P in K]?: V };

/** A task that was created from a log. */
export const taskFromObservation = (
  seen: Observation,
  context: Readonly<{
    id: string;
    project_id: string;
    parent_id?: string | undefined;
    details: TaskDetails;
    now: number;
    fallback_name: string;
  }>,
): StoredTask => {
  const created: StoredTask = {
    task_id: context.id,
    task_name: seen.task_name === '' ? context.fallback_name : seen.task_name,
    task_type: seen.task_type,
    ...keep('description', seen.description),
    project_id: context.project_id,
    ...keep('parent_id', context.parent_id),
    status: seen.status,
    priority: 'P2',
    progress: progressOf(seen, seen.status),
    details: { ...context.details, ...seen.details },
    labels: {},
    metadata: seen.metadata ?? {},
    attempt: 1 + (seen.retries ?? 0),
    ...keep('retries', seen.retries),
    version: 1,
    created_at: toIso(context.now),
    updated_at: toIso(context.now),
    stale: false,
    last_event_at: toIso(seen.last_at),
  };
  return withTimes(created, { at: seen.ended_at ?? seen.last_at, startedAt: seen.started_at });
};

/** Sets when the task started and ended and how long it took, from its status and the moment of the change. */
export const withTimes = (
  task: StoredTask,
  { at, startedAt }: Readonly<{ at: number; startedAt?: number }>,
): StoredTask => {
  const { completed_at: _completed, duration_seconds: _duration, eta_seconds: _eta, ...open } = task;
  const started = task.started_at ?? (task.status === 'pending' ? undefined : toIso(startedAt ?? at));
  const begun = { ...open, ...keep('started_at', started) };
  if (!isTerminal(task.status)) return begun;
  const start = started === undefined ? at : fromIso(started);
  return {
    ...begun,
    completed_at: toIso(Math.max(at, start)),
    duration_seconds: Math.max(0, Math.round((at - start) / 1000)),
  };
};

export const sameButVersion = (a: StoredTask, b: StoredTask): boolean => isSameJson(lasting(a), lasting(b));

/** A task without the fields that change by themselves as time passes. */
const lasting = ({ eta_seconds: _eta, rateFrom: _rate, last_event_at: _seen, ...task }: StoredTask) => task;

/** The state of a task at a moment, as a point of its history. */
export const pointOf = (task: StoredTask, timestamp: string, message?: string): HistoryPoint => ({
  timestamp,
  ...task.progress,
  status: task.status,
  ...keep('phase', task.details.phase),
  ...keep('message', message),
});

export const observedPoint = (seen: Observation): HistoryPoint => ({
  timestamp: toIso(seen.last_at),
  ...progressOf(seen, seen.status),
  status: seen.status,
  ...keep('phase', seen.details.phase),
  ...keep('message', seen.message),
});
