import { isJsonObject } from '../json.ts';
/**
 * Plain text from log text: lines, without terminal escapes and logger prefixes.
 *
 * All functions take time linear in the text: the expressions are anchored, and their repetitions are bounded or cannot
 * backtrack.
 */
import { wordStarts } from './word-starts.ts';

/** Longer lines, in UTF-16 code units, are not read. */
export const MAX_LINE = 65_536;

/**
 * The lines of a text. What takes a terminal back to the first column ends a line too, because bars redraw themselves with
 * it: a carriage return, or CSI 1 G.
 */
export const splitLines = (text: string): string[] =>
  isRedrawn(text) ? text.split(REDRAW) : text.split('\n');

/** Whether lines of a text end with anything but a line feed. */
export const isRedrawn = (text: string): boolean => text.includes('\r') || text.includes(FIRST_COLUMN);

const FIRST_COLUMN = '\u001b[1G';
/** A control character in a literal expression looks like a mistake. */
const REDRAW = new RegExp(`\\r\\n?|\\n|${FIRST_COLUMN.replace('[', '\\[')}`);

/** One line without escapes, logger prefixes (there may be several) and outer white space. */
export const cleanLine = (raw: string): string => withoutPrefixes(raw).text;

/**
 * A line as formats read it. `marked` is the same with the last thing that was taken for a prefix, if a tool may have
 * printed that itself: `error Couldn't find package "a"` after a time, or the tag of a counter, `[web] 3/10 files`.
 */
export type ReadableLine = Readonly<{ text: string; marked?: string }>;

/** The same as `cleanLine` in `text`, out of a container runtime's envelope if there is one. */
export const readableLine = (raw: string): ReadableLine => {
  const line = withoutPrefixes(raw);
  const enveloped = line.text.startsWith(CONTAINER_ENVELOPE) ? textInEnvelope(line.text) : undefined;
  return enveloped === undefined ? line : withoutPrefixes(enveloped);
};

export const lineIn = (raw: string): string => readableLine(raw).text;

const withoutPrefixes = (raw: string): ReadableLine => {
  const text = (UNPRINTED.test(raw) ? stripEscapes(raw) : raw).trim();
  const plain = text.includes('[') ? stripBareColours(text) : text;
  const end = prefixEnd(plain);
  if (end === 0) return { text: plain };
  const line = plain.slice(end).trim();
  const mark = markStart(plain, end);
  return mark === -1 ? { text: line } : { text: line, marked: plain.slice(mark).trim() };
};

/** The beginning of a line of the json-file driver of containers: `{"log":"…\n","stream":"stdout",…}`. */
export const CONTAINER_ENVELOPE = '{"log":"';

/** The line in the envelope, if it is one line of text; JSON in it is left to the formats. */
const textInEnvelope = (text: string): string | undefined => {
  try {
    const envelope: unknown = JSON.parse(text);
    const log = isJsonObject(envelope) ? envelope['log'] : undefined;
    return typeof log === 'string' && !log.startsWith('{') && !log.trimEnd().includes('\n') ? log : undefined;
  } catch {
    return undefined;
  }
};

/** The end of the prefixes of a line that has neither escapes nor outer white space. */
export const prefixEnd = (line: string): number => {
  let start = 0;
  for (let count = 0; count < MAX_PREFIXES; count += 1) {
    const next = skipPrefix(line, start, count > 0);
    if (next === start) break;
    start = next;
  }
  return start;
};

/** Where the level of an error begins that is the last of the prefixes, which end at `end`; -1 if none is. */
export const levelStart = (line: string, end: number): number => {
  let at = beforeSpaces(line, end);
  const code = line.charCodeAt(at);
  if (code === 0x3a) at -= 1;
  else if (code === 0x2d) at = beforeSpaces(line, at);
  const last = line.charCodeAt(at);
  if (last !== 0x52 && last !== 0x4c && last !== 0x72) return -1;
  const level = ERROR_LEVEL.exec(line.slice(Math.max(0, at - 9), at + 1))?.[1];
  return level === undefined ? -1 : at + 1 - level.length;
};

/** The position of the last character before `end` that is no space. */
const beforeSpaces = (line: string, end: number): number => {
  let at = end - 1;
  while (line.charCodeAt(at) <= 0x20) at -= 1;
  return at;
};

/** Where a level or a counter's tag begins that is the last of the prefixes; -1 if none is. */
const markStart = (line: string, end: number): number => {
  const close = beforeSpaces(line, end);
  const code = line.charCodeAt(close);
  if (code !== 0x5d && (code !== 0x3a || line.charCodeAt(close - 1) !== 0x5d)) return levelStart(line, end);
  const open = line.lastIndexOf('[', close);
  const isTag = isBetween(line.charCodeAt(end), 0x30, 0x39);
  return (isTag ? TAG : ERROR_TAG).test(line.slice(open, end)) ? open : -1;
};

