// Over 300 lines: the format of the files, their writer and their reader belong together.

import type { FileHandle } from 'node:fs/promises';
import {
  appendFile,
  mkdir,
  open,
  readdir,
  readFile,
  rename,
  rm,
  stat,
  utimes,
  writeFile,
} from 'node:fs/promises';
import { hostname } from 'node:os';
import { basename, dirname, join } from 'node:path';
import { isJsonObject, type JsonObject } from '../../domain/json.ts';

/** Where the lines of a run belong. `url` is the server they are for: no other may get them. */
export type RunHeader = Readonly<{
  url: string;
  project_id?: string;
  log_group: string;
  log_stream: string;
  /** What creates the task of the run, with its `task_id`. Runs of earlier versions have none. */
  start?: JsonObject;
}>;

/** What the server has to hear of a run besides its lines: that it has started, before them, and how it ended, after. */
export type Report = 'start' | 'end';

/** Unsent events: JSON texts, one to a line. `bytes` is their size in the backlog. */
export type Batch = Readonly<{ text: Buffer; bytes: number }>;

/**
 * The lines of a run that the server has not acknowledged, in order. They are written to disk first and sent from
 * there: a server that is down, a slow one and a killed run are then the same case, and memory stays small.
 */
export type Backlog = Readonly<{
  header: RunHeader;
  /** Adds events, each a JSON text without line ends. Never waits and never throws. */
  add(events: readonly string[]): void;
  /** The oldest unacknowledged events, as many as fit; undefined if there are none. None is longer. */
  next(limitBytes: number): Promise<Batch | undefined>;
  /** The server has this batch, or will never accept it. */
  done(batch: Batch): Promise<void>;
  /** Keeps that the run has started, so that a run which is killed is not forgotten. Never waits and never throws. */
  begin(): void;
  /** Keeps how the run ended. Never throws. */
  end(report: JsonObject): Promise<void>;
  /** A report that the server has not received; undefined if there is none. */
  owed(report: Report): JsonObject | undefined;
  /** The server has heard it, or never will: then the run has no task there. */
  heard(report: Report, isAccepted: boolean): void;
  /** The task of the run on the server; undefined until the server has received the start. */
  runId(): string | undefined;
  /** How many events had to be dropped, because neither disk nor memory could hold more. */
  dropped(): number;
  /** Unreadable lines that were set aside, in the file that this names; undefined if there were none. */
  damaged(): string | undefined;
  /** Whether anything is unsent that the disk does not have. */
  atRisk(): boolean;
  /** Writes the rest, records how far the server has come, and closes. An empty backlog is removed. */
  close(): Promise<void>;
}>;

const SEGMENT_BYTES = 4 * 1024 * 1024;
/** The most that one run may leave on the disk. */
const MAX_DISK_BYTES = 256 * 1024 * 1024;
/** The most that may wait in memory for the disk: bursts are far shorter. */
const MAX_WAITING_BYTES = 64 * 1024 * 1024;
/** The most that memory holds if the disk does not work. */
const MAX_MEMORY_BYTES = 8 * 1024 * 1024;
/** How much of what was written last stays in memory for the sender. */
const MAX_LATEST_BYTES = 1024 * 1024;
/** Lines wait this long in memory, in milliseconds, unless there are more than so many bytes of them. */
const FLUSH_MS = 100;
const FLUSH_BYTES = 256 * 1024;
/** An owner refreshes its mark this often, in milliseconds, and counts as dead after four missed times. */
const BEAT_MS = 30_000;
const LINE_END = 0x0a;
/** How a run ended, beside its lines. */
const END = 'end.json';

/**
 * The version of the format of a run, in its header. The first release wrote none: runs without it have version 1. Runs
 * of a newer version are left to it.
 */
const SPOOL_VERSION = 1;
/** Unreadable files are moved here, beside the runs. */
const ASIDE = 'damaged';

/** `file` is set while it is open; `latest` is what was written to it last, from that offset on. */
type OnDisk = {
  readonly path: string;
  bytes: number;
  file?: FileHandle | undefined;
  latest?: Readonly<{ from: number; text: Buffer }> | undefined;
};
type Segment = OnDisk | { readonly memory: Buffer; bytes: number };
type Place = Readonly<{ number: number; offset: number }>;
/** Whether the server has received the start. `refused`: it never will, and the run has lines only. */
type StartState = 'unheard' | 'accepted' | 'refused';

const nameOf = (number: number): string => `${String(number).padStart(6, '0')}.ndjson`;

