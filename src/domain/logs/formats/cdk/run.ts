import type { Clock } from './clock.ts';
import { unwrap } from './clock.ts';
import { isIdOf, STACK_TYPE } from './rows.ts';
import type { RowSignal } from './signals.ts';
import {
  AMBIGUOUS,
  isFirstState,
  isRollbackState,
  isSuccessState,
  isTerminalState,
  lifeOf,
} from './status.ts';

/** How a run ended according to CDK itself. */
export type Mark = 'ok' | 'unchanged' | 'destroyed' | 'failed';

export type Failure = Readonly<{
  id: string;
  reason?: string;
  /** When, on the run's own clock. */
  moment?: number;
  /** A nested stack. */
  isStack?: 1;
  /** From a row without a stack's name. */
  fromBar?: 1;
  /** Of a resource inside a nested stack. */
  inNested?: 1;
  /** Not removed during an update, which continues without it. */
  leftBehind?: 1;
}>;

export type Cause = Readonly<{ id?: string; reason: string }>;

/**
 * One deployment of one stack, or one bootstrapping of an environment. Stored as it is; what may grow is bounded.
 */
export type Run = Readonly<{
  key: string;
  /** The name of the task: the stack's name or the environment's; empty while unknown. */
  name: string;
  /** The stack's name in CloudFormation, once known. */
  stack?: string;
  displayName?: string;
  position?: readonly [number, number];
  /** The operation, as far as a frame line has said. */
  verb?: 'deploy' | 'destroy' | 'import' | 'bootstrap' | 'rollback';
  /** `X: creating stack...` or `X: updating stack...`. */
  direct?: 'create' | 'update';
  /** What the stack's own states say is done to it. */
  stackOperation?: 'create' | 'update' | 'destroy';
  /** What rows of resources have shown: created 1, updated 2, deleted 4. */
  changes: number;
  current?: number;
  total?: number;
  /** Rows read. */
  rows: number;
  /** The last state of the stack and the moment of it; `cut` where its column was cut so that it may be two. */
  stackState?: string;
  stackStateAt?: number;
  stateWasCut?: 1;
  /** The latest moment of any row, on a clock that runs on past midnight. */
  latest?: number;
  mark?: Mark;
  hotswap?: 1;
  /** What happens before the first row. */
  phase?: string;
  /** Under way: logical id and name, the one begun last at the end. */
  inProgress: readonly (readonly [string, string])[];
  failures: readonly Failure[];
  /** Something has failed during the rollback. */
  stuck?: 1;
  /** Logical ids of the stacks nested in it. */
  nestedIds: readonly string[];
  /** Logical ids of what was cancelled. */
  cancelled: readonly string[];
  /** Logical ids that the stack, or an error message, lists as failed, whether cancelled or not. */
  listed: readonly string[];
  /** The beginning of such a list that goes on in the next line. */
  openList?: string;
  /** Why the stack itself failed, and what CDK's closing line says. */
  stackReason?: string;
  closingError?: string;
  /** What the list of causes below the closing line contains; without `i` it is about the stack. */
  causes?: readonly Cause[];
  /** Logical ids of resources that should have been deleted and were kept. */
  retained?: readonly string[];
  recapped?: 1;
  seconds?: number;
  startedAt: number;
  lastAt: number;
  endedAt?: number;
  message?: string;
}>;

const MAX_IN_PROGRESS = 64;
const MAX_FAILURES = 50;
const MAX_CANCELLED = 200;
const MAX_NESTED = 100;
const MAX_KEPT = 100;

export const newRun = (key: string, name: string, at: number): Run => ({
  key,
  name,
  changes: 0,
  rows: 0,
  inProgress: [],
  failures: [],
  nestedIds: [],
  cancelled: [],
  listed: [],
  startedAt: at,
  lastAt: at,
});

/** Whether the operation on the stack has ended so that only a new deployment, or a retry, changes it again. */
export const isOver = (run: Run): boolean => {
  if (run.mark !== undefined) return true;
  const { stackState: st } = run;
  if (st === undefined || !isTerminalState(st)) return false;
  if (isSuccessState(st)) return true;
  if (st === 'DELETE_COMPLETE' && operationWanted(run) === 'destroy') return true;
  // After a `deploying...` without a result, CDK may roll back, delete and try again.
  return run.verb === undefined || run.verb === 'rollback';
};

const operationWanted = ({ verb, stackOperation: op }: Run): string | undefined =>
  verb === 'destroy' ? 'destroy' : op;

