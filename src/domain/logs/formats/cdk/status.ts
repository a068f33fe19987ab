/** CloudFormation's states, of stacks and of resources, as CDK prints them. */

const STATES = [
  ...[
    'CREATE',
    'UPDATE',
    'DELETE',
    'IMPORT',
    'ROLLBACK',
    'UPDATE_ROLLBACK',
    'IMPORT_ROLLBACK',
    'EXPORT',
    'EXPORT_ROLLBACK',
  ].flatMap((verb) => [`${verb}_IN_PROGRESS`, `${verb}_COMPLETE`, `${verb}_FAILED`]),
  'DELETE_SKIPPED',
  'REVIEW_IN_PROGRESS',
  'UPDATE_COMPLETE_CLEANUP_IN_PROGRESS',
  'UPDATE_ROLLBACK_COMPLETE_CLEANUP_IN_PROGRESS',
] as const;

/**
 * The content of a status column that was cut (at 20 characters before May 2026, at 23 since): the state that it must
 * have been. `UPDATE_ROLLBACK_COMP` may have been either of two, see {@link AMBIGUOUS}.
 */
const CUT: ReadonlyMap<string, string> = new Map(
  [20, 23].flatMap((width) =>
    STATES.filter((state) => state.length > width).map((state) => [state.slice(0, width), state] as const),
  ),
);

/** How a cut row reads that is `UPDATE_ROLLBACK_COMPLETE` or its `_CLEANUP_IN_PROGRESS`, which comes first. */
export const AMBIGUOUS = 'UPDATE_ROLLBACK_COMPLETE?';
const EITHER = ['UPDATE_ROLLBACK_COMP', 'UPDATE_ROLLBACK_COMPLET'] as const;

const BY_COLUMN: ReadonlyMap<string, string> = new Map([
  ...CUT,
  ...EITHER.map((column) => [column, AMBIGUOUS] as const),
  ...STATES.map((state) => [state, state] as const),
]);

/** The state in a status column, never cut; undefined where it is none. */
export const stateOf = (column: string): string | undefined => BY_COLUMN.get(column);

/** Whether the column of some state begins with this text. */
export const isBeginningOfState = (text: string): boolean => STATES.some((state) => state.startsWith(text));

/** States in which nothing happens any more. */
export const isTerminalState = (state: string): boolean =>
  (state.endsWith('_COMPLETE') || state.endsWith('_FAILED')) && state !== AMBIGUOUS;

/** States of a successful deployment. Whether `DELETE_COMPLETE` is one depends on the operation. */
export const isSuccessState = (state: string): boolean =>
  state === 'CREATE_COMPLETE' || state === 'UPDATE_COMPLETE' || state === 'IMPORT_COMPLETE';

/** The first states of a stack in a new operation. */
export const isFirstState = (state: string): boolean => FIRST.has(state);

export const isRollbackState = (state: string): boolean => state.includes('ROLLBACK');

const FIRST: ReadonlySet<string> = new Set(
  ['REVIEW', 'CREATE', 'UPDATE', 'DELETE', 'IMPORT'].map((verb) => `${verb}_IN_PROGRESS`),
);

/** How far a stack in this state has come in its operation. */
export const lifeOf = (state: string): number => {
  if (isTerminalState(state)) return 5;
  if (state === 'REVIEW_IN_PROGRESS') return 0;
  if (FIRST.has(state)) return 1;
  if (state === 'UPDATE_COMPLETE_CLEANUP_IN_PROGRESS') return 2;
  return state.endsWith('ROLLBACK_IN_PROGRESS') ? 3 : 4;
};
