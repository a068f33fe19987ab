import { once } from 'node:events';
import { createReadStream } from 'node:fs';
import { parse as parsePath } from 'node:path';
import { boundHeap } from '../../adapters/system/bounded-heap.ts';
import { defined } from '../../domain/defined.ts';
import type { LogFormat } from '../../domain/logs/format.ts';
import { logParser, type ParsedTask } from '../../domain/logs/parse.ts';
import { type ContinuedLine, logReader, type PlacedSignal } from '../../domain/logs/signals.ts';
import { progressOf } from '../../domain/tasks/progress.ts';
import { CommandFailure, EXIT } from '../failure.ts';
import { fileShelf } from './file-shelf.ts';

/** Lines per call of the parser: enough to spread its cost, few enough to stay small in memory. */
const CHUNK_LINES = 2_000;

/** Nearly all that reading allocates dies at once: a larger young generation is only slower. */
const HEAP = { young: 8 * 2 ** 20, growth: 100 };

/** The rest of an endless line is dropped to bound memory; the parser skips such lines anyway. */
const MAX_PENDING = 1_000_000;

/**
 * `miyabi parse`: reads a log from a file, or from standard input, and writes one JSON task a line.
 *
 * @throws CommandFailure where the file cannot be read.
 */
export const parseLog = async (file: string | undefined, formats: readonly LogFormat[]): Promise<void> => {
  boundHeap(HEAP);
  const shelf = fileShelf();
  const parser = logParser(formats, { shelf });
  try {
    await eachChunk(file, (lines) => parser.add(lines));
    const toPublic = publicTask(nameOf(file));
    for (const task of parser.tasksAtEnd()) await print(`${JSON.stringify(toPublic(task))}\n`);
  } finally {
    shelf.close();
  }
  const oversized = parser.oversized();
  if (oversized > 0)
    process.stderr.write(
      `miyabi: ${oversized} ${oversized === 1 ? 'line was' : 'lines were'} too long to be read\n`,
    );
};

/** A reader that is slower than this must not let the output pile up in memory. */
const print = async (text: string): Promise<void> => {
  if (!process.stdout.write(text)) await once(process.stdout, 'drain');
};

/**
 * `miyabi parse --explain`: for each line its number, the format that read it and its signal, or `-` if no format
 * recognises it.
 *
 * @throws CommandFailure where the file cannot be read.
 */
export const explainLog = async (
  file: string | undefined,
  formats: readonly LogFormat[],
  { json }: Readonly<{ json: boolean }>,
): Promise<void> => {
  const reader = logReader(formats);
  let continued: ContinuedLine | undefined;
  let number = 0;
  await eachChunk(file, (lines) => {
    let text = '';
    for (const line of lines) {
      number += 1;
      const reading = reader.read([{ id: String(number), timestamp: 0, message: line }], {
        inSequence: true,
        continued,
      });
      continued = reading.continued;
      const found = [...reading.ofStream, ...[...reading.ofTask.values()].flat()];
      text += json ? explainedJson(number, line, found) : explainedText(number, line, found);
    }
    process.stdout.write(text);
  });
};

const explainedJson = (line: number, text: string, found: readonly PlacedSignal[]): string =>
  `${JSON.stringify({ line, text, signals: found.map(({ format, signal }) => ({ format, signal })) })}\n`;

/** The signal on a line of its own, so that both are readable. */
const explainedText = (number: number, line: string, found: readonly PlacedSignal[]): string => {
  const names = found.map(({ format }) => format).join(',') || '-';
  const signals = found
    .map(({ signal }) => `${' '.repeat(EXPLAINED_INDENT)}${JSON.stringify(signal)}\n`)
    .join('');
  return `${String(number).padStart(6)} ${names.padEnd(14)} ${line.trimEnd()}\n${signals}`;
};

const EXPLAINED_INDENT = 22;

/** Reads the lines of a log, some thousand at a time. */
const eachChunk = async (
  file: string | undefined,
  take: (lines: readonly string[]) => void,
): Promise<void> => {
  const input = file === undefined || file === '-' ? process.stdin : createReadStream(file);
  let pending = '';
  let skipping = false;
  let lines: string[] = [];
  const add = (line: string) => {
    lines.push(line);
    if (lines.length >= CHUNK_LINES) {
      take(lines);
      lines = [];
    }
  };
  try {
    // With an encoding set, a stream yields strings.
    for await (const chunk of input.setEncoding('utf8') as AsyncIterable<string>) {
      const parts = (pending + chunk).split('\n');
      pending = parts.pop() ?? '';
      for (const part of parts) {
        if (!skipping) add(part);
        skipping = false;
      }
      if (skipping) pending = '';
      else if (pending.length > MAX_PENDING) {
        add(pending);
        pending = '';
        skipping = true;
      }
    }
  } catch (error) {
    throw new CommandFailure(EXIT.failed, `cannot read ${file ?? 'standard input'}: ${reasonOf(error)}`, {
      cause: error,
    });
  }
  if (pending !== '') add(pending);
  take(lines);
};

/** What a task is called whose lines give it no name: the log, as a server calls it after the log's stream. */
const nameOf = (file: string | undefined): string =>
  file === undefined || file === '-' ? 'stdin' : parsePath(file).name;

const publicTask =
  (logName: string) =>
  ({ task_id, run }: ParsedTask) => ({
    ...defined({ task_id }),
    task_name: run.task_name || task_id || logName,
    task_type: run.task_type,
    status: run.status,
    progress: progressOf(run, run.status),
    details: run.details,
    ...(run.started_at > 0 ? { started_at: new Date(run.started_at).toISOString() } : {}),
    ...(run.ended_at !== undefined && run.ended_at > 0
      ? { completed_at: new Date(run.ended_at).toISOString() }
      : {}),
  });

const reasonOf = (error: unknown): string => {
  const code = (error as NodeJS.ErrnoException).code;
  if (code === 'ENOENT') return 'there is no such file';
  if (code === 'EISDIR') return 'it is a folder';
  if (code === 'EACCES') return 'permission denied';
  return error instanceof Error ? error.message : String(error);
};