const REORDERED_WITHIN = 30 * 60;
const LATE_WITHIN_MS = 15 * 60 * 1000;

/**
 * Whether a row is part of this run, rather than the first of the next run of its stack. Rows are printed out of order,
 * so one after the end still belongs to the run if its clock shows an earlier moment.
 */
export const belongs = (run: Run, row: RowSignal, self: boolean, at: number): boolean => {
  if (!isOver(run) || row.t === undefined || isRecap(row)) return true;
  const begins = self && (isFirstState(row.st) || /^(?:UPDATE_)?ROLLBACK_IN_PROGRESS$/.test(row.st));
  if (begins && run.endedAt !== undefined && at - run.endedAt > LATE_WITHIN_MS) return false;
  if (run.latest === undefined) return !begins;
  // `t` is set, which makes it a clock.
  const moment = unwrap(row as Clock, run.latest);
  if (moment <= run.latest) return !begins || run.latest - moment <= REORDERED_WITHIN;
  if (begins) return false;
  const [current, total] = row.c ?? [run.current ?? 0, run.total ?? null];
  return total === (run.total ?? null) && current >= (run.current ?? 0);
};

/** A row of the list of failures that is printed once more at the end. */
const isRecap = ({ s, c, t }: RowSignal): boolean => s !== undefined && c === undefined && t !== undefined;

/** A run that is being changed into the next one: rows come by the thousand, so each costs only one copy. */
type Draft = { -readonly [Key in keyof Run]: Run[Key] };

/** The run after a row of its own stack (`self`: about the stack itself), or of a stack nested in it. */
export const withRow = (run: Run, shown: RowSignal, self: boolean, nested: boolean, at: number): Run => {
  const row = withinStack(run, shown);
  const draft: Draft = { ...run };
  // `t` is set, which makes it a clock.
  const moment = row.t === undefined ? undefined : unwrap(row as Clock, run.latest);
  draft.rows += 1;
  if (row.c !== undefined) {
    draft.current = row.c[0];
    if (row.c[1] !== null) draft.total = row.c[1];
  }
  // Rows are printed out of order: one of an earlier moment is not what happened last.
  const isNews = moment === undefined || run.latest === undefined || moment >= run.latest;
  if (isNews && moment !== undefined) draft.latest = moment;
  if (isRecap(row)) draft.recapped = 1;
  if (isNews) draft.message = wordsOf(row);
  if (self) addState(draft, row, moment);
  else addResource(draft, row, nested, moment);
  hear(draft, at);
  return draft;
};

/** A row of the bar without the path of its stack, which stands there where the stack is in a stage. */
const withinStack = ({ displayName: d }: Run, row: RowSignal): RowSignal =>
  d === undefined || row.s !== undefined || !row.n.startsWith(`${d}/`)
    ? row
    : { ...row, n: row.n.slice(d.length + 1), i: row.i === row.n ? row.i.slice(d.length + 1) : row.i };

/** A run with a new sign of life: records when, and when it ended. */
export const heard = (run: Run, at: number): Run => {
  const draft: Draft = { ...run };
  hear(draft, at);
  return draft;
};

const hear = (draft: Draft, at: number): void => {
  if (at > draft.lastAt) draft.lastAt = at;
  if (!isOver(draft)) {
    if (draft.endedAt !== undefined) delete draft.endedAt;
  } else if (draft.endedAt === undefined) draft.endedAt = at;
};

const wordsOf = ({ st, n, m }: RowSignal): string =>
  `${st === AMBIGUOUS ? AMBIGUOUS.slice(0, -1) : st} ${n}${m === undefined ? '' : `: ${m.slice(0, 200)}`}`;

export const CLEANING_UP = 'UPDATE_ROLLBACK_COMPLETE_CLEANUP_IN_PROGRESS';

const addState = (draft: Draft, row: RowSignal, moment: number | undefined): void => {
  const before = draft.stackState;
  const next = stateAfter(draft, row, moment);
  if (next !== undefined) {
    const op = operationOf(draft, next.st);
    if (op !== undefined) draft.stackOperation = op;
    draft.stackState = next.st;
    if (moment !== undefined) draft.stackStateAt = moment;
    if (next.cut === true) draft.stateWasCut = 1;
    else if (draft.stateWasCut !== undefined) delete draft.stateWasCut;
    if (before !== undefined && isTerminalState(before) && isRetry(next.st)) forgetFailures(draft);
  }
  addReason(draft, row);
};

