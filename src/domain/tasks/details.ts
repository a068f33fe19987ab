/** What a deployment does. `none`: there was nothing to change. */
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
 * How a task ended, beyond its status. `lost`: its process gave no sign of life for too long. `parent_ended`: it was
 * closed because its parent ended.
 */
export const OUTCOMES = [...DEPLOYMENT_OUTCOMES, 'lost', 'parent_ended'] as const;
export type Outcome = (typeof OUTCOMES)[number];

/** What is known of a task besides its counter. Texts come from logs and are cut to a bounded length. */
export type TaskDetails = Readonly<{
  phase?: string;
  current_step?: string;
  operation?: Operation | (string & {});
  outcome?: Outcome;
  /** The last state of the stack itself, e.g. `UPDATE_ROLLBACK_COMPLETE`, never cut. */
  stack_state?: string;
  /** Logical ids of the first failures; resources that were only cancelled after them are left out. */
  failed_resources?: readonly string[];
  /** Logical ids of resources that should have been deleted and still exist, e.g. because of their deletion policy. */
  retained_resources?: readonly string[];
  log_group?: string;
  log_stream?: string;
  error_message?: string;
  /** How the process ended: its exit code, or the signal that ended it, e.g. `SIGKILL`. */
  exit_code?: number;
  signal?: string;
}>;
