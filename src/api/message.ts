/**
 * A request as the application sees it, from any entrypoint. Header names are in lower case; `search` is the query
 * string without `?`; `path` is still percent-encoded.
 */
export type HttpRequest = Readonly<{
  /** Identifies the request in its answer, as `x-request-id`, and in the log. */
  id?: string | undefined;
  method: string;
  path: string;
  search: string;
  headers: Readonly<Record<string, string | undefined>>;
  body?: string | undefined;
  /** The body's bytes, before decoding as UTF-8: it may be cut within a character. */
  bytes?: Uint8Array | undefined;
  /** Aborts when the client has disconnected. Set only if an answer may be a stream. */
  signal?: AbortSignal | undefined;
}>;

/** Why a request's signal aborts if the server stops rather than its client disconnects. */
export const SERVER_STOPS = 'the server stops';

/** A body is a text, or a stream of texts that ends when the request's signal aborts. */
export type HttpResponse = Readonly<{
  status: number;
  headers: Readonly<Record<string, string>>;
  body: string | AsyncIterable<string>;
}>;

/** The application: it answers every request and never throws. */
export type HttpApp = (request: HttpRequest) => Promise<HttpResponse>;

/** The largest body that is read, in bytes. */
export const MAX_BODY_BYTES = 256 * 1024;

export const JSON_HEADERS = {
  'content-type': 'application/json; charset=utf-8',
  'cache-control': 'no-store',
} as const;

export const jsonText = (
  status: number,
  body: string,
  headers: Readonly<Record<string, string>> = {},
): HttpResponse => ({
  status,
  headers: { ...JSON_HEADERS, ...headers },
  body,
});

export const json = (
  status: number,
  body: unknown,
  headers: Readonly<Record<string, string>> = {},
): HttpResponse => jsonText(status, JSON.stringify(body), headers);
