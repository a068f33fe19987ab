import { constants } from 'node:fs';
import { open } from 'node:fs/promises';
import { invalidField, isMiyabiError, unavailable } from '../../domain/errors.ts';
import { eventLines, type KeptLine } from '../../domain/logs/event-lines.ts';
import { hasText } from '../../domain/logs/line-text.ts';
import { isTime } from '../../domain/time.ts';
import type { Clock } from '../../ports/clock.ts';
import {
  type LinePage,
  type LineQuery,
  type LogReader,
  type ReadLine,
  STREAM_START,
} from '../../ports/log-reader.ts';
import { isAbsence, type LogFile, listFiles } from './log-folder.ts';

/** How much is read at a time, and for one page, in bytes. A longer line comes in pieces. */
const CHUNK_BYTES = 256 * 1024;
const MAX_BYTES = 8 * 1024 * 1024;
const LINE_END = 0x0a;

/** The files of a stream as one text: each begins behind `base` bytes of those before it. */
type Part = Readonly<{ file: LogFile; base: number }>;
type Stream = Readonly<{ parts: readonly Part[]; end: number }>;

/** A line that ends, its line end included, behind `end` bytes of the stream. */
type PlacedLine = KeptLine & Readonly<{ end: number; hasTime: boolean }>;
/** Whole lines from one place of a stream to another. */
type Stretch = Readonly<{ lines: readonly PlacedLine[]; start: number; end: number }>;

/**
 * Reads the files of a folder of logs, on demand: those of a stream, rotated ones first. A cursor is `f`, the inode of a
 * file and a place in it, so that it outlives a rotation. A line without a time has that of the line before it; where there
 * is none, as in most logs of tools, it belongs to every time, and bears that of the file's last change.
 */
export const fileLogReader = ({
  directory,
  clock,
  quietMs = 2000,
}: Readonly<{
  directory: string;
  clock: Clock;
  /** Milliseconds without a change after which a last line without an end is one. */
  quietMs?: number;
}>): LogReader => {
  const streamOf = async ({ log_group, log_stream }: LineQuery): Promise<Stream> => {
    let files: readonly LogFile[] = [];
    try {
      files = (await listFiles(directory, log_group)).files;
    } catch (error) {
      if (!isMiyabiError(error, 'not_found')) throw error;
    }
    const parts: Part[] = [];
    let end = 0;
    for (const file of files) {
      if (file.stream !== log_stream) continue;
      parts.push({ file, base: end });
      end += file.size;
    }
    return { parts, end };
  };

  /** Whether what stands behind the last line end of a file may still grow. */
  const isOpen = ({ parts }: Stream, part: Part): boolean =>
    part === parts.at(-1) && Math.abs(clock.now() - part.file.modified) < quietMs;

  const stretchBefore = async (stream: Stream, place: number): Promise<Stretch | undefined> => {
    const part = stream.parts.findLast(({ base, file }) => base < place && file.size > 0);
    if (part === undefined) return undefined;
    const last = Math.min(place - part.base, part.file.size);
    const from = Math.max(0, last - CHUNK_BYTES);
    const bytes = await bytesOf(part.file, from, last);
    const end =
      last === part.file.size && isOpen(stream, part) ? bytes.lastIndexOf(LINE_END) + 1 : bytes.length;
    const cut = from === 0 ? 0 : bytes.indexOf(LINE_END) + 1;
    const start = cut < end ? cut : 0;
    return stretchOf(part, from, bytes.subarray(0, end), start);
  };

  const stretchAfter = async (stream: Stream, place: number): Promise<Stretch | undefined> => {
    const part = stream.parts.find(({ base, file }) => place < base + file.size);
    if (part === undefined) return undefined;
    const from = Math.max(0, place - part.base);
    const bytes = await bytesOf(part.file, from, Math.min(part.file.size, from + CHUNK_BYTES));
    const isLast = from + bytes.length >= part.file.size;
    const whole = bytes.lastIndexOf(LINE_END) + 1;
    const end = isLast ? (isOpen(stream, part) ? whole : bytes.length) : whole === 0 ? bytes.length : whole;
    return end === 0 ? undefined : stretchOf(part, from, bytes.subarray(0, end), 0);
  };

  const newest = async (query: LineQuery, stream: Stream, before: number | undefined): Promise<LinePage> => {
    let found: readonly PlacedLine[] = [];
    let end: number | undefined;
    let start = before ?? stream.end;
    while (found.length <= query.limit && (before ?? stream.end) - start < MAX_BYTES) {
      const stretch = await stretchBefore(stream, start);
      if (stretch === undefined) {
        start = 0;
        break;
      }
      start = stretch.start;
      end ??= stretch.end;
      // The cursor of a line is behind it: older ones end before the line itself.
      const older = stretch.lines.filter((line) => before === undefined || line.end < before);
      found = [...older.filter((line) => isWanted(query, line)), ...found];
    }
    const lines = found.slice(-query.limit);
    const first = lines[0];
    const older =
      found.length > lines.length && first !== undefined ? first.end : start === 0 ? undefined : start;
    const newer = before === undefined ? end : (lines.at(-1)?.end ?? before);
    return {
      lines: lines.map((line) => publicLine(stream, line)),
      ...(older === undefined ? {} : { before: cursorAt(stream, older) }),
      after: cursorAt(stream, newer ?? 0),
    };
  };

  const oldest = async (query: LineQuery, stream: Stream, after: number): Promise<LinePage> => {
    const found: PlacedLine[] = [];
    let end = after;
    while (found.length <= query.limit && end - after < MAX_BYTES) {
      const stretch = await stretchAfter(stream, end);
      if (stretch === undefined) break;
      end = stretch.end;
      found.push(...stretch.lines.filter((line) => isWanted(query, line)));
    }
    const lines = found.slice(0, query.limit);
    const last = lines.at(-1);
    return {
      lines: lines.map((line) => publicLine(stream, line)),
      ...(after === 0 ? {} : { before: cursorAt(stream, lines[0]?.end ?? after) }),
      after: cursorAt(stream, found.length > lines.length && last !== undefined ? last.end : end),
    };
  };

  return {
    async read(query) {
      const before = placeOf('before', query.before);
      const after = placeOf('after', query.after);
      const stream = await streamOf(query);
      if (stream.parts.length === 0) return undefined;
      return after === undefined
        ? newest(query, stream, before === undefined ? undefined : before(stream))
        : oldest(query, stream, after(stream));
    },
  };
};

