import { heard, isOver, listedIn, type Mark, type Run } from './run.ts';
import type { CauseSignal, ErrorSignal, SaidSignal } from './signals.ts';
import {
  begin,
  type CdkState,
  current,
  framed,
  keep,
  merged,
  nameOf,
  onNamed,
  runOf,
  type Step,
  TOOLKIT,
  untouched,
  withAlias,
} from './state.ts';

/** The run that a closing line is about: the stack's own, or the one that had no name so far. */
const closedBy = (state: CdkState, name: string, weak: boolean): Run | undefined => {
  const known = runOf(state, name);
  if (known !== undefined || weak) return known;
  if (isEnvironment(name)) {
    // If the line that began a bootstrap is missing, its rows have been taken for those of an ordinary stack.
    return Object.values(state.runs).findLast(
      (run) => run.verb === undefined && run.mark === undefined && TOOLKIT.test(run.name),
    );
  }
  const nameless = current(state);
  return nameless?.name === '' ? nameless : undefined;
};

const isEnvironment = (name: string): boolean => name.startsWith('aws://');

const withMark = (
  state: CdkState,
  run: Run,
  said: SaidSignal,
  mark: Mark,
  at: number,
  err?: string,
): Step => {
  const change = (marked: Run): Run =>
    heard(
      {
        ...framed(marked, said),
        mark,
        inProgress: [],
        ...(err === undefined ? {} : withError(marked, err)),
        ...(said.o === undefined || marked.verb !== undefined ? {} : { verb: said.o }),
        message: err ?? WORDS[mark],
      },
      at,
    );
  const { bootstrapping: boot, ...rest } = state;
  const next = { ...(boot === run.key ? rest : state), closed: run.key };
  if (run.name === '') return onNamed(next, run, said.s, change);
  const step = keep(next, change(run));
  if (!isEnvironment(said.s) || run.name === said.s) return step;
  const { [run.name]: key = run.key, ...last } = step.state.lastKeys;
  return keep(
    {
      ...withAlias(step.state, run.name, said.s),
      lastKeys: { ...last, [said.s]: key },
      counts: { ...state.counts, [said.s]: 1 },
    },
    change({ ...run, name: said.s, stack: run.name, verb: 'bootstrap' }),
  );
};

const WORDS: Readonly<Record<Mark, string>> = {
  ok: 'deployed',
  unchanged: 'no changes',
  destroyed: 'destroyed',
  failed: 'failed',
};

export const onSuccess = (state: CdkState, said: SaidSignal, mark: Mark, at: number): Step => {
  const name = nameOf(state, said.s);
  const known = closedBy(state, name, said.w === 1);
  if (known !== undefined && known.mark === undefined) return withMark(state, known, said, mark, at);
  const same = known?.mark === mark || (known?.mark === 'failed' && mark === 'ok');
  if (same || said.w === 1) return untouched(state);
  if (mark === 'ok' && !isEnvironment(said.s)) {
    return untouched({
      ...state,
      checked: { s: said.s, ...(said.d === undefined ? {} : { d: said.d }), at },
    });
  }
  const begun = begin(state, name, at);
  return withMark(begun.state, begun.run, said, mark, at);
};

export const onFailed = (state: CdkState, said: SaidSignal, at: number): Step => {
  const name = nameOf(state, said.s);
  const known = closedBy(state, name, said.w === 1);
  if (known?.mark === 'failed' || (said.w === 1 && known?.mark !== undefined)) return untouched(state);
  if (known !== undefined && known.mark === undefined)
    return withMark(state, known, said, 'failed', at, said.m);
  if (said.w === 1) return untouched(state);
  const begun = begin(state, name, at);
  return withMark({ ...begun.state, current: begun.run.key }, begun.run, said, 'failed', at, said.m);
};

/** What an error message contains besides its text: the state of the stack, and what is listed as failed. */
const withError = (run: Run, err: string): Partial<Run> => {
  const st = /\b(?:(?:UPDATE_|IMPORT_)?ROLLBACK_(?:COMPLETE|FAILED)|(?:CREATE|UPDATE|DELETE)_FAILED)\b/.exec(
    /^.{0,80}The stack named /.test(err) ? err : '',
  )?.[0];
  const op = run.stackOperation ?? (st === undefined ? undefined : operationIn(st));
  return {
    ...(run.closingError === undefined ? { closingError: err } : {}),
    listed: listedIn(err, run.listed),
    ...(st === undefined ? {} : { stackState: st }),
    ...(op === undefined ? {} : { stackOperation: op }),
  };
};

