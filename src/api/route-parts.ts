import { isMiyabiError, MiyabiError } from '../domain/errors.ts';
import { isId } from '../domain/ids.ts';
import type { Guard } from '../services/tasks.ts';
import type { Principal } from './auth.ts';
import { validate } from './body.ts';
import { type HttpResponse, JSON_HEADERS } from './message.ts';
import { versionsOf } from './preconditions.ts';
import type { Context } from './route.ts';
import { pathParams } from './schemas/fields.ts';

export const NO_CONTENT: HttpResponse = { status: 204, headers: { 'cache-control': 'no-store' }, body: '' };

export const idOf = ({ params }: Context, name: string): string => {
  const { [name]: id } = params;
  // The schema is asked only for what is wrong: it takes longer than all else that is done for a cached task.
  return id !== undefined && isId(id) ? id : (validate(pathParams(name), params)[name] as string);
};

/** The project of the path. To a caller who is bound to another it is not there. */
export const ownProjectId = (context: Context): string => {
  const projectId = idOf(context, 'project_id');
  const bound = context.principal.project_id;
  if (bound !== undefined && bound !== projectId)
    throw new MiyabiError('project_not_found', 'Project not found');
  return projectId;
};

/** Makes something, or finds what a process made that died before it could say so. */
export const orMadeBefore = async <T>(
  make: () => Promise<T>,
  find: (() => Promise<T>) | undefined,
): Promise<T> => {
  try {
    return await make();
  } catch (error) {
    if (find === undefined || !isMiyabiError(error, 'already_exists')) throw error;
    return find();
  }
};

const REVALIDATED = { ...JSON_HEADERS, 'cache-control': 'private, no-cache' };

/** What a client may keep, and ask about again by its ETag. */
export const revalidated = (text: string, etag: string): HttpResponse => ({
  status: 200,
  headers: { ...REVALIDATED, etag },
  body: text,
});

export const projectGuard = ({ principal }: Context): Guard => ({ project_id: principal.project_id });

export const guardOf = ({ principal, request }: Context): Guard => ({
  project_id: principal.project_id,
  versions: versionsOf(request),
});

/** Whether a caller who is bound to a project asks for another one. */
export const isOthers = ({ project_id: bound }: Principal, asked: string | undefined): boolean =>
  bound !== undefined && asked !== undefined && asked !== bound;

/** No project can have this id. */
export const NO_PROJECT = '#';

/** @throws MiyabiError `forbidden` where something is to go into another project than the caller's. */
export const requireOwn = ({ project_id: bound }: Principal, projectId: string | undefined): void => {
  if (bound !== undefined && projectId !== undefined && projectId !== bound) {
    throw new MiyabiError('forbidden', 'This key is bound to another project');
  }
};

/** The logs of a project's key are its own: no other key can write on in them, whatever they are called. */
export const ownLog = <T extends Readonly<{ log_group: string }>>({ project_id }: Principal, log: T) =>
  project_id === undefined
    ? log
    : { ...log, project_id, only_project: project_id, log_group: `${project_id}/${log.log_group}` };

export const requireUnbound = ({ project_id }: Principal, why: string): void => {
  if (project_id !== undefined) {
    throw new MiyabiError('forbidden', `A key that is bound to a project cannot do this: ${why}`);
  }
};

export const present = <T extends object>(value: T): { [K in keyof T]?: Exclude<T[K], undefined> } =>
  Object.fromEntries(Object.entries(value).filter(([, inner]) => inner !== undefined)) as {
    [K in keyof T]?: Exclude<T[K], undefined>;
  };
