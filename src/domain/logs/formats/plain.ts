// Over 300 lines: the words around a number that make it a counter are looked at one after the other.

import { isTerminal } from '../../tasks/status.ts';
import { countOf, fraction, percentage } from '../hint.ts';
import { barOf, isBar } from './kit/bars.ts';
import { counterRuns, type Run, type RunUpdate } from './kit/counter-runs.ts';
import { isMeasure } from './kit/measures.ts';
import { STEP_OUTPUT, STEP_RECAP } from './kit/step-output.ts';
import { cut, TEXT_LIMITS } from './kit/text.ts';

type Failure = Readonly<{ failure: string; final?: true; trace?: true }>;

/**
 * `outer`: the counter of a whole (`Step 2/7`), inside whose parts other counters may run. `begun`: what it counts has
 * begun. `bar`: it is drawn as a bar. `epoch`: of one pass among a number that is not known. `failure`: a command has
 * failed, in the words of what ran it; `final` where nothing comes after that, `trace` where the cause follows. `cause`: why
 * it failed, `last` if the last step was under way. `end`: the line says explicitly that all is done.
 */
export type PlainSignal =
  | Readonly<{
      current: number;
      total: number;
      outer?: true;
      begun?: true;
      bar?: true;
      epoch?: true;
      name?: string;
      tag?: string;
      text: string;
    }>
  | Failure
  | Readonly<{ cause: string; last?: true }>
  | Readonly<{ end: string }>;

/**
 * `inner`: the count of a bar that has begun again at its first step, which may be another one inside the first, and
 * `before` that of the first. `trace`: a stack trace has been printed last, whose cause follows.
 */
type Memory = Readonly<{
  outer: boolean;
  begun?: true;
  bar?: true;
  epoch?: true;
  inner?: Readonly<{ count: number; before: number }>;
  trace?: true;
}>;

/** Progress is written in short lines; longer ones are skipped. */
const MAX_LENGTH = 600;

const LAST_STEP_MS = 15 * 60 * 1000;

/** A failure that is stated so soon after a full counter is one of what counted. */
const FAILURE_WITHIN_MS = 5 * 60 * 1000;

/** How a line begins that says explicitly that all is done. */
const ENDS = [
  'Done',
  'done',
  'Finished',
  'finished',
  'Complete',
  'complete',
  'Success',
  'success',
  'All ',
  'all ',
  '`Trainer.fit` stopped',
];

/** How a line begins that says explicitly that something has failed. */
const FAILS = [
  ...['build', 'deploy', 'deployment', 'job', 'task', 'pipeline', 'compilation', 'installation'],
  ...['test', 'tests', 'upload', 'migration'],
].flatMap((what) => [`${what} failed`, `${what[0]?.toUpperCase()}${what.slice(1)} failed`]);

const END =
  /^(?:\p{Extended_Pictographic}\uFE0F? {0,2})?(?:[Aa]ll (?:steps |tasks |stages )?)?(?:[Dd]one|[Ff]inished|[Cc]ompleted?|[Ss]uccess(?:ful)?)(?: successfully)?(?: in \d{1,6}(?:[.:]\d{1,6}){0,3} ?(?:ms|secs?|s|seconds?|m|min|mins|minutes?|h|hours?)?(?: ?\d{1,2} ?(?:m|s|min|sec)){0,2})?[.!]{0,3}$/u;

/** The last line of PyTorch Lightning. */
const ALL_EPOCHS = /^`Trainer\.fit` stopped: `max_(?:epochs|steps)=\d{1,9}` reached\.$/;

/**
 * A counter in plain words: `Processing 3/10`, `Step 2/7: test`, `12 of 40 files`, `[####    ] 45%`. A number counts
 * as progress only where the words or the drawing around it say so, because dates, versions, paths, scores and
 * measurements look the same. It is a report of the task itself: a full counter of finished steps completes it, unless the
 * command that printed it is reported as failed right after. A full counter of what has begun (`Step 7/7`, `[3/3]
 * Uploading …`) does not: that run ends with words such as `Done`, with a failure, with the next run or with its stream. A
 * bar that begins while another one is not full is a step of that one. The bars of one epoch after the other are one run, and
 * none of them is its end. A bar that begins again with the same total may be either: where it is full, it waits for what
 * comes next. A failure that is stated before a counter is full is its end if nothing else comes.
 */
