import { isMiyabiError, MiyabiError } from '../domain/errors.ts';
import { isId } from '../domain/ids.ts';
import { validate } from './body.ts';
import type { HttpResponse } from './message.ts';
import type { Context } from './routes/routes.ts';
import * as schemas from './schemas.ts';

export const NO_CONTENT: HttpResponse = { status: 204, headers: { 'cache-control': 'no-store' }, body: '' };

export const idOf = ({ params }: Context, name: string): string => {
  const { [name]: id } = params;
  // The schema is asked only for what is wrong: it takes longer than all else that is done for a cached task.
  return id !== undefined && isId(id) ? id : (validate(schemas.pathParams(name), params)[name] as string);
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
