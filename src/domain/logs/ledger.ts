// Over 300 lines: one algorithm: placing, replaying and compacting signals.

import { fingerprint } from '../ids.ts';
import { isJsonObject, type Json } from '../json.ts';
import type { HistoryPoint } from '../tasks/progress.ts';
import { TASK_STATUSES } from '../tasks/status.ts';
import { observedPoint } from '../tasks/task.ts';
import { combineRuns } from './combine.ts';
import type { LogFormat, Observation } from './format.ts';
import { shownObservation, shownPoint } from './observed-text.ts';
import type { PlacedSignal } from './signals.ts';

/**
 * What a stream, or a task that names itself, has said so far: the folded past and the recent signals one by one.
 *
 * Logs arrive late, twice and out of order. So the newest signals are kept and replayed in order whenever one arrives
 * in between: the result is the same as if each had arrived once and in order. Older signals are folded into `base`;
 * signals from before `compacted_at` that arrive after that are counted as late and change nothing.
 */
export type Ledger = Readonly<{
  base: Readonly<Record<string, Json>>;
  /** Epoch milliseconds of the newest signal in `base`; -1 while it is empty. */
  compacted_at: number;
  /** Fingerprints of folded signals of that same millisecond (the first release stored their names): more may come. */
  compacted_ids: readonly string[];
  /** The event id of the last folded signal, if that millisecond has more signals than `compacted_ids` holds. */
  compacted_last?: string;
  /** By origin: the number of the last event that was received, if an origin numbers its events in their order. */
  through?: Readonly<Record<string, string>>;
  recent: readonly PlacedSignal[];
  /** Keys of the runs that `base` still holds, by format: a whole task is combined from them. */
  runs: Readonly<Record<string, readonly string[]>>;
  /** The attempt of the task that this ledger began with; a task that a client reopens begins a new ledger. */
  attempt: number;
  /** States of formats that are not configured now, kept until they are again. */
  waiting?: Readonly<Record<string, Readonly<{ version: number; state: Json }>>>;
  /** Runs whose tasks were about to be created by a fold that has not been stored since. */
  announced?: readonly AnnouncedRun[];
}>;

/** A run's key, and the newest signal of the fold that was about to create its task, as `Advance.newest` names it. */
export type AnnouncedRun = Readonly<{ key: string; newest: string }>;

export const emptyLedger: Ledger = {
  base: {},
  compacted_at: -1,
  compacted_ids: [],
  recent: [],
  runs: {},
  attempt: 1,
};

/** How many recent signals can be replayed, at least. Twice as many are kept before the older half is folded. */
export const REPLAYABLE = 500;
/** Bounds a stored ledger: this many fingerprints take 200 kB of it when compressed. */
const MAX_COMPACTED_IDS = 20_000;
/** More runs than a batch of lines usually starts; of more, the oldest are not looked for after a crash. */
const MAX_ANNOUNCED = 1_000;

/** One run that new signals have changed, and the new points of its history. */
export type RunChange = Readonly<{ observation: Observation; points: readonly HistoryPoint[] }>;

export type Advance = Readonly<{
  ledger: Ledger;
  changes: readonly RunChange[];
  /**
   * Runs that a later signal has shown to be part of others: those of an earlier fold, and those that a fold announced
   * which was never stored, once the newest signal of that fold is here.
   */
  removed: readonly Pick<Observation, 'key'>[];
  /** How many of the incoming signals were new, already known, and too late to be placed. */
  fresh: number;
  known: number;
  late: number;
  /** The name of the newest of the new signals. */
  newest?: string;
  /** Formats that failed on their stored state, so that it was dropped. */
  dropped: readonly string[];
}>;

/**
 * Adds signals to a ledger. `wholeTask`: all runs are one task, e.g. in a stream that is named after its task.
 * `withoutHistory`: the points of the changes are not needed, which saves an observation of each run after each signal.
 * `memos`: replays of the ledgers that this caller has advanced before. `unique`: no signal comes twice, so their names
 * need not be kept.
 */
export const advance = (
  ledger: Ledger,
  incoming: readonly PlacedSignal[],
  formats: ReadonlyMap<string, LogFormat>,
  options: AdvanceOptions,
): Advance => {
  const dropped: string[] = [];
  for (let current: Ledger | undefined = ledger; ; ) {
    try {
      return { ...advanceOnce(current, incoming, formats, options), dropped };
    } catch (error) {
      if (!(error instanceof FormatFailure)) throw error;
      current = withoutStored(current, error.format);
      if (current === undefined) throw error.cause;
      dropped.push(error.format);
    }
  }
};

