import { invalidField, MiyabiError } from '../domain/errors.ts';
import type { Logger } from '../ports/logger.ts';
import type { RateAnswer } from '../ports/rate-limiter.ts';
import { acceptsAny } from './accept.ts';
import { authenticator, type Principal, requireScope } from './auth.ts';
import { cors } from './cors.ts';
import { answerOnce } from './idempotent.ts';
import type { HttpApp, HttpRequest, HttpResponse } from './message.ts';
import { problemOf } from './problem.ts';
import type { Handler, HttpOptions, HttpServices, Method, Operation, Query, Route } from './route.ts';
import { routes } from './routes.ts';

export type { HttpOptions } from './route.ts';

/** The HTTP application over its services: one function, the same behind a socket and behind API Gateway. */
export const httpApp = (services: HttpServices, logger: Logger, options: HttpOptions = {}): HttpApp => {
  const find = finder(routes(services, options));
  const authenticate = authenticator(options.apiKeys ?? []);
  const shared = cors(options.corsOrigins ?? []);
  const isShared = (options.corsOrigins ?? []).length > 0;

  /** Whether somebody may ask for this, in this form; if not, the answer that says so. */
  const admit = (
    request: HttpRequest,
    found: Found | undefined,
    operation: Operation | undefined,
    principal: Principal | undefined,
  ): Admitted => {
    try {
      if (found === undefined) throw new MiyabiError('not_found', 'Not Found');
      if (operation === undefined) {
        const allow = allowOf(found.methods);
        const error = new MiyabiError(
          'method_not_allowed',
          `${request.method} is not allowed here; use ${allow}`,
        );
        return { refusal: problemOf(error, logger, { allow }) };
      }
      if (principal !== undefined && operation.scope !== 'open') requireScope(principal, operation.scope);
      const types = operation.types ?? JSON_TYPES;
      if (!acceptsAny(request.headers['accept'], types)) {
        throw new MiyabiError('not_acceptable', `This answers in ${types.join(' or ')}`);
      }
      return { operation };
    } catch (error) {
      return { refusal: problemOf(error, logger) };
    }
  };

  const attempt = async (
    request: HttpRequest,
    { handle }: Operation,
    params: Found['params'],
    principal: Principal,
    once?: Parameters<Handler>[0]['once'],
  ): Promise<HttpResponse> => {
    try {
      return await handle({
        request,
        principal,
        params: request.path.includes('%') ? decoded(params) : params,
        query: (...repeatable) => queryOf(request.search, repeatable),
        once,
      });
    } catch (error) {
      return problemOf(error, logger, isUnsupported(error) && request.method === 'PATCH' ? ACCEPT_PATCH : {});
    }
  };

  const attemptOnce = async (
    request: HttpRequest,
    operation: Operation,
    params: Found['params'],
    principal: Principal,
  ): Promise<HttpResponse> => {
    try {
      return await answerOnce(services.idempotency, request, principal, (once) =>
        attempt(request, operation, params, principal, once),
      );
    } catch (error) {
      return problemOf(error, logger);
    }
  };

  const whenCounted = async (
    counting: Promise<RateAnswer>,
    admitted: Admitted,
    begin: (wanted: Operation) => Promise<HttpResponse>,
  ): Promise<HttpResponse> => {
    try {
      const begun = admitted.operation?.isEager ? begin(admitted.operation) : undefined;
      const counted = await counting;
      const limits = limitsOf(counted);
      if (!counted.allowed) {
        const error = new MiyabiError(
          'rate_limited',
          `No more than ${counted.limit} requests a minute; try again later`,
        );
        return problemOf(error, logger, { ...limits, 'retry-after': String(counted.resetSeconds) });
      }
      if (admitted.refusal !== undefined) return admitted.refusal;
      const response = await (begun ?? begin(admitted.operation));
      return { ...response, headers: { ...response.headers, ...limits } };
    } catch (error) {
      return problemOf(error, logger);
    }
  };

  /** Never throws, and is a promise only where something is waited for: each step in between costs every request. */
  const answer = (request: HttpRequest): HttpResponse | Promise<HttpResponse> => {
    try {
      options.browserGuard?.(request);
      const found = find(pathOf(request));
      if (request.method === 'OPTIONS' && found !== undefined) {
        const patches = found.methods.PATCH === undefined ? {} : ACCEPT_PATCH;
        return { status: 204, headers: { allow: allowOf(found.methods), ...patches }, body: '' };
      }
      const operation = operationOf(request, found);
      // Whoever has no key does not even learn which routes there are.
      const principal = operation?.scope === 'open' ? undefined : authenticate(request);
      const counting = principal === undefined ? undefined : options.rateLimiter?.take(principal.id);
      const admitted = admit(request, found, operation, principal);
      const perform = request.method === 'POST' ? attemptOnce : attempt;
      const begin = (wanted: Operation) => perform(request, wanted, found?.params ?? {}, principal ?? NOBODY);
      if (counting !== undefined) return whenCounted(counting, admitted, begin);
      return admitted.refusal ?? begin(admitted.operation);
    } catch (error) {
      return problemOf(error, logger);
    }
  };

  return async (request) => {
    const response = shared.preflight(request) ?? (await answer(request));
    // Copied once, with names in the literal: V8 copies a second object into one a property at a time.
    const headers = { ...response.headers, 'x-content-type-options': 'nosniff' };
    return {
      status: response.status,
      headers: isShared ? { ...headers, ...shared.headers(request) } : headers,
      body: request.method === 'HEAD' ? '' : response.body,
    };
  };
};

