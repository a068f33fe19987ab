import type { Evolved } from '../format.ts';
import { STACK_TYPE } from './cdk-rows.ts';
import { belongs, heard, isOver, listedIn, type Mark, newRun, type Run, withRow } from './cdk-run.ts';
import type { CdkSignal, ErrorSignal, RowSignal, SaidSignal } from './cdk-signals.ts';
import { isFirstState } from './cdk-status.ts';

/**
 * The deployments of one stream. Names are of stacks, or of environments that were bootstrapped; a run whose stack
 * nobody has named yet is filed under the empty name.
 */
export type CdkState = Readonly<{
  runs: Readonly<Record<string, Run>>;
  /** Key of the latest run of a name, and how many runs it has had. */
  last: Readonly<Record<string, string>>;
  n: Readonly<Record<string, number>>;
  /** Other names: of display names, of nested stacks, of the stack behind an environment. */
  alias: Readonly<Record<string, string>>;
  /** Key of the run that a line without a stack's name is about, and of the environment being bootstrapped. */
  cur?: string;
  boot?: string;
  /** A check mark before a name that nothing else has shown to be a stack. */
  ok?: Readonly<{ s: string; d?: string; at: number }>;
}>;

export const initialCdk: CdkState = { runs: {}, last: {}, n: {}, alias: {} };

type Step = Evolved<CdkState>;

export const evolveCdk = (state: CdkState, signal: CdkSignal, at: number): Step => {
  switch (signal.k) {
    case 'row':
      return onRow(state, signal, at);
    case 'say':
      return onSaid(state, signal, at);
    case 'bar':
      return onCurrent(state, at, (run) =>
        isOver(run) ? run : { ...run, c: signal.c[0], of: signal.c[1] ?? 0, prog: [] },
      );
    case 'busy':
      return onBusy(state, signal.ids, at);
    case 'hot':
      return onCurrent(state, at, (run) => (isOver(run) ? run : withHotswap(run, signal.v, signal.n)));
    case 'asset':
      return onAsset(state, signal.v, signal.s, at);
    case 'error':
      return onError(state, signal, at);
    case 'cause':
      return onCause(state, signal.i, at);
    case 'listed':
      return onCurrent(state, at, (run) => ({ ...run, listed: merged(run.listed, signal.ids) }));
    case 'close':
      return onClosing(state, signal.s, signal.x, at);
    default:
      return signal satisfies never;
  }
};

const merged = (ids: readonly string[], more: readonly string[]): readonly string[] =>
  [...new Set([...ids, ...more])].slice(0, 50);

const untouched = (state: CdkState): Step => ({ state, touched: [] });

const keep = (state: CdkState, run: Run): Step => ({
  state: state.runs[run.key] === run ? state : { ...state, runs: { ...state.runs, [run.key]: run } },
  touched: [run.key],
});

/** The name that runs of a stack are filed under. */
const nameOf = (state: CdkState, stack: string): string => own(state.alias, stack) ?? stack;

const runOf = (state: CdkState, name: string): Run | undefined => {
  const key = own(state.last, name);
  return key === undefined ? undefined : state.runs[key];
};

const current = (state: CdkState): Run | undefined =>
  state.cur === undefined ? undefined : state.runs[state.cur];

const own = <T>(record: Readonly<Record<string, T>>, key: string): T | undefined =>
  Object.hasOwn(record, key) ? record[key] : undefined;

/** How many runs are kept of a stream that never comes to rest; the oldest go. */
const MAX_RUNS = 500;

/** Begins the next run of a name. What turns out to be nested in its stack becomes part of it. */
const begin = (
  state: CdkState,
  name: string,
  at: number,
): { state: CdkState; run: Run; gone: readonly string[] } => {
  const count = (own(state.n, name) ?? 0) + 1;
  const run = newRun(`${name === '' ? 'unnamed' : name}#${count}`, name, at);
  const runs = Object.keys(state.runs).length >= MAX_RUNS ? withoutOldest(state.runs) : state.runs;
  return adoptNested(
    {
      ...state,
      runs: { ...runs, [run.key]: run },
      last: { ...state.last, [name]: run.key },
      n: { ...state.n, [name]: count },
    },
    run,
  );
};

const withoutOldest = (runs: CdkState['runs']): CdkState['runs'] => {
  const all = Object.values(runs);
  const oldest = all.find(isOver) ?? all[0];
  return Object.fromEntries(Object.entries(runs).filter(([key]) => key !== oldest?.key));
};

