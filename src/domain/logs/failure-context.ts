import { plainLine } from './line-text.ts';
import { lineIn } from './lines.ts';

/** How many lines of context a failure is shown with: the failing one, those before it and those after it. */
const LINES_BEFORE = 5;
const LINES_AFTER = 4;
export const CONTEXT_LINES = LINES_BEFORE + 1 + LINES_AFTER;

/** Shorter parts of an error message could occur in any line. */
const MIN_MATCH = 12;
/** How much of a message is compared with lines, in UTF-16 code units. */
const MAX_MATCH = 160;

/** How programs begin an error. */
const CLEAR =
  /(?:^|[\s[(|:])(?:fatal|panic|critical|error|err!?)(?:\[\w{1,16}\]|\([^)]{1,32}\))?\s?:|\b[A-Za-z.]{0,64}(?:Error|Exception)\b(?: \[\w{1,64}\])?:|^(?:error|fatal|panic|critical)\b|\bnpm (?:ERR!|error)|\bUnhandled\b|segmentation fault|core dumped|out of memory|command not found|no such file or directory|permission denied|access denied|✖|✗|✘|❌|"level":"(?:error|fatal)"|\[(?:error|fatal)\]/i;
/** The same in capitals, as loggers and test runners write it. */
const CAPITALS = /\b(?:ERROR|FATAL|FAILED|FAILURE|PANIC)\b/;
/** Words that often, but not always, mean an error. */
const LIKELY =
  /\b(?:failed|failure|failing|exception|traceback|cannot|can't|could not|couldn't|unable to|not found|denied|refused|timed? ?out|killed|aborted|undefined reference|invalid|crash(?:ed)?)\b/i;
/** Lines that report no error, or mention errors in passing. */
const NONE =
  /\b(?:no|0|zero|without(?: any)?) (?:errors?|failures?|failed|problems?)\b|\b(?:errors?|failures?|failed)["']? ?[:=] ?(?:0|none|null|false|\[\])(?![\w.])|\bcontinu(?:e|ing)[ -]on[ -]error\b|--\w+(?:-\w+)*-(?:errors?|failed)\b/i;
/** Last lines of programs that only pass a failure on: the cause is above them. */
const TRAILER =
  /exit(?:ed)? (?:with )?(?:code|status) ?:? ?\d|exit status \d|\bELIFECYCLE\b|complete log of this run|process completed with exit code|^make(?:\[\d+\])?: \*\*\*|returned non-zero exit|script returned exit code|lifecycle script|npm (?:ERR!|error) (?:code|errno|path|workspace|location|command|signal|cwd|A complete|\s*$)/i;

/** How certain it is that a line is an error: 0 is not at all, 3 is clear. */
const errorRank = (line: string): number => {
  if (line === '' || NONE.test(line)) return 0;
  const isClear = CLEAR.test(line) || CAPITALS.test(line);
  if (!isClear && !LIKELY.test(line)) return 0;
  if (TRAILER.test(line)) return 1;
  return isClear ? 3 : 2;
};

/** Whether a line looks like an error. */
export const looksLikeError = (line: string): boolean => errorRank(lineIn(plainLine(line))) > 0;

/**
 * The line that shows why something failed, as its index: the first that holds the error message which a format found;
 * else the last that looks like an error, but for one that only passes it on, as `exit code 1` does. Undefined where no
 * line looks like one.
 */
export const failingLine = (lines: readonly string[], errorMessage?: string): number | undefined => {
  const texts = lines.map((line) => lineIn(plainLine(line)));
  const reported = errorMessage === undefined ? undefined : lineOfMessage(texts, errorMessage);
  return reported ?? lastError(texts);
};

/** The message of the line that `failingLine` finds, without colours and without what loggers put in front of it. */
export const failureMessage = (lines: readonly string[]): string | undefined => {
  const index = failingLine(lines);
  return index === undefined ? undefined : lineIn(plainLine(lines[index] ?? ''));
};

/** The lines around a failing one, as the indexes of the first and behind the last: ten where there are as many. */
export const contextOf = (index: number, count: number): Readonly<{ start: number; end: number }> => ({
  start: Math.max(0, index - LINES_BEFORE),
  end: Math.min(count, index + LINES_AFTER + 1),
});

const lastError = (texts: readonly string[]): number | undefined => {
  let best: number | undefined;
  let bestRank = 0;
  for (let index = texts.length - 1; index >= 0 && bestRank < 3; index -= 1) {
    const rank = errorRank(texts[index] ?? '');
    if (rank > bestRank) {
      best = index;
      bestRank = rank;
    }
  }
  return best;
};

const lineOfMessage = (texts: readonly string[], message: string): number | undefined => {
  const wanted = message
    .split('\n')
    .map((part) => squeezed(part.replace(/(?:…|\.\.\.)$/, '')).slice(0, MAX_MATCH))
    .find((part) => part !== '');
  if (wanted === undefined) return undefined;
  const squeezedTexts = texts.map(squeezed);
  // The cause of a run begins with the name of the part that failed, which the line need not have.
  const [, unnamed = ''] = /^[^:]{1,128}: (.+)$/.exec(wanted) ?? [];
  for (const one of unnamed.length < MIN_MATCH ? [wanted] : [wanted, unnamed]) {
    // In a line of JSON the same text has its quotes escaped.
    const forms = [one, JSON.stringify(one).slice(1, -1)];
    const whole = squeezedTexts.findIndex((text) => forms.some((form) => text.includes(form)));
    if (whole !== -1) return whole;
  }
  // A message may be put together of a line and something else, e.g. the name of what failed.
  const part = squeezedTexts.findIndex((text) => text.length >= MIN_MATCH && wanted.includes(text));
  return part === -1 ? undefined : part;
};

const squeezed = (text: string): string => text.trim().replace(/\s+/g, ' ');
