import { cut } from '../kit/text.ts';
import { clockOf } from './clock.ts';
import type { Count, CutSignal, RowSignal, Widths } from './signals.ts';
import { isBeginningOfState, stateOf } from './status.ts';

/** How much of a reason or an error message is kept. */
export const MESSAGE = 1000;
const NAME = 200;
const MAX_STACK_NAME = 128;

export const STACK_TYPE = 'AWS::CloudFormation::Stack';
export const STACK_NAME = /^[A-Za-z][A-Za-z0-9-]{0,127}$/;

const BAR = ' | ';
const ESCAPED_BAR = ' \\| ';

/**
 * A row of the event table, from any printer:
 *
 *     Stack | 3/6 | 8:00:00 PM | CREATE_COMPLETE | AWS::SQS::Queue | Path/To/It (LogicalId) reason
 *
 * The stack, the counter and the time may each be missing. Columns are padded to varying widths, so they are recognised
 * by ` | ` and by their content; the reason, which comes last, may contain anything. Text of an unknown logger before
 * the first column is skipped: the column is its last word.
 */
export const readRow = (line: string): RowSignal | undefined =>
  line.includes('|') ? withWidths(readUsual(line) ?? readColumns(line), line) : undefined;

const withWidths = (row: RowSignal | undefined, { length }: string): RowSignal | undefined =>
  row !== undefined && lacksReason(row) ? { ...row, w: [length, length] } : row;

/** The bar prints the reasons of errors below rows that have no column for the stack. */
export const lacksReason = ({ s, m, st }: RowSignal): boolean =>
  s === undefined &&
  m === undefined &&
  (st.endsWith('_FAILED') || st === 'ROLLBACK_IN_PROGRESS' || st === 'UPDATE_ROLLBACK_IN_PROGRESS');

type Draft = { -readonly [Key in keyof RowSignal]: RowSignal[Key] };

/**
 * Most rows have a time, and a name without spaces. One expression reads them in less than half of the time that column
 * after column takes. Its repetitions are unbounded, because these are faster; so lengths are checked here.
 */
const readUsual = (line: string): RowSignal | undefined => {
  const parts = USUAL.exec(line);
  if (parts === null) return undefined;
  const s = parts[1];
  const ty = parts[6] as string;
  const name = parts[7] as string;
  const i = parts[8] ?? name;
  if ((s !== undefined && s.length > MAX_STACK_NAME) || ty.length > NAME || i.length > MAX_LOGICAL_ID)
    return undefined;
  const clock = clockOf(parts[4] as string);
  const st = stateOf(parts[5] as string);
  if (clock === undefined || st === undefined) return undefined;
  const row: Draft = { k: 'row', st, ty, n: cut(name, NAME), i, t: clock.t };
  const m = parts[9];
  if (clock.h !== undefined) row.h = clock.h;
  if (parts[2] !== undefined) row.c = [Number(parts[2]), Number(parts[3])];
  if (s !== undefined) row.s = s;
  if (m !== undefined) row.m = cut(m.trimEnd(), MESSAGE);
  return row;
};

const USUAL =
  /^(?:([A-Za-z][A-Za-z0-9-]*) \| )?(?: *(\d{1,9})\/ *(\d{1,9}) \| )?([^|]+) \| ([A-Z_]+) +\| ([A-Za-z]\w*(?:::[\w@-]+)+) +\| ([^\s\\][^ \\]*)(?: \(([A-Za-z0-9]+)\)(?: +([^\s\\][^\\]*))?)?$/;

/**
 * The beginning of a row of the bar in a terminal that is narrower than its columns: a clock, a status that may be cut,
 * and perhaps a part of the type. The other parts are on the lines below.
 */
export const readCutRow = (line: string): CutSignal | undefined =>
  line.length <= MOST_BEFORE_NAME && isBeginningOfRow(line)
    ? { k: 'cut', m: line, w: [line.length, line.length] }
    : undefined;

/** A row, or more of its beginning, with the next line; undefined if that is no part of it. */
export const readRestOfRow = (line: string, { m, w }: CutSignal): RowSignal | CutSignal | undefined => {
  const joined = isNameAlone(line, m, w) ? `${wholeType(m)} | ${line}` : joinedRow(m, line);
  if (joined.length > 2 * MOST_BEFORE_NAME) return undefined;
  const widths: Widths = [Math.max(w[0], line.length), line.length];
  const row = readRow(joined);
  if (row !== undefined) return { ...row, w: widths };
  return isBeginningOfRow(joined) ? { k: 'cut', m: joined, w: widths } : undefined;
};

const joinedRow = (m: string, line: string): string =>
  `${m}${m.endsWith('|') || line.startsWith('|') ? ' ' : ''}${line}`;

/**
 * The rest of a type and the bar behind it look like the name of a container that logs, `le       | Table`, and have been taken
 * off. A type alone would fill the line.
 */
const isNameAlone = (line: string, m: string, [longest]: Widths): boolean =>
  !line.includes('|') && line.length < longest - 1 && CUT_TYPE.test(m);