/** Runs of what has been taken for a stack of its own, and is nested in the stack of this run. */
const adoptNested = (state: CdkState, run: Run): { state: CdkState; run: Run; gone: readonly string[] } => {
  const nested = Object.keys(state.last).filter((name) => {
    const other = runOf(state, name);
    return (
      other !== undefined && other.verb === undefined && other.mark === undefined && isNestedIn(name, run)
    );
  });
  if (nested.length === 0) return { state, run, gone: [] };
  const parts = nested.map((name) => runOf(state, name)).filter((part) => part !== undefined);
  const whole: Run = {
    ...run,
    fail: [
      ...run.fail,
      ...parts.flatMap(({ fail }) => fail.map((failure) => ({ ...failure, in: 1 as const }))),
    ].slice(0, 50),
    from: Math.min(run.from, ...parts.map(({ from }) => from)),
  };
  const without = <T>(record: Readonly<Record<string, T>>, keys: readonly string[]) =>
    Object.fromEntries(Object.entries(record).filter(([key]) => !keys.includes(key)));
  const gone = parts.map(({ key }) => key);
  return {
    run: whole,
    gone,
    state: {
      ...state,
      runs: { ...without(state.runs, gone), [run.key]: whole },
      last: without(state.last, nested),
      alias: { ...state.alias, ...Object.fromEntries(nested.map((name) => [name, run.name])) },
    },
  };
};

/**
 * Whether a stack's name is one that CloudFormation gives to a stack nested in that of a run: its name, the logical id,
 * which may be cut, and twelve or thirteen random characters. LocalStack puts eight others, which takes a row of the
 * nested stack's resource to tell.
 */
const isNestedIn = (stack: string, { name, stack: parent = name, subs }: Run): boolean => {
  if (parent === '' || stack.length < parent.length + 8 || !stack.startsWith(`${parent}-`)) return false;
  const rest = stack.slice(parent.length + 1);
  const dash = rest.lastIndexOf('-');
  const id = rest.slice(0, Math.max(0, dash));
  if (/^[A-Z0-9]{12,13}$/.test(rest.slice(dash + 1)) && id !== '') {
    return /\d/.test(rest.slice(dash)) || id.includes('NestedStack');
  }
  return subs.some((sub) => sub === id || (id.length >= SHORTEST_CUT && sub.startsWith(id)));
};

const SHORTEST_CUT = 20;

/** The name of the stack that a stack not heard of before is part of, if there is one: the nearest. */
const parentOf = (state: CdkState, stack: string): string | undefined =>
  Object.keys(state.last).reduce<string | undefined>((nearest, name) => {
    const run = runOf(state, name);
    return run !== undefined && isNestedIn(stack, run) && name.length > (nearest?.length ?? 0)
      ? name
      : nearest;
  }, undefined);

/** What a stack is filed under, remembering it where it takes a look around. */
const placeStack = (state: CdkState, stack: string, prepared: boolean): { state: CdkState; name: string } => {
  const known = nameOf(state, stack);
  const boot = state.boot === undefined ? undefined : state.runs[state.boot];
  if (boot !== undefined && known !== boot.name) {
    // The stack behind an environment may have any name, but then a change set of it is the first that is heard of it.
    const run = runOf(state, known);
    const behind = run === undefined ? prepared || TOOLKIT.test(stack) : run.verb === 'bootstrap';
    if (behind) return { name: boot.name, state: withAlias(state, stack, boot.name) };
  }
  if (known !== stack || runOf(state, stack) !== undefined) return { state, name: known };
  const parent = parentOf(state, stack);
  return parent === undefined
    ? { state, name: stack }
    : { state: withAlias(state, stack, parent), name: parent };
};

const TOOLKIT = /toolkit|bootstrap/i;

const withAlias = (state: CdkState, other: string, name: string): CdkState => ({
  ...state,
  alias: { ...state.alias, [other]: name },
});

const onRow = (state: CdkState, row: RowSignal, at: number): Step =>
  row.s === undefined ? onRowWithoutStack(state, row, at) : onRowOfStack(state, row, row.s, at);