/** What a row about the stack gives as its reason. */
const addReason = (draft: Draft, { st, m }: RowSignal): void => {
  if (m === undefined) return;
  draft.listed = listedIn(m, draft.listed);
  if (draft.stackReason === undefined && isReasonOfFailure(st, m)) draft.stackReason = m;
};

/** The state after a row about the stack, undefined if the row is about a past moment. */
const stateAfter = (
  run: Run,
  row: RowSignal,
  moment: number | undefined,
): { st: string; cut?: boolean } | undefined => {
  if (row.st === AMBIGUOUS) {
    // Cleaning up comes before the end, so of two such rows the second is the end. The bar prints rows again and again.
    const again = run.stateWasCut === 1 && (row.c !== undefined || moment !== run.stackStateAt);
    if (again || run.stackState === CLEANING_UP)
      return run.stateWasCut === 1 && !again ? undefined : { st: 'UPDATE_ROLLBACK_COMPLETE' };
  }
  if (moment !== undefined && run.stackStateAt !== undefined && run.stackState !== undefined) {
    // Within one second rows may be printed in any order, so the later state in a stack's life counts.
    if (moment < run.stackStateAt || (moment === run.stackStateAt && lifeOf(row.st) < lifeOf(run.stackState)))
      return undefined;
  }
  return row.st === AMBIGUOUS ? { st: CLEANING_UP, cut: true } : { st: row.st };
};

const operationOf = ({ stackOperation: op, verb }: Run, st: string): Run['stackOperation'] => {
  if (verb === 'destroy') return 'destroy';
  if (st.startsWith('CREATE_') || st.startsWith('REVIEW_')) return 'create';
  if (st.startsWith('IMPORT_') || (st.startsWith('UPDATE_') && !isRollbackState(st))) return 'update';
  if (op !== undefined) return op;
  if (st.startsWith('UPDATE_')) return 'update';
  if (st.startsWith('ROLLBACK_')) return 'create';
  return st.startsWith('DELETE_') && verb === undefined ? 'destroy' : undefined;
};

const isRetry = (st: string): boolean => isFirstState(st) && st !== 'DELETE_IN_PROGRESS';

const forgetFailures = (draft: Draft): void => {
  delete draft.stackReason;
  delete draft.closingError;
  delete draft.recapped;
  delete draft.stuck;
  draft.failures = [];
  draft.cancelled = [];
  draft.listed = [];
  draft.inProgress = [];
};

const isReasonOfFailure = (st: string, reason: string): boolean =>
  (st.endsWith('_FAILED') || isRollbackState(st)) &&
  !CONSEQUENCE.test(reason) &&
  !/^User Initiated$/i.test(reason);

const CONSEQUENCE =
  /^(?:The following resource\(s\) failed to |Rollback requested by user|Resource \w{1,20} cancel)/;

const LISTED = /The following resource\(s\) failed to \w{1,20}: \[([\w, ]{1,4000})\]/;

/** Logical ids that a text lists as failed, added to those known. */
export const listedIn = (text: string, known: readonly string[]): readonly string[] => {
  const ids =
    LISTED.exec(text)?.[1]
      ?.split(/, ?/)
      .filter((id) => id !== '' && !known.includes(id)) ?? [];
  return ids.length === 0 ? known : [...known, ...ids].slice(0, MAX_FAILURES);
};

/** What a row shows was done to a resource: created 1, updated or imported 2, deleted 4. */
const didOf = (st: string): number => {
  if (st.startsWith('CREATE_')) return 1;
  if (st.startsWith('UPDATE_') || st.startsWith('IMPORT_')) return 2;
  return st.startsWith('DELETE_') ? 4 : 0;
};

const addResource = (draft: Draft, row: RowSignal, nested: boolean, moment: number | undefined): void => {
  const did = nested ? 0 : didOf(row.st);
  // After a failure, deletions undo earlier changes and say nothing about the operation.
  const taken =
    did === 4 &&
    (draft.failures.length > 0 || (draft.stackState !== undefined && isRollbackState(draft.stackState)));
  if (!taken) draft.changes |= did;
  if (!isRecap(row)) draft.inProgress = inProgress(draft.inProgress, row);
  if (row.ty === STACK_TYPE && !nested && !draft.nestedIds.includes(row.i))
    draft.nestedIds = [...draft.nestedIds, row.i].slice(-MAX_NESTED);
  if (row.st.endsWith('_FAILED')) {
    if (row.skip === undefined) addFailure(draft, row, nested, moment);
  } else if (row.st === 'DELETE_SKIPPED') {
    const { retained: kept = [] } = draft;
    if (!kept.includes(row.i)) draft.retained = [...kept, row.i].slice(0, MAX_KEPT);
  } else if (row.st === 'DELETE_COMPLETE' && draft.failures.length > 0) {
    draft.failures = draft.failures.filter(({ id: i, leftBehind: d }) => d === undefined || i !== row.i);
  }
};

