import { onCause, onClosing, onError, onFailed, onReason, onSuccess } from './closing.ts';
import { continuedBy, onText } from './continued.ts';
import { STACK_TYPE } from './rows.ts';
import { belongs, heard, isOver, type Run, withRow } from './run.ts';
import type {
  AssetSignal,
  CdkSignal,
  HotswapSignal,
  ListedSignal,
  RowSignal,
  SaidSignal,
  TextSignal,
} from './signals.ts';
import {
  adoptNested,
  begin,
  type CdkState,
  current,
  framed,
  isNestedIn,
  keep,
  merged,
  nameOf,
  onNamed,
  own,
  placeStack,
  runOf,
  type Step,
  untouched,
  withAlias,
} from './state.ts';
import { isFirstState } from './status.ts';

/** The deployments of a stream after one more line. */
export const evolveCdk = (before: CdkState, signal: CdkSignal, at: number): Step => {
  if (signal.k === 'text') return onText(before, signal.m, at);
  const step = evolved(withoutContinued(before), signal, at);
  const continued = continuedBy(step, signal);
  return continued === undefined ? step : { ...step, state: { ...step.state, continued } };
};

const withoutContinued = (before: CdkState): CdkState => {
  if (before.continued === undefined) return before;
  const { continued: _over, ...state } = before;
  return state;
};

const evolved = (state: CdkState, signal: Exclude<CdkSignal, TextSignal>, at: number): Step => {
  switch (signal.k) {
    case 'row':
      return onRow(state, signal, at);
    case 'cut':
      return untouched(state);
    case 'say':
      return onSaid(state, signal, at);
    case 'bar':
      return onCurrent(state, at, (run) =>
        isOver(run) ? run : { ...run, ...countOf(signal), inProgress: [] },
      );
    case 'busy':
      return onBusy(state, signal.ids, at);
    case 'hot':
      return onHotswap(state, signal, at);
    case 'asset':
      return onAsset(state, signal, at);
    case 'error':
      return onError(withAsset(state, undefined, 'failed'), signal, at);
    case 'cause':
      return onCause(state, signal, at);
    case 'reason':
      return onReason(state, signal.m, at);
    case 'listed':
      return onCurrent(state, at, (run) =>
        run.mark === undefined || run.mark === 'failed' ? withList(run, signal) : run,
      );
    case 'close':
      return signal.r === 1 ? onRolledBack(state, at) : onClosing(state, signal.s, signal.x, at);
    default:
      return signal satisfies never;
  }
};

const onRow = (state: CdkState, row: RowSignal, at: number): Step =>
  row.s === undefined ? onRowWithoutStack(state, row, at) : onRowOfStack(state, row, row.s, at);

const onRowOfStack = (before: CdkState, row: RowSignal, stack: string, at: number): Step => {
  const { state, name } = placeStack(before, stack, false);
  if (state.rollback !== undefined && nameOf(state, state.rollback.s) === name)
    return onRowOfStack(beginRollback(state, state.rollback, at), row, stack, at);
  const about = row.ty === STACK_TYPE && row.i === stack;
  const known = runOf(state, name);
  const nested = stack !== (known?.stack ?? (known?.verb === 'bootstrap' ? stack : name));
  const self = about && !nested;
  if (known !== undefined && belongs(known, row, self, at)) {
    // The parent reports its nested stack too, in a row of the resource.
    if (about && nested) return keep(state, heard({ ...known, ...countOf(row) }, at));
    const run = withRow(
      known.stack === undefined && !nested ? { ...known, stack } : known,
      row,
      self,
      nested,
      at,
    );
    return run.nestedIds === known.nestedIds ? keep(state, run) : keepWithNested(state, run);
  }
  // Rows of a dropped run may still follow after its end, but a new run starts with a first state.
  if (known === undefined && own(state.counts, name) !== undefined && !(self && isFirstState(row.st)))
    return untouched(state);
  const begun = begin(state, name, at);
  const step = keepWithNested(begun.state, withRow({ ...begun.run, stack }, row, about, false, at));
  return { state: step.state, touched: [...begun.removed, ...step.touched] };
};

/** Keeps a run whose rows have just mentioned a nested stack, which may have been taken for an independent one. */
const keepWithNested = (state: CdkState, run: Run): Step => {
  const whole = adoptNested(state, run);
  const step = keep(whole.state, whole.run);
  return { state: step.state, touched: [...whole.removed, ...step.touched] };
};

const countOf = ({ c }: Pick<RowSignal, 'c'>): Pick<Run, 'current' | 'total'> =>
  c === undefined ? {} : { current: c[0], ...(c[1] === null ? {} : { total: c[1] }) };