type Found = Readonly<{ methods: Route['methods']; params: Readonly<Record<string, string>> }>;

type Admitted =
  | Readonly<{ refusal: HttpResponse; operation?: undefined }>
  | Readonly<{ refusal?: undefined; operation: Operation }>;

const JSON_TYPES = ['application/json'];
const ACCEPT_PATCH = { 'accept-patch': 'application/merge-patch+json, application/json' };
/** Who calls what is open to everybody. */
const NOBODY: Principal = { id: 'nobody', scope: 'read' };

/**
 * Finds routes by their path. The few that have parameters are tried one after the other: a router library keeps what
 * it needs for thousands in a tree, and to walk that is the most that a cached read is asked for.
 */
const finder = (table: readonly Route[]) => {
  const fixed = new Map<string, Route['methods']>();
  const patterns: (Pattern & Pick<Route, 'methods'>)[] = [];
  for (const { path, methods } of table) {
    // A colon inside a segment is part of it.
    if (path.includes('/:')) patterns.push({ ...patternOf(path), methods });
    else fixed.set(path, methods);
  }
  return (path: string): Found | undefined => {
    const known = fixed.get(path);
    if (known !== undefined) return { methods: known, params: {} };
    // A slash at the end means nothing.
    const bare = path.endsWith('/') ? path.slice(0, -1) : path;
    for (const pattern of patterns) {
      const params = paramsOf(pattern, bare);
      if (params !== undefined) return { methods: pattern.methods, params };
    }
    return undefined;
  };
};

/** A path with parameters: how it begins, and each parameter with the text behind it. */
type Pattern = Readonly<{ start: string; params: readonly Readonly<{ name: string; behind: string }>[] }>;

const patternOf = (path: string): Pattern => {
  const [start = '', ...rest] = path.split(':');
  const params = rest.map((text) => {
    const end = text.includes('/') ? text.indexOf('/') : text.length;
    return { name: text.slice(0, end), behind: text.slice(end) };
  });
  return { start, params };
};

/** The parameters of a path that fits a pattern, none of them empty. Nothing is cut that does not fit. */
const paramsOf = ({ start, params }: Pattern, path: string): Found['params'] | undefined => {
  if (!path.startsWith(start)) return undefined;
  const values: Record<string, string> = {};
  let at = start.length;
  for (const { name, behind } of params) {
    const slash = path.indexOf('/', at);
    const end = slash === -1 ? path.length : slash;
    if (end === at || !path.startsWith(behind, end)) return undefined;
    values[name] = path.slice(at, end);
    at = end + behind.length;
  }
  return at === path.length ? values : undefined;
};

const pathOf = ({ path }: HttpRequest): string =>
  path.length > 1 && path.endsWith('/') ? path.slice(0, -1) : path;

const methodOf = ({ method }: HttpRequest): Method => (method === 'HEAD' ? 'GET' : method) as Method;

const operationOf = (request: HttpRequest, found: Found | undefined): Operation | undefined => {
  const method = methodOf(request);
  return found !== undefined && Object.hasOwn(found.methods, method) ? found.methods[method] : undefined;
};

const limitsOf = ({ limit, remaining, resetSeconds }: RateAnswer): Readonly<Record<string, string>> => ({
  'ratelimit-limit': String(limit),
  'ratelimit-remaining': String(remaining),
  'ratelimit-reset': String(resetSeconds),
});

const isUnsupported = (error: unknown): boolean =>
  error instanceof MiyabiError && error.code === 'unsupported_media_type';

const allowOf = (methods: Route['methods']): string =>
  [...Object.keys(methods), ...('GET' in methods ? ['HEAD'] : []), 'OPTIONS'].join(', ');

const decoded = (params: Readonly<Record<string, string>>): Readonly<Record<string, string>> => {
  const texts: Record<string, string> = {};
  for (const name of Object.keys(params)) {
    const { [name]: value = '' } = params;
    try {
      texts[name] = value.includes('%') ? decodeURIComponent(value) : value;
    } catch {
      throw invalidField(name, 'is not valid percent-encoding');
    }
  }
  return texts;
};

/** Own fields only, whatever their names; a parameter that may be repeated is a list. */
const queryOf = (search: string, repeatable: readonly string[]): Query => {
  const query = new Map<string, string | string[]>();
  for (const [name, value] of new URLSearchParams(search)) {
    const before = query.get(name);
    if (repeatable.includes(name)) query.set(name, [...(before ?? []), value]);
    else if (before !== undefined) throw invalidField(name, 'is given more than once');
    else query.set(name, value);
  }
  return Object.fromEntries(query);
};