type AdvanceOptions = Readonly<{
  wholeTask: boolean;
  withoutHistory?: boolean;
  memos?: LedgerMemos;
  unique?: boolean;
  /**
   * The origin of all of the signals, if its ids count upwards and its events arrive in that order, each at least once.
   */
  origin?: string | undefined;
}>;

/** A format has thrown, which it does only on a state or a signal of an unexpected shape. */
class FormatFailure extends Error {
  readonly format: string;
  constructor(format: string, cause: unknown) {
    super(`log format ${format} failed`, { cause });
    this.format = format;
  }
}

/** Whether an observation has the shape of its type; a damaged state may return anything. */
const isSound = (seen: Observation): boolean =>
  typeof seen.task_name === 'string' &&
  TASK_STATUSES.includes(seen.status) &&
  isCount(seen.current) &&
  isCount(seen.total) &&
  isCount(seen.failed ?? null) &&
  isCount(seen.skipped ?? null) &&
  isCount(seen.retries ?? null) &&
  isJsonObject(seen.details) &&
  isDate(seen.started_at) &&
  isDate(seen.last_at) &&
  (seen.ended_at === undefined || isDate(seen.ended_at));

const isCount = (value: unknown): boolean =>
  value === null || (typeof value === 'number' && Number.isFinite(value) && value >= 0);
/** What a `Date` can hold. */
const isDate = (value: unknown): boolean => typeof value === 'number' && Math.abs(value) <= 8.64e15;

/** The ledger without the stored state of a format, or else without its signals; undefined if it has neither. */
const withoutStored = (ledger: Ledger, format: string): Ledger | undefined => {
  const { [format]: state, ...base } = ledger.base;
  const { [format]: _runs, ...runs } = ledger.runs;
  if (state !== undefined) return { ...ledger, base, runs };
  const recent = ledger.recent.filter((signal) => signal.format !== format);
  return recent.length === ledger.recent.length ? undefined : { ...ledger, recent };
};

const advanceOnce = (
  ledger: Ledger,
  incoming: readonly PlacedSignal[],
  formats: ReadonlyMap<string, LogFormat>,
  { wholeTask, withoutHistory = false, memos, unique = false, origin }: AdvanceOptions,
): Omit<Advance, 'dropped'> => {
  const memo = takeMemo(memos, ledger);
  const seen = unique ? undefined : (memo?.seen ?? new Set(ledger.recent.map(identityOf)));
  const { fresh, known, late } = newSignals(ledger, incoming, seen, origin);
  if (memo !== undefined && fresh.length === 0) memos?.set(ledger, memo);
  if (fresh.length === 0) return { ledger, changes: [], removed: [], fresh: 0, known, late };

  const count = ledger.recent.length;
  const behind = sorted(fresh);
  const newest = ledger.recent.at(-1);
  const isNewest = newest === undefined || follows(behind[0] as PlacedSignal, newest);
  const ordered = isNewest ? ledger.recent.concat(behind) : sorted(ledger.recent.concat(fresh));
  const isFresh = isNewest ? undefined : new Set(fresh);
  const inSequence = isFresh === undefined || ordered.findIndex((signal) => isFresh.has(signal)) === count;

  // What the memo has replayed already need not be replayed, unless a signal arrives in between.
  const goesOn = inSequence ? memo : undefined;
  const replay = goesOn?.replay ?? newReplay(ledger, formats, wholeTask);
  const from = goesOn === undefined ? 0 : count;
  const before = inSequence ? undefined : lastSeen(memo?.replay ?? replayed(ledger, formats, wholeTask));

  const isCompacting = ordered.length > 2 * REPLAYABLE;
  const place =
    isCompacting && ordered.length - REPLAYABLE >= count ? ordered.length - REPLAYABLE : REPLAYABLE;
  let pruned = goesOn?.pruned;

  const points = new Map<string, Observation[]>();
  const touched = new Set<string>();
  for (let index = from; index < ordered.length; index += 1) {
    if (index === place) pruned = replay.pruned();
    const signal = ordered[index] as PlacedSignal;
    const keys = replay.play(signal);
    if (inSequence && index < count) continue;
    const hasPoint = !withoutHistory && (inSequence || isFresh.has(signal));
    for (const key of keys) {
      touched.add(key);
      if (!hasPoint) continue;
      const observation = replay.observe(key);
      if (observation !== undefined) addPoint(points, key, observation);
    }
  }

  const changes: RunChange[] = [];
  const removed = new Set<string>();
  for (const key of touched) {
    const observation = replay.observe(key);
    const itsPoints = points.get(key) ?? [];
    const earlier = before?.get(key);
    // A run may turn out to be part of another, e.g. a nested stack whose parent appears later.
    if (observation === undefined) {
      if (before === undefined && replay.knew(key, count)) removed.add(key);
    } else if (
      itsPoints.length > 0 ||
      earlier === undefined ||
      JSON.stringify(earlier) !== JSON.stringify(observation)
    ) {
      changes.push({
        observation: shownObservation({ ...observation, key }),
        points: itsPoints.map(observedPoint).map(shownPoint),
      });
    }
  }
  for (const key of before?.keys() ?? []) if (replay.observe(key) === undefined) removed.add(key);

  const { announced, ...others } = ledger;
  const missing = announced?.filter(({ key }) => replay.observe(key) === undefined) ?? [];
  const names = new Set(missing.length === 0 ? [] : incoming.map(nameOf));
  for (const { key, newest: last } of missing) if (names.has(last)) removed.add(key);
  const awaited = missing.filter(({ newest: last }) => !names.has(last));
  const grown: Ledger = {
    ...others,
    recent: ordered,
    ...(awaited.length > 0 && { announced: awaited }),
    ...(origin !== undefined && { through: { ...ledger.through, [origin]: lastNumber(fresh) } }),
  };
  const tally = {
    ...{ changes, removed: [...removed].map((key) => ({ key })), fresh: fresh.length, known, late },
    newest: nameOf(behind[behind.length - 1] as PlacedSignal),
  };
  if (isCompacting && pruned !== undefined)
    return { ledger: compact(grown, place, pruned, unique), ...tally };
  memos?.set(grown, { replay, ...(seen !== undefined && { seen }), ...(pruned !== undefined && { pruned }) });
  return { ledger: grown, ...tally };
};

