import type { TaskStatus } from '../../../tasks/status.ts';

type Words = Readonly<Partial<Record<TaskStatus, readonly string[]>>>;

/**
 * The words of producers for the status of a piece of work, by source. Case and separators do not matter (`TimedOut`,
 * `timed-out`, `TIMED_OUT`), nor does the prefix of an enumeration (`JOB_STATE_RUNNING`).
 *
 * A word means the same from all sources. The few that differ are listed where their meaning was taken from, and left
 * out elsewhere: `waiting` is a queue in BullMQ, `interrupted` a question to a person in LangGraph, `stopped` a pause in
 * Slurm.
 *
 * Other words never end a task: they become its phase.
 */
export const STATUS_WORDS = {
  'common words': {
    pending: [
      'pending',
      'queued',
      'scheduled',
      'created',
      'submitted',
      'todo',
      'not_started',
      'waiting_to_start',
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
      ...['resumed', 'retrying', 'ongoing', 'initializing'],
    ],
    blocked: [
      'blocked',
      'waiting',
      'paused',
      'on_hold',
      'suspended',
      'stalled',
      'needs_input',
      'awaiting_approval',
    ],
    completed: [
      ...['completed', 'complete', 'done', 'success', 'succeeded', 'successful', 'finished', 'passed'],
      ...['completed_successfully', 'completed_with_warnings', 'finished_with_warnings'],
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
      ...['completed_with_errors', 'completed_with_failures', 'finished_with_errors', 'failed_with_errors'],
      'internal_error',
    ],
    cancelled: [
      'cancelled',
      'canceled',
      'aborted',
      'skipped',
      'stopped',
      'terminated',
      'interrupted',
      'killed',
    ],
  },
  // github.com/celery/celery, celery/states.py
  Celery: {
    pending: ['PENDING', 'RECEIVED'],
    running: ['STARTED', 'RETRY'],
    completed: ['SUCCESS'],
    failed: ['FAILURE', 'REJECTED'],
    cancelled: ['REVOKED', 'IGNORED'],
  },
  // github.com/apache/airflow, airflow/utils/state.py: TaskInstanceState, DagRunState
  Airflow: {
    pending: ['scheduled', 'queued', 'deferred', 'up_for_reschedule'],
    running: ['running', 'restarting', 'up_for_retry'],
    completed: ['success'],
    failed: ['failed', 'upstream_failed'],
    cancelled: ['skipped', 'removed'],
  },
  // github.com/temporalio/api, temporal/api/enums/v1: WorkflowExecutionStatus, PendingActivityState,
  // PendingNexusOperationState
  Temporal: {
    pending: ['PENDING_ACTIVITY_STATE_SCHEDULED'],
    running: [
      ...['WORKFLOW_EXECUTION_STATUS_RUNNING', 'WORKFLOW_EXECUTION_STATUS_CONTINUED_AS_NEW'],
      ...['PENDING_ACTIVITY_STATE_STARTED', 'PENDING_ACTIVITY_STATE_CANCEL_REQUESTED'],
      ...['PENDING_ACTIVITY_STATE_PAUSE_REQUESTED', 'PENDING_NEXUS_OPERATION_STATE_BACKING_OFF'],
    ],
    blocked: ['WORKFLOW_EXECUTION_STATUS_PAUSED', 'PENDING_ACTIVITY_STATE_PAUSED'],
    completed: ['WORKFLOW_EXECUTION_STATUS_COMPLETED'],
    failed: ['WORKFLOW_EXECUTION_STATUS_FAILED', 'WORKFLOW_EXECUTION_STATUS_TIMED_OUT'],
    cancelled: ['WORKFLOW_EXECUTION_STATUS_CANCELED', 'WORKFLOW_EXECUTION_STATUS_TERMINATED'],
  },
  // docs.prefect.io, States: names and types
  Prefect: {
    pending: ['Scheduled', 'Late', 'Resuming', 'AwaitingRetry', 'AwaitingConcurrencySlot', 'Pending'],
    running: ['Running', 'Retrying', 'Cancelling'],
    blocked: ['Paused', 'Suspended'],
    completed: ['Completed', 'Cached'],
    failed: ['Failed', 'Crashed', 'TimedOut'],
    cancelled: ['Cancelled', 'RolledBack'],
  },
  // trigger.dev/docs/runs; github.com/triggerdotdev/trigger.dev, apps/webapp/app/v3/taskStatus.ts: the states of runs and
  // attempts in its database
  'Trigger.dev': {
    pending: ['PENDING_VERSION', 'WAITING_FOR_DEPLOY', 'DELAYED', 'QUEUED', 'DEQUEUED'],
    running: ['EXECUTING', 'REATTEMPTING', 'RETRYING_AFTER_FAILURE'],
    blocked: ['WAITING', 'WAITING_TO_RESUME', 'FROZEN', 'PAUSED'],
    completed: ['COMPLETED', 'COMPLETED_SUCCESSFULLY'],
    failed: ['FAILED', 'CRASHED', 'SYSTEM_FAILURE', 'EXPIRED', 'TIMED_OUT', 'COMPLETED_WITH_ERRORS'],
    cancelled: ['CANCELED', 'INTERRUPTED'],
  },
  // github.com/taskforcesh/bullmq, src/types/job-type.ts: JobState, JobType
  BullMQ: {
    pending: ['wait', 'delayed', 'prioritized', 'waiting-children'],
    running: ['active'],
    blocked: ['paused'],
    completed: ['completed'],
    failed: ['failed'],
  },
  // github.com/argoproj/argo-workflows, pkg/apis/workflow/v1alpha1/workflow_types.go: WorkflowPhase, NodePhase
  Argo: {
    pending: ['Pending'],
    running: ['Running'],
    completed: ['Succeeded'],
    failed: ['Failed', 'Error'],
    cancelled: ['Skipped', 'Omitted'],
  },
  // buildkite.com/docs/apis/graphql/schemas/enum: buildstates, jobstates
  Buildkite: {
    pending: [
      'unblocked',
      'reserved',
      'scheduled',
      'limiting',
      'limited',
      'assigned',
      'accepted',
      'platform_limiting',
      'platform_limited',
    ],
    running: ['creating', 'running', 'failing', 'canceling', 'timing_out'],
    blocked: ['blocked'],
    completed: ['passed', 'finished'],
    failed: [
      ...['failed', 'timed_out', 'broken', 'expired'],
      ...['waiting_failed', 'blocked_failed', 'unblocked_failed'],
    ],
    cancelled: ['canceled', 'skipped', 'not_run'],
  },
  // docs.github.com/rest/checks: status and conclusion
  GitHub: {
    pending: ['queued', 'requested', 'pending'],
    running: ['in_progress'],
    blocked: ['waiting', 'action_required'],
    completed: ['completed', 'success', 'neutral'],
    failed: ['failure', 'timed_out', 'startup_failure'],
    cancelled: ['cancelled', 'skipped', 'stale'],
  },
  // docs.gitlab.com/api/pipelines: status of a pipeline, which jobs have, too
  GitLab: {
    pending: ['created', 'waiting_for_resource', 'waiting_for_callback', 'preparing', 'pending', 'scheduled'],
    running: ['running', 'canceling'],
    blocked: ['manual'],
    completed: ['success'],
    failed: ['failed'],
    cancelled: ['canceled', 'skipped'],
  },
  // docs.aws.amazon.com: StatusType in codebuild/latest/APIReference/API_Build; PipelineExecution and ActionExecution in
  // codepipeline/latest/APIReference
  CodeBuild: {
    running: ['IN_PROGRESS', 'InProgress', 'Stopping'],
    completed: ['SUCCEEDED'],
    failed: ['FAILED', 'FAULT', 'TIMED_OUT', 'CLIENT_ERROR'],
    cancelled: ['STOPPED', 'Superseded', 'Abandoned'],
  },
  // docs.aws.amazon.com/step-functions/latest/apireference/API_DescribeExecution: status
  'Step Functions': {
    pending: ['PENDING_REDRIVE'],
    running: ['RUNNING'],
    completed: ['SUCCEEDED'],
    failed: ['FAILED', 'TIMED_OUT'],
    cancelled: ['ABORTED'],
  },
  // docs.aws.amazon.com/batch/latest/APIReference/API_JobDetail: status
  'AWS Batch': {
    pending: ['SUBMITTED', 'PENDING', 'RUNNABLE'],
    running: ['STARTING', 'RUNNING'],
    completed: ['SUCCEEDED'],
    failed: ['FAILED'],
  },
  // slurm.schedmd.com/job_state_codes.html
  Slurm: {
    pending: ['PENDING', 'CONFIGURING', 'POWER_UP_NODE', 'EXPEDITING', 'REQUEUED', 'REQUEUE_FED'],
    running: ['RUNNING', 'COMPLETING', 'RESIZING', 'SIGNALING', 'STAGE_OUT', 'UPDATE_DB'],
    blocked: ['SUSPENDED', 'REQUEUE_HOLD', 'RESV_DEL_HOLD', 'SPECIAL_EXIT'],
    completed: ['COMPLETED'],
    failed: [
      ...['FAILED', 'TIMEOUT', 'DEADLINE', 'NODE_FAIL', 'BOOT_FAIL', 'LAUNCH_FAILED', 'RECONFIG_FAIL'],
      'OUT_OF_MEMORY',
    ],
    cancelled: ['CANCELLED', 'PREEMPTED', 'REVOKED'],
  },
  // kubernetes.io: phases of pods, conditions of jobs, reasons of containers and pods
  Kubernetes: {
    pending: ['Pending', 'ContainerCreating', 'PodInitializing', 'SchedulingGated', 'Unschedulable'],
    running: ['Running', 'Terminating', 'SuccessCriteriaMet', 'FailureTarget'],
    blocked: ['Suspended'],
    completed: ['Succeeded', 'Complete', 'Completed'],
    failed: [
      ...['Failed', 'Error', 'OOMKilled', 'Evicted', 'NodeLost', 'DeadlineExceeded', 'BackoffLimitExceeded'],
      ...['PodFailurePolicy', 'FailedIndexes', 'MaxFailedIndexesExceeded'],
      ...['CrashLoopBackOff', 'ImagePullBackOff', 'ErrImagePull', 'ErrImageNeverPull', 'InvalidImageName'],
      ...['CreateContainerConfigError', 'CreateContainerError', 'RunContainerError', 'StartError'],
      ...['ContainerCannotRun', 'ContainerStatusUnknown', 'UnexpectedAdmissionError', 'NodeShutdown'],
    ],
    cancelled: ['Preempting', 'PreemptionByScheduler'],
  },
  // github.com/a2aproject/A2A, specification/grpc/a2a.proto: TaskState; modelcontextprotocol.io: the tasks of MCP
  A2A: {
    pending: ['TASK_STATE_SUBMITTED', 'submitted'],
    running: ['TASK_STATE_WORKING', 'working'],
    blocked: ['TASK_STATE_INPUT_REQUIRED', 'TASK_STATE_AUTH_REQUIRED', 'input-required', 'auth-required'],
    completed: ['TASK_STATE_COMPLETED', 'completed'],
    failed: ['TASK_STATE_FAILED', 'TASK_STATE_REJECTED', 'failed', 'rejected'],
    cancelled: ['TASK_STATE_CANCELLED', 'TASK_STATE_CANCELED', 'canceled'],
  },
  // platform.openai.com/docs/api-reference: runs, responses, batches, fine-tuning jobs
  OpenAI: {
    pending: ['queued', 'validating', 'validating_files'],
    running: ['in_progress', 'finalizing', 'cancelling'],
    blocked: ['requires_action', 'paused'],
    completed: ['completed', 'succeeded'],
    failed: ['failed', 'expired', 'incomplete'],
    cancelled: ['cancelled'],
  },
  // langgraph_sdk.schema: RunStatus, ThreadStatus
  LangGraph: {
    pending: ['pending'],
    running: ['running', 'busy'],
    completed: ['success'],
    failed: ['error', 'timeout'],
  },
  // openhands.core.schema.agent: AgentState; openhands.sdk.conversation: ConversationExecutionStatus, whose `idle`
  // says neither that the work is done nor that it is not
  OpenHands: {
    pending: ['loading', 'init'],
    running: ['running', 'user_confirmed', 'user_rejected', 'deleting'],
    blocked: [
      ...['awaiting_user_input', 'awaiting_user_confirmation', 'waiting_for_confirmation'],
      ...['paused', 'rate_limited'],
    ],
    completed: ['finished'],
    failed: ['error', 'stuck'],
    cancelled: ['stopped'],
  },
} as const satisfies Readonly<Record<string, Words>>;

