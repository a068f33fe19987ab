/**
 * The worker that measures what `miyabi parse` takes in memory for a log that names a new task on each line. The lines are
 * made here, a chunk at a time, and the tasks are not printed.
 */
import { fileShelf } from '../../src/cli/commands/file-shelf.ts';
import { builtInFormats } from '../../src/domain/logs/formats/registry.ts';
import { logParser } from '../../src/domain/logs/parse.ts';
import { answer, input } from '../lib/in-worker.ts';

export type ParsingInput = Readonly<{ megabytes: number }>;

/** Of the processor's time, and the most resident memory of the whole process, in bytes. */
export type ParsingOutput = Readonly<{ ms: number; most: number; tasks: number }>;

const CHUNK = 2_000;

const { megabytes } = input<ParsingInput>();

const lineOf = (index: number): string =>
  `{"task_id":"import-${String(index).padStart(7, '0')}","status":"running","message":"chunk ${index} of the archive","progress":{"current":${index % 100},"total":100}}`;

const began = process.cpuUsage();
const shelf = fileShelf();
const parser = logParser(builtInFormats, { shelf });
let lines = 0;
for (let bytes = 0; bytes < megabytes * 1e6; lines += CHUNK) {
  const chunk = Array.from({ length: CHUNK }, (_, index) => lineOf(lines + index));
  bytes += chunk.reduce((sum, line) => sum + line.length + 1, 0);
  parser.add(chunk);
}
let tasks = 0;
for (const task of parser.tasksAtEnd()) if (JSON.stringify(task).length > 0) tasks += 1;
shelf.close();
if (tasks !== lines) throw new Error(`${tasks} tasks of ${lines} lines`);
const { user, system } = process.cpuUsage(began);
answer({
  ms: (user + system) / 1000,
  most: process.resourceUsage().maxRSS * 1024,
  tasks,
} satisfies ParsingOutput);
