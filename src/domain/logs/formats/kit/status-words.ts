import type { TaskStatus } from '../../../tasks/status.ts';

/**
 * The words of producers for the status of a piece of work, with their sources. Case and separators do not matter
 * (`TimedOut`, `timed-out`, `TIMED_OUT`), nor does the prefix of an enumeration (`JOB_STATE_RUNNING`).
 *
 * Other words never end a task: they become its phase.
 */
const WORDS: Readonly<Record<TaskStatus, readonly string[]>> = {
  pending: [
    ...['pending', 'queued', 'scheduled', 'created', 'submitted', 'todo', 'not_started', 'waiting_to_start'],
    'received', // Celery
    ...['deferred', 'up_for_reschedule'], // Airflow
    ...['delayed', 'prioritized', 'waiting_children'], // BullMQ
    ...['pending_version', 'dequeued'], // Trigger.dev
    ...['late', 'awaiting_retry'], // Prefect
    ...['runnable', 'pending_redrive'], // AWS Batch, Step Functions
    ...['configuring', 'requeued'], // Slurm
    ...['requested', 'waiting_for_resource', 'preparing'], // GitHub, GitLab
    'container_creating', // Kubernetes
  ],
  running: [
    ...[
      'running',
      'in_progress',
      'started',
      'starting',
      'start',
      'active',
      'working',
      'processing',
      'executing',
    ],
    ...['resumed', 'retrying', 'ongoing'],
    ...['retry', 'up_for_retry', 'restarting', 'reattempting'], // Celery, Airflow, Trigger.dev
    'continued_as_new', // Temporal
    ...['completing', 'resizing'], // Slurm
    ...['failing', 'timing_out', 'terminating'], // Buildkite, Kubernetes: not ended yet
    ...['cancelling', 'canceling'], // Prefect, GitLab, OpenAI
  ],
  blocked: [
    ...[
      'blocked',
      'waiting',
      'paused',
      'on_hold',
      'suspended',
      'stalled',
      'needs_input',
      'awaiting_approval',
    ],
    ...['input_required', 'auth_required'], // A2A
    'requires_action', // OpenAI
    ...['awaiting_user_input', 'awaiting_user_confirmation', 'rate_limited'], // OpenHands
    ...['action_required', 'manual'], // GitHub, GitLab
  ],
  completed: [
    ...['completed', 'complete', 'done', 'success', 'succeeded', 'successful', 'finished', 'passed'],
    ...['neutral', 'cached'], // GitHub, Prefect
  ],
  failed: [
    ...[
      'failed',
      'failure',
      'fail',
      'error',
      'errored',
      'crashed',
      'timed_out',
      'timeout',
      'fatal',
      'broken',
    ],
    ...['completed_with_errors', 'rejected', 'expired'],
    'upstream_failed', // Airflow
    'system_failure', // Trigger.dev
    ...['fault', 'startup_failure'], // CodeBuild, GitHub
    ...['out_of_memory', 'node_fail', 'boot_fail', 'deadline'], // Slurm
    ...['oom_killed', 'crash_loop_back_off', 'image_pull_back_off', 'err_image_pull', 'evicted'], // Kubernetes
    'incomplete', // OpenAI
  ],
  cancelled: [
    ...['cancelled', 'canceled', 'aborted', 'skipped', 'stopped', 'terminated', 'interrupted', 'killed'],
    ...['revoked', 'ignored'], // Celery
    ...['removed', 'omitted'], // Airflow, Argo
    ...['not_run', 'stale'], // Buildkite, GitHub
    ...['preempted', 'rolled_back'], // Slurm, Prefect
  ],
};

const squeezed = (word: string): string => word.toLowerCase().replaceAll(/[^a-z0-9]+/g, '');

const STATUS_OF: ReadonlyMap<string, TaskStatus> = new Map(
  (Object.keys(WORDS) as TaskStatus[]).flatMap((status) =>
    WORDS[status].map((word) => [squeezed(word), status] as const),
  ),
);

/** `JOB_STATE_`, `TASK_STATUS_`, `WORKFLOW_EXECUTION_STATUS_`, `TaskState.` and the like. */
const PREFIX = /^(?:[a-z]{1,20}[_.\s-]){0,3}(?:status|state)[_.\s-]+/i;

const LONGEST = 64;

/** The status for a producer's word; undefined if it is unknown. */
export const statusOfWord = (word: string): TaskStatus | undefined => {
  if (word.length > LONGEST) return undefined;
  const trimmed = word.trim();
  return STATUS_OF.get(squeezed(trimmed)) ?? STATUS_OF.get(squeezed(trimmed.replace(PREFIX, '')));
};

const STARTS: ReadonlySet<string> = new Set(['start', 'started', 'starting', 'restarted', 'restarting']);

/** Whether a word means that work begins, rather than that it is under way. */
export const isStartWord = (word: string): boolean => {
  const trimmed = word.slice(0, LONGEST).trim();
  return STARTS.has(squeezed(trimmed)) || STARTS.has(squeezed(trimmed.replace(PREFIX, '')));
};
