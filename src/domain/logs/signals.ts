import { isId } from '../ids.ts';
import type { Json } from '../json.ts';
import { isTime } from '../time.ts';
import type { LogEvent } from './event.ts';
import type { LogFormat } from './format.ts';
import { nextIn } from './index-set.ts';
import { isRedrawn, MAX_LINE, type ReadableLine, readableLine, splitLines } from './lines.ts';
import { type Prefilter, prefilterOf, type Search } from './prefilter.ts';

/**
 * A signal and its position in the log. `id` and `line` (the line's number within its event, from 0) identify it within
 * its stream; `at` is epoch milliseconds: the line's own time if it has one, else the event's.
 */
export type PlacedSignal = Readonly<{ id: string; line: number; at: number; format: string; signal: Json }>;

/**
 * What a batch of events contains: signals that belong to the stream, signals that name their task, and skipped lines.
 */
export type Reading = Readonly<{
  ofStream: readonly PlacedSignal[];
  ofTask: ReadonlyMap<string, readonly PlacedSignal[]>;
  /** The project that a task's own lines name, the last one in the batch. */
  projectOfTask: ReadonlyMap<string, string>;
  projectOfStream?: string;
  lines: number;
  /** Lines that were too long to be read. */
  oversized: number;
  /** What the next line of the stream may continue. */
  continued?: ContinuedLine;
}>;

type Over = 'over empty lines' | 'over other lines';

/** The format whose last line may continue in the next one, the signal of that line, and for how many lines at most. */
export type ContinuedLine = Readonly<{
  format: string;
  signal: Json;
  lines: number;
  /** What does not end it, besides lines that continue it. */
  over?: Over;
}>;

const MAX_CONTINUATION = 20;
/** Lines of other tools in between are many: a build's output, or a stack trace. */
const MAX_OTHER_LINES = 200;

const linesAfter = (over: ContinuedLine['over']): number =>
  over === 'over other lines' ? MAX_OTHER_LINES : MAX_CONTINUATION;

/**
 * `streamTask` is the task of the whole stream, if it is one. `inSequence`: every event directly follows the previous
 * one, as the lines of a file do, so that a line may continue one of another event; `continued` is then from the
 * previous reading. Events of a log service may come late, twice and in other batches, so it must not be set for them.
 */
export type ReadingOptions = Readonly<{
  streamTask?: string | undefined;
  inSequence?: boolean;
  continued?: ContinuedLine | undefined;
}>;

/** Reads events line by line. A line goes to the first format that recognises it; other lines are ignored. */
export type LogReader = Readonly<{
  formats: readonly LogFormat[];
  read(events: readonly LogEvent[], options?: ReadingOptions): Reading;
}>;

/**
 * A reader for these formats; the first one that recognises a line gets it. Making a reader is expensive, reading is
 * not.
 */
export const logReader = (formats: readonly LogFormat[]): LogReader => {
  const prefilter = prefilterOf(formats.map(({ hint }) => hint));
  const alwaysOffered = formats.filter(({ hint }) => hint === undefined);
  return {
    formats,
    read: (events, options = {}) => readEvents(events, { formats, prefilter, alwaysOffered }, options),
  };
};

type Readers = Readonly<{
  formats: readonly LogFormat[];
  prefilter: Prefilter;
  /** Formats without a hint. */
  alwaysOffered: readonly LogFormat[];
}>;