/**
 * The end of a ledger: the replay of all that it holds, the identities of its recent signals, and the states after the
 * first {@link REPLAYABLE} of them, once there are more. With it, signals in sequence need no replay of the recent ones,
 * neither to be folded nor when the older half of them is. A ledger that was just read from a store has none.
 */
type Memo = Readonly<{ replay: Replay; seen?: Set<string>; pruned?: States }>;

/** The memos of the ledgers that one caller advances; a ledger without one is replayed. */
export type LedgerMemos = Pick<WeakMap<Ledger, Memo>, 'get' | 'set' | 'delete'>;
export const ledgerMemos = (): LedgerMemos => new WeakMap();
/** For a caller that advances or folds each ledger in the end: collecting garbage takes less time. */
export const lastingMemos = (): LedgerMemos => new Map<Ledger, Memo>();

/** Advancing changes a memo, so it is used only once. */
const takeMemo = (memos: LedgerMemos | undefined, ledger: Ledger): Memo | undefined => {
  const memo = memos?.get(ledger);
  memos?.delete(ledger);
  return memo;
};

const replayed = (ledger: Ledger, formats: ReadonlyMap<string, LogFormat>, wholeTask: boolean): Replay => {
  const replay = newReplay(ledger, formats, wholeTask);
  for (const signal of ledger.recent) replay.play(signal);
  return replay;
};

/** The runs that a replay has touched, in their last state. */
const lastSeen = (replay: Replay): Map<string, Observation> => {
  const found = new Map<string, Observation>();
  for (const key of replay.touched()) {
    const observation = replay.observe(key);
    if (observation !== undefined) found.set(key, observation);
  }
  return found;
};

/** Separates new signals from known and late ones. The new ones are added to `seen`. */
const newSignals = (
  ledger: Ledger,
  incoming: readonly PlacedSignal[],
  seen: Set<string> | undefined,
  origin: string | undefined,
) => {
  let compacted: ReadonlySet<string> | undefined;
  const through = origin === undefined ? undefined : ledger.through?.[origin];
  const fresh: PlacedSignal[] = [];
  let known = 0;
  let late = 0;
  const isCompacted = (signal: PlacedSignal): boolean => {
    if (signal.at !== ledger.compacted_at) return false;
    compacted ??= new Set(ledger.compacted_ids);
    const name = nameOf(signal);
    return compacted.has(fingerprint(name)) || compacted.has(name);
  };
  /** If a millisecond has too many signals to remember, only those after all of them are certainly new. */
  const isTooLate = ({ at, id }: PlacedSignal): boolean =>
    at < ledger.compacted_at ||
    (at === ledger.compacted_at &&
      ledger.compacted_last !== undefined &&
      !isCountedAfter(id, ledger.compacted_last));
  const isTaken = ({ id }: PlacedSignal): boolean =>
    through !== undefined && compareDigits(countOf(id)?.digits ?? '', through) <= 0;
  for (const signal of incoming) {
    const identity = seen === undefined ? '' : identityOf(signal);
    if (isTaken(signal) || (seen !== undefined && (seen.has(identity) || isCompacted(signal)))) known += 1;
    else if (isTooLate(signal)) late += 1;
    else {
      seen?.add(identity);
      fresh.push(signal);
    }
  }
  return { fresh, known, late };
};