const onRowWithoutStack = (before: CdkState, row: RowSignal, at: number): Step => {
  const state = before.rollback === undefined ? before : beginRollback(before, before.rollback, at);
  const run = current(state);
  const bare = row.ty === STACK_TYPE && row.n === row.i;
  if (run === undefined) {
    const begun = begin(state, '', at);
    const cur = { ...begun.state, current: begun.run.key };
    return bare
      ? onNamed(cur, begun.run, row.i, (named) => withRow(named, row, true, false, at))
      : keep(cur, withRow(begun.run, row, false, false, at));
  }
  const self =
    bare &&
    (run.stack === undefined
      ? run.name === '' || isCutOf(row.i, run.name) || run.verb === 'bootstrap'
      : isCutOf(row.i, run.stack));
  if (!belongs(run, row, self, at)) {
    const begun = begin(state, run.name, at);
    return keep(
      { ...begun.state, current: begun.run.key },
      withRow(
        { ...begun.run, ...(run.stack === undefined ? {} : { stack: run.stack }) },
        row,
        self,
        false,
        at,
      ),
    );
  }
  if (bare && !self && isNestedIn(row.i, run)) return keep(state, heard({ ...run, ...countOf(row) }, at));
  if (self && run.name === '')
    return onNamed(state, run, row.i, (named) => withRow(named, row, true, false, at));
  const learnt = self && run.verb === 'bootstrap' && run.stack === undefined;
  return keep(state, withRow(learnt ? { ...run, stack: row.i } : run, row, self, false, at));
};

/** Whether a name in a row is a stack's, perhaps without its end: the bar breaks rows where the terminal ends. */
const isCutOf = (shown: string, name: string): boolean => name.startsWith(shown);

const onCurrent = (state: CdkState, at: number, change: (run: Run) => Run): Step => {
  const run = current(state);
  if (run === undefined) return untouched(state);
  const changed = change(run);
  return changed === run ? untouched(state) : keep(state, heard(changed, at));
};

const MAX_LIST = 8000;

const withList = (run: Run, { ids, begun, more }: ListedSignal): Run => {
  const { openList: list, ...rest } = run;
  if (begun !== undefined) return { ...rest, openList: begun };
  if (more === undefined) return { ...rest, listed: merged(run.listed, ids) };
  if (list === undefined) return run;
  const [text = '', after] = `${list}${more}`.split(']');
  const known = text.split(/, ?/).filter((id) => /^[A-Za-z0-9]+$/.test(id));
  // The last one continues in the next line.
  const whole = after === undefined ? known.slice(0, -1) : known;
  const goesOn = after === undefined && text.length <= MAX_LIST;
  return { ...rest, ...(goesOn ? { openList: text } : {}), listed: merged(run.listed, whole) };
};

/** If the beginning of the log is missing, a hotswap may be the first mention of a stack; its name comes later. */
const onHotswap = (state: CdkState, { v, n }: HotswapSignal, at: number): Step => {
  if (current(state) !== undefined || !(v === 'done' || (v === 'start' && n === undefined)))
    return onCurrent(state, at, (run) => (isOver(run) ? run : withHotswap(run, v, n)));
  const begun = begin(state, '', at);
  return keep({ ...begun.state, current: begun.run.key }, withHotswap(begun.run, v, n));
};

const withHotswap = (run: Run, v: 'start' | 'done' | 'full', what: string | undefined): Run => {
  const { phase: _ph, hotswap: _hot, ...rest } = run;
  if (v === 'full') return { ...rest, inProgress: [], message: 'Falling back to a full deployment' };
  const others = run.inProgress.filter(([id]) => id !== what);
  return {
    ...rest,
    hotswap: 1,
    phase: 'hotswapping',
    inProgress: v === 'start' && what !== undefined ? [...others, [what, what] as const].slice(-64) : others,
    message: `hotswapping ${what ?? 'resources'}${v === 'done' ? ': done' : ''}`,
  };
};

const onBusy = (state: CdkState, ids: readonly string[], at: number): Step => {
  const runs = ids
    .map((id) => runOf(state, nameOf(state, id)))
    .filter((run) => run !== undefined && !isOver(run));
  const [run, ...others] = new Set(runs);
  return run === undefined || others.length > 0 ? untouched(state) : keep(state, heard(run, at));
};

const onAsset = (before: CdkState, { v, s, n, e }: AssetSignal, at: number): Step => {
  const state = withAsset(before, n, e);
  const run = s === undefined ? current(state) : runOf(state, nameOf(state, s));
  if (run === undefined || isOver(run) || run.rows > 0) return untouched(state);
  return keep(state, heard({ ...run, phase: `${v} assets` }, at));
};