const readEvents = (
  events: readonly LogEvent[],
  { formats, prefilter, alwaysOffered }: Readers,
  { streamTask, inSequence = false, continued: before }: ReadingOptions,
): Reading => {
  const ofStream: PlacedSignal[] = [];
  const ofTask = new Map<string, PlacedSignal[]>();
  const projectOfTask = new Map<string, string>();
  let projectOfStream: string | undefined;
  let lines = 0;
  let oversized = 0;

  let continued = before;

  /** `search` is absent if the line has no hint. */
  const place = (
    { text, marked }: ReadableLine,
    event: LogEvent,
    line: number,
    search: Search | undefined,
  ) => {
    const open = continued;
    continued = undefined;
    const texts = marked === undefined ? [text] : [marked, text];
    if (open !== undefined) {
      const format = formats.find(({ name }) => name === open.format);
      for (const each of texts) {
        const own = open.over === 'over other lines' ? undefined : format?.read(each);
        const signal = own ?? format?.readContinuation?.(each, open.signal);
        if (format !== undefined && signal !== undefined)
          return keep(format, signal, event, line, own === undefined ? open.lines : linesAfter(open.over));
      }
    }
    if (texts.some((each) => isOffered(each, event, line, search))) return;
    if (open?.over === 'over other lines' && open.lines > 0) continued = { ...open, lines: open.lines - 1 };
  };

  /** Offers a line to all formats whose hint it has. Returns whether one has read it. */
  const isOffered = (text: string, event: LogEvent, line: number, search: Search | undefined): boolean => {
    if (search === undefined) return alwaysOffered.some((format) => isRead(format, text, event, line));
    const readers = search.readersOf(text);
    for (let index = nextIn(readers, 0); index !== -1; index = nextIn(readers, index + 1))
      if (isRead(formats[index] as LogFormat, text, event, line)) return true;
    return false;
  };

  const isRead = (format: LogFormat, text: string, event: LogEvent, line: number): boolean => {
    const signal = format.read(text);
    if (signal === undefined) return false;
    keep(format, signal, event, line);
    return true;
  };

  /** `lines`: how many more may follow, by default as many as after the first line of a kind. */
  const keep = (format: LogFormat, signal: Json, event: LogEvent, line: number, lines?: number) => {
    const isContinued = format.isContinued?.(signal) ?? false;
    const over = typeof isContinued === 'string' ? isContinued : undefined;
    const left = lines ?? linesAfter(over);
    if (isContinued !== false && left > 0)
      continued = { format: format.name, signal, lines: left - 1, ...(over !== undefined && { over }) };
    const stated = format.timeOf?.(signal);
    const at = stated !== undefined && isTime(stated) ? stated : event.timestamp;
    const placed = { id: event.id, line, at, format: format.name, signal };
    const project = validId(format.projectOf?.(signal));
    const task = validId(format.taskOf?.(signal)) ?? streamTask;
    if (task === undefined) {
      ofStream.push(placed);
      projectOfStream = project ?? projectOfStream;
    } else {
      const known = ofTask.get(task);
      if (known === undefined) ofTask.set(task, [placed]);
      else known.push(placed);
      if (project !== undefined) projectOfTask.set(task, project);
    }
  };

  const readLine = (raw: string, event: LogEvent, line: number, search: Search | undefined) => {
    const read = readableLine(raw);
    if (read.text === '') continued = continued?.over === undefined ? undefined : continued;
    else place(read, event, line, search);
  };

  for (let from = 0; from < events.length; ) {
    const messages: string[] = [];
    for (let length = 0; length < WINDOW && from + messages.length < events.length; ) {
      const { message } = events[from + messages.length] as LogEvent;
      messages.push(message);
      length += message.length;
    }
    const { texts, whole } = joined(messages);
    const search = prefilter(whole);
    let start = 0;
    for (const text of texts) {
      const event = events[from] as LogEvent;
      if (!inSequence) continued = undefined;
      const begin = start;
      for (let line = 0; start <= begin + text.length; line += 1) {
        const feed = whole.indexOf('\n', start);
        const end = feed === -1 ? whole.length : feed;
        lines += 1;
        // An event may end with a line ending, after which there is no empty line.
        const isRest = start === end && line > 0 && end === begin + text.length;
        if (end - start > MAX_LINE) oversized += 1;
        else if (!isRest) {
          const hasHint = search.hasHint(start, end);
          // A substring of `whole` in a signal would keep all of it in memory.
          if (hasHint || alwaysOffered.length > 0 || continued !== undefined)
            readLine(text.slice(start - begin, end - begin), event, line, hasHint ? search : undefined);
        }
        start = end + 1;
      }
      from += 1;
    }
  }
  return {
    ofStream,
    ofTask,
    projectOfTask,
    ...(projectOfStream === undefined ? {} : { projectOfStream }),
    lines,
    oversized,
    ...(continued === undefined ? {} : { continued }),
  };
};

/** How much text, in UTF-16 code units, is searched for hints at once: enough to spread the cost of a search. */
const WINDOW = 32768;

/** Several texts as one, with line feeds between them and at the ends of their lines. */
const joined = (texts: readonly string[]): { texts: readonly string[]; whole: string } => {
  const whole = texts.length === 1 ? (texts[0] ?? '') : texts.join('\n');
  return isRedrawn(whole) ? joined(texts.map((text) => splitLines(text).join('\n'))) : { texts, whole };
};

const validId = (id: string | undefined): string | undefined =>
  id !== undefined && isId(id) ? id : undefined;
