/**
 * Most lines of most logs are no progress, and reading a line is dear: it is cleaned, then every format looks at it.
 * So a text is first searched for signs, of which every line of a built-in format has one. Signs are found by searching
 * the whole text, which costs little where they are rare; what is left for each line is a few comparisons.
 *
 * A sign proves nothing, but its absence does: such a line is of no format that says `hasHints`. What could hide one,
 * an escape sequence or a control character beside it, counts as a sign itself.
 */
import { PROGRESS_KEYS } from './formats/agent-json.ts';
import { STEP_OUTPUT } from './formats/plain.ts';
import { mayBeLevel, mayBeTime, prefixEnd } from './lines.ts';
import { slotsOf } from './slots.ts';

/** Whether the line from `start` to `end` has a sign. Lines are to be asked for in their order. */
export type HasSign = (start: number, end: number) => boolean;

/** Prepares a text with `\n` between its lines. */
export const signsIn = (text: string): HasSign => {
  const holdsSign = anyOf(SIGNS, text);
  const holdsPrefixMark = anyOf(PREFIX_MARKS, text);
  return (start, end) => {
    if (holdsSign(start, end)) return true;
    let first = start;
    let last = end - 1;
    while (first <= last && text.charCodeAt(first) <= SPACE) first += 1;
    while (last > first && text.charCodeAt(last) <= SPACE) last -= 1;
    if (first > last) return false;
    if (endsWithSign(text, last)) return true;
    if (!holdsPrefixMark(first, end) && !mayBePrefixed(text, first)) return beginsWithSign(text, first);
    const line = text.slice(first, last + 1);
    return beginsWithSign(line, prefixEnd(line));
  };
};

/** The first place at or after `from` where something stands, -1 where there is none. */
type Find = (text: string, from: number) => number;

/** Whether one of several things stands in a line. Each is searched for once, from one place to the next. */
const anyOf = (finds: readonly Find[], text: string): HasSign => {
  const places = finds.map((find) => placeOf(find, text, 0));
  let nearest = Math.min(...places);
  return (start, end) => {
    if (nearest < start) {
      let next = text.length;
      for (let index = 0; index < places.length; index += 1) {
        let place = places[index] as number;
        if (place < start) {
          place = placeOf(finds[index] as Find, text, start);
          places[index] = place;
        }
        if (place < next) next = place;
      }
      nearest = next;
    }
    return nearest < end;
  };
};

/** Behind the text where there is none any more. */
const placeOf = (find: Find, text: string, from: number): number => {
  const place = find(text, from);
  return place === -1 ? text.length : place;
};

const SPACE = 0x20;
const SLASH = 0x2f;
const COLON = 0x3a;
const NUMBER_SIGN = 0x23;
const COMMA = 0x2c;
const HYPHEN = 0x2d;
const FULL_STOP = 0x2e;
const CLOSING_BRACKET = 0x5d;
const UNDERSCORE = 0x5f;
const QUOTE = 0x22;
const BACKSLASH = 0x5c;

const isDigit = (code: number): boolean => code >= 0x30 && code <= 0x39;
const isSmall = (code: number): boolean => code >= 0x61 && code <= 0x7a;
const isLetter = (code: number): boolean => (code | 0x20) >= 0x61 && (code | 0x20) <= 0x7a;
const isNamePart = (code: number): boolean =>
  isLetter(code) || isDigit(code) || code === UNDERSCORE || code === HYPHEN;
/** A control character may be taken out later and let two others meet. */
const isControl = (code: number): boolean => code < SPACE || (code >= 0x7f && code <= 0x9f);

const nextOf =
  (words: string): Find =>
  (text, from) =>
    text.indexOf(words, from);

/** Whether a digit, perhaps with one space between, stands next to a place, on the side that `step` tells. */
const isByDigit = (text: string, at: number, step: 1 | -1): boolean => {
  const code = text.charCodeAt(at + step);
  return isDigit(code === SPACE ? text.charCodeAt(at + 2 * step) : code) || isControl(code);
};

/** `3/10`, but no date such as `2026/01/31`. */
const isFraction = (text: string, at: number): boolean =>
  isByDigit(text, at, -1) && isByDigit(text, at, 1) && !isDated(text, at, 1) && !isDated(text, at, -1);