const MAX_ASSETS = 100;

const withAsset = (
  state: CdkState,
  name: string | undefined,
  end: 'done' | 'failed' | undefined,
): CdkState => {
  const { assets: known = [], ...rest } = state;
  if (end === 'failed') return rest;
  if (name === undefined) return state;
  const others = known.filter((asset) => asset !== name);
  const assets = end === undefined ? [...others, name].slice(-MAX_ASSETS) : others;
  return assets.length === 0 ? rest : { ...rest, assets };
};

const onSaid = (state: CdkState, said: SaidSignal, at: number): Step => {
  const named = said.d === undefined || said.d === said.s ? state : withAlias(state, said.d, said.s);
  switch (said.v) {
    case 'deploying':
    case 'destroying':
    case 'importing':
    case 'bootstrapping':
      return onBegun(named, said, VERBS[said.v], at);
    case 'changeset':
    case 'creating':
    case 'updating':
      return onPreparing(named, said, PREPARING[said.v], at);
    case 'rolling-back':
      return onRollingBack(named, said, at);
    case 'not-rolling-back':
      return untouched(withoutRollback(state));
    case 'ok':
    case 'unchanged':
    case 'destroyed':
      return onSuccess(named, said, said.v, at);
    case 'failed':
      return onFailed(withAsset(named, undefined, 'failed'), said, at);
    default:
      return said.v satisfies never;
  }
};

/** A deployment of a stack that is left in a state of failure may roll back first; then the rollback is part of it. */
const onRollingBack = (state: CdkState, { s, d }: SaidSignal, at: number): Step => {
  const known = runOf(state, nameOf(state, s));
  if (known !== undefined && !isOver(known)) return untouched(state);
  return untouched({ ...state, rollback: { s: nameOf(state, s), ...(d === undefined ? {} : { d }), at } });
};

const withoutRollback = ({ rollback: _none, ...state }: CdkState): CdkState => state;

const beginRollback = (state: CdkState, { s }: Readonly<{ s: string }>, at: number): CdkState => {
  const begun = begin(state, s, at);
  return { ...begun.state, current: begun.run.key };
};

/** `Rollback time: …` is printed for each stack whose rollback has worked; in `errors-only` mode nothing else is. */
const onRolledBack = (before: CdkState, at: number): Step => {
  const state = before.rollback === undefined ? before : beginRollback(before, before.rollback, at);
  const run = current(state);
  if (run?.verb !== 'rollback' || run.mark !== undefined) return untouched(state);
  return keep(
    { ...state, closed: run.key },
    heard({ ...run, mark: 'ok', inProgress: [], message: 'rolled back' }, at),
  );
};

const VERBS = {
  deploying: 'deploy',
  destroying: 'destroy',
  importing: 'import',
  bootstrapping: 'bootstrap',
} as const;

const onBegun = (before: CdkState, said: SaidSignal, verb: NonNullable<Run['verb']>, at: number): Step => {
  const name = nameOf(before, said.s);
  const state = before.rollback === undefined ? before : withoutRollback(before);
  const known = runOf(state, name);
  // With -v the line comes twice, the second time without its position.
  const repeated = known?.position !== undefined && said.p === undefined && known.verb === verb;
  const goesOn =
    known !== undefined && !isOver(known) && ((known.rows === 0 && known.hotswap === undefined) || repeated);
  const begun = goesOn ? { state, run: known, removed: [] } : begin(state, name, at);
  const run = heard({ ...framed(begun.run, said), verb, message: said.v }, at);
  const step = keep(
    { ...begun.state, current: run.key, ...(verb === 'bootstrap' ? { bootstrapping: run.key } : {}) },
    run,
  );
  return { state: step.state, touched: [...begun.removed, ...step.touched] };
};

const PREPARING = {
  changeset: { phase: 'creating changeset' },
  creating: { phase: 'creating stack', direct: 'create' },
  updating: { phase: 'updating stack', direct: 'update' },
} as const;

/** CDK may prepare a change set before it says `deploying...`. */
const onPreparing = (
  before: CdkState,
  said: SaidSignal,
  doing: Pick<Run, 'phase' | 'direct'> & { phase: string },
  at: number,
): Step => {
  const { state, name } = placeStack(before, said.s, true);
  const known = runOf(state, name);
  const begun =
    known === undefined || isOver(known) ? begin(state, name, at) : { state, run: known, removed: [] };
  const run = heard({ ...framed(begun.run, said), stack: said.s, ...doing, message: doing.phase }, at);
  const step = keep({ ...begun.state, current: run.key }, run);
  return { state: step.state, touched: [...begun.removed, ...step.touched] };
};