const ERROR_LEVEL = /(?:^|[^\w])(ERROR|FATAL|CRITICAL|error)$/;
const ERROR_TAG = /^\[ {0,4}(?:ERROR|FATAL|CRITICAL|error|fatal|critical) {0,4}\]/;
/** A word that is neither a level nor a path. */
const TAG =
  /^\[(?!(?:TRACE|DEBUG|INFO|NOTICE|WARN|WARNING|ERROR|FATAL|CRITICAL)\])[A-Za-z][\w.-]{0,60}\] {1,8}$/i;

/** How many prefixes a line may have: more than any chain of loggers adds; it bounds the work. */
const MAX_PREFIXES = 8;

const ESC = 0x1b;
const CSI = 0x9b;
const BEL = 0x07;
const TAB = 0x09;
const BYTE_ORDER_MARK = 0xfeff;
const BACKSLASH = 0x5c;

/** Any control character but a tab; and the byte order mark. */
const isControl = (code: number): boolean =>
  code < 0x20 ? code !== TAB : code >= 0x7f && (code <= 0x9f || code === BYTE_ORDER_MARK);

/** A superset of these. Most lines contain none of it, and one range is the fastest to search for. */
const UNPRINTED = /[^ -~]/;

/**
 * Removes escape sequences (ECMA-48: CSI, OSC and other strings, two-character ones) and other control characters. An
 * escape sequence that `keeps` matches stays.
 */
export const stripEscapes = (text: string, keeps?: RegExp): string => {
  const kept: string[] = [];
  let from = 0;
  let at = 0;
  while (at < text.length) {
    const code = text.charCodeAt(at);
    if (!isControl(code)) {
      at += 1;
      continue;
    }
    const end = code === ESC ? endOfEscape(text, at) : code === CSI ? endOfCsi(text, at + 1) : at + 1;
    if (code !== ESC || keeps?.test(text.slice(at, Math.min(end, at + MAX_KEPT_ESCAPE))) !== true) {
      kept.push(text.slice(from, at));
      from = end;
    }
    at = end;
  }
  kept.push(text.slice(from));
  return kept.join('');
};

/** Bounds what is looked at to tell whether an escape sequence stays. */
const MAX_KEPT_ESCAPE = 80;

const endOfEscape = (text: string, esc: number): number => {
  const kind = text[esc + 1];
  if (kind === '[') return endOfCsi(text, esc + 2);
  if (kind === ']' || kind === 'P' || kind === 'X' || kind === '^' || kind === '_')
    return endOfString(text, esc + 2);
  let at = esc + 1;
  while (isBetween(text.charCodeAt(at), 0x20, 0x2f)) at += 1;
  return isBetween(text.charCodeAt(at), 0x30, 0x7e) ? at + 1 : at;
};

const endOfCsi = (text: string, start: number): number => {
  let at = start;
  while (isBetween(text.charCodeAt(at), 0x20, 0x3f)) at += 1;
  return isBetween(text.charCodeAt(at), 0x40, 0x7e) ? at + 1 : at;
};

/** A string such as a window title or a link ends with BEL or ESC \; one without an end takes the rest of the line. */
const endOfString = (text: string, start: number): number => {
  for (let at = start; at < text.length; at += 1) {
    const code = text.charCodeAt(at);
    if (code === BEL) return at + 1;
    if (code === ESC) return text.charCodeAt(at + 1) === BACKSLASH ? at + 2 : at;
  }
  return text.length;
};

const isBetween = (code: number, low: number, high: number): boolean => code >= low && code <= high;

/**
 * Colours whose escape character was lost in a web page or a clipboard: `[32mok[39m`, or is written out, as in JSON:
 * `\u001b[32mok`. Followed by a digit it is a duration, as in Terraform's `[10m0s elapsed]`.
 */
