/**
 * The worker that measures what `miyabi parse` takes in memory for a log that names a new task on each line. What the command
 * prints is counted instead.
 */
import { closeSync, mkdtempSync, openSync, rmSync, writeSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseLog } from '../../src/cli/commands/parse.ts';
import { builtInFormats } from '../../src/domain/logs/formats/registry.ts';
import { answer, input } from '../lib/in-worker.ts';

export type ParsingInput = Readonly<{ megabytes: number }>;

/** Of the processor's time, and the most resident memory of the whole process, in bytes. */
export type ParsingOutput = Readonly<{ ms: number; most: number; tasks: number }>;

const CHUNK = 2_000;

const { megabytes } = input<ParsingInput>();

const lineOf = (index: number): string =>
  `{"task_id":"import-${String(index).padStart(7, '0')}","status":"running","message":"chunk ${index} of the archive","progress":{"current":${index % 100},"total":100}}\n`;

/** Writes the log, a chunk at a time, and returns how many lines it has. */
const writeLog = (path: string): number => {
  const file = openSync(path, 'w');
  let lines = 0;
  for (let bytes = 0; bytes < megabytes * 1e6; lines += CHUNK)
    bytes += writeSync(file, Array.from({ length: CHUNK }, (_, index) => lineOf(lines + index)).join(''));
  closeSync(file);
  return lines;
};

const folder = mkdtempSync(join(tmpdir(), 'miyabi-parsing-'));
try {
  const log = join(folder, 'import.log');
  const lines = writeLog(log);
  let tasks = 0;
  process.stdout.write = () => {
    tasks += 1;
    return true;
  };
  const began = process.cpuUsage();
  await parseLog(log, builtInFormats);
  const { user, system } = process.cpuUsage(began);
  if (tasks !== lines) throw new Error(`${tasks} tasks of ${lines} lines`);
  answer({
    ms: (user + system) / 1000,
    most: process.resourceUsage().maxRSS * 1024,
    tasks,
  } satisfies ParsingOutput);
} finally {
  rmSync(folder, { recursive: true });
}
