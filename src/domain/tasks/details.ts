/** What a deployment does. `none`: it looked and found nothing to change. */
export const OPERATIONS = ['create', 'update', 'destroy', 'hotswap', 'rollback', 'none'] as const;
export type Operation = (typeof OPERATIONS)[number];

/** How a deployment ended, or where it is. */
export const OUTCOMES = [
  'completed',
  'no_changes',
  'failed',
  'rolled_back',
  'rollback_failed',
  'rolling_back',
  'in_progress',
] as const;
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
}>;
