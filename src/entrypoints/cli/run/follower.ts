import { randomBytes } from 'node:crypto';
import { basename } from 'node:path';
import { toId } from '../../../domain/ids.ts';
import type { LogEvent } from '../../../domain/logs/event.ts';
import type { Clock } from '../../../ports/clock.ts';
import { type ApiClient, apiClient } from '../api-client.ts';
import type { ClientSettings } from '../settings.ts';
import { claim, leftovers, newBacklog, type RunHeader } from './backlog.ts';
import { lineSplitter } from './lines.ts';
import type { LiveTasks } from './live-tasks.ts';
import { masker, secretsOf } from './masks.ts';
import type { Screen } from './screen.ts';
import { type Shipped, shipper } from './shipper.ts';

/** What reads a command's output as it passes: draws its tasks, and sends its lines to the server. */
export type Follower = Readonly<{
  take(stream: 'stdout' | 'stderr', chunk: Buffer, at: number): void;
  /** The terminal has another size now. The answer is how many of its lines the bars take. */
  resized(): number;
  stopDrawing(): void;
  /** Waits, within its bound or until the signal, until the server has everything. What there is to say of it. */
  finish(signal: AbortSignal): Promise<Readonly<{ text: string; serious: boolean }> | undefined>;
}>;

export type FollowerOptions = Readonly<{
  settings: ClientSettings;
  clock: Clock;
  command: readonly string[];
  view: Screen;
  project?: string;
  name?: string;
  drawsBars: boolean;
  size(): Readonly<{ rows: number; columns: number }>;
  /** So many lines at the bottom of the terminal are ours from now on. */
  onReserve(lines: number): void;
}>;

const TICK_MS = 200;
/** How long output is gathered before its lines are read, in milliseconds: they all count as written at its start. */
const GATHER_MS = 20;
/** More than these would leave too little room for the output. */
const MAX_BARS = 6;
/** Lines that may wait to be read for the bars; with more at once, the oldest are not read. */
const MAX_UNREAD = 50_000;
/** Lines of one tick that are all read for the bars: two thousand a second. */
const CALM = 400;
/** What begins or ends something says so in words or marks like these. */
const TELLING = /[|✅❌✨{]|\.\.\.|deploy|destroy|creat|updat|fail|error|complete|finish|succe|done/i;

/**
 * What of a flood is worth reading for the bars, so that they cost little whatever a command prints: lines that may
 * begin or end something, and the newest, which have the counters as they are now. What is sent is never thinned.
 */
const telling = (events: readonly LogEvent[]): readonly LogEvent[] => {
  const newest = events.length - CALM / 2;
  return events.filter(({ message }, index) => index >= newest || TELLING.test(message));
};

/** Events of this size fit a post, however their characters are escaped. */
const MAX_EVENT_BYTES = 180 * 1024;
const CUT_CHARACTERS = 28_000;

export const follow = async (options: FollowerOptions): Promise<Follower> => {
  const { settings, clock, view } = options;
  const splitters = { stdout: lineSplitter(), stderr: lineSplitter() };
  const secrets = secretsOf(process.env);
  const masks = { stdout: masker(secrets), stderr: masker(secrets) };
  let lineNumber = 0;
  let unread: LogEvent[] = [];

  const drawing = options.drawsBars ? await barsOf(options) : undefined;
  const client =
    settings.url === undefined ? undefined : apiClient({ url: settings.url, apiKey: settings.apiKey });
  const shipping = client === undefined ? undefined : ship(options, client, secrets);

  const takeLines = (stream: 'stdout' | 'stderr', lines: readonly string[], at: number) => {
    if (lines.length === 0) return;
    const first = lineNumber + 1;
    lineNumber += lines.length;
    if (shipping !== undefined) {
      shipping.add(masks[stream].maskAll(lines).map((line, index) => eventText(first + index, at, line)));
    }
    if (drawing === undefined) return;
    if (unread.length > MAX_UNREAD) unread = [];
    for (const [index, message] of lines.entries())
      unread.push({ id: idOf(first + index), timestamp: at, message });
  };

  /** Output comes in many small pieces; reading some of them at once costs half as much as each on its own. */
  let gathered: { readonly stream: 'stdout' | 'stderr'; readonly chunks: Buffer[]; readonly at: number }[] =
    [];
  let gathering: NodeJS.Timeout | undefined;
  const readGathered = () => {
    clearTimeout(gathering);
    gathering = undefined;
    const pieces = gathered;
    gathered = [];
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
      drawing.tasks.add(unread.length > CALM ? telling(unread) : unread);
      unread = [];
    }
    drawing.draw();
  };
  const timer = drawing === undefined ? undefined : setInterval(tick, TICK_MS);
  // A command that was over before we were ready is not to be kept waiting by its bars.
  timer?.unref();

  return {
    take(stream, chunk, at) {
      const last = gathered.at(-1);
      if (last?.stream === stream) last.chunks.push(chunk);
      else gathered.push({ stream, chunks: [chunk], at });
      gathering ??= setTimeout(readGathered, GATHER_MS);
    },
    resized() {
      tick();
      return drawing?.reserved() ?? 0;
    },
    stopDrawing() {
      clearInterval(timer);
      view.draw([]);
    },
    async finish(signal) {
      readGathered();
      for (const stream of ['stdout', 'stderr'] as const)
        takeLines(stream, splitters[stream].end(), clock.now());
      if (shipping === undefined) return undefined;
      const shipped = await shipping.finish(settings.flushMs, signal);
      client?.close();
      return noteOf(shipped, settings);
    },
  };
};

