import type { LogEvent } from '../../domain/logs/event.ts';
import { REPLAYABLE } from '../../domain/logs/ledger.ts';
import type { Clock } from '../../ports/clock.ts';
import type { LogPage, LogSource } from '../../ports/log-source.ts';
import type { Logger } from '../../ports/logger.ts';
import { bytesAt, claim, edgesAt, openToRead } from './claims.ts';
import { errnoOf } from './errno.ts';
import { type FileSystem, fileSystem } from './file-system.ts';
import { isAbsence, type LogFile, listFiles, type Problem } from './log-folder.ts';
import {
  HEAD_BYTES,
  hashOf,
  keyOf,
  type Mark,
  marksFromJson,
  marksToJson,
  TAIL_BYTES,
  withRemoved,
} from './marks.ts';
import { watchedFolders } from './watched-folders.ts';

/** Longer lines, in bytes, are cut, and a page contains at most this many bytes of text. */
export const MAX_LINE_BYTES = 64 * 1024;
export const MAX_PAGE_BYTES = 1024 * 1024;

/**
 * As many events of one stream as a ledger can always replay: a page that is read again after a crash is then
 * recognised event by event, even if the time of its file has changed.
 */
const MAX_PAGE_EVENTS = REPLAYABLE;

const CHUNK_BYTES = 256 * 1024;
const FIRST_LINE_BYTES = 256;
const NEWLINE = 0x0a;
const CARRIAGE_RETURN = 0x0d;

export type FileLogSourceOptions = Readonly<{
  /** The folder of logs. It need not exist yet. */
  directory: string;
  clock: Clock;
  /** Milliseconds without a change after which a last line without line ending counts as complete. */
  quietMs?: number;
  /** Is warned once if folders have to be polled. */
  logger?: Logger;
  files?: FileSystem;
}>;

/**
 * Follows the files of a folder. A log group is the path of a folder below it; files in the folder itself are the group
 * `default`. A stream is a file, named without `.log`; a rotated file continues its former stream.
 *
 * An event is a line that is not empty. Its time is the file's last change when the line was read: never in the future
 * and never decreasing within a stream. See docs/decisions/0030.
 */
export const fileLogSource = ({
  directory,
  clock,
  quietMs = 2000,
  logger,
  files = fileSystem,
}: FileLogSourceOptions): LogSource & Readonly<{ close(): void }> => {
  const watched = watchedFolders({ directory, clock, logger, files });

  return {
    async groups() {
      const found = await watchedFolders({ directory, clock, files, isWatching: false }).look();
      return found.map(({ log_group }) => log_group);
    },

    look: watched.look,

    close: watched.close,

    async *read({ log_group, cursor }) {
      const { marks: before, damaged } = marksFromJson(cursor);
      const end = watched.beginReading(log_group);
      const listing = await listFiles(directory, log_group, files, watched.isNear);
      const problems: Problem[] = [...damaged.map(damagedMark), ...listing.problems];
      const claimed = await claim(listing.files, before, problems);
      const marks = new Map(claimed.map(({ file, mark }) => [file.name, mark]));
      const snapshot = () => marksToJson(withRemoved([...marks.values()], before));

      let page = newPage(problems);
      let hasFound = false;
      const unreadable = new Set<string>();
      for (const { file, mark } of claimed) {
        if (mark.stamp === file.stamp && mark.offset === file.size) continue;
        hasFound = true;
        const now = clock.now();
        const age = now - file.modified;
        const reading = readFile(file, mark, {
          // The time of a file from the future does not show how long it has been quiet.
          quiet: Math.abs(age) >= quietMs,
          at: Math.max(0, Math.min(Math.floor(file.modified), now), lastTime(marks.values(), mark.stream)),
        });
        try {
          for await (const { events, bytes, cut, mark: reached } of reading) {
            if (!hasRoom(page, mark.stream, events.length, bytes)) {
              yield closePage(page, snapshot());
              page = newPage([]);
            }
            addTo(page, mark.stream, events, bytes);
            if (cut > 0) page.problems.push({ log_stream: mark.stream, reason: cutLines(cut) });
            marks.set(file.name, reached);
          }
        } catch (error) {
          unreadable.add(file.name);
          if (!isAbsence(error)) {
            page.problems.push({
              log_stream: mark.stream,
              reason: `${file.name} cannot be read: ${errnoOf(error)}`,
            });
          }
        }
      }
      const isSame = marks.size === before.length && before.every((mark) => marks.get(mark.name) === mark);
      if (!isSame || page.problems.length > 0) {
        const reached = snapshot();
        const moved = !isSame && JSON.stringify(reached) !== JSON.stringify(marksToJson(before));
        if (moved || page.problems.length > 0) yield closePage(page, reached);
      }
      // Not before the last page was taken: a reading that ends earlier is repeated.
      end({
        hasFound,
        hasRest: claimed.some(
          ({ file }) => (marks.get(file.name)?.offset ?? 0) < file.size && !unreadable.has(file.name),
        ),
      });
    },
  };
};

const cutLines = (count: number): string =>
  `${count} ${count === 1 ? 'line' : 'lines'} longer than ${MAX_LINE_BYTES} bytes cut`;

const lastTime = (marks: Iterable<Mark>, stream: string): number => {
  let last = 0;
  for (const mark of marks) if (mark.stream === stream) last = Math.max(last, mark.at);
  return last;
};

type OpenPage = Readonly<{ streams: Map<string, LogEvent[]>; problems: Problem[] }> & { bytes: number };

const newPage = (problems: Problem[]): OpenPage => ({ streams: new Map(), problems, bytes: 0 });

