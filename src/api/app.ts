import { MiyabiError } from '../domain/errors.ts';
import type { Logger } from '../ports/logger.ts';
import type { RateAnswer } from '../ports/rate-limiter.ts';
import type { OnceContext } from '../services/idempotency.ts';
import { acceptsAny } from './accept.ts';
import { authenticator, type Principal, requireScope } from './auth.ts';
import { cors } from './cors.ts';
import { answerOnce } from './idempotent.ts';
import { inputOf } from './input.ts';
import type { HttpApp, HttpRequest, HttpResponse } from './message.ts';
import { problemOf } from './problem.ts';
import type { HttpOptions, HttpServices, Method } from './route.ts';
import { type Found, type Operation, routeTable } from './route-table.ts';
import { ROUTES } from './routes.ts';

export type { HttpOptions } from './route.ts';

/** The HTTP application over its services: one function, the same for a socket and for API Gateway. */
export const httpApp = (services: HttpServices, logger: Logger, options: HttpOptions = {}): HttpApp => {
  const find = routeTable(Object.values(ROUTES).flatMap((routes) => Object.values(routes)));
  const { streaming = true } = options;
  const authenticate = authenticator(options.apiKeys ?? [], services.keys);
  const shared = cors(options.corsOrigins ?? []);
  const isShared = (options.corsOrigins ?? []).length > 0;

  /** Logs a failure with what identifies its request. The query is left out: it may hold what people searched for. */
  const logOf = ({ id, method, path }: HttpRequest, principal?: Principal): Pick<Logger, 'error'> => ({
    error: (message, fields) =>
      logger.error(message, { ...fields, request_id: id, method, path, key_id: principal?.id }),
  });

  /** Whether the caller may make this request, in this form; if not, the answer that says so. */
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
        return { refusal: problemOf(error, logOf(request, principal), { allow }) };
      }
      const { types, route } = operation;
      if (principal !== undefined && route.scope !== 'open') requireScope(principal, route.scope);
      if (!acceptsAny(request.headers['accept'], types)) {
        throw new MiyabiError('not_acceptable', `This answers in ${types.join(' or ')}`);
      }
      return { operation };
    } catch (error) {
      return { refusal: problemOf(error, logOf(request, principal)) };
    }
  };

  const attempt = async (
    request: HttpRequest,
    operation: Operation,
    params: Found['params'],
    principal: Principal,
    once?: OnceContext,
  ): Promise<HttpResponse> => {
    try {
      const input = inputOf(operation, request, params);
      const context = { ...input, request, principal, streaming, once };
      const response = await operation.route.handle(services, context);
      if (typeof response.body === 'string' || !principal.isStored) return response;
      return { ...response, body: whileValid(response.body, () => authenticate(request)) };
    } catch (error) {
      const headers = isUnsupported(error) && request.method === 'PATCH' ? ACCEPT_PATCH : {};
      return problemOf(error, logOf(request, principal), headers);
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
      return problemOf(error, logOf(request, principal));
    }
  };

  const whenCounted = async (
    counting: Promise<RateAnswer>,
    admitted: Admitted,
    begin: (wanted: Operation) => Promise<HttpResponse>,
    log: Pick<Logger, 'error'>,
  ): Promise<HttpResponse> => {
    try {
      const begun = admitted.operation?.route.isEager ? begin(admitted.operation) : undefined;
      const counted = await counting;
      const limits = limitsOf(counted);
      if (!counted.allowed) {
        const error = new MiyabiError(
          'rate_limited',
          `No more than ${counted.limit} requests a minute; try again later`,
        );
        return problemOf(error, log, { ...limits, 'retry-after': String(counted.resetSeconds) });
      }
      if (admitted.refusal !== undefined) return admitted.refusal;
      const response = await (begun ?? begin(admitted.operation));
      return { ...response, headers: { ...response.headers, ...limits } };
    } catch (error) {
      return problemOf(error, log);
    }
  };

  const answerTo = (
    principal: Principal | undefined,
    request: HttpRequest,
    found: Found | undefined,
    operation: Operation | undefined,
  ): HttpResponse | Promise<HttpResponse> => {
    const counting = principal === undefined ? undefined : options.rateLimiter?.take(principal.id);
    const admitted = admit(request, found, operation, principal);
    const perform = request.method === 'POST' ? attemptOnce : attempt;
    const begin = (wanted: Operation) =>
      perform(request, wanted, found?.params ?? {}, principal ?? ANONYMOUS);
    if (counting !== undefined) return whenCounted(counting, admitted, begin, logOf(request, principal));
    return admitted.refusal ?? begin(admitted.operation);
  };

  const whenIdentified = async (
    identifying: Promise<Principal>,
    request: HttpRequest,
    found: Found | undefined,
    operation: Operation | undefined,
  ): Promise<HttpResponse> => {
    try {
      return await answerTo(await identifying, request, found, operation);
    } catch (error) {
      return problemOf(error, logOf(request));
    }
  };

  /** Never throws, and is a promise only if it has to wait: each further step would cost every request. */
  const answer = (request: HttpRequest): HttpResponse | Promise<HttpResponse> => {
    try {
      options.browserGuard?.(request);
      const found = find(pathOf(request));
      if (request.method === 'OPTIONS' && found !== undefined) {
        const patches = found.methods.PATCH === undefined ? {} : ACCEPT_PATCH;
        return { status: 204, headers: { allow: allowOf(found.methods), ...patches }, body: '' };
      }
      const operation = operationOf(request, found);
      // A caller without a key does not even learn which routes exist.
      const principal = operation?.route.scope === 'open' ? undefined : authenticate(request);
      return principal instanceof Promise
        ? whenIdentified(principal, request, found, operation)
        : answerTo(principal, request, found, operation);
    } catch (error) {
      return problemOf(error, logOf(request));
    }
  };

  /** The route that a request is counted for: one of a fixed set, even if callers send other paths. */
  const routeOf = (request: HttpRequest): string => {
    const route = operationOf(request, find(pathOf(request)))?.route;
    return route === undefined ? 'other' : `${route.method} ${route.path}`;
  };

  return async (request) => {
    const observed = options.observe?.(request);
    const response = shared.preflight(request) ?? (await answer(request));
    observed?.(routeOf(request), response);
    // Copied once, with names in the literal: V8 copies a second object into one a property at a time.
    const headers =
      request.id === undefined
        ? { ...response.headers, 'x-content-type-options': 'nosniff' }
        : { ...response.headers, 'x-content-type-options': 'nosniff', 'x-request-id': request.id };
    return {
      status: response.status,
      headers: isShared ? { ...headers, ...shared.headers(request) } : headers,
      body: request.method === 'HEAD' ? '' : response.body,
    };
  };
};

/**
 * A stream that ends once its caller's key is revoked or has expired, or the store does not say so. Streams are never
 * silent for long, so each text is an occasion to look.
 */
async function* whileValid(
  texts: AsyncIterable<string>,
  authenticate: () => Principal | Promise<Principal>,
): AsyncGenerator<string> {
  for await (const text of texts) {
    try {
      await authenticate();
    } catch {
      return;
    }
    yield text;
  }
}

type Admitted =
  | Readonly<{ refusal: HttpResponse; operation?: undefined }>
  | Readonly<{ refusal?: undefined; operation: Operation }>;

const ACCEPT_PATCH = { 'accept-patch': 'application/merge-patch+json, application/json' };
/** The caller of a public route. */
const ANONYMOUS: Principal = { id: 'anonymous', scope: 'read' };

const pathOf = ({ path }: HttpRequest): string =>
  path.length > 1 && path.endsWith('/') ? path.slice(0, -1) : path;

// Another method is no key of the route table and answers 405.
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

const allowOf = (methods: Found['methods']): string =>
  [...Object.keys(methods), ...('GET' in methods ? ['HEAD'] : []), 'OPTIONS'].join(', ');
