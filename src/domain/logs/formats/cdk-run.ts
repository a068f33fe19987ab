import type { Clock } from './cdk-clock.ts';
import { unwrap } from './cdk-clock.ts';
import { isIdOf, STACK_TYPE } from './cdk-rows.ts';
import type { RowSignal } from './cdk-signals.ts';
import { AMBIGUOUS, isFirstState, isRollbackState, isSuccessState, isTerminalState } from './cdk-status.ts';

/** How a run was said to have ended, by CDK itself. */
export type Mark = 'ok' | 'unchanged' | 'destroyed' | 'failed';

export type Failure = Readonly<{
  i: string;
  m?: string;
  /** When, on the run's own clock. */
  u?: number;
  /** A nested stack. */
  e?: 1;
  /** From a row without a stack's name. */
  b?: 1;
  /** Of a resource inside a nested stack. */
  in?: 1;
  /** Not removed during an update, which goes on without it. */
  d?: 1;
}>;

/**
 * One deployment of one stack, or one bootstrapping of an environment. Stored as it is; what may grow is bounded.
 */
export type Run = Readonly<{
  key: string;
  /** What the task is called: the stack's name or the environment's; empty while nobody has said it. */
  name: string;
  /** The stack as CloudFormation calls it, once known. */
  stack?: string;
  d?: string;
  p?: readonly [number, number];
  /** What was begun, as far as a frame line has said. */
  verb?: 'deploy' | 'destroy' | 'import' | 'bootstrap';
  /** `X: creating stack...` or `X: updating stack...`. */
  direct?: 'create' | 'update';
  /** What the stack's own states say is done to it. */
  op?: 'create' | 'update' | 'destroy';
  /** What rows of resources have shown: created 1, updated 2, deleted 4. */
  did: number;
  c?: number;
  of?: number;
  /** Rows read. */
  rows: number;
  /** The last state of the stack and the moment of it; `cut` where its column was cut so that it may be two. */
  st?: string;
  su?: number;
  cut?: 1;
  /** The latest moment of any row, on a clock that runs on past midnight. */
  u?: number;
  mark?: Mark;
  hot?: 1;
  /** What goes on before the first row. */
  ph?: string;
  /** Under way: logical id and name, the one begun last at the end. */
  prog: readonly (readonly [string, string])[];
  fail: readonly Failure[];
  /** Logical ids of what was cancelled. */
  off: readonly string[];
  /** Logical ids that the stack, or an error message, lists as failed, whether cancelled or not. */
  listed: readonly string[];
  /** Why the stack itself failed, and what CDK's closing line says. */
  why?: string;
  err?: string;
  recap?: 1;
  took?: number;
  arn?: 1;
  from: number;
  at: number;
  to?: number;
  msg?: string;
}>;

const MAX_IN_PROGRESS = 64;
const MAX_FAILURES = 50;
const MAX_CANCELLED = 200;

export const newRun = (key: string, name: string, at: number): Run => ({
  key,
  name,
  did: 0,
  rows: 0,
  prog: [],
  fail: [],
  off: [],
  listed: [],
  from: at,
  at,
});

/** Whether what is done to the stack has come to an end that nothing but a new deployment, or a retry, leads out of. */
export const isOver = (run: Run): boolean => {
  if (run.mark !== undefined) return true;
  const { st } = run;
  if (st === undefined || !isTerminalState(st)) return false;
  if (isSuccessState(st)) return true;
  if (st === 'DELETE_COMPLETE' && operationAsked(run) === 'destroy') return true;
  // Under a `deploying...` that has not been answered yet, CDK may roll back, delete and try again.
  return run.verb === undefined;
};

const operationAsked = ({ verb, op }: Run): string | undefined => (verb === 'destroy' ? 'destroy' : op);

const REORDERED_WITHIN = 30 * 60;
const LATE_WITHIN_MS = 15 * 60 * 1000;

/**
 * Whether a row is part of this run, rather than the first of the next one of its stack. Rows are printed out of order,
 * so one that comes after the end is still of the run if its clock shows an earlier moment.
 */
