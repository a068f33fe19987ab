import type { Api } from '../api/contract.ts';
import { InvalidIdError, refusal, stranger, unreachable } from './error.ts';
import { readEvents, type ServerEvent } from './events.ts';

export type ClientOptions = Readonly<{
  /** For instance `http://127.0.0.1:8787`, or `https://example.org/miyabi` for a server behind a path. */
  baseUrl: string;
  apiKey?: string | undefined;
  /** Used in place of the global `fetch`. */
  fetch?: typeof globalThis.fetch;
  /** The longest wait for an answer, in milliseconds; 15 s by default. */
  timeoutMs?: number;
  /** Sent with every request. */
  headers?: Readonly<Record<string, string>>;
}>;

/** Options of every request besides its input. */
export type RequestOptions = Readonly<{
  signal?: AbortSignal | undefined;
  timeoutMs?: number | undefined;
  /** The same key and request get the same answer for 24 hours, so a retry is safe. */
  idempotencyKey?: string | undefined;
  /** Fail unless the entity has this version. */
  ifVersion?: number | undefined;
}>;

/** A raw request and answer, for what the typed calls do not cover. */
export type RawRequest = Readonly<{
  method: string;
  /** Path and query. */
  path: string;
  headers?: Readonly<Record<string, string>>;
  body?: string | Uint8Array<ArrayBuffer> | undefined;
  signal?: AbortSignal | undefined;
  timeoutMs?: number | undefined;
}>;
export type RawAnswer = Readonly<{ status: number; headers: Headers; text: string }>;

type Operation = keyof Api;
type InputOf<O extends Operation> = Api[O]['input'] & RequestOptions;

export type MiyabiClient = Readonly<{
  url: string;
  /**
   * Calls the API, e.g. `request('GET /api/tasks/{task_id}', { path: { task_id } })`.
   *
   * @throws MiyabiApiError if the server refuses or does not answer.
   * @throws InvalidIdError if an id is empty or consists of dots.
   */
  request<O extends Operation>(
    operation: O,
    ...input: Partial<InputOf<O>> extends InputOf<O> ? [input?: InputOf<O>] : [input: InputOf<O>]
  ): Promise<Api[O]['answer']>;
  /**
   * Opens the stream of events; it is open when the promise resolves. `lastEventId` is where to resume.
   *
   * @throws MiyabiApiError as `request`; with code `unknown` if the server offers no stream.
   */
  events(
    options?: Api['GET /api/events']['input'] &
      Readonly<{ lastEventId?: string | undefined; signal?: AbortSignal | undefined }>,
  ): Promise<AsyncGenerator<ServerEvent>>;
  /** Returns any answer, also a refusal. @throws MiyabiApiError if there is no answer. */
  send(request: RawRequest): Promise<RawAnswer>;
}>;

const TIMEOUT_MS = 15_000;
/** The routes that answer text. */
const TEXTS: ReadonlySet<string> = new Set(['/docs', '/llms.txt', '/metrics', '/badge/{kind}/{id}.svg']);

type AnyInput = RequestOptions &
  Readonly<{
    path?: Readonly<Record<string, string>>;
    query?: Readonly<Record<string, unknown>>;
    body?: unknown;
  }>;

