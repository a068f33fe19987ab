import { MiyabiError } from '../errors.ts';

/** The caller: bound to one project, or to none, which opens every project to it. */
export type Caller = Readonly<{ project_id?: string | undefined }>;

/** A project id that no project can have. */
export const NO_PROJECT = '#';

/** Whether the project is hidden from the caller. No project named means the caller's own, or all of them. */
export const isHidden = ({ project_id: bound }: Caller, projectId: string | undefined): boolean =>
  bound !== undefined && projectId !== undefined && projectId !== bound;

/** @throws MiyabiError `project_not_found` if the project is hidden from the caller, as if it did not exist. */
export const requireVisible = (caller: Caller, projectId: string): void => {
  if (isHidden(caller, projectId)) throw new MiyabiError('project_not_found', 'Project not found');
};

/** @throws MiyabiError `forbidden` if something is to be written to another project than the caller's. */
export const requireOwn = (caller: Caller, projectId: string | undefined): void => {
  if (isHidden(caller, projectId)) {
    throw new MiyabiError('forbidden', 'This key is bound to another project');
  }
};

/** @throws MiyabiError `forbidden` if the caller is bound to a project; `why` is the reason in the message. */
export const requireUnbound = ({ project_id: bound }: Caller, why: string): void => {
  if (bound !== undefined) {
    throw new MiyabiError('forbidden', `A key that is bound to a project cannot do this: ${why}`);
  }
};

/**
 * A log as the caller may write it. Logs of a bound key get their own group below the project's id, so that no other
 * key can continue them, and change only tasks of that project.
 */
export const ownLog = <T extends Readonly<{ log_group: string }>>({ project_id: bound }: Caller, log: T) =>
  bound === undefined
    ? log
    : { ...log, project_id: bound, only_project: bound, log_group: `${bound}/${log.log_group}` };

/** The log that a task names. */
type NamedLog = Readonly<{ log_group?: string | null; log_stream?: string | null }>;

/**
 * Details of a task as the caller may write them. What a bound key calls the log of a task is one of its own groups, as in
 * `ownLog`: else it could read the log of another project by a task that names it. `before` is the log that the task has.
 */
export const ownDetails = <T extends NamedLog>(
  { project_id: bound }: Caller,
  details: T,
  before: NamedLog = {},
): T => {
  const log = { ...before, ...details };
  const isSame = log.log_group === before.log_group && log.log_stream === before.log_stream;
  if (bound === undefined || isSame || typeof log.log_group !== 'string') return details;
  return {
    ...details,
    log_group: log.log_group.startsWith(`${bound}/`) ? log.log_group : `${bound}/${log.log_group}`,
  };
};
