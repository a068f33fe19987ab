import { fingerprint, isId, toId } from '../ids.ts';
import { DEFAULT_PROJECT_ID } from '../tasks/task.ts';
import type { LogOrigin } from './event.ts';
import type { Observation } from './format.ts';

/**
 * Which signals are folded together: those of a stream, or those of a task that its lines name, from any stream.
 * `task_id` is set if the whole scope is one task.
 */
export type Scope = Readonly<{ key: string; task_id?: string }>;

export const taskScope = (taskId: string): Scope => ({ key: `task#${taskId}`, task_id: taskId });

/** A stream called `task-…` is one task of that name; any other stream has one task per run. */
export const streamScope = ({ log_group, log_stream }: LogOrigin): Scope =>
  log_stream.startsWith('task-') && isId(log_stream)
    ? taskScope(log_stream)
    : { key: `stream#${encodeURIComponent(log_group)}#${encodeURIComponent(log_stream)}` };

/**
 * The id of a run's task. It depends only on the run's key, which is the same in every replay of the log, while a name
 * may appear only in a later line: `cdk/MyStack#1` becomes `MyStack-` and a hash of the log group and stream.
 */
export const taskIdOf = (scope: Scope, origin: LogOrigin, run: Pick<Observation, 'key'>): string => {
  if (scope.task_id !== undefined) return scope.task_id;
  const name = toId(run.key.slice(run.key.indexOf('/') + 1).replace(/#\d+$/, ''), 80);
  const mark = fingerprint(origin.log_group, origin.log_stream, run.key);
  return name === '' ? mark : `${name}-${mark}`;
};

/**
 * The name of a stream's task if its lines give none: the stream's. `miyabi run` calls its streams
 * `deploy-20260102T030405Z-1a2b3c4d`; time and number of the run are not part of the name.
 */
export const nameOfStream = (logStream: string): string =>
  logStream.replace(/(?<=.)-\d{8}T\d{6}Z-[0-9a-f]{8}$/, '');

/** Which project a log belongs to that names none. Patterns match a whole name; `*` stands for any characters. */
export type ProjectRule = Readonly<{
  log_group?: string | undefined;
  log_stream?: string | undefined;
  task_name?: string | undefined;
  project_id: string;
}>;

/** The project of a run whose lines name none: that of the request, of the first rule that matches, or `default`. */
export const projectOf = (
  origin: LogOrigin,
  taskName: string,
  requested: string | undefined,
  rules: readonly ProjectRule[],
): string =>
  requested ??
  rules.find(
    (rule) =>
      fits(rule.log_group, origin.log_group) &&
      fits(rule.log_stream, origin.log_stream) &&
      fits(rule.task_name, taskName),
  )?.project_id ??
  DEFAULT_PROJECT_ID;

const fits = (pattern: string | undefined, text: string): boolean =>
  pattern === undefined || matches(pattern, text);

/** Whether text matches a pattern in which `*` stands for any characters. Takes at most pattern × text steps. */
const matches = (pattern: string, text: string): boolean => {
  const [first = '', ...rest] = pattern.split('*');
  const last = rest.pop();
  if (last === undefined) return text === pattern;
  if (!text.startsWith(first) || !text.endsWith(last) || text.length < first.length + last.length)
    return false;
  const end = text.length - last.length;
  let at = first.length;
  for (const part of rest) {
    const found = text.indexOf(part, at);
    if (found === -1 || found + part.length > end) return false;
    at = found + part.length;
  }
  return true;
};
