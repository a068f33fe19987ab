import { createReadStream } from 'node:fs';
import { builtInFormats } from '../domain/logs/formats/registry.ts';
import { logParser, type ParsedTask } from '../domain/logs/parse.ts';
import { progressOf } from '../domain/progress.ts';
import { MiyabiError } from '../domain/errors.ts';

/** Lines of one call of the parser: enough to spread its cost, few enough to stay small in memory. */
const CHUNK_LINES = 2_000;

/** A line that never ends is cut here, so that memory stays bounded; the parser passes over such lines. */
const MAX_PENDING = 1_000_000;

/**
 * `miyabi parse`: reads a log from a file, or from standard input, and writes one JSON task a line.
 *
 * @throws MiyabiError `configuration` where the file cannot be read.
 */
export const parseLog = async (file: string | undefined): Promise<void> => {
  const parser = logParser(builtInFormats);
  const input = file === undefined || file === '-' ? process.stdin : createReadStream(file);
  let pending = '';
  let lines: string[] = [];
  const take = (line: string) => {
    lines.push(line);
    if (lines.length >= CHUNK_LINES) {
      parser.add(lines);
      lines = [];
    }
  };
  try {
    for await (const chunk of input.setEncoding('utf8') as AsyncIterable<string>) {
      const parts = (pending + chunk).split('\n');
      pending = parts.pop() ?? '';
      for (const part of parts) take(part);
      if (pending.length > MAX_PENDING) {
        take(pending);
        pending = '';
      }
    }
  } catch (error) {
    throw new MiyabiError('configuration', `cannot read ${file ?? 'standard input'}: ${reasonOf(error)}`, { cause: error });
  }
  if (pending !== '') take(pending);
  parser.add(lines);

  for (const task of parser.tasks()) process.stdout.write(`${JSON.stringify(toldTask(task))}\n`);
  const oversized = parser.oversized();
  if (oversized > 0) process.stderr.write(`miyabi: ${oversized} ${oversized === 1 ? 'line was' : 'lines were'} too long to be read\n`);
};

const toldTask = ({ task_id, run }: ParsedTask) => ({
  ...(task_id === undefined ? {} : { task_id }),
  task_name: run.task_name === '' ? (task_id ?? run.key.slice(run.key.indexOf('/') + 1)) : run.task_name,
  task_type: run.task_type,
  status: run.status,
  progress: progressOf(run, run.status),
  details: run.details,
  ...(run.started_at > 0 ? { started_at: new Date(run.started_at).toISOString() } : {}),
  ...(run.ended_at !== undefined && run.ended_at > 0 ? { completed_at: new Date(run.ended_at).toISOString() } : {}),
});

const reasonOf = (error: unknown): string => {
  const code = (error as NodeJS.ErrnoException).code;
  if (code === 'ENOENT') return 'there is no such file';
  if (code === 'EISDIR') return 'it is a folder';
  if (code === 'EACCES') return 'permission denied';
  return error instanceof Error ? error.message : String(error);
};
