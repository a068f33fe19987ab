import type { Json, JsonObject } from '../json.ts';
import { type HistoryPoint, saysTheSame } from '../progress.ts';
import { observedPoint } from '../task.ts';
import { combineRuns } from './combine.ts';
import type { LogFormat, Observation } from './format.ts';
import type { PlacedSignal } from './signals.ts';

/**
 * What a stream, or a task that names itself, has said so far: the folded past and the recent signals one by one.
 *
 * Logs arrive late, twice and out of order. So the newest signals are kept and replayed in order whenever one comes
 * in between: the end is the same as if each had come once and in order. Older ones are folded into `base`, and what
 * then still arrives from before `sealed_at` is counted as late and changes nothing.
 */
export type Ledger = Readonly<{
  base: Readonly<Record<string, Json>>;
  /** Epoch milliseconds of the newest signal in `base`; -1 while it is empty. */
  sealed_at: number;
  /** Ids of folded signals of that very millisecond: others of the same moment may still come. */
  sealed_ids: readonly string[];
  recent: readonly PlacedSignal[];
  /** Keys of the runs that `base` still holds, by format: what a whole task is put together from. */
  runs: Readonly<Record<string, readonly string[]>>;
  /** The attempt of the task that this ledger follows; a reopened task begins a new ledger. */
  attempt: number;
}>;

export const emptyLedger: Ledger = {
  base: {},
  sealed_at: -1,
  sealed_ids: [],
  recent: [],
  runs: {},
  attempt: 1,
};

/** How many recent signals stay replayable, at least. Twice as many are kept before the older half is folded. */
export const REPLAYABLE = 500;
const MAX_SEALED_IDS = 4096;

/** One run that new signals have changed, and the points that they add to its history. */
export type RunChange = Readonly<{ observation: Observation; points: readonly HistoryPoint[] }>;

export type Advance = Readonly<{
  ledger: Ledger;
  changes: readonly RunChange[];
  /** Runs as an earlier fold had seen them, which a new signal has shown to be part of others. */
  gone: readonly Observation[];
  /** How many of the incoming signals were new, already known, and too late to be placed. */
  fresh: number;
  known: number;
  late: number;
}>;

/**
 * Adds signals to a ledger. `wholeTask`: all runs are one task, e.g. in a stream that is named after its task.
 * `withoutHistory`: nobody asks for the points of the changes, which costs a look at each run after each signal.
 */
export const advance = (
  ledger: Ledger,
  incoming: readonly PlacedSignal[],
  formats: ReadonlyMap<string, LogFormat>,
  { wholeTask, withoutHistory = false }: Readonly<{ wholeTask: boolean; withoutHistory?: boolean }>,
): Advance => {
  const memo = takeMemo(ledger);
  const seen = memo?.seen ?? new Set(ledger.recent.map(nameOf));
  const { fresh, known, late } = sift(ledger, incoming, seen);
  if (memo !== undefined && fresh.length === 0) MEMOS.set(ledger, memo);
  if (fresh.length === 0) return { ledger, changes: [], gone: [], fresh: 0, known, late };

  const ordered = inOrder(ledger.recent, fresh);
  const isFresh = new Set(fresh);
  const firstFresh = ordered.findIndex((signal) => isFresh.has(signal));
  const inSequence = firstFresh === ledger.recent.length;

  const points = new Map<string, HistoryPoint[]>();
  let replay: Replay;
  let observeBefore: Observe | undefined;
  let before = new Map<string, Observation>();
  if (inSequence) {
    replay = memo?.replay ?? replayed(ledger, formats, wholeTask);
    observeBefore = replay.snapshot();
  } else {
    replay = newReplay(ledger, formats, wholeTask);
    const old = newReplay(ledger, formats, wholeTask);
    const touchedBefore = new Set<string>();
    for (const signal of ledger.recent) for (const key of old.play(signal)) touchedBefore.add(key);
    before = observeAll(touchedBefore, old.observeOne);
  }

  const touched = new Set<string>();
  const sealing = ordered.length > 2 * REPLAYABLE ? ordered.length - REPLAYABLE : -1;
  let sealed: Settled | undefined;
  for (let index = inSequence ? firstFresh : 0; index < ordered.length; index += 1) {
    const signal = ordered[index] as PlacedSignal;
    if (index === sealing) sealed = replay.settled();
    for (const key of replay.play(signal)) {
      touched.add(key);
      if (withoutHistory || !isFresh.has(signal)) continue;
      const observation = replay.observeOne(key);
      if (observation !== undefined) addPoint(points, key, observedPoint(observation));
    }
  }

  const after = observeAll(touched, replay.observeOne);
  const changes: RunChange[] = [];
  for (const [key, observation] of after) {
    const earlier = before.get(key);
    const itsPoints = points.get(key) ?? [];
    if (
      itsPoints.length === 0 &&
      earlier !== undefined &&
      JSON.stringify(earlier) === JSON.stringify(observation)
    )
      continue;
    changes.push({ observation, points: itsPoints });
  }
  // A run may turn out to be part of another, e.g. a nested stack whose parent is heard of later.
  if (observeBefore !== undefined) {
    before = observeAll(
      [...touched].filter((key) => !after.has(key)),
      observeBefore,
    );
  }
  const gone = [...before].flatMap(([key, earlier]) =>
    replay.observeOne(key) === undefined ? [earlier] : [],
  );
  const grown = { ...ledger, recent: ordered };
  const next =
    sealing === -1 ? grown : seal(grown, sealing, sealed ?? settledAt(ledger, ordered, sealing, formats));
  if (next === grown) MEMOS.set(next, { replay, seen });
  return { ledger: next, changes, gone, fresh: fresh.length, known, late };
};

