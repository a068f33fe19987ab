import { clockOf } from './cdk-clock.ts';
import type { Count, RowSignal } from './cdk-signals.ts';
import { stateOf } from './cdk-status.ts';
import { cut } from './text.ts';

/** How much of a reason or an error message is kept. */
export const MESSAGE = 1000;
const NAME = 200;

export const STACK_TYPE = 'AWS::CloudFormation::Stack';
export const STACK_NAME = /^[A-Za-z][A-Za-z0-9-]{0,127}$/;

const BAR = ' | ';
const ESCAPED_BAR = ' \\| ';

/**
 * A row of the event table, however it was printed:
 *
 *     Stack | 3/6 | 8:00:00 PM | CREATE_COMPLETE | AWS::SQS::Queue | Path/To/It (LogicalId) reason
 *
 * The stack, the counter and the time may each be missing. Columns are padded to widths that do not hold, so they are
 * told apart by ` | ` and by what stands in them; the reason, which comes last, may hold anything. What an unknown
 * logger put before the first column is passed over: the column is its last word.
 */
export const readRow = (text: string): RowSignal | undefined => {
  if (!text.includes('|')) return undefined;
  // Tables in Markdown have their bars escaped.
  const line = text.includes('\\') ? text.replaceAll(ESCAPED_BAR, BAR) : text;
  const first = barIn(line, 0);
  if (first === -1 || line.indexOf('::', first) === -1) return undefined;
  // Where the columns before the status begin and end: at most three.
  const cells = [0, first];
  let start = first + BAR.length;
  while (cells.length <= 6) {
    const next = barIn(line, start);
    if (next === -1) return undefined;
    if (isCapital(line.charCodeAt(start)) && isCapital(line.charCodeAt(start + 1))) {
      const end = trimmedEnd(line, start, next);
      const skipped = line.charCodeAt(end - 1) === CLOSING && line.endsWith(SKIPPED, end);
      const st = stateOf(line.slice(start, skipped ? end - SKIPPED.length : end));
      if (st !== undefined) return readColumns(line, cells, next + BAR.length, st, skipped);
    }
    cells.push(start, next);
    start = next + BAR.length;
  }
  return undefined;
};

/** Where ` | ` stands. Columns are full of spaces, so searching for its first character would stop at each of them. */
const barIn = (line: string, from: number): number => {
  let at = line.indexOf('|', from + 1);
  while (at !== -1 && !(line.charCodeAt(at - 1) === SPACE && line.charCodeAt(at + 1) === SPACE))
    at = line.indexOf('|', at + 1);
  return at === -1 ? -1 : at - 1;
};

const SKIPPED = ' (skipped)';

/** Where a column ends without the white space that pads it. */
const trimmedEnd = (line: string, start: number, end: number): number => {
  let at = end;
  while (at > start && isSpace(line.charCodeAt(at - 1))) at -= 1;
  return at;
};

const isSpace = (code: number): boolean => code === SPACE || code === 0x09 || code === 0xa0;

const SPACE = 0x20;
const OPENING = 0x28;
const CLOSING = 0x29;
const SLASH = 0x2f;

const isCapital = (code: number): boolean => code >= 0x41 && code <= 0x5a;

type Draft = { -readonly [Key in keyof RowSignal]: RowSignal[Key] };

const readColumns = (
  line: string,
  cells: readonly number[],
  afterStatus: number,
  st: string,
  skipped: boolean,
): RowSignal | undefined => {
  const bar = barIn(line, afterStatus);
  if (bar === -1) return undefined;
  const ty = line.slice(afterStatus, bar).trim();
  if (ty.length > NAME || !TYPE.test(ty)) return undefined;
  const draft: Draft = { k: 'row', st, ty, n: '', i: '' };
  if (!readLead(draft, line, cells)) return undefined;
  const { n, i, m } = readResource(line.slice(bar + BAR.length).trim());
  if (i === '') return undefined;
  draft.n = cut(n, NAME);
  draft.i = i.slice(0, MAX_LOGICAL_ID);
  if (m !== '') draft.m = cut(m, MESSAGE);
  if (skipped) draft.skip = 1;
  return draft;
};

/** Reads the columns before the status: some of stack, counter and time, in this order; false where they are others. */
const readLead = (draft: Draft, line: string, cells: readonly number[]): boolean => {
  let left = cells.length / 2;
  const column = () => line.slice(cells[2 * left - 2], cells[2 * left - 1]).trim();
  const clock = clockOf(column());
  if (clock !== undefined) {
    draft.t = clock.t;
    if (clock.h !== undefined) draft.h = clock.h;
    left -= 1;
  }
  const counter = left === 0 ? undefined : countOf(column());
  if (counter !== undefined) {
    draft.c = counter;
    left -= 1;
  }
  if (left === 0) return clock !== undefined;
  if (left > 1 || (clock === undefined && TIME.test(column()))) return false;
  const words = column();
  const stack = words.slice(words.lastIndexOf(' ') + 1);
  draft.s = stack;
  return STACK_NAME.test(stack);
};

