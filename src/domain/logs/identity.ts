import { fingerprint, isId, toId } from '../ids.ts';
import { DEFAULT_PROJECT_ID } from '../tasks/task.ts';
import type { LogOrigin } from './event.ts';
import type { Observation } from './format.ts';

/**
 * Whose signals are folded together: a stream's, or those of a task that its lines name, whatever stream they come
 * from. `task_id` is set where the whole scope is one task.
 */
export type Scope = Readonly<{ key: string; task_id?: string }>;

export const taskScope = (taskId: string): Scope => ({ key: `task#${taskId}`, task_id: taskId });

/** A stream called `task-…` is one task by that name; any other holds as many as its runs. */
export const streamScope = ({ log_group, log_stream }: LogOrigin): Scope =>
  log_stream.startsWith('task-') && isId(log_stream)
    ? taskScope(log_stream)
    : { key: `stream#${encodeURIComponent(log_group)}#${encodeURIComponent(log_stream)}` };

/**
 * The id of a run's task. It is made of the run's key alone, which is the same in every replay of the log, while a
 * name may be learnt only from a later line: `cdk/MyStack#1` becomes `MyStack-` and a mark of where it was read.
 */
export const taskIdOf = (scope: Scope, origin: LogOrigin, run: Pick<Observation, 'key'>): string => {
  if (scope.task_id !== undefined) return scope.task_id;
  const name = toId(run.key.slice(run.key.indexOf('/') + 1).replace(/#\d+$/, ''), 80);
  const mark = fingerprint(origin.log_group, origin.log_stream, run.key);
  return name === '' ? mark : `${name}-${mark}`;
};

/**
 * What a task of a stream is called where its lines give it no name: the stream's. `miyabi run` calls its streams
 * `deploy-20260102T030405Z-1a2b3c4d`; when and which run that was is no part of a name.
 */
export const nameOfStream = (logStream: string): string =>
  logStream.replace(/(?<=.)-\d{8}T\d{6}Z-[0-9a-f]{8}$/, '');

/** Which project a log belongs to that names none itself. Patterns match a whole name; `*` stands for any characters. */
export type ProjectRule = Readonly<{
  log_group?: string | undefined;
  log_stream?: string | undefined;
  task_name?: string | undefined;
  project_id: string;
}>;

/** The project of a run whose lines name none: that of the request, of the first rule that fits, or `default`. */
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

/** Whether text fits a pattern in which `*` stands for any characters. Takes pattern × text steps at most. */
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