/** A backlog for a new run, in its own folder, which is created with the first line. */
export const newBacklog = (spoolDir: string, runId: string, header: RunHeader): Backlog =>
  backlogIn(join(spoolDir, runId), header, [], 1, 0);

const backlogIn = (
  directory: string,
  header: RunHeader,
  found: Segment[],
  first: number,
  offset: number,
  known?: Readonly<{ start: StartState; end?: JsonObject | undefined }>,
): Backlog => {
  const segments = found;
  /** The number of the segment at the head; a segment's file is named after it. */
  let head = first;
  let headOffset = offset;
  let waiting: Buffer[] = [];
  let waitingBytes = 0;
  let lost = 0;
  let broken = false;
  // What this process has written itself is sound.
  const isInherited = known !== undefined;
  let asideFile: string | undefined;
  let made = known !== undefined;
  let beat: NodeJS.Timeout | undefined;
  let flushing: NodeJS.Timeout | undefined;
  let last: Promise<unknown> = Promise.resolve();
  let startState = known?.start ?? 'unheard';
  let ending = known?.end;
  let endHeard = false;
  const isOwed = (report: Report) =>
    report === 'start'
      ? header.start !== undefined && startState === 'unheard'
      : ending !== undefined && !endHeard && startState === 'accepted';

  /** One step after another: a step must not see changes of another that waits for the disk. */
  const keyedMutex = <T>(step: () => Promise<T>): Promise<T> => {
    const done = last.then(step);
    last = done.catch(() => undefined);
    return done;
  };

  const unsentBytes = () => segments.reduce((sum, { bytes }) => sum + bytes, 0) - headOffset;
  const memoryBytes = () =>
    segments.reduce((sum, segment) => sum + ('memory' in segment ? segment.bytes : 0), 0);

  const make = async () => {
    await mkdir(directory, { recursive: true, mode: 0o700 });
    await writeFile(join(directory, 'header.json'), JSON.stringify({ version: SPOOL_VERSION, ...header }), {
      mode: 0o600,
    });
    await own(directory);
    made = true;
  };

  const startBeat = () => {
    if (beat !== undefined) return;
    beat = setInterval(() => {
      const now = new Date();
      utimes(join(directory, 'owner.json'), now, now).catch(() => undefined);
    }, BEAT_MS);
    beat.unref();
  };
  if (made) startBeat();

  const fileOf = async (segment: OnDisk): Promise<FileHandle> => {
    segment.file ??= await open(segment.path, 'a+', 0o600);
    return segment.file;
  };

  const letGo = async (segment: OnDisk): Promise<void> => {
    const { file } = segment;
    segment.file = undefined;
    segment.latest = undefined;
    await file?.close();
  };

  const write = async (text: Buffer): Promise<void> => {
    if (!made) await make();
    startBeat();
    let last = segments.at(-1);
    if (last === undefined || 'memory' in last || last.bytes >= SEGMENT_BYTES) {
      if (last !== undefined && 'path' in last) await letGo(last);
      last = { path: join(directory, nameOf(head + segments.length)), bytes: 0 };
      await fileOf(last);
      segments.push(last);
    }
    const file = await fileOf(last);
    // Not appendFile: it writes in small steps, between which a flood brings more than a step takes away.
    for (let written = 0; written < text.length; )
      written += (await file.write(text, written, text.length - written)).bytesWritten;
    last.latest = text.length > MAX_LATEST_BYTES ? undefined : { from: last.bytes, text };
    last.bytes += text.length;
  };

  const writeWaiting = async (): Promise<void> => {
    clearTimeout(flushing);
    flushing = undefined;
    if (waiting.length === 0) return;
    const events = waiting.length;
    const text = Buffer.concat(waiting);
    waiting = [];
    waitingBytes = 0;
    if (!broken && unsentBytes() + text.length <= MAX_DISK_BYTES) {
      try {
        await write(text);
        return;
      } catch {
        // A full or read-only disk: from here on memory holds what it can, and the run continues.
        broken = true;
      }
    }
    if (memoryBytes() + text.length <= MAX_MEMORY_BYTES) segments.push({ memory: text, bytes: text.length });
    else lost += events;
  };

  const read = async (segment: Segment, from: number, limit: number): Promise<Buffer> => {
    const length = Math.min(limit, segment.bytes - from);
    if ('memory' in segment) return segment.memory.subarray(from, from + length);
    // A server that keeps up gets lines from memory: they were written a moment ago.
    const { latest } = segment;
    if (latest !== undefined && latest.from <= from)
      return latest.text.subarray(from - latest.from, from - latest.from + length);
    const file = await fileOf(segment);
    const { buffer, bytesRead } = await file.read(Buffer.allocUnsafe(length), 0, length, from);
    return buffer.subarray(0, bytesRead);
  };

  /** Keeps invalid events for a person to look at: sent along, one would spoil the whole post. */
  const setAside = async (damage: Buffer): Promise<void> => {
    asideFile = join(await asideIn(dirname(directory)), `${nameOfRun(directory)}.ndjson`);
    await appendFile(asideFile, Buffer.concat([damage, Buffer.of(LINE_END)]), { mode: 0o600 });
  };

  /** The events at the head of the backlog, without damaged lines of an inherited one. */
  const eventsAtHead = async (segment: Segment, limit: number): Promise<Batch | undefined> => {
    while (headOffset < segment.bytes) {
      const text = await read(segment, headOffset, limit);
      const end = text.lastIndexOf(LINE_END);
      if (!isInherited) return end === -1 ? undefined : { text: text.subarray(0, end), bytes: end + 1 };
      if (end === -1) {
        // The last line of a killed run, or not text at all: it ends at the next line end.
        const rest = await read(segment, headOffset, segment.bytes);
        const length = rest.indexOf(LINE_END);
        const line = length === -1 ? rest : rest.subarray(0, length);
        await setAside(line);
        headOffset += Math.min(rest.length, line.length + 1);
        continue;
      }
      const lines = linesOf(text.subarray(0, end));
      const firstDamaged = lines.findIndex((line) => !isEvent(line));
      if (firstDamaged === -1) return { text: text.subarray(0, end), bytes: end + 1 };
      if (firstDamaged > 0) {
        const sound = Buffer.concat(
          lines.slice(0, firstDamaged).flatMap((line) => [line, Buffer.of(LINE_END)]),
        );
        return { text: sound.subarray(0, -1), bytes: sound.length };
      }
      const [damage = Buffer.alloc(0)] = lines;
      await setAside(damage);
      headOffset += damage.length + 1;
    }
    return undefined;
  };

  const dropHead = async () => {
    const segment = segments[0];
    headOffset = 0;
    if (segment !== undefined && 'path' in segment) {
      if (segments.length === 1 && segment.file !== undefined && !broken) {
        // The next lines go into the same file: otherwise a server that keeps up would cost a file for each post.
        await segment.file.truncate(0);
        segment.bytes = 0;
        segment.latest = undefined;
        return;
      }
      await letGo(segment);
      await rm(segment.path, { force: true });
    }
    segments.shift();
    head += 1;
  };

  return {
    header,

    add(events) {
      for (const event of events) {
        if (waitingBytes + event.length > MAX_WAITING_BYTES) {
          lost += 1;
          continue;
        }
        const line = Buffer.from(`${event}\n`);
        waiting.push(line);
        waitingBytes += line.length;
      }
      // Without the sender, too: it may be waiting for the server to come back.
      if (waitingBytes > FLUSH_BYTES) void keyedMutex(writeWaiting);
      else flushing ??= setTimeout(() => void keyedMutex(writeWaiting), FLUSH_MS);
    },

    next: (limitBytes) =>
      keyedMutex(async () => {
        await writeWaiting();
        while (unsentBytes() > 0) {
          const segment = segments[0] as Segment;
          if (headOffset < segment.bytes) {
            try {
              const batch = await eventsAtHead(segment, limitBytes);
              if (batch !== undefined) return batch;
            } catch (error) {
              // Another process took this run for dead and has sent it: there is nothing left to do.
              if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
            }
          }
          await dropHead();
        }
        return undefined;
      }),

    done: (batch) =>
      keyedMutex(async () => {
        headOffset += batch.bytes;
        if (headOffset >= (segments[0]?.bytes ?? 0)) await dropHead();
      }),

    begin() {
      void keyedMutex(async () => {
        if (made || broken) return;
        // Where the disk does not work, memory has it.
        await make().catch(() => undefined);
        startBeat();
      });
    },

    end: (report) =>
      keyedMutex(async () => {
        ending = report;
        if (made)
          await writeFile(join(directory, END), JSON.stringify(report), { mode: 0o600 }).catch(
            () => undefined,
          );
      }),

    owed: (report) => (isOwed(report) ? (report === 'start' ? header.start : ending) : undefined),

    heard(report, isAccepted) {
      if (report === 'start') startState = isAccepted ? 'accepted' : 'refused';
      else endHeard = true;
    },

    runId() {
      const id = header.start?.['task_id'];
      return startState === 'accepted' && typeof id === 'string' ? id : undefined;
    },

    dropped: () => lost,

    damaged: () => asideFile,

    atRisk: () =>
      segments.some((segment) => 'memory' in segment) || (!made && (isOwed('start') || isOwed('end'))),

    async close() {
      clearInterval(beat);
      await keyedMutex(writeWaiting);
      for (const segment of segments) if ('path' in segment) await letGo(segment).catch(() => undefined);
      if (!made) return;
      const hasLines = segments.some((segment) => 'path' in segment && segment.bytes > 0);
      if (!hasLines && !isOwed('start') && !isOwed('end')) {
        await rm(directory, { recursive: true, force: true });
        return;
      }
      const place: Place = { number: head, offset: headOffset };
      await writeFile(join(directory, 'sent.json'), JSON.stringify({ ...place, start: startState }), {
        mode: 0o600,
      }).catch(() => undefined);
      await rm(join(directory, 'owner.json'), { force: true });
    },
  };
};