const isDated = (text: string, at: number, step: 1 | -1): boolean => {
  let next = at + step;
  while (isDigit(text.charCodeAt(next))) next += step;
  return next !== at + step && text.charCodeAt(next) === SLASH;
};

/** `[32m` whose escape character was lost. */
const isBareColour = (text: string, at: number): boolean => {
  let next = at + 1;
  let code = text.charCodeAt(next);
  if (!isDigit(code)) return isControl(code);
  while (isDigit(code) || code === 0x3b) {
    next += 1;
    code = text.charCodeAt(next);
  }
  return code === 0x6d || isControl(code);
};

/** What `: ` is followed by in lines of Terraform, of CDK, of Turborepo and of compilers. */
const AFTER_COLON = [
  ...['Creati', 'Modif', 'Destr', 'Import', 'Refresh', 'Reading'],
  ...[
    'Buil',
    'Publish',
    'SSM param',
    'This CDK',
    'The stack',
    'destroy failed',
    'deploy failed',
    'command (',
  ],
  ...['error: ', 'fatal error: '],
];

const tableOf = (characters: string): Uint8Array => {
  const table = new Uint8Array(128);
  for (const character of characters) table[character.charCodeAt(0)] = 1;
  return table;
};

const FIRST_AFTER_COLON = tableOf(AFTER_COLON.map((words) => words.charAt(0)).join(''));

/** `: Creating...`, `fail: `, `Currently in progress: `, `AWS::SQS::Queue`, `"status":`. */
const isTellingColon = (text: string, at: number): boolean => {
  const code = text.charCodeAt(at + 1);
  if (isAfterTellingKey(text, at)) return true;
  if (code !== SPACE)
    return (
      code === COLON || (isSmall(code) ? isTaskOfPackage(text, at) : isControl(code) && code !== LINE_FEED)
    );
  if (
    FIRST_AFTER_COLON[text.charCodeAt(at + 2)] === 1 &&
    AFTER_COLON.some((words) => text.startsWith(words, at + 2))
  )
    return true;
  const before = text.charCodeAt(at - 1);
  return (
    (before === 0x6c && text.endsWith('fail', at)) || (before === 0x73 && text.endsWith('in progress', at))
  );
};

/** `"status":` or, in a text within the text, `\"status\":`, by the last characters of the key. */
const isAfterTellingKey = (text: string, colon: number): boolean => {
  let at = colon - 1;
  while (text.charCodeAt(at) === SPACE) at -= 1;
  if (text.charCodeAt(at) !== QUOTE) return isControl(text.charCodeAt(at));
  at -= 1;
  while (text.charCodeAt(at) === BACKSLASH) at -= 1;
  return KEY_SLOTS.mayBegin(text, at - KEY_ENDING + 1);
};

/** So many characters at the end of a key tell it. */
const KEY_ENDING = 4;
const KEY_SLOTS = slotsOf([...PROGRESS_KEYS, '@module'].map((key) => `"${key}`.slice(-KEY_ENDING)));

/** `:deploy: `, which Turborepo puts behind a package's name. */
const isTaskOfPackage = (text: string, at: number): boolean => {
  let next = at + 1;
  while (isNamePart(text.charCodeAt(next))) next += 1;
  return text.charCodeAt(next) === COLON;
};

const LINE_FEED = 0x0a;

/** `3 of 10` */
const isBetweenCounts = (text: string, at: number): boolean =>
  isDigit(text.charCodeAt(at + 3)) && text.charCodeAt(at - 1) === SPACE;

// Each of these has a loop of its own: in one that they shared, each look at a character would cost a call.

const nextBareColour: Find = (text, from) => {
  let at = text.indexOf('[', from);
  while (at !== -1 && !isBareColour(text, at)) at = text.indexOf('[', at + 1);
  return at;
};

const nextPercentage: Find = (text, from) => {
  let at = text.indexOf('%', from);
  while (at !== -1 && !isByDigit(text, at, -1)) at = text.indexOf('%', at + 1);
  return at;
};

const nextFraction: Find = (text, from) => {
  let at = text.indexOf('/', from);
  while (at !== -1 && !isFraction(text, at)) at = text.indexOf('/', at + 1);
  return at;
};

const nextTellingColon: Find = (text, from) => {
  let at = text.indexOf(':', from);
  while (at !== -1 && !isTellingColon(text, at)) at = text.indexOf(':', at + 1);
  return at;
};