const TIME = /\d[:.]\d\d/;

/** The counter at the end of a column, `3/6`, or `9/ 12` whose total is padded, or `4` where there is no total. */
const countOf = (column: string): Count | undefined => {
  const last = numberBefore(column, column.length);
  if (last === undefined) return undefined;
  let at = last.start;
  while (column.charCodeAt(at - 1) === SPACE) at -= 1;
  if (column.charCodeAt(at - 1) !== SLASH)
    return isWordStart(column, last.start) ? [last.value, null] : undefined;
  const first = numberBefore(column, at - 1);
  return first !== undefined && isWordStart(column, first.start) ? [first.value, last.value] : undefined;
};

const MAX_DIGITS = 9;

const isWordStart = (text: string, at: number): boolean => at === 0 || text.charCodeAt(at - 1) === SPACE;

const numberBefore = (text: string, end: number): { start: number; value: number } | undefined => {
  let start = end;
  let value = 0;
  for (let unit = 1; start > 0; unit *= 10) {
    const digit = text.charCodeAt(start - 1) - 0x30;
    if (digit < 0 || digit > 9) break;
    value += digit * unit;
    start -= 1;
  }
  return start === end || end - start > MAX_DIGITS ? undefined : { start, value };
};

const TYPE = /^[A-Za-z]\w*(?:::[\w@-]+)+$/;
const MAX_LOGICAL_ID = 255;

type Resource = Readonly<{ n: string; i: string; m: string }>;

/**
 * `name (LogicalId) reason` or `LogicalId reason`. A name is a construct path; where it holds spaces, the logical id
 * shows that the words belong to it: CDK makes the id out of the path.
 */
const readResource = (text: string): Resource => {
  const space = text.indexOf(' ');
  if (space === -1) return { n: text, i: text, m: '' };
  const first = text.slice(0, space);
  const direct = idAt(text, space);
  if (direct !== undefined) return { n: first, i: direct.i, m: direct.m };
  const head = text.slice(0, MAX_PATH);
  for (let at = head.indexOf(' (', space + 1); at !== -1; at = head.indexOf(' (', at + 1)) {
    const found = idAt(text, at);
    if (found !== undefined && isMadeOf(found.i, text.slice(0, at)))
      return { n: text.slice(0, at), ...found };
  }
  const m = text.slice(space + 1).trimStart();
  return { n: first, i: first, m: m.startsWith('| ') ? m.slice(2) : m };
};

const MAX_PATH = 400;

const idAt = (text: string, space: number): Pick<Resource, 'i' | 'm'> | undefined => {
  if (text.charCodeAt(space + 1) !== OPENING) return undefined;
  LOGICAL_ID.lastIndex = space;
  if (!LOGICAL_ID.test(text)) return undefined;
  const end = LOGICAL_ID.lastIndex;
  return { i: text.slice(space + 2, end - 1), m: end === text.length ? '' : text.slice(end).trimStart() };
};
const LOGICAL_ID = / \([A-Za-z0-9]{1,255}\)(?= |$)/y;

/** Whether a logical id may be that of a construct path, or of one that begins so. */
const isMadeOf = (id: string, path: string): boolean => {
  const letters = lettersOf(path);
  return letters !== '' && id.startsWith(letters);
};

/**
 * Whether a logical id is that of a construct path. The bar shortens either in its middle: `Api/Handler/Serv...ole/Role`.
 */
export const isIdOf = (id: string, path: string): boolean => {
  const [head, tail] = endsOf(path);
  const [idHead, idTail] = endsOf(id);
  if (head === '') return false;
  if (tail === head && idTail === idHead)
    return id.startsWith(head) && /^(?:[0-9A-F]{8})?$/.test(id.slice(head.length));
  const plain = idTail.replace(HASH, '');
  return (
    (idHead.startsWith(head) || head.startsWith(idHead)) &&
    [idTail, plain].some((ending) => ending !== '' && (ending.endsWith(tail) || tail.endsWith(ending)))
  );
};

/** What CDK puts behind the letters of a path to make ids unique. */
const HASH = /[0-9A-F]{8}$/;

/** The letters before and after the gap of a shortened name; all of them twice where there is none. */
const endsOf = (name: string): readonly [string, string] => {
  const gap = name.indexOf('...');
  if (gap === -1) {
    const letters = lettersOf(name);
    return [letters, letters];
  }
  const [first = '', ...rest] = name.slice(gap + 3).split('/');
  // What is left of a word that no logical id has.
  const part = 'Resource'.endsWith(first) || 'Default'.endsWith(first) ? [] : [first];
  return [lettersOf(name.slice(0, gap)), lettersOf([...part, ...rest].join('/'))];
};

const lettersOf = (path: string): string =>
  path
    .split('/')
    .filter((part) => part !== 'Resource' && part !== 'Default')
    .join('')
    .replace(/[^A-Za-z0-9]/g, '');