const STATUSES = ['pending', 'running', 'blocked', 'completed', 'failed', 'cancelled'] as const;

const squeezed = (word: string): string => word.toLowerCase().replaceAll(/[^a-z0-9]+/g, '');

/** `JOB_STATE_`, `TASK_STATUS_`, `WORKFLOW_EXECUTION_STATUS_`, `TaskState.` and the like. */
const PREFIX = /^(?:[a-z]{1,20}[_.\s-]){0,3}[a-z]{0,20}(?:status|state)[_.\s-]+/i;

/** `task.failed`, as events are named. */
const EVENT_PREFIX = /^(?:task|job|run|workflow|build|pipeline|execution)\./i;

/** `TaskStateSubmitted` */
const JOINED_PREFIX = /^[A-Za-z]{1,40}(?:Status|State)(?=[A-Z])/;

const withoutPrefix = (word: string): string =>
  word.replace(PREFIX, '').replace(JOINED_PREFIX, '').replace(EVENT_PREFIX, '');

const STATUS_OF: ReadonlyMap<string, TaskStatus> = new Map(
  Object.values<Words>(STATUS_WORDS).flatMap((words) =>
    STATUSES.flatMap((status) =>
      (words[status] ?? []).map((word) => [squeezed(word.replace(PREFIX, '')), status] as const),
    ),
  ),
);

