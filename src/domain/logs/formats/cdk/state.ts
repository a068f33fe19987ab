import type { Evolved } from '../../format.ts';
import { isOver, newRun, type Run } from './run.ts';
import type { RowSignal, SaidSignal } from './signals.ts';

/**
 * The deployments of one stream. Names are those of stacks, or of environments that were bootstrapped; a run whose
 * stack is not named yet is filed under the empty name.
 */
export type CdkState = Readonly<{
  runs: Readonly<Record<string, Run>>;
  /** Key of the latest run of a name, and how many runs it has had. */
  lastKeys: Readonly<Record<string, string>>;
  counts: Readonly<Record<string, number>>;
  /** Other names: of display names, of nested stacks, of the stack behind an environment. */
  aliases: Readonly<Record<string, string>>;
  /** Key of the run that a line without a stack's name is about, and of the environment being bootstrapped. */
  current?: string;
  bootstrapping?: string;
  /** Key of the run that was closed last. */
  closed?: string;
  /** Assets that are being built or published, if any. */
  assets?: readonly string[];
  /**
   * A rollback that was announced in words that other programs use too; its rows, or its end, show whether it is CDK's.
   */
  rollback?: Readonly<{ s: string; d?: string; at: number }>;
  /** A change set that could not be created, of a stack that the causes below name. */
  undecided?: string;
  /** What the text of the next line continues. */
  continued?: Continued;
  /** A check mark before a name that is not known to be a stack. */
  checked?: Readonly<{ s: string; d?: string; at: number }>;
  /** This state belongs to a fold: `runs`, `lastKeys` and `counts` are changed in place. Never stored. */
  open?: 1;
}>;

/** The run, and the row of the bar or the cause whose text comes below it, with the lines that there were so far. */
export type Continued = Readonly<{ key: string; lines: readonly string[] }> &
  (Readonly<{ row: RowSignal; self: boolean }> | Readonly<{ cause: string }>);

export const initialCdk: CdkState = { runs: {}, lastKeys: {}, counts: {}, aliases: {} };

export type Step = Evolved<CdkState>;

export const untouched = (state: CdkState): Step => ({ state, touched: [] });

/** Rows come by the thousand, and a copy of all runs for each of them would cost more than everything else. */
export const openCdk = (state: CdkState): CdkState => ({ ...state, ...recordsOf(state), open: 1 });

const closed = ({ open, ...state }: CdkState): CdkState =>
  open === undefined ? state : { ...state, ...recordsOf(state) };

const recordsOf = ({
  runs,
  lastKeys: last,
  counts: n,
}: CdkState): Pick<CdkState, 'runs' | 'lastKeys' | 'counts'> => ({
  runs: { ...runs },
  lastKeys: { ...last },
  counts: { ...n },
});

/** A record with one more member, or another one: the same record where the state is open. */
const put = <T>({ open }: CdkState, record: Readonly<Record<string, T>>, key: string, value: T) =>
  open === undefined
    ? { ...record, [key]: value }
    : Object.defineProperty(record, key, { value, writable: true, enumerable: true, configurable: true });

export const keep = (state: CdkState, run: Run): Step => {
  const touched = [run.key];
  if (state.open === undefined)
    return { state: { ...state, runs: { ...state.runs, [run.key]: run } }, touched };
  // No key of a run is a property of every object: it ends in `#` and a number.
  const runs: Record<string, Run> = state.runs;
  runs[run.key] = run;
  return { state, touched };
};

export const merged = (ids: readonly string[], more: readonly string[]): readonly string[] =>
  [...new Set([...ids, ...more])].slice(0, 50);

/** The name under which runs of a stack are filed. */
export const nameOf = (state: CdkState, stack: string): string => own(state.aliases, stack) ?? stack;

export const runOf = (state: CdkState, name: string): Run | undefined => {
  const key = own(state.lastKeys, name);
  return key === undefined ? undefined : state.runs[key];
};

export const current = (state: CdkState): Run | undefined =>
  state.current === undefined ? undefined : state.runs[state.current];

export const own = <T>(record: Readonly<Record<string, T>>, key: string): T | undefined =>
  Object.hasOwn(record, key) ? record[key] : undefined;

/** How many runs of a stream are kept if it never goes idle; the oldest are dropped. */
const MAX_RUNS = 500;

/** Begins the next run of a name. Runs that turn out to be nested in its stack become part of it. */
export const begin = (
  before: CdkState,
  name: string,
  at: number,
): { state: CdkState; run: Run; removed: readonly string[] } => {
  const count = (own(before.counts, name) ?? 0) + 1;
  const { rollback, ...rest } = before;
  const isRollback = rollback !== undefined && rollback.s === name;
  const state = isRollback ? rest : before;
  const fresh = newRun(`${name === '' ? 'unnamed' : name}#${count}`, name, at);
  const run: Run = isRollback
    ? {
        ...fresh,
        verb: 'rollback',
        startedAt: rollback.at,
        ...(rollback.d === undefined ? {} : { displayName: rollback.d }),
      }
    : fresh;
  const runs = Object.keys(state.runs).length >= MAX_RUNS ? withoutOldest(state.runs) : state.runs;
  return adoptNested(
    {
      ...state,
      runs: put(state, runs, run.key, run),
      lastKeys: put(state, state.lastKeys, name, run.key),
      counts: put(state, state.counts, name, count),
    },
    run,
  );
};