const own = (directory: string): Promise<void> =>
  writeFile(join(directory, 'owner.json'), JSON.stringify({ host: hostname(), pid: process.pid }), {
    mode: 0o600,
  });

const nameOfRun = (directory: string): string => basename(directory).replace(/~[^~]*$/, '');

const asideIn = async (spoolDir: string): Promise<string> => {
  const folder = join(spoolDir, ASIDE);
  await mkdir(folder, { recursive: true, mode: 0o700 });
  return folder;
};

const linesOf = (text: Buffer): readonly Buffer[] => {
  const lines: Buffer[] = [];
  let from = 0;
  for (let end = text.indexOf(LINE_END); end !== -1; end = text.indexOf(LINE_END, from)) {
    lines.push(text.subarray(from, end));
    from = end + 1;
  }
  return [...lines, text.subarray(from)];
};

/** Whether a line is an event as `miyabi run` writes it. */
const isEvent = (line: Buffer): boolean => {
  try {
    const event: unknown = JSON.parse(line.toString());
    return (
      isJsonObject(event) && typeof event['message'] === 'string' && typeof event['timestamp'] === 'number'
    );
  } catch {
    return false;
  }
};

/** The content of a folder of the spool. `live`: a running run owns it. */
export type Leftover = Readonly<{ directory: string; header: RunHeader; bytes: number; live: boolean }>;

