import { toolFormat } from './kit/tool.ts';

/** What may stand after the first character: a year, or the name of a file in lower case. */
const MARKS = '2abcdefghijklmnopqrstuvwxyz_';
const HEAD = /^(?:\[2\d{3}-\d\d-\d\d[T ,][^\]]{8,40}\] )?\{[a-z_][\w.-]{0,59}:\d{1,6}\} \w{4,8} - /;

/** A line of a logger of Airflow, whose time a logger prefix may have taken. */
const line = (rest: string): RegExp => new RegExp(HEAD.source + rest);

/** A line of a logger of Airflow 3, `[info     ] Marking run <DagRun …`, whose time a logger prefix may have taken. */
const line3 = (rest: string): RegExp => new RegExp(`^(?:\\[[a-z]{4,8} {0,8}\\] )?${rest}`);

const EVENTS_3 = ['[DAG TEST] running task <', 'Task instance state updated ', 'Marking run <DagRun '];

/**
 * Airflow: the log of a task instance, and the progress of a backfill. Of version 3: the run of a graph, as `airflow dags
 * test` prints it, or only its end, as the scheduler does.
 */
export const airflow = toolFormat({
  name: 'airflow',
  taskName: 'airflow',
  taskType: 'workflow',
  counts: 'open',
  hint: {
    begins: [
      ...EVENTS_3.flatMap((event) => [event, `[info     ] ${event}`]),
      'Task failed with exception ',
      '[error    ] Task failed with exception ',
    ],
    mayBegin: {
      characters: '[{',
      holds: (text, at) => MARKS.includes(text.charAt(at + 1)) && HEAD.test(text.slice(at, at + 120)),
    },
  },
  patterns: [
    { says: 'works', line: line('Starting attempt (?<step>\\d{1,4} of \\d{1,4})') },
    { says: 'works', line: line('Executing <Task\\([^)]{1,120}\\): (?<name>[\\w.-]{1,200})> on ') },
    {
      says: 'ends',
      line: line('Marking task as SUCCESS\\. dag_id=[\\w.-]{1,250}, task_id=(?<name>[\\w.-]{1,250})'),
      alone: true,
    },
    {
      says: 'fails',
      line: line(
        '(?<reason>Marking task as FAILED)\\. dag_id=[\\w.-]{1,250}, task_id=(?<name>[\\w.-]{1,250})',
      ),
      alone: true,
    },
    {
      says: 'cancels',
      line: line('Marking task as SKIPPED\\. dag_id=[\\w.-]{1,250}, task_id=(?<name>[\\w.-]{1,250})'),
      alone: true,
    },
    {
      says: 'fails',
      line: line(
        '(?<reason>Marking task as UP_FOR_RETRY)\\. dag_id=[\\w.-]{1,250}, task_id=(?<name>[\\w.-]{1,250})',
      ),
      alone: true,
    },
    {
      says: 'broken',
      line: line('(?<reason>Task failed with exception|Task exited with return code [1-9]\\d{0,3})'),
      vague: true,
    },
    {
      says: 'counts',
      line: line(
        '\\[backfill progress\\] \\| finished run (?<current>\\d{1,6}) of (?<total>\\d{1,6}) \\|.{0,120} failed: (?<failed>\\d{1,6}) \\| skipped: (?<skipped>\\d{1,6})',
      ),
    },
    {
      says: 'works',
      line: line3(
        '\\[DAG TEST\\] running task <TaskInstance: (?<name>[\\w.-]{1,250})\\.(?<step>[\\w-]{1,250}) ',
      ),
    },
    { says: 'one done', line: line3('Task instance state updated {1,8}\\[.{1,400}? new_state=success\\b') },
    { says: 'one failed', line: line3('Task instance state updated {1,8}\\[.{1,400}? new_state=failed\\b') },
    {
      says: 'one skipped',
      line: line3('Task instance state updated {1,8}\\[.{1,400}? new_state=skipped\\b'),
    },
    { says: 'broken', line: line3('(?<reason>Task failed with exception) {1,8}\\[task\\]'), vague: true },
    {
      says: 'ends',
      line: line3('Marking run <DagRun (?<name>[\\w.-]{1,250}) @ .{1,400}> successful\\b'),
      alone: true,
    },
    {
      says: 'fails',
      line: line3('Marking run <DagRun (?<name>[\\w.-]{1,250}) @ .{1,400}> failed\\b'),
      alone: true,
    },
    { says: 'ends', line: line('Backfill done(?: for DAG .{1,300})?\\. Exiting\\.$') },
  ],
  // The last line of a stack trace.
  because: {
    begins: /^(?<reason>(?:\w{1,60}\.){0,8}\w{0,60}(?:Error|Exception|Exit|Timeout|Failure): .+)$/,
    between:
      /^(?:Traceback \(most recent call last\):|File ".{1,500}", line \d{1,7}, in .{1,200}|[\^~]{1,200})$/,
    over: 'over other lines',
  },
});