const withoutOldest = (runs: CdkState['runs']): CdkState['runs'] => {
  const all = Object.values(runs);
  const oldest = all.find(isOver) ?? all[0];
  return Object.fromEntries(Object.entries(runs).filter(([key]) => key !== oldest?.key));
};

/** Runs that were taken for independent stacks, and are nested in the stack of this run. */
export const adoptNested = (
  state: CdkState,
  run: Run,
): { state: CdkState; run: Run; removed: readonly string[] } => {
  const nested = Object.keys(state.lastKeys).filter((name) => {
    const other = runOf(state, name);
    return (
      other !== undefined && other.verb === undefined && other.mark === undefined && isNestedIn(name, run)
    );
  });
  if (nested.length === 0) return { state, run, removed: [] };
  const parts = nested.map((name) => runOf(state, name)).filter((part) => part !== undefined);
  const whole: Run = {
    ...run,
    failures: [
      ...run.failures,
      ...parts.flatMap(({ failures: fail }) => fail.map((failure) => ({ ...failure, inNested: 1 as const }))),
    ].slice(0, 50),
    startedAt: Math.min(run.startedAt, ...parts.map(({ startedAt: from }) => from)),
  };
  const without = <T>(record: Readonly<Record<string, T>>, keys: readonly string[]) =>
    Object.fromEntries(Object.entries(record).filter(([key]) => !keys.includes(key)));
  const removed = parts.map(({ key }) => key);
  return {
    run: whole,
    removed,
    state: {
      ...state,
      runs: { ...without(state.runs, removed), [run.key]: whole },
      lastKeys: without(state.lastKeys, nested),
      aliases: { ...state.aliases, ...Object.fromEntries(nested.map((name) => [name, run.name])) },
    },
  };
};

/**
 * Whether a stack's name is one that CloudFormation gives to a stack nested in that of a run: its name, the logical id,
 * which may be cut, and twelve or thirteen random characters. LocalStack puts eight others, which takes a row of the
 * nested stack's resource to tell.
 */
export const isNestedIn = (stack: string, { name, stack: parent = name, nestedIds: subs }: Run): boolean => {
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

/** The name of the stack of which a new stack is part, if there is one: the nearest. */
const parentOf = (state: CdkState, stack: string): string | undefined =>
  Object.keys(state.lastKeys).reduce<string | undefined>((nearest, name) => {
    const run = runOf(state, name);
    return run !== undefined && isNestedIn(stack, run) && name.length > (nearest?.length ?? 0)
      ? name
      : nearest;
  }, undefined);

/** The name under which a stack is filed, remembered if it had to be searched for. */
export const placeStack = (
  state: CdkState,
  stack: string,
  prepared: boolean,
): { state: CdkState; name: string } => {
  const known = nameOf(state, stack);
  const boot = state.bootstrapping === undefined ? undefined : state.runs[state.bootstrapping];
  if (boot !== undefined && known !== boot.name) {
    // The stack of an environment may have any name, but then its change set is the first line about it.
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

export const TOOLKIT = /toolkit|bootstrap/i;

export const withAlias = (state: CdkState, other: string, name: string): CdkState => ({
  ...state,
  aliases: { ...state.aliases, [other]: name },
});

/** Gives a run without a name the one that was found. */
export const onNamed = (state: CdkState, run: Run, name: string, change: (run: Run) => Run): Step => {
  const { '': _unnamed, ...last } = state.lastKeys;
  return keep(
    {
      ...state,
      lastKeys: { ...last, [name]: run.key },
      counts: { ...state.counts, [name]: (own(state.counts, name) ?? 0) + 1 },
    },
    change({ ...run, name, stack: name }),
  );
};

export const framed = (run: Run, said: SaidSignal): Run => ({
  ...run,
  ...(said.d === undefined ? {} : { displayName: said.d }),
  ...(said.p === undefined ? {} : { position: said.p }),
});

/** How many ended runs are kept for late rows. */
const KEPT_ENDED = 16;

/** Drops ended runs, except the latest and those that a later run of the same stack has followed. */
export const pruneCdk = (before: CdkState): CdkState => {
  const state = closed(before);
  const latest = new Set(Object.values(state.lastKeys));
  const all = Object.values(state.runs).filter((run) => latest.has(run.key));
  const ended = all
    .filter(isOver)
    .toSorted((a, b) => b.lastAt - a.lastAt)
    .slice(KEPT_ENDED);
  const dropped = new Set(ended.map(({ key }) => key));
  const kept = all.filter(({ key }) => !dropped.has(key));
  if (kept.length === Object.keys(state.runs).length) return state;
  const keys = new Set(kept.map(({ key }) => key));
  const only = (record: Readonly<Record<string, string>>, test: (value: string) => boolean) =>
    Object.fromEntries(Object.entries(record).filter(([, value]) => test(value)));
  const { current: cur, bootstrapping: boot, closed: last, ...rest } = state;
  return {
    ...rest,
    runs: Object.fromEntries(kept.map((run) => [run.key, run])),
    lastKeys: only(state.lastKeys, (key) => keys.has(key)),
    ...(cur !== undefined && keys.has(cur) ? { current: cur } : {}),
    ...(boot !== undefined && keys.has(boot) ? { bootstrapping: boot } : {}),
    ...(last !== undefined && keys.has(last) ? { closed: last } : {}),
  };
};