/**
 * What is known of a ledger at its end: the replay of all that it holds, and the names of its recent signals. So
 * signals in sequence need not play the recent ones again. A ledger that was stored and read back has none.
 */
type Memo = Readonly<{ replay: Replay; seen: Set<string> }>;

const MEMOS = new WeakMap<Ledger, Memo>();

/** Whoever takes it goes on with it, so it is given once. */
const takeMemo = (ledger: Ledger): Memo | undefined => {
  const memo = MEMOS.get(ledger);
  MEMOS.delete(ledger);
  return memo;
};

const replayed = (ledger: Ledger, formats: ReadonlyMap<string, LogFormat>, wholeTask: boolean): Replay => {
  const replay = newReplay(ledger, formats, wholeTask);
  for (const signal of ledger.recent) replay.play(signal);
  return replay;
};

/** Parts what is new from what is known or too late; the names of what is new join `seen`. */
const sift = (ledger: Ledger, incoming: readonly PlacedSignal[], seen: Set<string>) => {
  const sealed = new Set(ledger.sealed_ids);
  const fresh: PlacedSignal[] = [];
  let known = 0;
  let late = 0;
  for (const signal of incoming) {
    const name = nameOf(signal);
    if (seen.has(name) || (signal.at === ledger.sealed_at && sealed.has(name))) known += 1;
    else if (signal.at < ledger.sealed_at) late += 1;
    else {
      seen.add(name);
      fresh.push(signal);
    }
  }
  return { fresh, known, late };
};

const nameOf = (signal: PlacedSignal): string => `${signal.id}/${signal.line}`;

/**
 * Order of time. Within one millisecond ids that count upwards decide, as those of CloudWatch Logs and of a file's
 * offsets do; where ids are not of that kind, signals stay in the order in which they arrived.
 */
const inOrder = (
  recent: readonly PlacedSignal[],
  fresh: readonly PlacedSignal[],
): readonly PlacedSignal[] => {
  const behind = sorted(fresh);
  const last = recent.at(-1);
  const first = behind[0];
  const inSequence = last === undefined || first === undefined || follows(first, last);
  return inSequence ? [...recent, ...behind] : sorted([...recent, ...fresh]);
};

/** Whether a signal comes after another beyond doubt. */
const follows = (later: PlacedSignal, earlier: PlacedSignal): boolean => {
  if (later.at !== earlier.at) return later.at > earlier.at;
  const a = countOf(earlier.id);
  const b = countOf(later.id);
  return a !== undefined && b !== undefined && a.prefix === b.prefix && compareDigits(a.digits, b.digits) < 0;
};

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

/** An id as a prefix and the number at its end; undefined where it is not of that kind. */
const countOf = (id: string): { prefix: string; digits: string } | undefined => {
  let start = id.length;
  while (start > 0 && isDigit(id.charCodeAt(start - 1))) start -= 1;
  const prefix = id.slice(0, start);
  if (start === id.length || id.length - start > 64 || start > 64 || /[0-9]/.test(prefix)) return undefined;
  while (start < id.length - 1 && id.charCodeAt(start) === ZERO) start += 1;
  return { prefix, digits: id.slice(start) };
};

const ZERO = 0x30;
const isDigit = (code: number): boolean => code >= ZERO && code <= 0x39;

const compareDigits = (a: string, b: string): number => a.length - b.length || (a < b ? -1 : a > b ? 1 : 0);

type Observe = (key: string) => Observation | undefined;

type Replay = Readonly<{
  play(signal: PlacedSignal): readonly string[];
  observeOne: Observe;
  /** What is known now of any run, for later: of a task that is all of its runs it stays what is known last. */
  snapshot(): Observe;
  /** The states without what can no longer change. */
  settled(): Settled;
}>;

type Settled = Pick<Ledger, 'base' | 'runs'>;

/** The key of the one run that a task has in a ledger of its own. */
const WHOLE = 'task';