export const belongs = (run: Run, row: RowSignal, self: boolean, at: number): boolean => {
  if (!isOver(run) || row.t === undefined || isRecap(row)) return true;
  const begins = self && (isFirstState(row.st) || /^(?:UPDATE_)?ROLLBACK_IN_PROGRESS$/.test(row.st));
  if (begins && run.to !== undefined && at - run.to > LATE_WITHIN_MS) return false;
  if (run.u === undefined) return !begins;
  const moment = unwrap(row as Clock, run.u);
  if (moment <= run.u) return !begins || run.u - moment <= REORDERED_WITHIN;
  if (begins) return false;
  const [current, total] = row.c ?? [run.c ?? 0, run.of ?? null];
  return total === (run.of ?? null) && current >= (run.c ?? 0);
};

/** A row of the list of failures that is printed once more at the end. */
const isRecap = ({ s, c, t }: RowSignal): boolean => s !== undefined && c === undefined && t !== undefined;

/** The run after a row of its own stack (`self`: about the stack itself), or of a stack nested in it. */
export const withRow = (run: Run, row: RowSignal, self: boolean, nested: boolean, at: number): Run => {
  const moment = row.t === undefined ? undefined : unwrap(row as Clock, run.u);
  const recap = isRecap(row);
  const counted: Run = {
    ...run,
    rows: run.rows + 1,
    ...(row.c === undefined ? {} : { c: row.c[0] }),
    ...(row.c?.[1] == null ? {} : { of: row.c[1] }),
    ...(moment === undefined ? {} : { u: run.u === undefined ? moment : Math.max(run.u, moment) }),
    ...(recap ? { recap: 1 as const } : {}),
    msg: wordsOf(row),
  };
  const changed = self ? withState(counted, row, moment) : withResource(counted, row, recap, nested, moment);
  return heard(changed, at);
};

/** A run that has just been heard of: remembers when, and when it ended. */
export const heard = (run: Run, at: number): Run => {
  const { to, ...rest } = run;
  return { ...rest, at: Math.max(run.at, at), ...(isOver(run) ? { to: to ?? at } : {}) };
};

const wordsOf = ({ st, n, m }: RowSignal): string =>
  `${st === AMBIGUOUS ? AMBIGUOUS.slice(0, -1) : st} ${n}${m === undefined ? '' : `: ${m.slice(0, 200)}`}`;

export const CLEANING_UP = 'UPDATE_ROLLBACK_COMPLETE_CLEANUP_IN_PROGRESS';

const withState = (run: Run, row: RowSignal, moment: number | undefined): Run => {
  const settled = settleState(run, row, moment);
  const why = reasonOfFailure(row);
  const told: Run = {
    ...run,
    listed: row.m === undefined ? run.listed : listedIn(row.m, run.listed),
    ...(why === undefined || run.why !== undefined ? {} : { why }),
  };
  if (settled === undefined) return told;
  const { cut: _cut, ...known } = told;
  const next: Run = {
    ...known,
    st: settled.st,
    ...(moment === undefined ? {} : { su: moment }),
    ...(settled.cut ? { cut: 1 as const } : {}),
    ...operationOf(run, settled.st),
  };
  return isRetry(run, settled.st) ? forgetFailures(next) : next;
};

/** The state after a row about the stack, undefined where it tells of a moment that has passed. */
const settleState = (
  run: Run,
  row: RowSignal,
  moment: number | undefined,
): { st: string; cut?: boolean } | undefined => {
  if (row.st === AMBIGUOUS) {
    // Cleaning up comes before the end, so of two such rows the second is the end. The bar prints rows again and again.
    const again = run.cut === 1 && (row.c !== undefined || moment !== run.su);
    if (again || run.st === CLEANING_UP)
      return run.cut === 1 && !again ? undefined : { st: 'UPDATE_ROLLBACK_COMPLETE' };
  }
  const past = moment !== undefined && run.su !== undefined && moment < run.su;
  if (past) return undefined;
  return row.st === AMBIGUOUS ? { st: CLEANING_UP, cut: true } : { st: row.st };
};

const operationOf = ({ op, verb }: Run, st: string): Pick<Run, 'op'> => {
  if (verb === 'destroy') return { op: 'destroy' };
  if (/^(?:CREATE_|REVIEW_)/.test(st)) return { op: 'create' };
  if (/^(?:UPDATE_(?!ROLLBACK)|IMPORT_)/.test(st)) return { op: 'update' };
  if (op !== undefined) return { op };
  if (st.startsWith('UPDATE_')) return { op: 'update' };
  if (st.startsWith('ROLLBACK_')) return { op: 'create' };
  return st.startsWith('DELETE_') && verb === undefined ? { op: 'destroy' } : {};
};

