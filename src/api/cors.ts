import type { HttpRequest, HttpResponse } from './message.ts';

export type Cors = Readonly<{
  /** The answer to a browser's preflight request; undefined for other requests. */
  preflight(request: HttpRequest): HttpResponse | undefined;
  /** The headers that tell a browser who may read an answer. */
  headers(request: HttpRequest): Readonly<Record<string, string>>;
}>;

const METHODS = 'GET, HEAD, POST, PATCH, DELETE';
const REQUEST_HEADERS =
  'authorization, content-type, idempotency-key, if-match, if-none-match, last-event-id, x-api-key';
const RESPONSE_HEADERS =
  'etag, location, retry-after, idempotent-replayed, ratelimit-limit, ratelimit-remaining, ratelimit-reset, x-request-id';
/** How long a browser may cache the answer to a preflight, in seconds. */
const MAX_AGE = '600';

/** Lets pages of these origins call. Without any origin there are no such headers, and browsers block other pages. */
export const cors = (origins: readonly string[]): Cors => {
  const any = origins.includes('*');
  const allowed = new Set(origins);
  const headers = ({ headers: { origin } }: HttpRequest): Readonly<Record<string, string>> => {
    if (origins.length === 0) return {};
    const vary: Record<string, string> = any ? {} : { vary: 'origin' };
    if (origin === undefined || !(any || allowed.has(origin))) return vary;
    return {
      ...vary,
      'access-control-allow-origin': any ? '*' : origin,
      'access-control-expose-headers': RESPONSE_HEADERS,
    };
  };
  return {
    headers,
    preflight(request) {
      const isPreflight = request.method === 'OPTIONS' && 'access-control-request-method' in request.headers;
      if (!isPreflight || !('access-control-allow-origin' in headers(request))) return undefined;
      return {
        status: 204,
        headers: {
          'access-control-allow-methods': METHODS,
          'access-control-allow-headers': REQUEST_HEADERS,
          'access-control-max-age': MAX_AGE,
        },
        body: '',
      };
    },
  };
};