const newReplay = (
  ledger: Pick<Ledger, 'base' | 'runs'>,
  formats: ReadonlyMap<string, LogFormat>,
  wholeTask: boolean,
): Replay => {
  const states: Record<string, Json> = { ...ledger.base };
  const runsOf = new Map(Object.entries(ledger.runs).map(([name, keys]) => [name, new Set(keys)]));
  const runners = [...formats.values()].filter((format) => format.isWorking !== undefined);
  const isPartOfOther = (name: string): boolean =>
    runners.some(
      (format) => format.runs?.includes(name) && format.isWorking?.(states[format.name] ?? format.initial),
    );
  const play = (placed: PlacedSignal): readonly string[] => {
    const format = formats.get(placed.format);
    // A format that has left the configuration says nothing any more; its signals age out.
    if (format === undefined || isPartOfOther(format.name)) return [];
    const evolved = format.evolve(states[format.name] ?? format.initial, placed.signal, placed.at);
    states[format.name] = evolved.state;
    if (evolved.touched.length === 0) return [];
    let runs = runsOf.get(format.name);
    if (runs === undefined) {
      runs = new Set();
      runsOf.set(format.name, runs);
    }
    for (const key of evolved.touched) runs.add(key);
    return wholeTask ? [WHOLE] : evolved.touched.map((key) => `${format.name}/${key}`);
  };
  const observeRun = (
    name: string,
    key: string,
    at: Readonly<Record<string, Json>>,
  ): Observation | undefined => {
    const format = formats.get(name);
    return format?.observe(at[name] ?? format.initial, key);
  };
  const observeAt = (at: Readonly<Record<string, Json>>, key: string): Observation | undefined => {
    if (!wholeTask) {
      const slash = key.indexOf('/');
      const seen = observeRun(key.slice(0, slash), key.slice(slash + 1), at);
      return seen === undefined ? undefined : { ...seen, key };
    }
    const runs = [...runsOf].flatMap(([name, keys]) =>
      [...keys].flatMap((run) => {
        const seen = observeRun(name, run, at);
        return seen === undefined ? [] : [{ ...seen, key: `${name}/${run}` }];
      }),
    );
    const combined = combineRuns(runs);
    return combined === undefined ? undefined : { ...combined, key: WHOLE };
  };
  return {
    play,
    observeOne: (key) => observeAt(states, key),
    snapshot: () => {
      const now = { ...states };
      return (key) => observeAt(now, key);
    },
    settled: () => {
      const base: Record<string, Json> = {};
      const runs: Record<string, readonly string[]> = {};
      for (const [name, state] of Object.entries(states)) {
        const format = formats.get(name);
        // What a format that is not configured now has left behind waits for its return.
        const settled = format?.settle(state) ?? state;
        base[name] = settled;
        runs[name] = [...(runsOf.get(name) ?? [])].filter(
          (key) => format === undefined || format.observe(settled, key) !== undefined,
        );
      }
      return { base, runs };
    },
  };
};

const observeAll = (keys: Iterable<string>, observe: Observe): Map<string, Observation> => {
  const found = new Map<string, Observation>();
  for (const key of keys) {
    const observation = observe(key);
    if (observation !== undefined) found.set(key, observation);
  }
  return found;
};

/** One point a millisecond, and none that repeats the one before it. */
const addPoint = (points: Map<string, HistoryPoint[]>, key: string, point: HistoryPoint): void => {
  const list = points.get(key);
  if (list === undefined) {
    points.set(key, [point]);
    return;
  }
  const last = list.at(-1);
  if (last?.timestamp === point.timestamp) list[list.length - 1] = point;
  else if (last === undefined || !saysTheSame(last, point)) list.push(point);
};

/** What a ledger comes to with the first so many of its signals, where the fold has not just passed that place. */
const settledAt = (
  ledger: Ledger,
  signals: readonly PlacedSignal[],
  count: number,
  formats: ReadonlyMap<string, LogFormat>,
): Settled => {
  const replay = newReplay(ledger, formats, false);
  for (const signal of signals.slice(0, count)) replay.play(signal);
  return replay.settled();
};

/** Folds the first so many signals for good. */
const seal = (ledger: Ledger, count: number, settled: Settled): Ledger => {
  const old = ledger.recent.slice(0, count);
  const sealedAt = old.at(-1)?.at ?? ledger.sealed_at;
  const sameMoment = old.filter(({ at }) => at === sealedAt).map(nameOf);
  const earlier = sealedAt === ledger.sealed_at ? ledger.sealed_ids : [];
  return {
    ...ledger,
    ...settled,
    sealed_at: sealedAt,
    sealed_ids: [...earlier, ...sameMoment].slice(-MAX_SEALED_IDS),
    recent: ledger.recent.slice(count),
  };
};

/** A ledger as a store keeps it, and back. What a store returns was written by this function. */
export const ledgerToJson = (ledger: Ledger): JsonObject => ledger as unknown as JsonObject;
export const ledgerFromJson = (json: Json): Ledger => ({
  ...emptyLedger,
  ...(json as unknown as Partial<Ledger>),
});
