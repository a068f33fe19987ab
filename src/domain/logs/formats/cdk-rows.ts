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

/**
 * A row of the event table, however it was printed:
 *
 *     Stack | 3/6 | 8:00:00 PM | CREATE_COMPLETE | AWS::SQS::Queue | Path/To/It (LogicalId) reason
 *
 * The stack, the counter and the time may each be missing. Columns are padded to widths that do not hold, so they are
 * told apart by ` | ` and by what stands in them; the reason, which comes last, may hold anything. What an unknown
 * logger put before the first column is passed over: the column is its last word.
 */
export const readRow = (line: string): RowSignal | undefined => {
  const first = line.indexOf(BAR);
  if (first === -1 || line.indexOf('::', first) === -1) return undefined;
  const cells = [line.slice(0, first)];
  let start = first + BAR.length;
  for (;;) {
    const next = line.indexOf(BAR, start);
    if (next === -1) return undefined;
    const cell = line.slice(start, next).trim();
    start = next + BAR.length;
    const skipped = cell.endsWith(SKIPPED);
    const st = stateOf(skipped ? cell.slice(0, -SKIPPED.length) : cell);
    if (st !== undefined) {
      const lead = readLead(cells);
      return lead === undefined
        ? undefined
        : readTail(line, start, { ...lead, st, ...(skipped ? { skip: 1 } : {}) });
    }
    if (cells.push(cell) > 3) return undefined;
  }
};

const SKIPPED = ' (skipped)';

type Lead = Pick<RowSignal, 's' | 'c' | 't' | 'h'>;

/** The columns before the status: some of stack, counter and time, in this order, at least one. */
const readLead = (cells: readonly string[]): Lead | undefined => {
  let rest = cells;
  const last = rest[rest.length - 1] ?? '';
  const clock = clockOf(last.trim());
  if (clock !== undefined) rest = rest.slice(0, -1);
  const counter = countOf(lastWords(rest[rest.length - 1] ?? ''));
  if (counter !== undefined) rest = rest.slice(0, -1);
  if (rest.length > 1 || (clock === undefined && (counter !== undefined || rest.length === 0)))
    return undefined;
  if (rest.length === 0) return { ...(counter === undefined ? {} : { c: counter }), ...clock };
  if (clock === undefined && TIME.test(rest[0] ?? '')) return undefined;
  const stack = lastWord(rest[0] ?? '');
  return STACK_NAME.test(stack)
    ? { s: stack, ...(counter === undefined ? {} : { c: counter }), ...clock }
    : undefined;
};

const TIME = /\d[:.]\d\d/;

const lastWord = (cell: string): string => {
  const text = cell.trimEnd();
  return text.slice(text.lastIndexOf(' ') + 1);
};

/** The counter at the end of a cell, `3/6` or `  9/ 12`, whose slash may have spaces behind it. */
const lastWords = (cell: string): string => {
  const text = cell.trim();
  const slash = text.lastIndexOf('/');
  if (slash === -1) return lastWord(text);
  return lastWord(text.slice(0, slash)) + text.slice(slash).replaceAll(' ', '');
};

const COUNT = /^(\d{1,9})(?:\/(\d{1,9}))?$/;

const countOf = (text: string): Count | undefined => {
  const parts = COUNT.exec(text);
  return parts === null ? undefined : [Number(parts[1]), parts[2] === undefined ? null : Number(parts[2])];
};

const readTail = (
  line: string,
  start: number,
  lead: Lead & Pick<RowSignal, 'st' | 'skip'>,
): RowSignal | undefined => {
  const bar = line.indexOf(BAR, start);
  if (bar === -1) return undefined;
  const ty = line.slice(start, bar).trim();
  if (ty.length > NAME || !TYPE.test(ty)) return undefined;
  const { n, i, m } = readResource(line.slice(bar + BAR.length).trim());
  if (i === '') return undefined;
  return {
    k: 'row',
    ...lead,
    ty,
    n: cut(n, NAME),
    i: i.slice(0, MAX_LOGICAL_ID),
    ...(m === '' ? {} : { m: cut(m, MESSAGE) }),
  };
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
  if (direct !== undefined) return { n: first, ...direct };
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
  const found = LOGICAL_ID.exec(text);
  return found?.[1] === undefined
    ? undefined
    : { i: found[1], m: text.slice(LOGICAL_ID.lastIndex).trimStart() };
};
const LOGICAL_ID = / \(([A-Za-z0-9]{1,255})\)(?= |$)/y;

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
  if (head === '' || tail === '') return false;
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
  if (gap !== -1) return [lettersOf(name.slice(0, gap)), lettersOf(name.slice(gap + 3))];
  const letters = lettersOf(name);
  return [letters, letters];
};

const lettersOf = (path: string): string =>
  path
    .split('/')
    .filter((part) => part !== 'Resource' && part !== 'Default')
    .join('')
    .replace(/[^A-Za-z0-9]/g, '');