const isRetry = (run: Run, st: string): boolean =>
  run.st !== undefined && isTerminalState(run.st) && isFirstState(st) && st !== 'DELETE_IN_PROGRESS';

const forgetFailures = (run: Run): Run => {
  const { why: _why, err: _err, recap: _recap, ...rest } = run;
  return { ...rest, fail: [], off: [], listed: [], prog: [] };
};

const reasonOfFailure = ({ st, m }: RowSignal): string | undefined =>
  m !== undefined &&
  (st.endsWith('_FAILED') || isRollbackState(st)) &&
  !CONSEQUENCE.test(m) &&
  !/^User Initiated$/i.test(m)
    ? m
    : undefined;

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

const DID: readonly (readonly [string, number])[] = [
  ['CREATE_', 1],
  ['UPDATE_', 2],
  ['IMPORT_', 2],
  ['DELETE_', 4],
];

const withResource = (
  run: Run,
  row: RowSignal,
  recap: boolean,
  nested: boolean,
  moment: number | undefined,
): Run => {
  const did = nested ? 0 : (DID.find(([verb]) => row.st.startsWith(verb))?.[1] ?? 0);
  // What is deleted once something has failed is taken back, which says nothing of what was asked for.
  const taken = did === 4 && (run.fail.length > 0 || (run.st !== undefined && isRollbackState(run.st)));
  const next: Run = {
    ...run,
    did: run.did | (taken ? 0 : did),
    prog: recap ? run.prog : inProgress(run.prog, row),
  };
  if (row.st.endsWith('_FAILED')) return row.skip === 1 ? next : withFailure(next, row, nested, moment);
  if (row.st === 'DELETE_COMPLETE' && next.fail.some(({ i, d }) => d === 1 && i === row.i)) {
    return { ...next, fail: next.fail.filter(({ i, d }) => d !== 1 || i !== row.i) };
  }
  return next;
};

const inProgress = (prog: Run['prog'], { st, i, n }: RowSignal): Run['prog'] => {
  const others = prog.some(([id]) => id === i) ? prog.filter(([id]) => id !== i) : prog;
  return st.endsWith('_IN_PROGRESS') ? [...others, [i, n] as const].slice(-MAX_IN_PROGRESS) : others;
};

const withFailure = (run: Run, row: RowSignal, nested: boolean, moment: number | undefined): Run => {
  const { i, m } = row;
  if (m !== undefined && isCancelled(m)) {
    return run.off.includes(i) ? run : { ...run, off: [...run.off, i].slice(-MAX_CANCELLED) };
  }
  if (m !== undefined && CONSEQUENCE.test(m)) return run;
  const failure: Failure = {
    i,
    ...(m === undefined ? {} : { m }),
    ...(moment === undefined ? {} : { u: moment }),
    ...(row.ty === STACK_TYPE ? { e: 1 as const } : {}),
    ...(nested ? { in: 1 as const } : {}),
    ...(row.s === undefined ? { b: 1 as const } : {}),
    ...(row.st === 'DELETE_FAILED' ? { d: 1 as const } : {}),
  };
  const same = run.fail.findIndex((known) => isSame(known, row));
  if (same === -1) return run.fail.length >= MAX_FAILURES ? run : { ...run, fail: [...run.fail, failure] };
  const known = run.fail[same];
  if (known === undefined) return run;
  // The bar shows a construct path first and the logical id when it recapitulates.
  const better: Failure = {
    ...failure,
    ...known,
    i: ID.test(i) || known.i.includes('/') ? i : known.i,
    ...(known.m === undefined && m !== undefined ? { m } : {}),
  };
  return { ...run, fail: run.fail.with(same, better) };
};

const ID = /^[A-Za-z0-9]+$/;

const isSame = (known: Failure, { i, n, s }: RowSignal): boolean =>
  known.i === i || (s === undefined && (isIdOf(i, known.i) || (n !== i && known.i === n)));

/** Whether a failure is but CloudFormation giving up on a resource because another one has failed. */
const isCancelled = (reason: string): boolean =>
  /^Resource \w{1,20} cancell?ed/.test(reason) || (reason.length <= 80 && /\bcancell?ed\b/i.test(reason));