/**
 * The ledger with runs whose tasks are about to be created. Stored before the first of them, it lets a later fold find
 * and remove what a crash left of a run that the log, read further, does not have.
 */
export const withAnnounced = (ledger: Ledger, keys: readonly string[], newest: string): Ledger => {
  const others = ledger.announced?.filter(({ key }) => !keys.includes(key)) ?? [];
  return { ...ledger, announced: [...others, ...keys.map((key) => ({ key, newest }))].slice(-MAX_ANNOUNCED) };
};

/** The highest number among ids that count upwards. */
const lastNumber = (signals: readonly PlacedSignal[]): string =>
  signals
    .map(({ id }) => countOf(id)?.digits ?? '')
    .reduce((last, digits) => (compareDigits(digits, last) > 0 ? digits : last));

/** As it is stored. */
const nameOf = (signal: PlacedSignal): string => `${signal.id}/${signal.line}`;

/** In memory: most events have one line, and making a name of each id takes longer than looking it up. */
const identityOf = ({ id, line }: PlacedSignal): string => (line === 0 ? id : `${line}\0${id}`);

/** Whether a signal certainly comes after another. */
const follows = (later: PlacedSignal, earlier: PlacedSignal): boolean => {
  if (later.at !== earlier.at) return later.at > earlier.at;
  return isCountedAfter(later.id, earlier.id);
};

/** Whether two ids count upwards together and the first is the later one. */
const isCountedAfter = (later: string, earlier: string): boolean => {
  const a = countOf(earlier);
  const b = countOf(later);
  return a !== undefined && b !== undefined && a.prefix === b.prefix && compareDigits(a.digits, b.digits) < 0;
};

/**
 * Sorts by time. Within one millisecond, ids that count upwards decide, as those of CloudWatch Logs and of offsets in a
 * file do; other signals keep the order in which they arrived.
 */
const sorted = (signals: readonly PlacedSignal[]): readonly PlacedSignal[] => {
  if (signals.every((signal, index) => index === 0 || follows(signal, signals[index - 1] as PlacedSignal)))
    return signals;
  const byTime = signals.toSorted((a, b) => a.at - b.at);
  let start = 0;
  for (let index = 1; index <= byTime.length; index += 1) {
    if (byTime[index]?.at === byTime[start]?.at) continue;
    if (index - start > 1) {
      const block = byTime.slice(start, index);
      byTime.splice(start, block.length, ...byCountingIds(block));
    }
    start = index;
  }
  return byTime;
};

const byCountingIds = (block: readonly PlacedSignal[]): readonly PlacedSignal[] => {
  const counted = block.map((signal) => ({ signal, count: countOf(signal.id) }));
  const prefix = counted[0]?.count?.prefix;
  if (counted.some(({ count }) => count === undefined || count.prefix !== prefix)) return block;
  return counted
    .toSorted(
      (a, b) => compareDigits(a.count?.digits ?? '', b.count?.digits ?? '') || a.signal.line - b.signal.line,
    )
    .map(({ signal }) => signal);
};

/** An id as a prefix and the number at its end; undefined if it has no such form. */
const countOf = (id: string): { prefix: string; digits: string } | undefined => {
  let start = id.length;
  while (start > 0 && isDigit(id.charCodeAt(start - 1))) start -= 1;
  if (start === id.length || id.length - start > 64 || start > 64) return undefined;
  for (let index = 0; index < start; index += 1) if (isDigit(id.charCodeAt(index))) return undefined;
  const prefix = id.slice(0, start);
  while (start < id.length - 1 && id.charCodeAt(start) === ZERO) start += 1;
  return { prefix, digits: id.slice(start) };
};

const ZERO = 0x30;
const isDigit = (code: number): boolean => code >= ZERO && code <= 0x39;