/** What was done to a stack that has been left in a state of failure. */
const operationIn = (st: string): NonNullable<Run['stackOperation']> => {
  if (st.startsWith('DELETE_')) return 'destroy';
  return st.startsWith('CREATE_') || st.startsWith('ROLLBACK_') ? 'create' : 'update';
};

export const onError = (state: CdkState, { m, s, cs }: ErrorSignal, at: number): Step => {
  // Only a run that waits for its change set can have failed because of it.
  const open = Object.values(state.runs).filter(
    (run) => !isOver(run) && (cs === undefined || (run.rows === 0 && run.phase !== undefined)),
  );
  if (cs === 1 && open.length !== 1) return untouched({ ...state, undecided: m });
  const run =
    s === undefined ? (open.length === 1 ? open[0] : undefined) : closedBy(state, nameOf(state, s), false);
  if (run === undefined) {
    if (s === undefined) return untouched(state);
    const begun = begin(state, s, at);
    return withMark(begun.state, begun.run, { k: 'say', v: 'failed', s }, 'failed', at, m);
  }
  if (run.mark !== undefined || (run.name === '' && s === undefined)) return untouched(state);
  return withMark(state, run, { k: 'say', v: 'failed', s: s ?? run.name }, 'failed', at, m);
};

/** The causes below the line that closes a run, or below a change set that could not be created. */
export const onCause = (before: CdkState, { i, n }: CauseSignal, at: number): Step => {
  const { state, touched } = before.undecided === undefined ? untouched(before) : decided(before, n, at);
  const run = lastClosed(state);
  if (run?.mark !== 'failed' || i === undefined || run.listed.includes(i)) return { state, touched };
  return keep(state, heard({ ...run, listed: merged(run.listed, [i]) }, at));
};

/** The head of the first cause begins with the name of the stack whose change set could not be created. */
const decided = (before: CdkState, path: string, at: number): Step => {
  const { undecided, ...state } = before;
  const first = `${path}/`;
  const run = Object.values(state.runs).findLast(
    ({ name, displayName: d }) =>
      first.startsWith(`${name}/`) || (d !== undefined && first.startsWith(`${d}/`)),
  );
  if (run === undefined || isOver(run)) return untouched(state);
  return withMark(state, run, { k: 'say', v: 'failed', s: run.name }, 'failed', at, undecided);
};

/** An error below the closing line. Of several, each is the cause of the previous one. */
export const onReason = (state: CdkState, m: string, at: number): Step => {
  const run = lastClosed(state);
  if (run?.mark !== 'failed') return untouched(state);
  const { closingError: _vaguer, ...rest } = run;
  return keep(state, heard({ ...rest, ...withError(rest, m), message: m }, at));
};

export const lastClosed = (state: CdkState): Run | undefined =>
  state.closed === undefined ? undefined : state.runs[state.closed];

/** `Deployment time: …`, `Outputs:` and `Stack ARN:` follow a check mark of CDK. */
export const onClosing = (
  state: CdkState,
  stack: string | undefined,
  seconds: number | undefined,
  at: number,
): Step => {
  const { checked: ok, ...rest } = state;
  if (ok !== undefined && (stack === undefined || stack === ok.s)) {
    const begun = begin(rest, nameOf(rest, ok.s), ok.at);
    const marked = withMark(begun.state, begun.run, { k: 'say', v: 'ok', ...ok }, 'ok', at);
    return seconds === undefined
      ? marked
      : onClosing({ ...marked.state, current: begun.run.key }, stack, seconds, at);
  }
  if (stack !== undefined) {
    const nameless = current(state);
    return nameless?.name === ''
      ? onNamed(state, nameless, stack, (run) => heard(run, at))
      : untouched(state);
  }
  if (seconds === undefined) return untouched(state);
  const done = lastClosed(state);
  return done === undefined || done.mark === 'failed' || done.seconds !== undefined
    ? untouched(state)
    : keep(state, { ...done, seconds: seconds });
};