const onRowOfStack = (before: CdkState, row: RowSignal, stack: string, at: number): Step => {
  const { state, name } = placeStack(before, stack, false);
  const about = row.ty === STACK_TYPE && row.i === stack;
  const known = runOf(state, name);
  const nested = stack !== (known?.stack ?? (known?.verb === 'bootstrap' ? stack : name));
  const self = about && !nested;
  if (known !== undefined && belongs(known, row, self, at)) {
    // What a nested stack says of itself, its parent says too, in a row of the resource.
    if (about && nested) return keep(state, heard({ ...known, ...countOf(row) }, at));
    const run = withRow(
      known.stack === undefined && !nested ? { ...known, stack } : known,
      row,
      self,
      nested,
      at,
    );
    return run.subs === known.subs ? keep(state, run) : keepWithNested(state, run);
  }
  // A run that was dropped after its end may still be followed by rows of it, but a new one begins at the beginning.
  if (known === undefined && own(state.n, name) !== undefined && !(self && isFirstState(row.st)))
    return untouched(state);
  const begun = begin(state, name, at);
  const step = keepWithNested(begun.state, withRow({ ...begun.run, stack }, row, about, false, at));
  return { state: step.state, touched: [...begun.gone, ...step.touched] };
};

/** Keeps a run whose rows have just told of a nested stack, which may have been taken for one of its own. */
const keepWithNested = (state: CdkState, run: Run): Step => {
  const whole = adoptNested(state, run);
  const step = keep(whole.state, whole.run);
  return { state: step.state, touched: [...whole.gone, ...step.touched] };
};

const countOf = ({ c }: RowSignal): Pick<Run, 'c' | 'of'> =>
  c === undefined ? {} : { c: c[0], ...(c[1] === null ? {} : { of: c[1] }) };