const compareDigits = (a: string, b: string): number => a.length - b.length || (a < b ? -1 : a > b ? 1 : 0);

/**
 * A fold of signals, one after the other. It owns its states: each begins as one that its format has opened to be
 * changed in place. Only `pruned` returns states, which share nothing with them.
 */
type Replay = Readonly<{
  /** Plays the next signal and returns the keys of the runs that it touched. */
  play(signal: PlacedSignal): readonly string[];
  /** The observation of a run, by its key in the ledger. */
  observe(key: string): Observation | undefined;
  touched(): Iterable<string>;
  /** Whether a run existed before the signal of that number, from 0. */
  knew(key: string, number: number): boolean;
  /** The states without the runs that can no longer change. */
  pruned(): States;
  /** The states as they are, until the next signal is played. */
  states(): States;
}>;

type States = Pick<Ledger, 'base' | 'runs'>;

/** A run's key in its format, and its name in the ledger. */
type Place = Readonly<{ format: string; key: string; name: string }>;

/** The key of the only run in the ledger of a whole task. */
const WHOLE_TASK = 'task';

const newReplay = (ledger: States, formats: ReadonlyMap<string, LogFormat>, wholeTask: boolean): Replay => {
  const guarded = <T>(format: string, run: () => T): T => {
    try {
      return run();
    } catch (error) {
      throw new FormatFailure(format, error);
    }
  };
  const opened = (format: LogFormat | undefined, state: Json): Json =>
    format === undefined ? state : guarded(format.name, () => format.open?.(state) ?? state);
  const states = new Map(
    Object.entries(ledger.base).map(([name, state]) => [name, opened(formats.get(name), state)]),
  );
  const places = new Map<string, Map<string, Place>>();
  const byName = new Map<string, Place>();
  const firstTouched = new Map<string, number>();
  const fromBefore = new Set<string>();
  let played = 0;

  const placeOf = (format: string, key: string): Place => {
    let ofFormat = places.get(format);
    if (ofFormat === undefined) {
      ofFormat = new Map();
      places.set(format, ofFormat);
    }
    const known = ofFormat.get(key);
    if (known !== undefined) return known;
    const place = { format, key, name: `${format}/${key}` };
    ofFormat.set(key, place);
    byName.set(place.name, place);
    return place;
  };
  const calledIn = ({ name }: Place): string => (wholeTask ? WHOLE_TASK : name);
  for (const [format, keys] of Object.entries(ledger.runs))
    for (const key of keys) fromBefore.add(calledIn(placeOf(format, key)));

  const stateOf = (format: LogFormat): Json => states.get(format.name) ?? format.initial;
  const runners = runnersIn(formats);
  const isPartOfOther = (name: string, signal: Json): boolean =>
    runners.some(
      (format) =>
        format.runs?.includes(name) &&
        guarded(format.name, () => format.isWorking?.(stateOf(format), signal)),
    );

  const evolve = (format: LogFormat, signal: Json, at: number): readonly string[] => {
    const { name } = format;
    const evolved = guarded(name, () =>
      format.evolve(states.get(name) ?? opened(format, format.initial), signal, at),
    );
    states.set(name, evolved.state);
    return evolved.touched.map((key) => calledIn(placeOf(name, key)));
  };
  /** Offers a line that changed no run of its own format to the next one that recognises it. */
  const offer = (format: LogFormat, signal: Json, at: number): readonly string[] => {
    const line = guarded(format.name, () => format.lineOf?.(signal));
    if (line === undefined) return [];
    for (const other of formats.values()) {
      const read = other === format ? undefined : other.read(line);
      if (read !== undefined) return isPartOfOther(other.name, read) ? [] : evolve(other, read, at);
    }
    return [];
  };

  const play = ({ format: name, signal, at }: PlacedSignal): readonly string[] => {
    const index = played;
    played += 1;
    const format = formats.get(name);
    // A format that was removed from the configuration is ignored; its signals age out.
    if (format === undefined || isPartOfOther(name, signal)) return [];
    const own = evolve(format, signal, at);
    const keys = own.length > 0 ? own : offer(format, signal, at);
    for (const key of keys) if (!firstTouched.has(key)) firstTouched.set(key, index);
    return wholeTask ? keys.slice(0, 1) : keys;
  };

  const observeAt = ({ format: name, key }: Place): Observation | undefined => {
    const format = formats.get(name);
    if (format === undefined) return undefined;
    const seen = guarded(name, () => format.observe(stateOf(format), key));
    if (seen !== undefined && !isSound(seen)) {
      throw new FormatFailure(name, new TypeError(`log format ${name} observes what is no run in ${key}`));
    }
    return seen;
  };
  const observe = (called: string): Observation | undefined => {
    const place = byName.get(called);
    if (!wholeTask) return place === undefined ? undefined : observeAt(place);
    return combineRuns(
      [...places.values()].flatMap((ofFormat) =>
        [...ofFormat.values()].flatMap((place) => {
          const seen = observeAt(place);
          if (seen === undefined) return [];
          return [
            { run: { ...seen, key: place.name }, isReport: formats.get(place.format)?.isReport === true },
          ];
        }),
      ),
    );
  };

  const statesBy = (change: (format: LogFormat, state: Json) => Json): States => {
    const base: Record<string, Json> = {};
    const runs: Record<string, readonly string[]> = Object.fromEntries(
      Object.entries(ledger.runs).filter(([name]) => !formats.has(name)),
    );
    for (const [name, state] of states) {
      const format = formats.get(name);
      // The state of a format that is not configured now is kept until it is configured again.
      const changed = format === undefined ? state : guarded(name, () => change(format, state));
      base[name] = changed;
      runs[name] = [...(places.get(name)?.keys() ?? [])].filter(
        (key) => format === undefined || guarded(name, () => format.observe(changed, key)) !== undefined,
      );
    }
    return { base, runs };
  };

  return {
    play,
    observe,
    touched: () => firstTouched.keys(),
    knew: (key, number) => fromBefore.has(key) || (firstTouched.get(key) ?? number) < number,
    pruned: () => statesBy((format, state) => format.prune(state)),
    states: () => statesBy((_, state) => state),
  };
};