/** A client of the API, typed by its routes. */
export const miyabiClient = ({
  baseUrl,
  apiKey,
  fetch = globalThis.fetch,
  timeoutMs: usualTimeoutMs = TIMEOUT_MS,
  headers: usualHeaders = {},
}: ClientOptions): MiyabiClient => {
  const url = baseUrl.replace(/\/$/, '');

  const open = async ({ method, path, headers, body, signal }: RawRequest): Promise<Response> => {
    try {
      return await fetch(new URL(url + path), {
        method,
        headers: {
          accept: 'application/json, text/html;q=0.9, text/plain;q=0.8, image/svg+xml;q=0.7',
          ...(apiKey === undefined ? {} : { authorization: `Bearer ${apiKey}` }),
          ...usualHeaders,
          ...headers,
        },
        ...(body === undefined ? {} : { body }),
        ...(signal === undefined ? {} : { signal }),
      });
    } catch (error) {
      throw unreachable(url, error);
    }
  };

  const send = async (request: RawRequest): Promise<RawAnswer> => {
    const timeout = timeoutAfter(request.timeoutMs ?? usualTimeoutMs, request.signal);
    try {
      const response = await open({ ...request, signal: timeout.signal });
      const text = await response.text().catch((error: unknown) => {
        throw unreachable(url, error);
      });
      return { status: response.status, headers: response.headers, text };
    } finally {
      timeout.clear();
    }
  };

  const request = async (
    operation: string,
    { path = {}, query = {}, body, idempotencyKey, ifVersion, signal, timeoutMs }: AnyInput = {},
  ): Promise<unknown> => {
    const [method = '', template = ''] = operation.split(' ');
    const isText = typeof body === 'string' || body instanceof Uint8Array;
    const { status, headers, text } = await send({
      method,
      path: pathOf(template, path) + searchOf(query),
      headers: {
        ...(body === undefined ? {} : { 'content-type': isText ? 'text/plain' : 'application/json' }),
        ...(idempotencyKey === undefined ? {} : { 'idempotency-key': idempotencyKey }),
        ...(ifVersion === undefined ? {} : { 'if-match': `"${ifVersion}"` }),
      },
      // `isText` has checked it, which the compiler does not follow.
      body: isText ? (body as string) : body === undefined ? undefined : JSON.stringify(body),
      signal,
      timeoutMs,
    });
    if (!isSuccess(status)) throw refusal(url, status, text, headers.get('retry-after'));
    if (status === 204 || status === 304) return undefined;
    // Documentation, metrics and images are no JSON, everything else is.
    return TEXTS.has(template) ? text : jsonOf(text, status, url);
  };

  return {
    url,
    send,
    // The compiler types each operation by its name; the implementation is the same for all of them.
    request: request as MiyabiClient['request'],
    async events({ query = {}, lastEventId, signal } = {}) {
      const timeout = timeoutAfter(usualTimeoutMs, signal);
      const response = await open({
        method: 'GET',
        path: `/api/events${searchOf(query)}`,
        headers: {
          accept: 'text/event-stream',
          ...(lastEventId === undefined ? {} : { 'last-event-id': lastEventId }),
        },
        signal: timeout.signal,
      }).finally(timeout.clear);
      if (!isSuccess(response.status)) {
        const text = await response.text().catch(() => '');
        throw refusal(url, response.status, text, response.headers.get('retry-after'));
      }
      const isStream = response.headers.get('content-type')?.startsWith('text/event-stream') === true;
      if (isStream && response.body !== null) return inWords(readEvents(response.body), url);
      await response.body?.cancel();
      throw stranger(url, response.status, 'it has no event stream');
    },
  };
};

/** The events of a stream; a broken stream throws the same error as a failed request. */
async function* inWords(events: AsyncGenerator<ServerEvent>, url: string): AsyncGenerator<ServerEvent> {
  try {
    yield* events;
  } catch (error) {
    throw unreachable(url, error);
  }
}

/** A signal that aborts with another one, or after a time unless it is cleared before. */
const timeoutAfter = (ms: number, signal: AbortSignal | undefined) => {
  const timeout = new AbortController();
  const timer = setTimeout(() => timeout.abort(new Error(`no answer within ${ms / 1000} s`)), ms);
  return {
    signal: signal === undefined ? timeout.signal : AbortSignal.any([timeout.signal, signal]),
    clear: () => clearTimeout(timer),
  };
};

const isSuccess = (status: number): boolean => (status >= 200 && status < 300) || status === 304;

const pathOf = (template: string, params: Readonly<Record<string, string>>): string =>
  template.replace(/\{(\w+)\}/g, (_whole, name: string) => {
    const id = params[name];
    // A URL removes `.` and `..` from its path, in any encoding, and would then refer to something else.
    if (id === undefined || /^\.{0,2}$/.test(id))
      throw new InvalidIdError(`${name} must be an id, not "${id ?? ''}"`);
    return encodeURIComponent(id);
  });

/** Lists repeat their parameter, objects do so as `name:value`; undefined values are left out. */
const searchOf = (query: Readonly<Record<string, unknown>>): string => {
  const search = new URLSearchParams();
  for (const [name, value] of Object.entries(query)) {
    const values = Array.isArray(value)
      ? value
      : typeof value === 'object' && value !== null
        ? Object.entries(value).map((pair) => pair.join(':'))
        : [value];
    for (const one of values) if (one !== undefined) search.append(name, String(one));
  }
  const text = search.toString();
  return text === '' ? '' : `?${text}`;
};

const jsonOf = (text: string, status: number, url: string): unknown => {
  let body: unknown;
  try {
    body = JSON.parse(text);
  } catch (error) {
    throw stranger(url, status, 'it does not speak JSON', error);
  }
  if (typeof body === 'object' && body !== null && !Array.isArray(body)) return body;
  throw stranger(url, status, 'it answers something else');
};