const BARE_COLOUR = /(?:(?<!\\)\\(?:u001[bB]|x1[bB]|033|e))?\[(?:\d{1,3}(?:;\d{1,3}){0,4})m(?!\d)/g;
const stripBareColours = (text: string): string => text.replace(BARE_COLOUR, '');

/** Where the text continues after a prefix at `start`, or `start` if there is none. */
const skipPrefix = (text: string, start: number, stacked: boolean): number => {
  const code = text.charCodeAt(start);
  if (isBetween(code, 0x30, 0x39))
    return mayBeTime(text, start) ? (end(TIMESTAMP, text, start) ?? skipTime(text, start) ?? start) : start;
  if (code === 0x5b) return end(BRACKETS, text, start) ?? start;
  if (code === 0x28) return end(TIME_IN_PARENTHESES, text, start) ?? start;
  if (code === 0x23) return end(RUNNER_COMMAND, text, start) ?? start;
  if (code === 0x3a) return skipWorkflowCommand(text, start);
  if (code === 0x2d && stacked) return end(DASH, text, start) ?? start;
  if (!isLetter(code) && code !== 0x40) return start;
  const word = wordEnd(text, start);
  return (
    (stacked && isBeforeDash(text, word) ? end(LOGGER_AND_LEVEL, text, start) : undefined) ??
    (mayBeLevel(text, start) ? skipLevel(text, start, stacked) : undefined) ??
    skipName(text, start, word) ??
    skipColumns(text, start) ??
    start
  );
};

const skipLevel = (text: string, start: number, stacked: boolean): number | undefined =>
  (stacked ? end(LEVEL_AFTER_TIME, text, start) : undefined) ?? end(LEVEL, text, start);

/** The form of a logger's name, between its time and its level. */
const isBeforeDash = (text: string, word: number): boolean =>
  text.charCodeAt(word) === 0x20 && text.charCodeAt(word + 1) === 0x2d;

/** The end of the word that begins at `start`: letters, digits and the punctuation of package and file names. */
const wordEnd = (text: string, start: number): number => {
  let at = start;
  while (WORD[text.charCodeAt(at)] === 1) at += 1;
  return at;
};
const WORD = Uint8Array.from({ length: 128 }, (_, code) =>
  /[\w./@-]/.test(String.fromCharCode(code)) ? 1 : 0,
);

/** Whether a date or a time may begin here: `2026-`, `2026/` or `12:`. */
export const mayBeTime = (text: string, start: number): boolean => {
  const code = text.charCodeAt(start + 4);
  return code === 0x2d || code === 0x2f || text.charCodeAt(start + 2) === 0x3a;
};

/** Whether a level may begin here. Most lines begin differently, which is quick to see. */
export const mayBeLevel = (text: string, start: number): boolean => LEVEL_STARTS.mayBegin(text, start);

const LEVELS = ['TRACE', 'DEBUG', 'INFO', 'NOTICE', 'WARN', 'ERROR', 'FATAL', 'CRITICAL'];
const LEVEL_STARTS = wordStarts([...LEVELS, ...LEVELS.map((level) => level.toLowerCase())]);

/**
 * After a name: `:` and another name; or a bar, with two spaces before it or a number at the end of the name; or the
 * rest of `Jan  1 00:00:00 `.
 */
const skipName = (text: string, start: number, word: number): number | undefined => {
  const code = text.charCodeAt(word);
  if (code === 0x3a && isBetween(text.charCodeAt(word + 1), 0x61, 0x7a))
    return end(TASK_OF_PACKAGE, text, start);
  if (code !== 0x20) return undefined;
  let at = word + 1;
  while (text.charCodeAt(at) === 0x20) at += 1;
  const next = text.charCodeAt(at);
  if (next === 0x7c) return at > word + 1 || isNumbered(text, word) ? end(CONTAINER, text, start) : undefined;
  return word === start + 3 && isBetween(next, 0x30, 0x39) ? end(SYSLOG, text, start) : undefined;
};

/** Whether a word ends like a container's name, `-1` or `_1`. */
const isNumbered = (text: string, word: number): boolean => {
  let at = word - 1;
  while (isBetween(text.charCodeAt(at), 0x30, 0x39)) at -= 1;
  const code = text.charCodeAt(at);
  return at < word - 1 && (code === 0x2d || code === 0x5f);
};

const isLetter = (code: number): boolean => isBetween(code | 0x20, 0x61, 0x7a);

const end = (prefix: RegExp, text: string, start: number): number | undefined => {
  prefix.lastIndex = start;
  return prefix.test(text) ? prefix.lastIndex : undefined;
};

/**
 * `2026-01-01T00:00:00.0000000Z `, `2026/01/01 00:00:00,123 - `, and what container runtimes (`stdout F `), GitLab
 * (`00O `) and Lambda (a request id between tabs) add after it.
 */
const TIMESTAMP =
  /\d{4}[-/]\d\d[-/]\d\d[T ]\d\d:\d\d(?::\d\d)?(?:[.,]\d{1,9})?(?: ?(?:Z|UTC|GMT|[+-]\d\d:?\d\d))?(?:\s{1,8}|$)(?:(?:stdout|stderr) [FP] |\d\d[OE][+ ]|[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}\s{1,8})?/y;

/** `12:34:56 ` or `12:34:56.789 `, unless it is the first column of a row of CDK's progress bar. */
const skipTime = (text: string, start: number): number | undefined => {
  const next = end(TIME, text, start);
  return next === undefined || end(REST_OF_CLOCK, text, next) !== undefined ? undefined : next;
};
const TIME = /\d\d:\d\d:\d\d(?:[.,]\d{1,9})?\s{1,8}/y;
const REST_OF_CLOCK = /[^|]{0,12}\| (?:[A-Z]{6,8}_[A-Z_]{4,40}\b)/y;

/**
 * `[INFO] `, `[12:34:56] `, `[2026-01-01T00:00:00Z] `, `[Container] `, `[pod/name/container] `, `[0] `; not `[3/10] `,
 * `[45%] ` or `[+] `, which have a meaning.
 */
const BRACKETS =
  /\[(?: {0,4}[A-Za-z@][\w@./:-]{0,120} {0,4}|\d{1,3}|\d{1,2}:\d\d:\d\d(?:[.,]\d{1,9})?(?: ?[AaPp][Mm])?|\d{4}[-/]\d\d[-/]\d\d[T ][\d:.,+Z -]{5,40})\](?::?\s{1,8}|:?$)/y;

/** `(12:34:56) `, as Bazel prints it. */
const TIME_IN_PARENTHESES = /\(\d\d:\d\d:\d\d(?:\.\d{1,6})?\) {1,4}/y;

/**
 * `##[group]` and similar, of GitHub Actions and Azure Pipelines. A group with a title in words stays: the mark shows that the
 * words are a title. Any other title may be a line of a tool.
 */
const RUNNER_COMMAND = /##\[(?!group\][A-Z][A-Za-z' -]{1,80}$)[a-z]{1,20}\]\s{0,8}/y;
const TITLED_GROUP = /::group::[A-Z][A-Za-z' -]{1,80}$/y;

/** `::group::` and `::error file=a.ts,line=1::` of GitHub Actions. */
const skipWorkflowCommand = (text: string, start: number): number => {
  if (end(TITLED_GROUP, text, start) !== undefined) return start;
  const name = end(WORKFLOW_COMMAND, text, start);
  if (name === undefined) return start;
  const close = text.slice(name, name + 1000).indexOf('::');
  return close === -1 ? start : name + close + 2;
};
const WORKFLOW_COMMAND = /::(?:group|endgroup|error|warning|notice|debug)(?= |::)/y;

/** After a time. A list sets its numbers off with more than one space. */
const DASH = /- (?! )/y;

/** `INFO: `, `DEBUG - `, `warn: `; not `ERROR: ` or `error: `, which other tools begin their own lines with. */
const LEVEL =
  /(?:(?:TRACE|DEBUG|INFO|NOTICE|WARN|WARNING)(?::| -|(?=\s)|(?= \())|(?:debug|info|warn|notice):)(?: \(\S{1,40}\):?)?(?:\s{1,8}|$)/y;

/** After a time, any level is the logger's, and a logger's name may come before it: `app.deploy - INFO - `. */
const ANY_LEVEL =
  '(?:TRACE|DEBUG|INFO|NOTICE|WARN|WARNING|ERROR|FATAL|CRITICAL|trace|debug|info|notice|warn|warning|error)(?:(?: -|:)?\\s{1,8}|$)';
const LEVEL_AFTER_TIME = new RegExp(ANY_LEVEL, 'y');
const LOGGER_AND_LEVEL = new RegExp(`[\\w.-]{1,64} - ${ANY_LEVEL}`, 'y');

/**
 * `deploy-1  | ` of Docker Compose. Two spaces set its column off, which is not so for a stack's name in a row of CDK.
 * With only one space it must end in a number, and what follows must not be a column of such a row.
 */
const CONTAINER =
  /[A-Za-z][\w.-]{0,120}(?: {2,64}\|(?: {1,4}|$)|[-_]\d{1,4} \| (?!\s{0,4}\d{1,6}(?:\/\d{1,6})? \||[^|]{0,24}\d\D{1,8}\d\d\D{1,8}\d\d[^|]{0,12}\||[A-Z]{6,8}_[A-Z_]{4,40}\s{0,30}\|))/y;

/** `Jan  1 00:00:00 host program[123]: ` */
const SYSLOG = /[A-Z][a-z]{2} [ \d]\d \d\d:\d\d:\d\d [\w.-]{1,64} [\w./-]{1,64}(?:\[\d{1,8}\])?: /y;

/** `infra:deploy: ` or `@org/infra:deploy: ` of Turborepo and similar tools. */
const TASK_OF_PACKAGE = /@?[a-z][\w./-]{0,120}:[a-z][\w-]{0,60}(?::[a-z][\w-]{0,60}){0,4}: /y;

/** `job<TAB>step<TAB>time ` of a log downloaded with the GitHub CLI. */
const skipColumns = (text: string, start: number): number | undefined => {
  const first = text.indexOf('\t', start);
  if (first === -1 || first - start > 200) return undefined;
  const second = text.indexOf('\t', first + 1);
  if (second === -1 || second - first > 200) return undefined;
  return end(TIMESTAMP, text, second + 1);
};