const barsOf = async ({ size, view, clock, onReserve }: FollowerOptions) => {
  const [{ logFormats }, { liveTasks }, { barLine }, { lookOf }] = await Promise.all([
    import('../log-formats.ts'),
    import('./live-tasks.ts'),
    import('../bars.ts'),
    import('../terminal.ts'),
  ]);
  const tasks: LiveTasks = liveTasks(await logFormats(process.env.MIYABI_LOG_FORMATS));
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
  return { tasks, draw, reserved: () => reserved };
};

const ship = (
  { settings, clock, command, project, name }: FollowerOptions,
  client: ApiClient,
  secrets: readonly string[],
) => {
  const started = new Date(clock.now()).toISOString().replace(/[-:]|\.\d+/g, '');
  const mark = randomBytes(4).toString('hex');
  const runName = toId(name ?? basename(command[0] ?? ''), 80) || 'run';
  // The name is ours to choose from the command alone: its arguments may hold what must not leave.
  const log_stream = masker(secrets).maskAll([`${runName}-${started}-${mark}`])[0] ?? mark;
  const header: RunHeader = {
    url: client.url,
    ...(project === undefined ? {} : { project_id: project }),
    log_group: LOG_GROUP,
    log_stream,
  };
  const own = newBacklog(settings.spoolDir, `${started}-${mark}`, header);
  const sending = shipper(client, own, earlierRuns(settings.spoolDir, client.url, mark));
  return {
    add(events: readonly string[]) {
      own.add(events);
      sending.wake();
    },
    finish: (limitMs: number, signal: AbortSignal): Promise<Shipped> => sending.finish(limitMs, signal),
  };
};

/** The log group of everything that `miyabi run` sends. */
export const LOG_GROUP = '/miyabi/run';

/** Gives, one by one, the runs that were left for this server by runs that are over. */
export const earlierRuns = (spoolDir: string, url: string, mark: string) => {
  let queue: Awaited<ReturnType<typeof leftovers>> | undefined;
  let next = 0;
  return async () => {
    queue ??= (await leftovers(spoolDir).catch(() => [])).filter(
      ({ header, live }) => header.url === url && !live,
    );
    while (next < queue.length) {
      const leftover = queue[next];
      next += 1;
      const claimed = leftover === undefined ? undefined : await claim(leftover, mark);
      if (claimed !== undefined) return claimed;
    }
    return undefined;
  };
};

/** Ids count upwards behind a letter: within one millisecond that is the order of lines for the server. */
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
  if (!shipped.unsent) return undefined;
  const serious = shipped.problem?.includes('refuses the key') === true;
  return {
    text: `some lines wait in ${spoolDir}: ${shipped.problem ?? ''}; the next miyabi run sends them`,
    serious,
  };
};
