import { toolFormat } from './kit/tool.ts';

/** What may stand after the first character: a year, or the name of a file in lower case. */
const MARKS = '2abcdefghijklmnopqrstuvwxyz_';
const HEAD = /^(?:\[2\d{3}-\d\d-\d\d[T ,][^\]]{8,40}\] )?\{[a-z_][\w.-]{0,59}:\d{1,6}\} \w{4,8} - /;

/** A line of a logger of Airflow, whose time a logger prefix may have taken. */
const line = (rest: string): RegExp => new RegExp(HEAD.source + rest);

/** Airflow: the log of a task instance, and the progress of a backfill. */
export const airflow = toolFormat({
  name: 'airflow',
  taskName: 'airflow',
  taskType: 'workflow',
  counts: 'open',
  hint: {
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
    },
    {
      says: 'counts',
      line: line(
        '\\[backfill progress\\] \\| finished run (?<current>\\d{1,6}) of (?<total>\\d{1,6}) \\|.{0,120} failed: (?<failed>\\d{1,6}) \\| skipped: (?<skipped>\\d{1,6})',
      ),
    },
    { says: 'ends', line: line('Backfill done(?: for DAG .{1,300})?\\. Exiting\\.$') },
  ],
});