const CUT_TYPE = / \| [A-Za-z]\w*::[\w:@-]{1,100}$/;

const wholeType = (m: string): string =>
  /(?:^| )AWS::CloudFormation::(?:S(?:t(?:ac?)?)?)?$/.test(m)
    ? `${m.slice(0, m.lastIndexOf(' '))} ${STACK_TYPE}`
    : m.replace(/:+$/, '');

/** Longer than the columns before the name of any row. */
const MOST_BEFORE_NAME = 160;

const isBeginningOfRow = (text: string): boolean => {
  const [, clock, state, skipped, type] = CUT_ROW.exec(text) ?? [];
  if (clock === undefined || state === undefined || clockOf(clock) === undefined) return false;
  return skipped === undefined && type === undefined
    ? isBeginningOfState(state)
    : stateOf(state) !== undefined;
};
const CUT_ROW =
  /^(\d[^|]{4,15}) \| ([A-Z_]{6,50})(?:( \([a-z]{0,7}\)?)| {0,30})(?:\|( [A-Za-z][\w:@-]{0,100} {0,60})?(?:\| {0,4})?)?$/;

/** Rows of all of CDK's printers, even if they were changed on the way. */
const readColumns = (text: string): RowSignal | undefined => {
  // Tables in Markdown have their bars escaped.
  const columns = (text.includes('\\') ? text.replaceAll(ESCAPED_BAR, BAR) : text).split(BAR);
  for (let at = 1; at <= MOST_BEFORE_STATUS && at + 2 < columns.length; at += 1) {
    const status = STATUS.exec(columns[at] as string);
    const st = status === null ? undefined : stateOf(status[1] as string);
    if (st === undefined) continue;
    const ty = (columns[at + 1] as string).trim();
    if (ty.length > NAME || !TYPE.test(ty)) return undefined;
    const row: Draft = { k: 'row', st, ty, n: '', i: '' };
    if (!readLead(row, columns, at)) return undefined;
    const rest = at + 3 === columns.length ? (columns[at + 2] as string) : columns.slice(at + 2).join(BAR);
    const { n, i, m } = readResource(rest.trim());
    if (i === '') return undefined;
    row.n = cut(n, NAME);
    row.i = i.slice(0, MAX_LOGICAL_ID);
    if (m !== '') row.m = cut(m, MESSAGE);
    if (status?.[2] !== undefined) row.skip = 1;
    return row;
  }
  return undefined;
};

/** The stack, the counter and the time. */
const MOST_BEFORE_STATUS = 3;
const STATUS = /^([A-Z_]+)( \(skipped\))?[ \t\xa0]*$/;

/** Reads the columns before the status: some of stack, counter and time, in this order; false if they are others. */
const readLead = (row: Draft, columns: readonly string[], count: number): boolean => {
  let left = count;
  const column = () => columns[left - 1]?.trim() ?? '';
  const clock = clockOf(column());
  if (clock !== undefined) {
    row.t = clock.t;
    if (clock.h !== undefined) row.h = clock.h;
    left -= 1;
  }
  const counter = countOf(column());
  if (counter !== undefined) {
    row.c = counter;
    left -= 1;
  }
  if (left === 0) return clock !== undefined;
  const words = column();
  if (left > 1 || (clock === undefined && TIME.test(words))) return false;
  row.s = words.slice(words.lastIndexOf(' ') + 1);
  return STACK_NAME.test(row.s);
};

const TIME = /\d[:.]\d\d/;

/** The counter at the end of a column, `3/6`, or `9/ 12` whose total is padded, or `4` where there is no total. */
const countOf = (column: string): Count | undefined => {
  const [, current, total, alone] = COUNT.exec(column) ?? [];
  if (alone !== undefined) return [Number(alone), null];
  return current === undefined ? undefined : [Number(current), Number(total)];
};
const COUNT = /(?:^| )(\d{1,9})\/ *(\d{1,9})$|(?:^|[^ /] +)(\d{1,9})$/;

const TYPE = /^[A-Za-z]\w*(?:::[\w@-]+)+$/;
const MAX_LOGICAL_ID = 255;

type Resource = Readonly<{ n: string; i: string; m: string }>;

/**
 * `name (LogicalId) reason` or `LogicalId reason`. A name is a construct path; if it contains spaces, the logical id
 * shows which words belong to it: CDK makes the id from the path.
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
  LOGICAL_ID.lastIndex = space;
  if (!LOGICAL_ID.test(text)) return undefined;
  const end = LOGICAL_ID.lastIndex;
  return { i: text.slice(space + 2, end - 1), m: text.slice(end).trimStart() };
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
  // The rest of a word that no logical id contains.
  const part = 'Resource'.endsWith(first) || 'Default'.endsWith(first) ? [] : [first];
  return [lettersOf(name.slice(0, gap)), lettersOf([...part, ...rest].join('/'))];
};

const lettersOf = (path: string): string =>
  path
    .split('/')
    .filter((part) => part !== 'Resource' && part !== 'Default')
    .join('')
    .replace(/[^A-Za-z0-9]/g, '');
