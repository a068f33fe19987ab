/** What a deployment does. `none`: it looked and found nothing to change. */
export const OPERATIONS = ['create', 'update', 'destroy', 'hotswap', 'rollback', 'none'] as const;
export type Operation = (typeof OPERATIONS)[number];

/** How a deployment ended, or where it is. */
const DEPLOYMENT_OUTCOMES = [
  'completed',
  'no_changes',
  'failed',
  'rolled_back',
  'rollback_failed',
  'rolling_back',
  'in_progress',
] as const;
export type DeploymentOutcome = (typeof DEPLOYMENT_OUTCOMES)[number];

/**
 * How a task ended, beyond its status. `lost`: nothing was heard of its process for too long. `parent_ended`: it was
 * closed because its parent ended.
 */
export const OUTCOMES = [...DEPLOYMENT_OUTCOMES, 'lost', 'parent_ended'] as const;
export type Outcome = (typeof OUTCOMES)[number];

/** What is known of a task beyond its counter. Texts come from logs and are cut to a bounded length. */
export type TaskDetails = Readonly<{
  phase?: string;
  current_step?: string;
  operation?: Operation | (string & {});
  outcome?: Outcome;
  /** The last state of the stack itself, e.g. `UPDATE_ROLLBACK_COMPLETE`, never cut. */
  stack_state?: string;
  /** Logical ids of what failed first; what was merely cancelled after it is left out. */
  failed_resources?: readonly string[];
  /** Logical ids of what was to be deleted and still exists, e.g. because of its deletion policy. */
  retained_resources?: readonly string[];
  log_group?: string;
  log_stream?: string;
  error_message?: string;
  /** How the process ended: its exit code, or the signal that ended it, e.g. `SIGKILL`. */
  exit_code?: number;
  signal?: string;
}>;
