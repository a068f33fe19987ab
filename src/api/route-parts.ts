import { isMiyabiError } from '../domain/errors.ts';
import type { Guard } from '../services/tasks.ts';
import type { Principal } from './auth.ts';
import { type HttpRequest, type HttpResponse, JSON_HEADERS } from './message.ts';
import { isFresh, notModified, versionsOf } from './preconditions.ts';

export const NO_CONTENT: HttpResponse = { status: 204, headers: { 'cache-control': 'no-store' }, body: '' };

/** Creates an entity, or finds the one that a process created before it died. */
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

/** JSON text that the client may keep and revalidate by its ETag; 304 if it has this version already. */
export const revalidated = (request: HttpRequest, text: string, etag: string): HttpResponse =>
  isFresh(request, etag) ? notModified(etag) : { status: 200, headers: { ...REVALIDATED, etag }, body: text };

type Asking = Readonly<{ principal: Principal; request: HttpRequest }>;

/** The project that the caller is bound to. */
export const projectGuard = ({ principal }: Asking): Guard => ({ project_id: principal.project_id });

/** The project that the caller is bound to, and the versions that its If-Match allows. */
export const guardOf = ({ principal, request }: Asking): Guard => ({
  project_id: principal.project_id,
  versions: versionsOf(request),
});