const LONGEST = 64;

/** The status for a producer's word; undefined if it is unknown. */
export const statusOfWord = (word: string): TaskStatus | undefined => {
  if (word.length > LONGEST) return undefined;
  const trimmed = word.trim();
  return (
    STATUS_OF.get(squeezed(trimmed)) ??
    STATUS_OF.get(squeezed(withoutPrefix(trimmed))) ??
    statusInSlurm(trimmed) ??
    statusInKubectl(trimmed)
  );
};

/** `CANCELLED by 1001`, and `OUT_OF_ME+`, which `sacct` has cut to the width of its column. */
const statusInSlurm = (word: string): TaskStatus | undefined => {
  if (/^CANCELLED by \w{1,32}$/i.test(word)) return 'cancelled';
  if (!/^[A-Z_]{4,15}\+$/.test(word)) return undefined;
  const beginning = word.slice(0, -1);
  const slurm: Words = STATUS_WORDS.Slurm;
  const found = STATUSES.filter((status) => slurm[status]?.some((each) => each.startsWith(beginning)));
  return found.length === 1 ? found[0] : undefined;
};

/** `Init:0/2`, `Init:CrashLoopBackOff`, `ExitCode:1` and `Signal:9` in the status column of `kubectl get pods`. */
const statusInKubectl = (word: string): TaskStatus | undefined => {
  const [, , step] = /^(Init:)(\S+)$/.exec(word) ?? [];
  if (step !== undefined) return /^\d{1,3}\/\d{1,3}$/.test(step) ? 'pending' : statusOfWord(step);
  const [, code] = /^(?:ExitCode|Signal):(\d{1,5})$/.exec(word) ?? [];
  return code === undefined ? undefined : Number(code) === 0 ? 'completed' : 'failed';
};

const STARTS: ReadonlySet<string> = new Set(['start', 'started', 'starting', 'restarted', 'restarting']);

/** Whether a word means that work begins, rather than that it is under way. */
export const isStartWord = (word: string): boolean => {
  const trimmed = word.slice(0, LONGEST).trim();
  return STARTS.has(squeezed(trimmed)) || STARTS.has(squeezed(withoutPrefix(trimmed)));
};
