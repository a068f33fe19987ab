import { addRoute, createRouter, findRoute } from 'rou3';
import { invalidField, MiyabiError } from '../../domain/errors.ts';
import type { Logger } from '../../ports/logger.ts';
import type { HttpApp, HttpResponse } from './message.ts';
import { problemOf } from './problem.ts';
import { type Handler, type HttpOptions, type HttpServices, routes } from './routes.ts';

/** The HTTP application over its services: one function, the same behind a socket and behind API Gateway. */
export const httpApp = (services: HttpServices, logger: Logger, options: HttpOptions = {}): HttpApp => {
  const router = createRouter<Readonly<Record<string, Handler>>>();
  for (const { path, methods } of routes(services, options)) addRoute(router, '', path, methods);

  return async (request) => {
    const isHead = request.method === 'HEAD';
    try {
      const path =
        request.path.length > 1 && request.path.endsWith('/') ? request.path.slice(0, -1) : request.path;
      const found = findRoute(router, '', path);
      if (found === undefined) throw new MiyabiError('not_found', 'Not Found');
      if (request.method === 'OPTIONS')
        return { status: 204, headers: { allow: allowOf(found.data) }, body: '' };
      const handler = found.data[isHead ? 'GET' : request.method];
      if (handler === undefined) {
        const allow = allowOf(found.data);
        const error = new MiyabiError(
          'method_not_allowed',
          `${request.method} is not allowed here; use ${allow}`,
        );
        return problemOf(error, logger, { allow });
      }
      const response = await handler({
        request,
        params: decoded(found.params ?? {}),
        query: () => queryOf(request.search),
      });
      return isHead ? withoutBody(response) : response;
    } catch (error) {
      const problem = problemOf(error, logger);
      return isHead ? withoutBody(problem) : problem;
    }
  };
};

const allowOf = (methods: Readonly<Record<string, Handler>>): string =>
  [...Object.keys(methods), ...('GET' in methods ? ['HEAD'] : []), 'OPTIONS'].join(', ');

const withoutBody = (response: HttpResponse): HttpResponse => ({ ...response, body: '' });

const decoded = (params: Readonly<Record<string, string>>): Readonly<Record<string, string>> =>
  Object.fromEntries(
    Object.entries(params).map(([name, value]) => {
      try {
        return [name, decodeURIComponent(value)];
      } catch (error) {
        throw new MiyabiError('invalid_input', `${name} is not valid percent-encoding`, {
          fields: [{ path: name, reason: 'is not valid percent-encoding' }],
          cause: error,
        });
      }
    }),
  );

const queryOf = (search: string): Readonly<Record<string, string>> => {
  const query: Record<string, string> = {};
  for (const [name, value] of new URLSearchParams(search)) {
    if (Object.hasOwn(query, name)) throw invalidField(name, 'is given more than once');
    query[name] = value;
  }
  return query;
};
