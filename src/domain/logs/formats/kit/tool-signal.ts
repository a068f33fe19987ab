import { cut, headOf, TEXT_LIMITS } from './text.ts';

/**
 * What a line of a tool says.
 *
 * - `begins`: a run has begun; `works`: one is under way, new or not.
 * - `counts`: how far it is; `step`: what it is doing.
 * - `one done`, `one failed`, `one skipped`: the same by one more step, of which the tool prints no sum.
 * - `waits`: it waits for a person; the next line of another kind shows that it goes on.
 * - `broken`: something in it has failed, and it goes on; `remarks`: the reason of a failure beside it, if there is one.
 * - `fails`, `ends`, `cancels`: how it ended; `closes`: it ended, and has failed if anything in it has.
 * - `closes for now`: as `closes`, unless a line that `fails` comes right after.
 * - `concludes`: it ended well, unless a line that `fails` comes right after.
 */
export type ToolLine =
  | 'begins'
  | 'works'
  | 'counts'
  | 'step'
  | 'waits'
  | 'one done'
  | 'one failed'
  | 'one skipped'
  | 'broken'
  | 'remarks'
  | 'fails'
  | 'ends'
  | 'closes'
  | 'closes for now'
  | 'concludes'
  | 'cancels';

/**
 * A line of a tool. Its expression is anchored and takes time linear in the line. Groups that it may name:
 *
 * - `current` and `total`, `percent`, or times such as `00:01:30.5` as `currentTime` and `totalTime`
 * - `passed`, `failed`, `skipped`: `current` is their sum unless the line has it
 * - `moreDone`, `moreFailed`, `moreSkipped`: added to what is known, as long as no total is
 * - `phase`, `step`; `item`, what has failed; `reason`, why
 * - `lane`, which of several runs at the same time the line is about; `name`, what that run is called if not so
 *
 * `alone`: the line may be the only one of its run, so it makes a run where none is under way. `phase`: what the run is
 * doing once it has printed the line. `after`: the line says something in that phase only, and what is `broken` outside of it is
 * a remark. `goesOn`: it is about the run under
 * way, though its counter has started over or the line looks like a beginning. `vague`: its reason gives way to the next one,
 * in the lines below or later.
 */
export type ToolPattern = Readonly<{
  says: ToolLine;
  line: RegExp;
  alone?: true;
  phase?: string;
  after?: string;
  goesOn?: true;
  vague?: true;
}>;

type More = Readonly<{ moreDone?: number; moreFailed?: number; moreSkipped?: number }>;

export type Counts = Readonly<{ current?: number; total?: number; failed?: number; skipped?: number }>;

/** What is added to the counter and to its total, where a tool reports each step as it comes. May be negative. */
export type Added = Readonly<{ addDone?: number; addTotal?: number }>;

export type ToolSignal = Counts &
  Added &
  More &
  Readonly<{
    says: ToolLine | 'because';
    alone?: true;
    goesOn?: true;
    vague?: true;
    after?: string;
    phase?: string;
    step?: string;
    item?: string;
    reason?: string;
    lane?: string;
    name?: string;
    /** Epoch milliseconds. */
    time?: number;
    text: string;
  }>;

/** The line in a JSON object, a string in the group `text` of what wraps it; other lines as they are. */
export const unwrapped = (line: string, wrapping: RegExp): string => {
  const text = line.startsWith('{') ? wrapping.exec(headOf(line))?.groups?.['text'] : undefined;
  if (text === undefined) return line;
  try {
    return String(JSON.parse(text)).trim();
  } catch {
    return line;
  }
};

type Groups = Readonly<Record<string, string | undefined>>;

/** The signal of a line that a pattern matches; undefined if its counter cannot be. */
export const signalOf = (
  { says, alone, phase, after, goesOn, vague }: ToolPattern,
  groups: Groups,
  text: string,
): ToolSignal | undefined => {
  const counts = countsOf(groups);
  const { current, total } = counts;
  if (says === 'counts' && (current === undefined || current > (total || current))) return undefined;
  const words = (name: string, limit: number) => {
    const found = groups[name]?.trim() ?? '';
    return found === '' ? {} : { [name]: cut(found, limit) };
  };
  return {
    ...(says === 'counts' && total === 0 ? { says: 'works' } : { says, ...counts }),
    ...(alone && { alone }),
    ...(goesOn && { goesOn }),
    ...(vague && { vague }),
    ...(phase === undefined ? words('phase', TEXT_LIMITS.phase) : { phase }),
    ...(after !== undefined && { after }),
    ...words('step', TEXT_LIMITS.step),
    ...words('item', TEXT_LIMITS.step),
    ...words('reason', TEXT_LIMITS.error),
    ...words('lane', TEXT_LIMITS.name),
    ...words('name', TEXT_LIMITS.name),
    text: cut(text, TEXT_LIMITS.message),
  };
};

const MORE = ['moreDone', 'moreFailed', 'moreSkipped'] as const;

const countsOf = (groups: Groups): Counts & More => {
  const { percent, currentTime, totalTime } = groups;
  const isSum = 'passed' in groups;
  const failed = numberIn(groups['failed']) ?? (isSum ? 0 : undefined);
  const skipped = numberIn(groups['skipped']) ?? (isSum ? 0 : undefined);
  const all = isSum ? (numberIn(groups['passed']) ?? 0) + (failed ?? 0) + (skipped ?? 0) : undefined;
  const current = numberIn(percent ?? groups['current']) ?? secondsIn(currentTime) ?? all;
  const total = percent === undefined ? (numberIn(groups['total']) ?? secondsIn(totalTime)) : 100;
  const more = MORE.map((name) => [name, numberIn(groups[name])] as const);
  return {
    ...(current !== undefined && { current }),
    ...(total !== undefined && { total }),
    ...(failed !== undefined && { failed }),
    ...(skipped !== undefined && { skipped }),
    ...Object.fromEntries(more.filter(([, count]) => count !== undefined)),
  };
};

/** A whole number, with commas or not; fractions are rounded down. */
const numberIn = (digits: string | undefined): number | undefined => {
  const number = Math.floor(Number(digits?.replaceAll(',', '') ?? Number.NaN));
  return Number.isSafeInteger(number) ? number : undefined;
};

/** The seconds of `01:02:03.45`. */
const secondsIn = (clock: string | undefined): number | undefined =>
  clock === undefined
    ? undefined
    : numberIn(String(clock.split(':').reduce((seconds, part) => seconds * 60 + Number(part), 0)));