/** A folder of the spool with lines that cannot be sent. `setAside` may move it: no process can use it. */
export type Unreadable = Readonly<{ directory: string; reason: string; isDamaged: boolean }>;

/** The content of the spool, the oldest run first. Folders without lines, and files, are skipped. */
export type Spool = Readonly<{ runs: readonly Leftover[]; unreadable: readonly Unreadable[] }>;

export const readSpool = async (spoolDir: string): Promise<Spool> => {
  let names: string[];
  try {
    names = await readdir(spoolDir);
  } catch (error) {
    if (codeOf(error) === 'ENOENT') return { runs: [], unreadable: [] };
    throw error;
  }
  const runs: Leftover[] = [];
  const unreadable: Unreadable[] = [];
  for (const name of names.sort()) {
    const directory = join(spoolDir, name);
    if (name === ASIDE) continue;
    try {
      const segments = await segmentsIn(directory);
      const header = await readHeader(directory);
      const live = await hasOwner(directory);
      if ('header' in header) {
        const bytes = segments.reduce((sum, segment) => sum + segment.bytes, 0);
        runs.push({ directory, header: header.header, bytes, live });
      } else if (segments.length > 0 && !live) unreadable.push({ directory, ...header });
    } catch (error) {
      // Another run is just removing it, or it is a file.
      if (codeOf(error) !== 'ENOENT' && codeOf(error) !== 'ENOTDIR') {
        unreadable.push({ directory, reason: messageOf(error), isDamaged: false });
      }
    }
  }
  return { runs, unreadable };
};

/** The runs in the spool, the oldest first. */
export const leftovers = async (spoolDir: string): Promise<readonly Leftover[]> =>
  (await readSpool(spoolDir)).runs;

/** Moves a damaged run away and returns its new path; undefined if another process was faster. */
export const setAside = async ({ directory }: Unreadable): Promise<string | undefined> => {
  const aside = join(await asideIn(dirname(directory)), basename(directory));
  try {
    await rename(directory, aside);
    return aside;
  } catch (error) {
    if (codeOf(error) === 'ENOENT') return undefined;
    throw error;
  }
};