export const plain = counterRuns<PlainSignal, Memory>({
  name: 'plain',
  stateVersion: 1,
  counts: 'both',
  revisesEnds: true,
  hint: {
    contains: [percentage, fraction, countOf, 'Error: ', 'Exception: '],
    begins: [
      ...[
        'Error: Process completed',
        'ERROR: Job failed',
        'npm ',
        'error Command',
        'Command failed',
        'Traceback (most',
      ],
      ...[
        'BUILD FAILED',
        'exit status ',
        'make: *** ',
        'make[',
        'Segmentation fault',
        'Killed',
        'Aborted',
        'Bus error',
        'FAILED',
        'FAILURE: ',
        '❌ ',
        '✖ ',
        '✗ ',
        ...FAILS,
        'Command ',
        'command ',
        'Process ',
        'process ',
        'Script ',
        'script ',
      ],
      ...ENDS,
    ],
  },
  taskType: 'agent_execution',
  memory: { outer: false },

  read(line) {
    if (line.length > MAX_LENGTH || STEP_OUTPUT.test(line) || STEP_RECAP.test(line)) return undefined;
    const failure = failureIn(line);
    if (failure !== undefined) return failure;
    if (CAUSE.test(line)) return { cause: cut(line, TEXT_LIMITS.error) };
    const end = endIn(line);
    if (end !== undefined) return end;
    if (!LIKELY.test(line)) return undefined;
    const tagged = line[0] === '[' ? taggedCounter(line) : undefined;
    if (tagged !== undefined) return tagged;
    const counter = likelier(counterIn(line, PAIRS, 'pair'), () => counterIn(line, PERCENTS, 'percent'));
    if (counter === undefined) return undefined;
    return {
      ...counter,
      ...barOf(line),
      text: cut(line, TEXT_LIMITS.step),
    };
  },

  isContinued: (signal) =>
    (('cause' in signal && signal.last === true) ||
      ('current' in signal && signal.begun === true && signal.current >= signal.total)) &&
    'over other lines',

  // While the last step is under way, an error or an end is likely to be its own, though another tool writes such lines too.
  readContinuation: (line) =>
    FINAL.test(line) && !line.startsWith('Error: ')
      ? undefined // The job that the step is a part of ends with it.
      : (failureIn(line) ?? endIn(line) ?? lastEndIn(line) ?? errorIn(line)),

  laneOf: (signal) => ('tag' in signal && signal.tag !== undefined ? `plain:${signal.tag}` : 'plain'),

  begins(last, signal, at) {
    if (!('current' in signal)) return false;
    if (signal.current >= signal.total && !isOther(last, signal)) return false;
    if (!isTerminal(last.status) && (!hasBegunAll(last) || isNextEpoch(last, signal))) return false;
    if (goesOn(last, signal)) return false;
    // `Step 7/7` is written when the last step begins, so what counts soon after it is likely to be inside it.
    const isInside = last.memory.outer && !signal.outer && at - last.last_at <= LAST_STEP_MS;
    return !isInside;
  },

  apply(run, signal, at) {
    if ('failure' in signal) return run && onFailure(run, signal, at);
    if ('cause' in signal) return run && onCause(run, signal.cause);
    if ('end' in signal)
      return run && hasBegunAll(run) ? { ...completed(run), message: signal.end } : undefined;
    const { current, total, outer, begun, bar, epoch, text, name = signal.tag } = signal;
    if (run?.memory.outer && !outer) return { details: { current_step: text } };
    if (run !== undefined && bar && isInside(run, signal)) return { details: { current_step: text } };
    const inner = run === undefined ? undefined : innerOf(run, signal);
    if (run !== undefined && inner !== undefined)
      return {
        ...(inner.count >= total && { current: total }),
        details: { current_step: text },
        memory: { ...run.memory, inner },
      };
    const full = current >= total && !begun;
    return {
      ...(run === undefined && name !== undefined && { name }),
      current,
      total,
      status: full ? 'completed' : 'running',
      ...(full && { concluded: true }),
      details: { current_step: text },
      message: text,
      memory: {
        outer: outer === true,
        ...(begun && { begun }),
        ...(bar && { bar }),
        ...(epoch && { epoch }),
      },
    };
  },

  followed(run) {
    if (!hasBegunAll(run)) return undefined;
    return run.failing === undefined ? completed(run) : failed(run.failing);
  },

  atEnd(run) {
    const { status, current, total, failing } = run;
    if (status !== 'running' || current === null || total === null) return run;
    const ended = { ...run, ended_at: run.last_at };
    if (failing !== undefined) {
      return {
        ...ended,
        status: 'failed',
        details: { ...run.details, outcome: 'failed', error_message: failing },
      };
    }
    return current >= total ? { ...ended, status: 'completed' } : run;
  },
});