const hasRoom = (page: OpenPage, stream: string, count: number, bytes: number): boolean =>
  page.bytes + bytes <= MAX_PAGE_BYTES && (page.streams.get(stream)?.length ?? 0) + count <= MAX_PAGE_EVENTS;

const addTo = (page: OpenPage, stream: string, events: readonly LogEvent[], bytes: number): void => {
  page.bytes += bytes;
  if (events.length === 0) return;
  const list = page.streams.get(stream);
  if (list === undefined) page.streams.set(stream, [...events]);
  else list.push(...events);
};

const damagedMark = (field: string): Problem => ({
  log_stream: '*',
  reason: `The stored position could not be read at ${field}: its files are read again from their beginning`,
});

const closePage = (page: OpenPage, cursor: LogPage['cursor']): LogPage => ({
  streams: [...page.streams].map(([log_stream, events]) => ({ log_stream, events, in_sequence: true })),
  cursor,
  problems: page.problems,
});

/** A section of a file: its events, how many bytes of text they have, and the mark after it. */
type Stretch = Readonly<{ events: readonly LogEvent[]; bytes: number; cut: number; mark: Mark }>;

/** Reads on from a mark to the listed size, in sections that fit a page. */
async function* readFile(
  file: LogFile,
  mark: Mark,
  { quiet, at }: Readonly<{ quiet: boolean; at: number }>,
): AsyncGenerator<Stretch> {
  const handle = await openToRead(file);
  try {
    const seen = await handle.stat({ bigint: true });
    // Replaced since it was listed: the next reading handles it.
    if (`${seen.dev}:${seen.ino}` !== file.inode || !seen.isFile()) return;
    let { offset, skipping, key } = mark;
    let { head, tail } = await edgesAt(handle, offset);
    if (key === '' && file.size > 0) key = keyOf(firstLineOf(await bytesAt(handle, 0, FIRST_LINE_BYTES)));
    for (;;) {
      const chunk = await bytesAt(handle, offset, Math.min(CHUNK_BYTES, file.size - offset));
      const isLast = offset + chunk.length >= file.size || chunk.length === 0;
      const scan = scanLines(chunk, skipping, isLast && quiet);
      const idOf = (start: number): string =>
        `f${mark.generation}${key}${String(offset + start).padStart(15, '0')}`;
      const events = scan.lines.map(({ start, end }) => ({
        id: idOf(start),
        timestamp: at,
        message: textOf(chunk.subarray(start, end)),
      }));
      const consumed = chunk.subarray(0, scan.end);
      if (head.length < HEAD_BYTES) head = Buffer.concat([head, consumed]).subarray(0, HEAD_BYTES);
      tail = Buffer.concat([tail, consumed]).subarray(-TAIL_BYTES);
      offset += scan.end;
      skipping = scan.skipping;
      const ended = scan.end === 0 || (isLast && scan.end === chunk.length);
      yield {
        events,
        bytes: scan.bytes,
        cut: scan.cut,
        mark: {
          ...mark,
          offset,
          skipping,
          head: hashOf(head),
          tail: hashOf(tail),
          key: offset === 0 ? '' : key,
          at: events.length > 0 ? at : mark.at,
          stamp: offset === file.size ? file.stamp : '',
        },
      };
      if (ended) return;
    }
  } finally {
    await handle.close();
  }
}

const firstLineOf = (bytes: Buffer): Buffer => {
  const end = bytes.indexOf(NEWLINE);
  return end === -1 ? bytes : bytes.subarray(0, end);
};

type Scan = Readonly<{
  lines: readonly Readonly<{ start: number; end: number }>[];
  /** How much of the chunk was processed. The next chunk begins there. */
  end: number;
  skipping: boolean;
  bytes: number;
  cut: number;
}>;

/** Finds the lines of a chunk. `whole`: text after the last line ending is a line too. */
const scanLines = (chunk: Buffer, skippingBefore: boolean, whole: boolean): Scan => {
  const lines: { start: number; end: number }[] = [];
  let position = 0;
  let skipping = skippingBefore;
  let bytes = 0;
  let cut = 0;
  while (position < chunk.length && lines.length < MAX_PAGE_EVENTS) {
    // A file that was truncated while its writer has it open begins with NULs.
    while (!skipping && chunk[position] === 0) position += 1;
    const newline = chunk.indexOf(NEWLINE, position);
    let end = newline === -1 ? chunk.length : newline;
    if (skipping) {
      skipping = newline === -1;
      position = newline === -1 ? chunk.length : newline + 1;
      continue;
    }
    const tooLong = end - position > MAX_LINE_BYTES;
    if (newline === -1 && !tooLong && !whole) break;
    if (tooLong) {
      end = characterStart(chunk, position + MAX_LINE_BYTES);
      cut += 1;
      skipping = newline === -1;
    } else if (chunk[end - 1] === CARRIAGE_RETURN && end > position) {
      end -= 1;
    }
    if (end > position) {
      lines.push({ start: position, end });
      bytes += end - position;
    }
    position = newline === -1 ? chunk.length : newline + 1;
  }
  return { lines, end: position, skipping, bytes, cut };
};

/** The last position up to `position` where a UTF-8 character begins. */
const characterStart = (bytes: Buffer, position: number): number => {
  for (let start = position; start > position - 4; start -= 1) {
    if (((bytes[start] ?? 0) & 0xc0) !== 0x80) return start;
  }
  return position;
};

const decoder = new TextDecoder();

/** Invalid bytes become U+FFFD; a byte order mark at the beginning is left out. */
const textOf = (bytes: Buffer): string => decoder.decode(bytes);