const readHeader = async (
  directory: string,
): Promise<Readonly<{ header: RunHeader }> | Pick<Unreadable, 'reason' | 'isDamaged'>> => {
  let value: unknown;
  try {
    value = await readJson(join(directory, 'header.json'));
  } catch (error) {
    const reason =
      codeOf(error) === 'ENOENT'
        ? 'its header.json is missing'
        : error instanceof SyntaxError
          ? 'its header.json is not JSON'
          : messageOf(error);
    return { reason, isDamaged: codeOf(error) === 'ENOENT' || error instanceof SyntaxError };
  }
  const version = isJsonObject(value) ? (value['version'] ?? SPOOL_VERSION) : undefined;
  if (typeof version === 'number' && version > SPOOL_VERSION) {
    return {
      reason: `a newer miyabi wrote it (version ${version}); send it with that one`,
      isDamaged: false,
    };
  }
  const header = headerOf(value);
  return header === undefined
    ? { reason: 'its header.json does not say where it belongs', isDamaged: true }
    : { header };
};

const codeOf = (error: unknown): unknown =>
  typeof error === 'object' && error !== null && 'code' in error ? error.code : undefined;

const messageOf = (error: unknown): string => (error instanceof Error ? error.message : String(error));

/** Takes over a run whose owner has died; undefined if another process was faster. */
export const claim = async (leftover: Leftover, mark: string): Promise<Backlog | undefined> => {
  const claimed = `${leftover.directory.replace(/~[^/~]*$/, '')}~${mark}`;
  try {
    // One of several renames succeeds; the others find nothing to rename.
    await rename(leftover.directory, claimed);
    await own(claimed);
    const sent: unknown = await readJson(join(claimed, 'sent.json')).catch(() => undefined);
    const end: unknown = await readJson(join(claimed, END)).catch(() => undefined);
    const place = placeOf(sent);
    const all = await segmentsIn(claimed);
    const segments = all.filter(({ number }) => number >= place.number);
    const first = segments[0]?.number ?? place.number;
    return backlogIn(
      claimed,
      leftover.header,
      segments.map(({ path, bytes }) => ({ path, bytes })),
      first,
      first === place.number ? place.offset : 0,
      { start: startIn(sent), end: isJsonObject(end) ? end : undefined },
    );
  } catch {
    return undefined;
  }
};

const segmentsIn = async (
  directory: string,
): Promise<readonly { number: number; path: string; bytes: number }[]> => {
  const names = (await readdir(directory)).filter((name) => /^\d{6,12}\.ndjson$/.test(name)).sort();
  return Promise.all(
    names.map(async (name) => {
      const path = join(directory, name);
      return { number: Number.parseInt(name, 10), path, bytes: (await stat(path)).size };
    }),
  );
};

const hasOwner = async (directory: string): Promise<boolean> => {
  const path = join(directory, 'owner.json');
  let beatAt: number;
  let owner: unknown;
  try {
    beatAt = (await stat(path)).mtimeMs;
    owner = await readJson(path);
  } catch {
    // A folder without an owner's mark may be one that is being made this moment.
    // One that was closed says how far the server has come.
    const isClosed = await stat(join(directory, 'sent.json')).then(
      () => true,
      () => false,
    );
    if (isClosed) return false;
    return Date.now() - (await stat(directory)).mtimeMs < 1_000 && (await segmentsIn(directory)).length === 0;
  }
  if (isJsonObject(owner) && owner.host === hostname() && typeof owner.pid === 'number')
    return isAlive(owner.pid);
  return Date.now() - beatAt < 4 * BEAT_MS;
};

const isAlive = (pid: number): boolean => {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
};

const readJson = async (path: string): Promise<unknown> => JSON.parse(await readFile(path, 'utf8'));

const headerOf = (value: unknown): RunHeader | undefined => {
  if (!isJsonObject(value)) return undefined;
  const { url, project_id, log_group, log_stream, start } = value;
  if (typeof url !== 'string' || typeof log_group !== 'string' || typeof log_stream !== 'string')
    return undefined;
  return {
    url,
    log_group,
    log_stream,
    ...(typeof project_id === 'string' ? { project_id } : {}),
    ...(isJsonObject(start) ? { start } : {}),
  };
};

/** A start that may have arrived is sent again: the server recognises the task by its id. */
const startIn = (value: unknown): StartState => {
  const start = isJsonObject(value) ? value['start'] : undefined;
  return start === 'accepted' || start === 'refused' ? start : 'unheard';
};

/** Without a position, the whole run is sent again: the server recognises the events that it has. */
const placeOf = (value: unknown): Place => {
  if (!isJsonObject(value)) return { number: 0, offset: 0 };
  const { number, offset } = value;
  return isPlace(number) && isPlace(offset) ? { number, offset } : { number: 0, offset: 0 };
};

const isPlace = (value: unknown): value is number => Number.isSafeInteger(value) && Number(value) >= 0;