const bytesOf = async (file: LogFile, from: number, to: number): Promise<Buffer> => {
  try {
    // No link that was put in its place meanwhile, and no pipe that would hold the reader up.
    const flags = constants.O_RDONLY | (constants.O_NOFOLLOW ?? 0) | (constants.O_NONBLOCK ?? 0);
    const handle = await open(file.path, flags);
    try {
      const { buffer, bytesRead } = await handle.read(Buffer.alloc(to - from), 0, to - from, from);
      return buffer.subarray(0, bytesRead);
    } finally {
      await handle.close();
    }
  } catch (error) {
    // It was rotated away since the folder was listed.
    if (isAbsence(error)) return Buffer.alloc(0);
    throw unavailable(`The log file ${file.name}`, error);
  }
};

const decoder = new TextDecoder();
/** A time with its zone, as most loggers begin a line with; one without a zone could be of any. */
const OWN_TIME = /^\W{0,3}(\d{4}-\d\d-\d\d[T ]\d\d:\d\d:\d\d(?:[.,]\d{1,9})?(?:Z|[+-]\d\d:?\d\d))/;

const stretchOf = ({ file, base }: Part, from: number, bytes: Buffer, start: number): Stretch => {
  const lines: PlacedLine[] = [];
  const texts: string[] = [];
  const ends: number[] = [];
  for (let at = start; at < bytes.length; ) {
    const next = bytes.indexOf(LINE_END, at);
    const end = next === -1 ? bytes.length : next + 1;
    const text = decoder.decode(bytes.subarray(at, next === -1 ? end : next));
    // What a progress bar has drawn over is not there any more.
    const parts = text.split('\r').filter((part) => part !== '');
    texts.push(parts.at(-1) ?? '');
    ends.push(base + from + end);
    at = end;
  }
  const modified = Math.max(0, Math.floor(file.modified));
  const shown = eventLines(texts.map((message) => ({ id: '', timestamp: modified, message }))).lines;
  let time: number | undefined;
  for (const [index, { text, at }] of shown.entries()) {
    const own = Date.parse(OWN_TIME.exec(text)?.[1]?.replace(',', '.') ?? '');
    if (isTime(own)) time = own;
    lines.push({ at: time ?? at, text, end: ends[index] ?? 0, hasTime: time !== undefined });
  }
  return { lines, start: base + from + start, end: ends.at(-1) ?? base + from + bytes.length };
};

const isWanted = ({ from, to, contains }: LineQuery, { at, text, hasTime }: PlacedLine): boolean =>
  (!hasTime || (at >= from && at <= to)) && (contains === undefined || hasText(text, contains));

const inodeOf = ({ inode }: LogFile): string => inode.slice(inode.indexOf(':') + 1);

const publicLine = (stream: Stream, { end, at, text }: PlacedLine): ReadLine => ({
  cursor: cursorAt(stream, end),
  at,
  text,
});

const cursorAt = ({ parts }: Stream, place: number): string => {
  const part = parts.findLast(({ base }) => base < place);
  return part === undefined ? STREAM_START : `f${inodeOf(part.file)}.${place - part.base}`;
};

/** The place of a cursor in a stream. A file that is gone was the oldest; one that was cut is read from its beginning. */
const placeOf = (field: string, cursor: string | undefined): ((stream: Stream) => number) | undefined => {
  if (cursor === undefined) return undefined;
  if (cursor === STREAM_START) return () => 0;
  const [, inode, digits] = /^f(\d{1,20})\.(\d{1,15})$/.exec(cursor) ?? [];
  if (inode === undefined) throw invalidField(field, 'is not a cursor of this log');
  return ({ parts }) => {
    const part = parts.find(({ file }) => inodeOf(file) === inode);
    if (part === undefined) return 0;
    const offset = Number(digits);
    return part.base + (offset > part.file.size ? 0 : offset);
  };
};