const failureIn = (line: string): Failure | undefined =>
  FAILURE.test(line)
    ? {
        failure: cut(line, TEXT_LIMITS.error),
        ...(FINAL.test(line) && { final: true as const }),
        ...(line.startsWith('Traceback') && { trace: true as const }),
      }
    : undefined;

const endIn = (line: string): PlainSignal | undefined =>
  END.test(line) || ALL_EPOCHS.test(line) ? { end: cut(line, TEXT_LIMITS.message) } : undefined;

const completed = ({ total }: Run<Memory>): RunUpdate<Memory> => ({
  status: 'completed',
  current: total,
  concluded: true,
});

/** Whether the last step of what counts begun ones is under way, or a bar is full that may be inside another one. */
const hasBegunAll = ({ memory, status, current, total }: Run<Memory>): boolean =>
  !isTerminal(status) &&
  total !== null &&
  current !== null &&
  current >= total &&
  (memory.begun === true || memory.inner !== undefined);

const onFailure = (
  run: Run<Memory>,
  { failure, final, trace }: Failure,
  at: number,
): RunUpdate<Memory> | undefined => {
  const isFull = run.concluded || hasBegunAll(run);
  if (isFull && at - run.last_at > FAILURE_WITHIN_MS) return undefined;
  const { trace: _before, ...rest } = run.memory;
  const memory: Memory = { ...rest, ...(trace && { trace }) };
  if (!isFull && !final) return isTerminal(run.status) ? undefined : { failing: failure, memory };
  return { ...failed(failure), memory };
};

const failed = (reason: string): RunUpdate<Memory> => ({
  status: 'failed',
  details: { outcome: 'failed', error_message: reason },
  message: cut(reason, TEXT_LIMITS.message),
});

/**
 * What a stack trace ends with says more than how it begins. After the last step has begun, the first error is its failure if
 * nothing else comes.
 */
const onCause = (run: Run<Memory>, cause: string): RunUpdate<Memory> | undefined => {
  const { trace, ...memory } = run.memory;
  if (trace)
    return run.status === 'failed'
      ? { details: { error_message: cause }, memory }
      : { failing: cause, memory };
  return hasBegunAll(run) && run.failing === undefined ? { failing: cause } : undefined;
};

type Bar = Readonly<{ current: number; total: number; bar?: true; name?: string }>;

/**
 * The count of a bar that started over before it was full, for as long as it may be a second bar inside the first. If it has no
 * name and the same total, only the order of its counts tells it apart from the first.
 */
const innerOf = (run: Run<Memory>, signal: Bar): Memory['inner'] => {
  const { current, total, memory } = run;
  const { current: count, name = '' } = signal;
  if (isTerminal(run.status) || !memory.bar || !signal.bar || current === null || signal.total !== total)
    return undefined;
  if (total === 100 || (name !== '' && name === run.name)) return undefined;
  const { inner } = memory;
  if (inner === undefined) return count <= 1 && count + 1 < current ? { count, before: current } : undefined;
  const isInner = inner.count < total ? count >= inner.count : !goesOn(run, signal);
  return isInner ? { ...inner, count } : undefined;
};

/** Whether a bar counts on after one that was full inside it. */
const goesOn = ({ total, memory: { inner } }: Run<Memory>, signal: Bar): boolean =>
  inner !== undefined &&
  signal.bar === true &&
  signal.total === total &&
  (signal.current === inner.before || signal.current === inner.before + 1);

/** Whether a bar is drawn inside a part of what another one counts: that one is under way, and counts something else. */
const isInside = (
  run: Run<Memory>,
  signal: Readonly<{ total: number; name?: string; epoch?: true }>,
): boolean =>
  run.memory.bar === true &&
  run.current !== null &&
  run.current > 0 &&
  (run.memory.epoch ? !signal.epoch : run.total !== signal.total || isOther(run, signal)) &&
  !isTerminal(run.status);

