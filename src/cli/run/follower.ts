// Over 300 lines: what is drawn and what is sent of one output share its lines.

import { randomBytes } from 'node:crypto';
import { basename } from 'node:path';
import { defined } from '../../domain/defined.ts';
import { isId, toId } from '../../domain/ids.ts';
import type { LogEvent } from '../../domain/logs/event.ts';
import { masker, secretsOf } from '../../domain/logs/masking.ts';
import type { Clock } from '../../ports/clock.ts';
import { serverAt } from '../server.ts';
import type { ClientSettings } from '../settings.ts';
import type { BarTask } from '../terminal/bars.ts';
import { type EndReport, endReport, outputTail, type RunEnd, statusOfEnd, wordsOfEnd } from './ending.ts';
import { runFacts, runName } from './facts.ts';
import { pullRequestOfJob } from './github-event.ts';
import { lineSplitter } from './lines.ts';
import type { LiveTasks } from './live-tasks.ts';
import type { Screen } from './screen.ts';
import { leanSender, type Sender } from './sender.ts';
import { type Shipped, shipper } from './shipper.ts';
import { claim, type Leftover, newBacklog, type RunHeader, readSpool, setAside } from './spool.ts';

/** Follows a command's output: draws its tasks, and sends its lines to the server. */
export type Follower = Readonly<{
  /** The id of the run's task; undefined without a server. */
  taskId: string | undefined;
  take(stream: 'stdout' | 'stderr', chunk: Buffer, at: number): void;
  /** The terminal has a new size. Returns how many of its lines the bars take. */
  resized(): number;
  stopDrawing(): void;
  /** How the run ended, as a bar; undefined where there was nothing to draw. */
  lastBar(end: RunEnd): string | undefined;
  /** Waits, within its bound or until the signal, until the server has everything. Returns what there is to say of it. */
  finish(signal: AbortSignal, end: RunEnd): Promise<Readonly<{ text: string; serious: boolean }> | undefined>;
}>;

export type FollowerOptions = Readonly<{
  settings: ClientSettings;
  clock: Clock;
  command: readonly string[];
  view: Screen;
  project?: string;
  name?: string;
  /** When the command was started, epoch milliseconds. */
  startedAt: number;
  drawsBars: boolean;
  /** The output comes from a terminal, which also echoes the user's keys into it. */
  echoes: boolean;
  size(): Readonly<{ rows: number; columns: number }>;
  /** From now on this many lines at the bottom of the terminal are ours. */
  onReserve(lines: number): void;
}>;