const onRowWithoutStack = (state: CdkState, row: RowSignal, at: number): Step => {
  const run = current(state);
  const bare = row.ty === STACK_TYPE && row.n === row.i;
  if (run === undefined) {
    const begun = begin(state, '', at);
    const cur = { ...begun.state, cur: begun.run.key };
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
      { ...begun.state, cur: begun.run.key },
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

/** Gives a run without a name the one that has turned up. */
const onNamed = (state: CdkState, run: Run, name: string, change: (run: Run) => Run): Step => {
  const { '': _unnamed, ...last } = state.last;
  return keep(
    {
      ...state,
      last: { ...last, [name]: run.key },
      n: { ...state.n, [name]: (own(state.n, name) ?? 0) + 1 },
    },
    change({ ...run, name, stack: name }),
  );
};

const onCurrent = (state: CdkState, at: number, change: (run: Run) => Run): Step => {
  const run = current(state);
  if (run === undefined) return untouched(state);
  const changed = change(run);
  return changed === run ? untouched(state) : keep(state, heard(changed, at));
};

const withHotswap = (run: Run, v: 'start' | 'done' | 'full', what: string | undefined): Run => {
  const { ph: _ph, hot: _hot, ...rest } = run;
  if (v === 'full') return { ...rest, prog: [], msg: 'Falling back to a full deployment' };
  const others = run.prog.filter(([id]) => id !== what);
  return {
    ...rest,
    hot: 1,
    ph: 'hotswapping',
    prog: v === 'start' && what !== undefined ? [...others, [what, what] as const].slice(-64) : others,
    msg: `hotswapping ${what ?? 'resources'}${v === 'done' ? ': done' : ''}`,
  };
};

const onBusy = (state: CdkState, ids: readonly string[], at: number): Step => {
  const runs = ids
    .map((id) => runOf(state, nameOf(state, id)))
    .filter((run) => run !== undefined && !isOver(run));
  const [run, ...others] = new Set(runs);
  return run === undefined || others.length > 0 ? untouched(state) : keep(state, heard(run, at));
};

const onAsset = (
  state: CdkState,
  v: 'building' | 'publishing',
  stack: string | undefined,
  at: number,
): Step => {
  const run = stack === undefined ? current(state) : runOf(state, nameOf(state, stack));
  if (run === undefined || isOver(run) || run.rows > 0) return untouched(state);
  return keep(state, heard({ ...run, ph: `${v} assets` }, at));
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
      return untouched(state);
    case 'ok':
    case 'unchanged':
    case 'destroyed':
      return onSuccess(named, said, said.v, at);
    case 'failed':
      return onFailed(named, said, at);
    default:
      return said.v satisfies never;
  }
};

const VERBS = {
  deploying: 'deploy',
  destroying: 'destroy',
  importing: 'import',
  bootstrapping: 'bootstrap',
} as const;

const framed = (run: Run, said: SaidSignal): Run => ({
  ...run,
  ...(said.d === undefined ? {} : { d: said.d }),
  ...(said.p === undefined ? {} : { p: said.p }),
});

const onBegun = (state: CdkState, said: SaidSignal, verb: NonNullable<Run['verb']>, at: number): Step => {
  const name = nameOf(state, said.s);
  const known = runOf(state, name);
  // With -v the line comes twice, the second time without its position.
  const repeated = known?.p !== undefined && said.p === undefined && known.verb === verb;
  const goesOn =
    known !== undefined && !isOver(known) && ((known.rows === 0 && known.hot === undefined) || repeated);
  const begun = goesOn ? { state, run: known, gone: [] } : begin(state, name, at);
  const run = heard({ ...framed(begun.run, said), verb, msg: said.v }, at);
  const step = keep(
    { ...begun.state, cur: run.key, ...(verb === 'bootstrap' ? { boot: run.key } : {}) },
    run,
  );
  return { state: step.state, touched: [...begun.gone, ...step.touched] };
};

const PREPARING = {
  changeset: { ph: 'creating changeset' },
  creating: { ph: 'creating stack', direct: 'create' },
  updating: { ph: 'updating stack', direct: 'update' },
} as const;

/** CDK may prepare a change set before it says `deploying...`. */
const onPreparing = (
  before: CdkState,
  said: SaidSignal,
  doing: Pick<Run, 'ph' | 'direct'> & { ph: string },
  at: number,
): Step => {
  const { state, name } = placeStack(before, said.s, true);
  const known = runOf(state, name);
  const begun =
    known === undefined || isOver(known) ? begin(state, name, at) : { state, run: known, gone: [] };
  const run = heard({ ...framed(begun.run, said), stack: said.s, ...doing, msg: doing.ph }, at);
  const step = keep({ ...begun.state, cur: run.key }, run);
  return { state: step.state, touched: [...begun.gone, ...step.touched] };
};

/** The run that a closing line is about: the stack's own, or the one that had no name so far. */
const closedBy = (state: CdkState, name: string): Run | undefined => {
  const known = runOf(state, name);
  if (known !== undefined) return known;
  if (isEnvironment(name)) {
    // Where the line that began a bootstrap is missing, its rows have been taken for those of a stack like any other.
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
        prog: [],
        ...(err === undefined ? {} : withError(marked, err)),
        msg: err ?? WORDS[mark],
      },
      at,
    );
  const { boot, ...rest } = state;
  const next = boot === undefined || boot === run.key ? rest : state;
  if (run.name === '') return onNamed(next, run, said.s, change);
  const step = keep(next, change(run));
  if (!isEnvironment(said.s) || run.name === said.s) return step;
  const { [run.name]: key = run.key, ...last } = step.state.last;
  return keep(
    {
      ...withAlias(step.state, run.name, said.s),
      last: { ...last, [said.s]: key },
      n: { ...state.n, [said.s]: 1 },
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

const onSuccess = (state: CdkState, said: SaidSignal, mark: Mark, at: number): Step => {
  const name = nameOf(state, said.s);
  const known = closedBy(state, name);
  if (known?.mark === undefined) {
    if (known !== undefined) return withMark(state, known, said, mark, at);
  } else {
    const same = known.mark === mark || (known.mark === 'failed' && mark === 'ok');
    if (same || said.w === 1) return untouched(state);
  }
  if (said.w === 1) return untouched(state);
  if (mark === 'ok' && !isEnvironment(said.s)) {
    return untouched({ ...state, ok: { s: said.s, ...(said.d === undefined ? {} : { d: said.d }), at } });
  }
  const begun = begin(state, name, at);
  return withMark(begun.state, begun.run, said, mark, at);
};

const onFailed = (state: CdkState, said: SaidSignal, at: number): Step => {
  const name = nameOf(state, said.s);
  const known = closedBy(state, name);
  if (known?.mark === 'failed' || (said.w === 1 && known?.mark !== undefined)) return untouched(state);
  if (known !== undefined && known.mark === undefined)
    return withMark(state, known, said, 'failed', at, said.m ?? '');
  if (said.w === 1) return untouched(state);
  const begun = begin(state, name, at);
  return withMark({ ...begun.state, cur: begun.run.key }, begun.run, said, 'failed', at, said.m ?? '');
};

/** What an error message tells beyond its words: the state in which the stack was left, and what is listed as failed. */
const withError = (run: Run, err: string): Partial<Run> => {
  const st = /\b(?:(?:UPDATE_|IMPORT_)?ROLLBACK_(?:COMPLETE|FAILED)|(?:CREATE|UPDATE|DELETE)_FAILED)\b/.exec(
    /^.{0,80}The stack named /.test(err) ? err : '',
  )?.[0];
  return {
    ...(run.err === undefined ? { err } : {}),
    listed: listedIn(err, run.listed),
    ...(st === undefined ? {} : { st }),
  };
};

const onError = (state: CdkState, { m, s }: ErrorSignal, at: number): Step => {
  const open = Object.values(state.runs).filter((run) => !isOver(run));
  const run = s === undefined ? (open.length === 1 ? open[0] : undefined) : closedBy(state, nameOf(state, s));
  if (run === undefined) {
    if (s === undefined) return untouched(state);
    const begun = begin(state, s, at);
    return withMark(begun.state, begun.run, { k: 'say', v: 'failed', s }, 'failed', at, m);
  }
  if (run.mark !== undefined || (run.name === '' && s === undefined)) return untouched(state);
  return withMark(state, run, { k: 'say', v: 'failed', s: s ?? run.name }, 'failed', at, m);
};

/** The causes below the line that closes a run, where its rows have not told them. */
const onCause = (state: CdkState, id: string, at: number): Step => {
  const failed = Object.values(state.runs).findLast((run) => run.mark === 'failed' && run.at === at);
  const run = failed ?? current(state);
  if (run?.mark !== 'failed' || run.listed.includes(id)) return untouched(state);
  return keep(state, heard({ ...run, listed: merged(run.listed, [id]) }, at));
};

/** `Deployment time: …`, `Outputs:` and `Stack ARN:` follow a check mark of CDK. */
const onClosing = (
  state: CdkState,
  stack: string | undefined,
  seconds: number | undefined,
  at: number,
): Step => {
  const { ok, ...rest } = state;
  if (ok !== undefined && (stack === undefined || stack === ok.s)) {
    const begun = begin(rest, nameOf(rest, ok.s), ok.at);
    const marked = withMark(begun.state, begun.run, { k: 'say', v: 'ok', ...ok }, 'ok', at);
    return seconds === undefined
      ? marked
      : onClosing({ ...marked.state, cur: begun.run.key }, stack, seconds, at);
  }
  if (stack !== undefined) {
    const nameless = current(state);
    return nameless?.name === ''
      ? onNamed(state, nameless, stack, (run) => heard(run, at))
      : untouched(state);
  }
  if (seconds === undefined) return untouched(state);
  const done = Object.values(state.runs).findLast((run) => run.mark === 'ok' || run.mark === 'unchanged');
  return done === undefined || done.took !== undefined
    ? untouched(state)
    : keep(state, { ...done, took: seconds });
};

/** How many runs that have ended are kept for rows that come late. */
const KEPT_ENDED = 16;

/** Drops runs that have ended, but for the latest, and those that a later run of the same stack has followed. */
export const settleCdk = (state: CdkState): CdkState => {
  const latest = new Set(Object.values(state.last));
  const all = Object.values(state.runs).filter((run) => latest.has(run.key));
  const ended = all
    .filter(isOver)
    .toSorted((a, b) => b.at - a.at)
    .slice(KEPT_ENDED);
  const dropped = new Set(ended.map(({ key }) => key));
  const kept = all.filter(({ key }) => !dropped.has(key));
  if (kept.length === Object.keys(state.runs).length) return state;
  const keys = new Set(kept.map(({ key }) => key));
  const only = (record: Readonly<Record<string, string>>, test: (value: string) => boolean) =>
    Object.fromEntries(Object.entries(record).filter(([, value]) => test(value)));
  const { cur, boot, ...rest } = state;
  return {
    ...rest,
    runs: Object.fromEntries(kept.map((run) => [run.key, run])),
    last: only(state.last, (key) => keys.has(key)),
    ...(cur !== undefined && keys.has(cur) ? { cur } : {}),
    ...(boot !== undefined && keys.has(boot) ? { boot } : {}),
  };
};
