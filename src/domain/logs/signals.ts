import { isId } from '../ids.ts';
import type { Json } from '../json.ts';
import { isTime } from '../time.ts';
import type { LogEvent } from './event.ts';
import type { LogFormat } from './format.ts';
import { cleanLine, MAX_LINE, splitLines } from './lines.ts';

/**
 * A signal and its place in the log. `id` and `line` (the line's number within its event, from 0) tell it apart from
 * every other of its stream; `at` is epoch milliseconds: the line's own time where it states one, else the event's.
 */
export type PlacedSignal = Readonly<{ id: string; line: number; at: number; format: string; signal: Json }>;

/** What a batch of events says: signals that belong to the stream, signals that name their task, and what was passed over. */
export type Reading = Readonly<{
  ofStream: readonly PlacedSignal[];
  ofTask: ReadonlyMap<string, readonly PlacedSignal[]>;
  /** The project that a task's own lines name, the last one in the batch. */
  projectOfTask: ReadonlyMap<string, string>;
  projectOfStream?: string;
  lines: number;
  /** Lines that were too long to be read. */
  oversized: number;
}>;

/**
 * Reads events line by line. A line goes to the first format that knows it; a line that none knows says nothing.
 * `streamTask` is the task that the whole stream is, where it is one.
 */
export const readEvents = (
  events: readonly LogEvent[],
  formats: readonly LogFormat[],
  streamTask?: string,
): Reading => {
  const ofStream: PlacedSignal[] = [];
  const ofTask = new Map<string, PlacedSignal[]>();
  const projectOfTask = new Map<string, string>();
  let projectOfStream: string | undefined;
  let lines = 0;
  let oversized = 0;

  const place = (text: string, event: LogEvent, line: number) => {
    for (const format of formats) {
      const signal = format.read(text);
      if (signal === undefined) continue;
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
      return;
    }
  };

  for (const event of events) {
    let line = -1;
    for (const raw of splitLines(event.message)) {
      line += 1;
      lines += 1;
      if (raw.length > MAX_LINE) {
        oversized += 1;
        continue;
      }
      const text = cleanLine(raw);
      const enveloped = text.startsWith(DOCKER_ENVELOPE) ? textInEnvelope(text) : undefined;
      const read = enveloped === undefined ? text : cleanLine(enveloped);
      if (read !== '') place(read, event, line);
    }
  }
  return {
    ofStream,
    ofTask,
    projectOfTask,
    ...(projectOfStream === undefined ? {} : { projectOfStream }),
    lines,
    oversized,
  };
};

/** How Docker's json-file driver begins each line that a container writes: `{"log":"…\n","stream":"stdout",…}`. */
const DOCKER_ENVELOPE = '{"log":"';

/** The line in the envelope, where it is one line of text; JSON in it is the business of the JSON format. */
const textInEnvelope = (text: string): string | undefined => {
  try {
    const { log } = JSON.parse(text) as { log?: unknown };
    return typeof log === 'string' && !log.startsWith('{') && !log.trimEnd().includes('\n') ? log : undefined;
  } catch {
    return undefined;
  }
};

const validId = (id: string | undefined): string | undefined =>
  id !== undefined && isId(id) ? id : undefined;