const isNextEpoch = (last: Run<Memory>, signal: Readonly<{ bar?: true; epoch?: true }>): boolean =>
  last.memory.epoch === true && signal.bar === true;

/** Whether a bar has another name than the one before it. */
const isOther = (last: Run<Memory>, { name }: Readonly<{ name?: string }>): boolean =>
  name !== undefined && last.name !== '' && name !== last.name;

/**
 * `[tool x] 36/32777 functions (0.1%), 41s elapsed`, `[web] 131/1351 … (elapsed 24s, ETA ~3m40s)`, `[web] 132/1351`:
 * what a tag counts is a task of its own.
 */
const TAGGED =
  /^\[(?<tag>[\p{L}][\p{L}\d .:@/_-]{0,60})\] {1,8}(?<counter>(?<current>\d{1,12})\/(?<total>\d{1,12})(?<sure> {1,4}(?:[\p{L}…]{1,24} {1,4}){0,3}(?:\(\d{1,3}(?:[.,]\d{1,3})?%\)(?:$|[,;:]? )|\((?:elapsed|eta)\b))?.*)/iu;

/** Tags of threads and processes, which share one counter unless each states a percentage or a time. */
const WORKER_TAG =
  /^(?:main|(?:main|fork|thread|pool|worker|process|executor|rank|node|gpu|cpu|pid|proc)[ _:#-]?[\w:#-]{0,40}\d|\w{0,20}(?:thread|process|worker)[-_]?\d{0,6})$/i;

const taggedCounter = (line: string): PlainSignal | undefined => {
  const { tag, current, total, counter = '', sure } = TAGGED.exec(line)?.groups ?? {};
  if (tag === undefined) return undefined;
  const counted = { current: Number(current), total: Number(total) };
  const isCounter =
    sure === undefined
      ? !WORKER_TAG.test(tag) && isSame(counterIn(counter, PAIRS, 'pair'), counted)
      : isPart(counted);
  return isCounter ? { ...counted, tag, text: cut(line, TEXT_LIMITS.step) } : undefined;
};

type Count = Readonly<{ current: number; total: number }>;

const isPart = ({ current, total }: Count): boolean => total > 0 && current <= total;

const isSame = (found: Count | undefined, { current, total }: Count): boolean =>
  found?.current === current && found.total === total;

/** How shells, runners and package managers report that the previous command failed; they print it last. */
const FAILURE =
  /^(?:(?:Error: )?Process completed with exit code [1-9]\d{0,4}\.?$|ERROR: Job failed: exit (?:code|status) [1-9]\d{0,4}|npm (?:ERR!|error) code [A-Z0-9]{1,30}$|(?:error )?Command failed with (?:exit code|signal) [\w"]{1,20}|(?:[Cc]ommand|[Pp]rocess|[Ss]cript) (?:"[^"]{1,200}" )?exited with (?:exit )?(?:code|status) [1-9]\d{0,4}|exit status [1-9]\d{0,4}$|BUILD FAILED\b|Traceback \(most recent call last\):$|make(?:\[\d{1,3}\])?: \*\*\* .+|(?:Segmentation fault|Killed|Aborted|Bus error)(?: \(core dumped\))?$|FAILED(?::|$| -)|FAILURE: |[❌✖✗] .{0,200}\bfail(?:ed|ure)\b|(?:[Bb]uild|[Dd]eploy(?:ment)?|[Jj]ob|[Tt]ask|[Pp]ipeline|[Cc]ompilation|[Ii]nstallation|[Tt]ests?|[Uu]pload|[Mm]igration) failed\b)/;

/** What a program prints before it gives up. */
const ERROR =
  /^(?:(?:(?:\w{1,60}\.){0,8}\w{0,60}(?:Error|Exception)|error|ERROR|fatal|FATAL|CRITICAL|panic)(?: \[[\w-]{1,40}\])?: \S|(?:Fehler|FEHLER|Erreur|ERREUR|Errore|Erro|Ошибка|エラー|错误|錯誤|오류) ?[:：] ?\S|\S{1,200}: (?:line )?\d{1,6}: \S{1,200}: (?:command )?not found$)/;
/** The same of a logger. */
const LOGGED =
  /^(?:(?:ERROR|FATAL|CRITICAL)(?: -)?|\[ {0,4}(?:ERROR|FATAL|CRITICAL|error|fatal|critical) {0,4}\]:?) {1,8}(?=[^\s:])/;
/** No error, or one that the program has dealt with. */
const HARMLESS =
  /: (?:0|no|none|null|nil|false|n\/a|undefined)\b[^\p{L}]{0,3}$|\b(?:retry|retrying|retries|try again|trying again|ignored|ignoring|skipped|skipping|continuing|falling back|non-fatal)\b/iu;

const errorIn = (line: string): PlainSignal | undefined => {
  const level = LOGGED.exec(line)?.[0] ?? '';
  if ((level === '' && !ERROR.test(line)) || HARMLESS.test(line)) return undefined;
  return { cause: cut(line.slice(level.length), TEXT_LIMITS.error), last: true };
};

/** `Upload complete`, `Deployment finished successfully!`: after the last step this is its end. */
const LAST_END =
  /^[^\p{L}\d]{0,8}(?:[\p{L}\d-]{2,24} ){1,3}(?:(?:is |was |has )?(?:completed?|finished|succeeded|done)(?: successfully)?|successful)[.!]{0,3}$/iu;

const lastEndIn = (line: string): PlainSignal | undefined =>
  LAST_END.test(line) && !/\b(?:not|n't|never|if|when|until|once)\b/i.test(line)
    ? { end: cut(line, TEXT_LIMITS.message) }
    : undefined;

/** The last line of a stack trace of Python. */
const CAUSE = /^(?:\w{1,60}\.){0,8}\w{0,60}(?:Error|Exception): \S/;

/** Of these, what runners print when a job has come to its end. */
const FINAL = /^(?:(?:Error: )?Process completed with|ERROR: Job failed:)/;

const LIKELY = /\d ?%|\d ?\/ ?\d|\d (?:out )?of \d/;

const NUMBER = '\\d{1,12}|\\d{1,3}(?:,\\d{3}){1,3}';
const OPENS = '(?<=^|[\\s(\\[{=|>#]|\\D:)';
const CLOSES = '(?=$|[\\s)\\]}|:;!…\\[：，、]|[.,](?!\\d))';
/** `3/10`, `3 / 10`, `3 of 10`, `3 out of 10`, standing free: not part of a path, a date, an address or a version. */
const PAIRS = new RegExp(`${OPENS}(${NUMBER})(?: ?/ ?| of | out of )(${NUMBER})${CLOSES}`, 'g');
const PERCENTS = new RegExp(`${OPENS}(\\d{1,3}(?:[.,]\\d{1,6})?) ?%${CLOSES}`, 'g');

type Counter = Readonly<{ current: number; total: number; outer?: true; begun?: true }>;

/** A count is more precise than a percentage, unless it is full and the percentage is not (`task 1 of 1, 45%`). */
const likelier = (pair: Counter | undefined, percentage: () => Counter | undefined): Counter | undefined => {
  if (pair !== undefined && pair.current < pair.total) return pair;
  const percent = percentage();
  return pair === undefined || (percent !== undefined && percent.current < percent.total) ? percent : pair;
};

/** Only the first numbers of a line matter; the bound keeps a line of numbers cheap. */
const MAX_CANDIDATES = 8;

type Kind = 'pair' | 'percent';
type Place = Readonly<{ kind: Kind; before: string; after: string; padded: boolean }>;

const counterIn = (line: string, pattern: RegExp, kind: Kind): Counter | undefined => {
  let candidates = 0;
  for (const match of line.matchAll(pattern)) {
    candidates += 1;
    if (candidates > MAX_CANDIDATES) return undefined;
    const [all, first = '', second = '100'] = match;
    const current = Math.floor(Number(kind === 'pair' ? first.replaceAll(',', '') : first.replace(',', '.')));
    const total = Number(second.replaceAll(',', ''));
    if (total === 0 || current > total) continue;
    const before = line.slice(0, match.index);
    const after = line.slice(match.index + all.length);
    const padded = kind === 'pair' && /^0\d/.test(first);
    const found = standing({ kind, before, after, padded });
    if (found !== undefined) {
      const isOuter = found === 'outer';
      const begun = (isOuter && !IS_DONE.test(after)) || (kind === 'pair' && announces(before, after));
      return { current, total, ...(isOuter && { outer: true }), ...(begun && { begun: true }) };
    }
  }
  return undefined;
};

/** What makes a number a counter, undefined if nothing does. The clearest cases come first. */
const standing = (place: Place): 'outer' | 'inner' | undefined => {
  const { kind, before, after, padded } = place;
  if (CONDITION.test(before) || CHATTER.test(before) || APT.test(after)) return undefined;
  if (LABEL.test(before) || DONE_LABEL.test(before)) return isMeasure(before, '') ? undefined : 'inner';
  if (PREPOSITION.test(before)) return undefined;
  if (OUTER.test(before)) return isMeasure(before, '') ? undefined : 'outer';
  if (UNIT.test(after) || JUDGED.test(after)) return undefined;
  if (NOUN.test(before)) return isMeasure(before, '') ? undefined : 'inner';
  if (kind === 'pair' && isBracketed(before, after)) return 'inner';
  // `03/10` is a date unless the context says otherwise.
  if (kind === 'pair' && !padded && isUnderWay(before) && isFollowedWell(kind, after)) {
    return isVerdict(before, after) ? undefined : 'inner';
  }
  if (isMeasure(before, after)) return undefined;
  return isBar(before, after) || isBracketed(before, after) || (!padded && isProgress(place))
    ? 'inner'
    : undefined;
};

/** Whether the words of a line make its number a progress. */
const isProgress = ({ kind, before, after }: Place): boolean => {
  if (isMark(before)) {
    if (isEnd(after) || LEADS.test(after)) return true;
    if (kind === 'pair' ? THINGS.test(after) : SIZE.test(after)) return true;
  }
  if (kind === 'percent' && /^ of\b/.test(after)) return false;
  if (kind === 'percent' ? ACTIVITY.test(before) : ACTIVITY_LABEL.test(before)) return true;
  if (isUnderWay(before) || PAST_BEFORE.test(before)) return isFollowedWell(kind, after);
  if (kind === 'pair' && DATED_BEFORE.test(before)) return PLURAL.test(after);
  return before.length <= MAX_LEAD && DONE_AFTER.test(after) && isSubject(kind, before);
};

/** The most characters before a counter that the words after it identify. */
const MAX_LEAD = 60;

/** Dates, destinations and bounds: `due on 3/10`, `set to 45%`. */
const PREPOSITION =
  /\b(?:on|for|since|until|till|by|due|dated?|from|to|than|over|above|below|under|least|most|only|with|without|about|around|nearly|at|v|vs|and|or|between|the|a|an|is|was|are|in)\s{0,3}[~(]?$/i;
const CONDITION =
  /\b(?:if|when|whenever|once|unless|until|not|never|should|would|could|must|cannot|can't|e\.g\.|for example|expected?|expects|assert\w*|max(?:imum)?|min(?:imum)?|warn(?:ing)? (?:at|above))\b/i;
/** Kitchens, rulers and clocks, what a fraction is of, and the processes that do the work. */
const UNIT =
  /^\s{0,2}(?:cups?|tsp|tbsp|teaspoons?|tablespoons?|inch(?:es)?|in\.|miles?|workers?|hours?|days?|weeks?|months?|years?|minutes?|pounds?|lbs?|oz|ounces?|pints?|liters?|litres?|gallons?|of (?:a|an|the|all|our|its|their|them|these|those|my|your)\b|am\b|pm\b|["″'])/i;
/** Results of tests and the like are a verdict on the past. */
const JUDGED =
  /^[\s)\]]{0,3}(?:(?:tests?|specs?|assertions?|checks?|suites?|examples?|scenarios?|cases?) )?(?:(?:have |has |were |was |are |is )?(?:passed|passing|pass|failed|failing|fail|errors?|broken|skipped|correct|wrong|green|red|succeeded|missing|corrupt\w*|invalid|unchanged|stale|dead|down|lost|open|closed|active|idle|busy|enabled|disabled|running|alive|(?:auto-?)?fixable))\b/iu;
/** Git's and dpkg's own inner work belongs to no task. */
const CHATTER =
  /\(Reading database \.\.\.|(?:Enumerating|Counting|Compressing|Receiving|Writing|Unpacking) objects|Resolving deltas|Updating files|"(?:GET|HEAD|POST|PUT|PATCH|DELETE) \//;

/** `45% [1 hostname 4,096 B/10.5 kB 39%]`: never full, and drawn for a single file as for hundreds. */
const APT = /^ \[(?:Working|Waiting for headers|Connecting to|\d{1,4} \S{1,80} [\d,.]{1,16} [kMG]?B\/)/;

const OUTER =
  /(?:^|[^\p{L}\d])(?:steps?|stages?|phases?|epochs?|schritt|étape|etapa|paso|passo|fase|krok|stap|шаг|этап|ステップ|フェーズ|工程|步骤|步驟|단계)\s{0,2}[#:]?\s{0,2}[([]?$/iu;
const NOUN =
  /(?:^|[^\p{L}\d])(?:tasks?|items?|files?|chunks?|batch(?:es)?|iterations?|iter|records?|rows?|jobs?|subtasks?|todos?|migrations?|issues?|stacks?|resources?|tables?|commits?|images?|frames?|modules?|packages?|documents?|objects?|entries|処理中|処理済み|タスク)\s{0,2}[#:]?\s{0,2}[([]?$/iu;
const LABEL =
  /(?:^|[^\p{L}\d])(?:progress|progression|progreso|progresso|fortschritt|прогресс|進捗(?:率|状況)?|進度|进度|진행률?)(?: (?:bar|so far|is|at|now))?\]?\s{0,2}[:：=-]?\s{0,4}[([]?\s{0,2}$/iu;
/** `Done: 3/10`, `Files uploaded: 3/10`, `Completed 3/10`: at the beginning, or set off; elsewhere it is a sentence. */
const DONE_LABEL =
  /(?:^[^\p{L}\d]{0,8}(?:completed?|completion|done|finished)|(?:^|[^\p{L}\d])(?:completed?|completion|done|finished|processed|downloaded|uploaded|imported|exported|migrated|indexed|copied|converted|handled|sent)\s{0,2}[:=])\s{0,4}[([]?\s{0,2}$/iu;
const ACTIVITY_NAMES =
  'downloads?|uploads?|imports?|exports?|migrations?|sync|backups?|restore|install(?:ation)?|build|deploy(?:ment)?|index|scan|conversion|render|training|transfer|copy|crawl|encode|overall|total';
const ACTIVITY = new RegExp(`^[^\\p{L}\\d]{0,8}(?:${ACTIVITY_NAMES})\\s{0,2}[:=-]?\\s{0,4}[([]?$`, 'iu');
const ACTIVITY_LABEL = new RegExp(`^[^\\p{L}\\d]{0,8}(?:${ACTIVITY_NAMES})\\s{0,2}[:=]\\s{0,4}[([]?$`, 'iu');

/** `[3/10] what comes next`. CDK's asset lines look the same (`[50%] success: Published …`) and are not. */
const isBracketed = (before: string, after: string): boolean =>
  /^[^\p{L}\d([]{0,8}[([] {0,4}$/u.test(before) &&
  /^ {0,4}[)\]]:?(?:\s|$)/.test(after) &&
  !/^ {0,4}[)\]] (?:start|success|fail|check|build|cached|upload|debug|exists): /.test(after);

/** `Stage 3/3 complete` */
const IS_DONE = /^\s{0,2}(?:is |was )?(?:completed?|done|finished)\b/i;

/** `[3/10] Fetching users` is written before that is done. */
const announces = (before: string, after: string): boolean =>
  isBracketed(before, after) && isUnderWay(after.replace(/^ {0,4}[)\]]:?\s{1,4}/, ''));

/** A counter that leads its line: `45% - Uploading`, `3/10 (30%)`. */
const LEADS = /^\s{0,2}(?:[-–—|:]\s{1,2}\p{L}{3,16}ing\b|[([]\d)/u;
/** `45.3% of 10.00MiB` */
const SIZE = /^ of {1,3}~? {0,2}\d[\d.]{0,8} ?[KMGT]?i?B\b/i;

/** A line about an activity may be about a verdict all the same. */
const isVerdict = (before: string, after: string): boolean =>
  VERDICT.test(before) || VERDICT.test(after.slice(0, 24));
const VERDICT =
  /\b(?:scores?|ratings?|grades?|stars?|accuracy|ratios?|odds|chances?|splits?|attempts?|retry|retries|tries|votes?|version|majority|quorum|loss|losses)\b/i;

const isEnd = (after: string): boolean => /^[\s)\]}.…!]{0,8}$/.test(after);

/** Only a mark such as `✓` or `-`. */
const isMark = (before: string): boolean => /^[^\p{L}\d]{0,8}$/u.test(before);

/** `12 of 40 files`, without further words. */
const THINGS =
  /^ (?:files?|items?|records?|rows?|tasks?|steps?|packages?|objects?|chunks?|batches|modules?|images?|documents?|jobs?|entries|messages?|resources?|tables?|blocks?|layers?|events?|frames?|urls?|assets?|crates?|targets?|MB|GB|kB|MiB|GiB|KiB|bytes)[\s.…,;:!)]{0,4}$/;

/** A line that begins with an activity: `Processing users: `, `worker-1: Uploading a/b.txt `. */
const GERUND =
  /^[^\p{L}\d]{0,8}(?:[\w.@/-]{1,40}: )?(?:now |still |currently )?((?:re|pre|un)?\p{L}{3,16}ing)\b/iu;
const NO_ACTIVITY = new Set(
  'according allocating anything bearing being billing booking boxing calling ceiling charging charting clothing closing coming costing displaying during earning editing evening everything excluding failing fading feeling going having heading hearing heating holding housing including increasing king landing lasting leasing leaving listening living losing meeting missing monitoring morning nothing offering opening owning paying pending playing pricing proceeding ranking rating reaching reducing remaining reserving retrying ring rising scaling scoring seating seeing selling serving setting shifting showing sibling sitting sleeping something spending spring staffing standing starting string swimming taking talking teaching thing throttling timing trading trimming trying turning using viewing waiting walking warning wedding weighing winning zooming'.split(
    ' ',
  ),
);

const isUnderWay = (before: string): boolean => {
  const [, verb] = GERUND.exec(before) ?? [];
  return verb !== undefined && !NO_ACTIVITY.has(verb.toLowerCase());
};

const PAST =
  'processed|completed?|complete|downloaded|uploaded|imported|exported|migrated|indexed|synced|synchroni[sz]ed|copied|converted|finished|done|rendered|analy[sz]ed|scanned|installed|generated|handled|translated|fetched|transferred|extracted|loaded|verified|validated|parsed|compiled|deployed|archived|encoded|trained|written|sent|built|created|updated|deleted|applied|checked|crawled|merged|removed|published|完了|処理済み|完成|済み';
const PAST_BEFORE =
  /^[^\p{L}\d]{0,8}(?:[\w.@/-]{1,40}: )?(?:processed|completed|downloaded|uploaded|imported|exported|migrated|indexed|synced|synchroni[sz]ed|copied|converted|finished|rendered|analy[sz]ed|scanned|installed|generated|handled|translated|fetched|transferred|extracted|loaded|verified|validated|parsed|compiled|deployed|archived|encoded|trained|written|sent)[: (]{1,3}$/iu;

/** Followed by a date, each of these says when work was done, so the work must be named. */
const DATED_BEFORE =
  /^[^\p{L}\d]{0,8}(?:[\w.@/-]{1,40}: )?(?:created|updated|deleted|removed|added|applied|checked|crawled|merged|moved|built|published|deployed|closed|opened)[: (]{1,3}$/iu;
const PLURAL =
  /^\s{1,2}(?:[a-z]{2,24} ){0,2}[a-z]{2,24}s(?:\s{0,2}(?:$|[.…,;:!|([–—-])| (?:to|from|in|into|with|so far|at)\b)/u;

const DONE_AFTER = new RegExp(
  `^[)\\]]?\\s{0,2}(?:[\\p{L}-]{2,24} ){0,2}(?:(?:have been|has been|were|was|are|is) )?(?:${PAST}|processing|downloading|uploading|building|importing|exporting|indexing|copying|compiling|sealing|emitting)(?![\\p{L}])`,
  'iu',
);

/** A statement about something (`The bridge is 45% complete`) does not report the progress of its own task. */
const isSubject = (kind: Kind, before: string): boolean =>
  kind === 'pair'
    ? /^[^\p{L}\d]{0,8}$/u.test(before)
    : !/[.!?] |\b(?:is|was|are|were|be)\b.{0,10}$/i.test(before);

/** What may follow a counter in a line about an activity: its end, its unit, a remark set off, the remaining time. */
const isFollowedWell = (kind: Kind, after: string): boolean =>
  /^\s{0,3}[)\]}]?\s{0,3}(?:$|[.…,;:!|([–—-])/u.test(after) ||
  /^[)\]]?\s{1,3}(?:eta|elapsed|left|remaining|[kmgt]i?b\b|\d)/i.test(after) ||
  (kind === 'pair' && PLURAL.test(after)) ||
  DONE_AFTER.test(after);