/** The formats of tools that run other tools. Asked for with each ledger, answered once for all formats. */
const runnersIn = (formats: ReadonlyMap<string, LogFormat>): readonly LogFormat[] => {
  const known = RUNNERS.get(formats);
  if (known !== undefined) return known;
  const found = [...formats.values()].filter((format) => format.isWorking !== undefined);
  RUNNERS.set(formats, found);
  return found;
};
const RUNNERS = new WeakMap<ReadonlyMap<string, LogFormat>, readonly LogFormat[]>();

/** At most one point a millisecond, and none that repeats the previous one. */
const addPoint = (points: Map<string, Observation[]>, key: string, seen: Observation): void => {
  const list = points.get(key);
  if (list === undefined) {
    points.set(key, [seen]);
    return;
  }
  const last = list.at(-1);
  if (last?.last_at === seen.last_at) list[list.length - 1] = seen;
  else if (last === undefined || !saysTheSame(last, seen)) list.push(seen);
};

/** Whether a point would add nothing to the previous one of the history. */
const saysTheSame = (a: Observation, b: Observation): boolean =>
  a.current === b.current &&
  a.total === b.total &&
  a.failed === b.failed &&
  a.skipped === b.skipped &&
  a.status === b.status &&
  a.details.phase === b.details.phase;

/**
 * The ledger of one task, whose signals are {@link AdvanceOptions unique}, with all of them folded: it takes the least
 * room, and a signal from before the last one changes nothing any more. It is only valid until the ledger is advanced.
 */
export const folded = (
  ledger: Ledger,
  formats: ReadonlyMap<string, LogFormat>,
  memos: LedgerMemos,
): Ledger => {
  const replay = takeMemo(memos, ledger)?.replay ?? replayed(ledger, formats, true);
  return compact(ledger, ledger.recent.length, replay.states(), true);
};

/** Folds the first signals of a ledger permanently. */
const compact = (ledger: Ledger, count: number, states: States, unique: boolean): Ledger => {
  const old = ledger.recent.slice(0, count);
  const compactedAt = old.at(-1)?.at ?? ledger.compacted_at;
  const sameMoment = unique
    ? []
    : old.filter(({ at }) => at === compactedAt).map((signal) => fingerprint(nameOf(signal)));
  const earlier = compactedAt === ledger.compacted_at ? ledger.compacted_ids : [];
  const ids = [...earlier, ...sameMoment];
  const { compacted_last: _last, ...others } = ledger;
  return {
    ...others,
    ...states,
    compacted_at: compactedAt,
    compacted_ids: ids.slice(0, MAX_COMPACTED_IDS),
    ...(ids.length > MAX_COMPACTED_IDS && { compacted_last: old.at(-1)?.id ?? ledger.compacted_last ?? '' }),
    recent: ledger.recent.slice(count),
  };
};