const inProgress = (prog: Run['inProgress'], { st, i, n }: RowSignal): Run['inProgress'] => {
  const others = prog.some((known) => known[0] === i) ? prog.filter((known) => known[0] !== i) : prog;
  if (!st.endsWith('_IN_PROGRESS')) return others;
  return [...(others.length < MAX_IN_PROGRESS ? others : others.slice(1 - MAX_IN_PROGRESS)), [i, n]];
};

const addFailure = (draft: Draft, row: RowSignal, nested: boolean, moment: number | undefined): void => {
  const { i, m } = row;
  if (m !== undefined && isCancelled(m)) {
    if (!draft.cancelled.includes(i)) draft.cancelled = [...draft.cancelled, i].slice(-MAX_CANCELLED);
    return;
  }
  if (m !== undefined && CONSEQUENCE.test(m)) return;
  if (failsRollback(draft, row, moment)) draft.stuck = 1;
  const failure: Failure = {
    id: i,
    ...(m === undefined ? {} : { reason: m }),
    ...(moment === undefined ? {} : { moment: moment }),
    ...(row.ty === STACK_TYPE ? { isStack: 1 as const } : {}),
    ...(nested ? { inNested: 1 as const } : {}),
    ...(row.s === undefined ? { fromBar: 1 as const } : {}),
    ...(row.st === 'DELETE_FAILED' ? { leftBehind: 1 as const } : {}),
  };
  const same = draft.failures.findIndex((known) => isSame(known, row, moment));
  const known = draft.failures[same];
  if (known === undefined) {
    if (draft.failures.length < MAX_FAILURES) draft.failures = [...draft.failures, failure];
    return;
  }
  // The bar shows a construct path first and the logical id when it recapitulates.
  const better = { ...failure, ...known, id: ID.test(i) || known.id.includes('/') ? i : known.id };
  draft.failures = draft.failures.with(same, better);
};

/**
 * A run after the reason of a row that had none of its own: the bar prints it below. It comes line by line, so a longer
 * text replaces its beginning.
 */
export const withReason = (run: Run, shown: RowSignal, self: boolean, reason: string): Run => {
  const row = withinStack(run, shown);
  const draft: Draft = { ...run };
  const explained: RowSignal = { ...row, m: reason };
  if (self) {
    if (draft.stackReason !== undefined && reason.startsWith(draft.stackReason)) delete draft.stackReason;
    addReason(draft, explained);
    return draft;
  }
  if (!row.st.endsWith('_FAILED')) return run;
  // `t` is set, which makes it a clock.
  const moment = row.t === undefined ? undefined : unwrap(row as Clock, run.latest);
  const same = draft.failures.findIndex((known) => isSame(known, row, moment));
  const known = draft.failures[same];
  if (known === undefined || isCancelled(reason) || CONSEQUENCE.test(reason)) {
    draft.failures = draft.failures.filter((each) => each !== known);
    addFailure(draft, explained, known?.inNested === 1, moment);
  } else draft.failures = draft.failures.with(same, { ...known, reason: reason });
  return draft;
};

/** An update leaves resources behind that it cannot delete; any other failure after the rollback has begun ends it. */
const failsRollback = (
  { stackState: st, stackStateAt: su }: Run,
  row: RowSignal,
  moment: number | undefined,
): boolean => {
  if (row.st === 'DELETE_FAILED') return st === 'ROLLBACK_IN_PROGRESS';
  return (
    st?.endsWith('ROLLBACK_IN_PROGRESS') === true && moment !== undefined && su !== undefined && moment > su
  );
};

const ID = /^[A-Za-z0-9]+$/;

const isSame = (known: Failure, { i, n, s }: RowSignal, moment: number | undefined): boolean =>
  known.id === i ||
  (s === undefined && known.moment === moment && (isIdOf(i, known.id) || (n !== i && known.id === n)));

/** Whether CloudFormation only gave up on this resource because another one failed. */
const isCancelled = (reason: string): boolean =>
  /^Resource \w{1,20} cancell?ed/.test(reason) || (reason.length <= 80 && /\bcancell?ed\b/i.test(reason));