const TICK_MS = 200;
/** The first frame is earlier, so that output from before this was loaded shows at once. */
const FIRST_TICK_MS = 30;
/** How long output is collected before its lines are read, in milliseconds: they all count as written at its start. */
const GATHER_MS = 20;
/** With more than this, in bytes, they are read at once: the disk should get its work in time. */
const GATHER_BYTES = 1024 * 1024;
/** More than these would leave too little room for the output. */
const MAX_BARS = 6;
/** How much may wait to be read for the bars, in UTF-16 code units; beyond that, the oldest is not read. */
const MAX_UNREAD = 4_000_000;
/** Output of one tick that is read completely for the bars: some two thousand lines a second. */
const CALM = 32_000;
/** Of more than that, this much of the newest is read in any case: some fifty lines. */
const NEWEST = 4_000;
/** Lines that begin or end work contain words or marks like these. */
const PROGRESS_WORDS = /[|✅❌✨{]|\.\.\.|deploy|destroy|creat|updat|fail|error|complete|finish|succe|done/gi;

/** The lines of a text that may begin or end work. */
const progressLines = (text: string): string => {
  const lines: string[] = [];
  PROGRESS_WORDS.lastIndex = 0;
  for (let hit = PROGRESS_WORDS.exec(text); hit !== null; hit = PROGRESS_WORDS.exec(text)) {
    const start = text.lastIndexOf('\n', hit.index) + 1;
    const end = text.indexOf('\n', hit.index);
    lines.push(end === -1 ? text.slice(start) : text.slice(start, end));
    if (end === -1) break;
    PROGRESS_WORDS.lastIndex = end;
  }
  return lines.join('\n');
};

/**
 * The part of a flood that is read for the bars, so that they cost little whatever a command prints: lines that may
 * begin or end work, and the newest, which have the current counters. Everything is sent.
 */
const isProgressLine = (events: readonly LogEvent[]): readonly LogEvent[] => {
  let newest = NEWEST;
  return events
    .toReversed()
    .map((event) => {
      const { message } = event;
      if (newest >= message.length) {
        newest -= message.length;
        return event;
      }
      const cut = message.indexOf('\n', message.length - newest);
      newest = 0;
      if (cut === -1) return { ...event, message: progressLines(message) };
      return { ...event, message: `${progressLines(message.slice(0, cut))}${message.slice(cut)}` };
    })
    .toReversed();
};

/** Ctrl-C and its like, as a terminal shows them at the start of the line that the command prints next. */
const ECHO = /^(?:\^[@CDZ\\])+(?=\S)/gm;

/** Events of this size fit a post, however their characters are escaped. */
const MAX_EVENT_BYTES = 180 * 1024;
const CUT_CHARACTERS = 28_000;

export const follow = async (options: FollowerOptions): Promise<Follower> => {
  const { settings, clock, view } = options;
  const splitters = { stdout: lineSplitter(), stderr: lineSplitter() };
  const secrets = secretsOf(process.env);
  const masks = { stdout: masker(secrets), stderr: masker(secrets) };
  let eventNumber = 0;
  let unread: LogEvent[] = [];
  let unreadLength = 0;

  const drawing = options.drawsBars ? await barsOf(options) : undefined;
  const { url, apiKey } = settings;
  const shipping =
    url === undefined
      ? undefined
      : await ship(options, await leanSender(serverAt(url, apiKey), apiKey), secrets);
  const tail = outputTail({ merged: options.echoes });

  const takeLines = (stream: 'stdout' | 'stderr', output: string, at: number) => {
    if (output === '') return;
    const lines = options.echoes && output.includes('^') ? output.replace(ECHO, '') : output;
    const first = eventNumber + 1;
    // Masks may make lines longer or shorter, so what is sent is cut separately.
    if (shipping !== undefined) {
      const masked = masks[stream].mask(lines);
      tail.add(stream, masked);
      const parts = partsOf(masked);
      eventNumber += parts.length;
      shipping.add(parts.map((part, index) => eventText(first + index, at, part)));
    } else eventNumber += 1;
    if (drawing === undefined) return;
    if (unreadLength > MAX_UNREAD) {
      unread = [];
      unreadLength = 0;
    }
    unread.push({ id: idOf(first), timestamp: at, message: lines });
    unreadLength += lines.length;
  };

  /** Output comes in many small pieces; reading several at once costs half as much. */
  let gathered: { readonly stream: 'stdout' | 'stderr'; readonly chunks: Buffer[]; readonly at: number }[] =
    [];
  let gatheredBytes = 0;
  let gathering: NodeJS.Timeout | undefined;
  const readGathered = () => {
    clearTimeout(gathering);
    gathering = undefined;
    const pieces = gathered;
    gathered = [];
    gatheredBytes = 0;
    for (const { stream, chunks, at } of pieces) {
      takeLines(
        stream,
        splitters[stream].push(chunks.length === 1 ? (chunks[0] as Buffer) : Buffer.concat(chunks)),
        at,
      );
    }
  };

  const tick = () => {
    if (drawing === undefined) return;
    if (unread.length > 0) {
      drawing.tasks.add(unreadLength > CALM ? isProgressLine(unread) : unread);
      unread = [];
      unreadLength = 0;
    }
    drawing.draw();
  };
  const timers = drawing === undefined ? [] : [setTimeout(tick, FIRST_TICK_MS), setInterval(tick, TICK_MS)];
  // A command that was over before we were ready must not wait for its bars.
  for (const timer of timers) timer.unref();

  return {
    taskId: shipping?.taskId,
    take(stream, chunk, at) {
      const last = gathered.at(-1);
      if (last?.stream === stream) last.chunks.push(chunk);
      else gathered.push({ stream, chunks: [chunk], at });
      gatheredBytes += chunk.length;
      if (gatheredBytes > GATHER_BYTES) readGathered();
      else gathering ??= setTimeout(readGathered, GATHER_MS);
    },
    resized() {
      tick();
      return drawing?.reserved() ?? 0;
    },
    stopDrawing() {
      for (const timer of timers) clearInterval(timer);
      view.draw([]);
    },
    lastBar(end) {
      if (drawing === undefined) return undefined;
      readGathered();
      tick();
      view.draw([]);
      return drawing.last(end);
    },
    async finish(signal, end) {
      readGathered();
      for (const stream of ['stdout', 'stderr'] as const)
        takeLines(stream, splitters[stream].end(), clock.now());
      if (shipping === undefined) return undefined;
      return noteOf(await shipping.finish(settings.flushMs, signal, endReport(end, tail)), settings);
    },
  };
};

const barsOf = async ({ size, view, clock, onReserve, command, name, startedAt }: FollowerOptions) => {
  const [{ logFormats }, { liveTasks }, { barLine }, { lookOf }] = await Promise.all([
    import('../commands/log-formats.ts'),
    import('./live-tasks.ts'),
    import('../terminal/bars.ts'),
    import('../terminal/terminal.ts'),
  ]);
  const tasks: LiveTasks = liveTasks(
    await logFormats(process.env.MIYABI_LOG_FORMATS),
    name || basename(command[0] ?? ''),
  );
  const look = lookOf(process.env, process.stderr);
  let reserved = 0;
  const draw = () => {
    const { rows, columns } = size();
    const room = Math.max(0, Math.min(MAX_BARS, Math.floor(rows / 3)));
    const all = tasks.bars(clock.now());
    const shown = all.slice(0, all.length > room ? Math.max(0, room - 1) : room);
    const lines = shown.map((task) => barLine(task, columns, look));
    if (all.length > shown.length && room > 0)
      lines.push(`  … ${all.length - shown.length} more`.slice(0, columns - 1));
    if (lines.length !== reserved) {
      reserved = lines.length;
      onReserve(reserved);
    }
    view.draw(lines);
  };
  const last = (end: RunEnd): string | undefined => {
    const status = statusOfEnd(end);
    const whole = tasks.whole(status);
    if (whole === undefined) return undefined;
    const bar: BarTask = {
      ...whole,
      name: name ?? runName(command, (text) => text),
      status,
      elapsed: Math.max(0, (end.at - startedAt) / 1_000),
      ...(status === 'completed' ? {} : { phase: wordsOfEnd(end) }),
    };
    return barLine(bar, size().columns, look);
  };
  return { tasks, draw, last, reserved: () => reserved };
};

const ship = async (
  { settings, command, project, name, startedAt }: FollowerOptions,
  client: Sender,
  secrets: readonly string[],
) => {
  const mask = (text: string) => masker(secrets).mask(text);
  const started = new Date(startedAt).toISOString().replace(/[-:]|\.\d+/g, '');
  const mark = randomBytes(4).toString('hex');
  // Only the program of the command: its arguments may contain secrets. Masked first: `toId` hides what shows a secret.
  const streamName = toId(mask(name ?? basename(command[0] ?? '')), 80) || 'run';
  const log_stream = `${streamName}-${started}-${mark}`;
  const task_id = isId(log_stream) ? log_stream : `run-${started}-${mark}`;
  const every = Math.max(1, Math.round(settings.heartbeatMs / 1_000));
  const header: RunHeader = {
    url: client.url,
    ...defined({ project_id: project }),
    log_group: LOG_GROUP,
    log_stream,
    start: {
      task_id,
      task_name: name === undefined ? runName(command, mask) : mask(name).slice(0, 512),
      task_type: 'run',
      status: 'running',
      ...defined({ project_id: project }),
      started_at: startedAt,
      run: await runFacts(command, { env: process.env, cwd: process.cwd(), mask }),
      heartbeat: { every_seconds: every, grace_seconds: Math.max(MIN_GRACE_SECONDS, 2 * every) },
      details: { log_group: LOG_GROUP, log_stream },
      ...defined({ github: await pullRequestOfJob(process.env) }),
    },
  };
  const own = newBacklog(settings.spoolDir, `${started}-${mark}`, header);
  own.begin();
  const damage: string[] = [];
  const sending = shipper(
    client,
    own,
    earlierRuns(settings.spoolDir, client.url, mark, (text) => damage.push(text)),
  );
  sending.wake();
  const beating = setInterval(() => {
    const id = own.runId();
    if (id === undefined) return;
    // One that is lost does no harm: the next comes soon.
    client
      .send({
        method: 'POST',
        path: `/api/tasks/${encodeURIComponent(id)}/heartbeat`,
        timeoutMs: HEARTBEAT_TIMEOUT_MS,
      })
      .catch(() => undefined);
  }, settings.heartbeatMs);
  beating.unref();
  return {
    taskId: task_id,
    add(events: readonly string[]) {
      own.add(events);
      sending.wake();
    },
    finish: async (limitMs: number, signal: AbortSignal, end: EndReport): Promise<Shipped> => {
      clearInterval(beating);
      await own.end(end);
      const shipped = await sending.finish(limitMs, signal);
      return { ...shipped, damage: [...damage, ...shipped.damage.map(damagedLines)] };
    },
  };
};

/** A run may be so late with its heartbeat at least: a laptop is busy, a server restarts. */
const MIN_GRACE_SECONDS = 60;
const HEARTBEAT_TIMEOUT_MS = 10_000;

/** The log group of everything that `miyabi run` sends. */
const LOG_GROUP = '/miyabi/run';

/** The message about a file with unreadable lines. */
export const damagedLines = (file: string): string =>
  `lines of an earlier run could not be read and are now in ${file}`;

/**
 * Returns, one by one, the runs that finished runs have left for this server. A damaged run is set aside; `report` gets
 * a sentence about each that cannot be sent.
 */
export const earlierRuns = (spoolDir: string, url: string, mark: string, report: (text: string) => void) => {
  let queue: readonly Leftover[] | undefined;
  let next = 0;

  const look = async (): Promise<readonly Leftover[]> => {
    const { runs, unreadable } = await readSpool(spoolDir);
    for (const run of unreadable) {
      const aside = run.isDamaged ? await setAside(run) : run.directory;
      if (aside !== undefined) report(`an earlier run cannot be sent: ${run.reason}; it is in ${aside}`);
    }
    return runs.filter(({ header, live }) => header.url === url && !live);
  };

  return async () => {
    queue ??= await look().catch(() => []);
    while (next < queue.length) {
      const leftover = queue[next];
      next += 1;
      const claimed = leftover === undefined ? undefined : await claim(leftover, mark);
      if (claimed !== undefined) return claimed;
    }
    return undefined;
  };
};

/** Parts of a text, cut between its lines, that fit an event each; a line that is too long is a part of its own. */
const partsOf = (lines: string): readonly string[] => {
  const parts: string[] = [];
  let from = 0;
  while (lines.length - from > CUT_CHARACTERS) {
    const before = lines.lastIndexOf('\n', from + CUT_CHARACTERS);
    const end = before > from ? before : lines.indexOf('\n', from + CUT_CHARACTERS);
    if (end === -1) break;
    parts.push(lines.slice(from, end));
    from = end + 1;
  }
  parts.push(lines.slice(from));
  return parts;
};

/** Ids count upwards after a letter: within one millisecond that is the order of events for the server. */
const idOf = (number: number): string => `n${number}`;

const eventText = (number: number, timestamp: number, message: string): string => {
  const text = `{"id":"${idOf(number)}","timestamp":${timestamp},"message":${JSON.stringify(message)}}`;
  return text.length * 3 > MAX_EVENT_BYTES && Buffer.byteLength(text) > MAX_EVENT_BYTES
    ? eventText(number, timestamp, `${message.slice(0, CUT_CHARACTERS)}…`)
    : text;
};

const noteOf = (shipped: Shipped, { spoolDir, url }: ClientSettings) => {
  if (shipped.dropped > 0) {
    return {
      text: `lines were lost: neither ${url} nor the folder ${spoolDir} took them (${shipped.problem ?? 'no room'})`,
      serious: true,
    };
  }
  if (shipped.refused > 0)
    return { text: `${shipped.refused} lines were refused: ${shipped.problem ?? ''}`, serious: true };
  if (shipped.damage.length > 0) return { text: shipped.damage.join('; '), serious: true };
  if (!shipped.unsent && shipped.linesOnly !== undefined) {
    return {
      text: `${url} has the lines of this run, but not how it ended; update the server (${shipped.linesOnly})`,
      serious: true,
    };
  }
  if (!shipped.unsent) return undefined;
  const serious = shipped.problem?.includes('refuses the key') === true;
  return {
    text: `some lines wait in ${spoolDir}: ${shipped.problem ?? ''}; the next miyabi run sends them`,
    serious,
  };
};