const nextCountOf: Find = (text, from) => {
  let at = text.indexOf('of ', from);
  while (at !== -1 && !isBetweenCounts(text, at)) at = text.indexOf('of ', at + 1);
  return at;
};

/** A container's column, and those of the GitHub CLI. */
const PREFIX_MARKS: readonly Find[] = [nextOf('|'), nextOf('\t')];

const SIGNS: readonly Find[] = [
  nextOf('\u001b'),
  nextOf('\u009b'),
  nextBareColour,
  nextPercentage,
  nextFraction,
  nextTellingColon,
  nextCountOf,
  nextOf('{"log":"'),
  nextOf('\\u'),
  nextOf('_I5'),
  nextOf('✅'),
  nextOf('❌'),
  nextOf('✨'),
];

/** What lines begin with once they are cleaned, where no other sign is sure to be in them. */
const BEGINNINGS = [
  ...[
    'Plan: ',
    'Apply c',
    'Destroy c',
    'No changes',
    'Note: You',
    'Saved the',
    'Do you ',
    'Error: ',
    'with ',
  ],
  ...['Failed to create change set', 'Early validation failed', 'Change set ', 'Stack '],
  ...['Could not perform', 'Falling back', 'Outputs:', 'Rolling back', 'Stack ARN:'],
  ...['The following resource(s)', 'The stack named'],
  ...['Checking', 'Compiling', 'Documenting', 'Downloaded', 'Finished ', 'error', 'could not '],
  ...['FAILED', 'ninja: ', 'make', 'gmake', 'Tasks:', 'Failed:', 'run failed', 'ERROR', 'failed to '],
  ...['collected', 'no tests'],
];

const BEGINNING_SLOTS = slotsOf(BEGINNINGS);

/** Whether a logger's prefix may stand at the beginning of a line that holds no mark of one. */
const mayBePrefixed = (text: string, at: number): boolean => {
  const code = text.charCodeAt(at);
  if (isLetter(code)) return mayBeLevel(text, at) || isSyslog(text, at);
  return isDigit(code) ? mayBeTime(text, at) : PREFIX_BEGINNINGS[code] === 1;
};

/** `Jan  1 00:00:00 ` */
const isSyslog = (text: string, at: number): boolean =>
  text.charCodeAt(at + 3) === SPACE && text.charCodeAt(at + 9) === COLON;

const PREFIX_BEGINNINGS = tableOf('[#:@');

const beginsWithSign = (text: string, start: number): boolean => {
  let at = start;
  while (text.charCodeAt(at) === SPACE) at += 1;
  const code = text.charCodeAt(at);
  if (isLetter(code)) {
    const isKnown =
      BEGINNING_SLOTS.mayBegin(text, at) && BEGINNINGS.some((words) => text.startsWith(words, at));
    return isKnown || isListed(text, at);
  }
  // `3 passed in 0.1s`
  if (isDigit(code)) return RESULT.test(text.slice(at, at + 20)) || isListed(text, at);
  // `#7 [2/5] RUN x`, but not what the step prints: `#7 0.318 …`.
  if (code === NUMBER_SIGN) return !STEP_OUTPUT.test(text.slice(at, at + 20));
  return !(code < 0x7f) || BEGINNING_MARKS[code] === 1;
};

const WORD = tableOf('0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz');

/** A list of what failed, broken by the terminal, goes on with `Queue4A7E3555, Topic…` or `Queue4A7E3555]. `. */
const isListed = (text: string, start: number): boolean => {
  let at = start;
  while (WORD[text.charCodeAt(at)] === 1) at += 1;
  const code = text.charCodeAt(at);
  return code === COMMA || code === CLOSING_BRACKET;
};

const RESULT = /^\d{1,7} (?:failed|passed|skipped|deselected|xfailed|xpassed|error|warning|rerun)/;

/** `=====`, `!!!!!`, `| Error: `, `, Topic…` and `]. Rollback requested`. */
const BEGINNING_MARKS = tableOf('=!|,]');

const endsWithSign = (text: string, last: number): boolean => {
  const code = text.charCodeAt(last);
  if (code === FULL_STOP) return ENDINGS.some((words) => text.endsWith(words, last + 1));
  return code > 0x7e;
};

const ENDINGS = ['...', 'deployment.', 'import.'];
