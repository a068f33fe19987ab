import { OPERATIONS, type Operations, type Problem } from './contract.ts';

export type * from './contract.ts';

/** How to reach the server. `fetch` may be replaced, by default it is the global one. */
export type ClientOptions = Readonly<{
  /** For instance `http://127.0.0.1:8787`, or `https://example.org/miyabi` where it is behind a path. */
  baseUrl: string;
  apiKey?: string;
  fetch?: typeof globalThis.fetch;
}>;

/** What every request may carry beside its input. */
export type RequestOptions = Readonly<{
  signal?: AbortSignal;
  /** The same key and request are answered as the first time, for 24 hours: retry without fear. */
  idempotencyKey?: string;
  /** Only at this version of the thing. */
  ifVersion?: number;
}>;

type Name = keyof typeof OPERATIONS;
type Input<N extends Name> = Operations[N]['input'];
type Answer<N extends Name> = Operations[N]['answer'];

type Call<N extends Name> =
  Record<never, never> extends Input<N>
    ? (input?: Input<N>, options?: RequestOptions) => Promise<Answer<N>>
    : (input: Input<N>, options?: RequestOptions) => Promise<Answer<N>>;

/** A method for each operation of the contract. Each throws `MiyabiApiError` where the server says no. */
export type MiyabiClient = { readonly [N in Name]: Call<N> };

/** The server's no: its problem document, whose `code` is stable. */
export class MiyabiApiError extends Error {
  readonly status: number;
  readonly problem: Problem;
  /** Seconds after which the server says to try again. */
  readonly retryAfterSeconds: number | undefined;

  constructor(problem: Problem, retryAfter: string | null) {
    super(problem.error);
    this.name = 'MiyabiApiError';
    this.status = problem.status;
    this.problem = problem;
    this.retryAfterSeconds = retryAfter === null ? undefined : Number(retryAfter);
  }
}

type AnyInput = Readonly<{
  path?: Readonly<Record<string, string>>;
  query?: Readonly<Record<string, unknown>>;
  body?: unknown;
}>;

/** A client of the API, typed by its contract. */
export const miyabiClient = ({ baseUrl, apiKey, fetch = globalThis.fetch }: ClientOptions): MiyabiClient => {
  const base = baseUrl.replace(/\/$/, '');
  const call =
    (name: Name) =>
    async (
      { path = {}, query = {}, body }: AnyInput = {},
      options: RequestOptions = {},
    ): Promise<unknown> => {
      const [method, template] = OPERATIONS[name];
      const url = new URL(
        base + template.replace(/\{(\w+)\}/g, (_whole, param: string) => segmentOf(param, path[param])),
      );
      for (const [key, value] of Object.entries(query)) {
        if (value === undefined) continue;
        for (const one of Array.isArray(value) ? value : [value]) url.searchParams.append(key, String(one));
      }
      const response = await fetch(url, {
        method,
        headers: {
          accept: 'application/json, text/html;q=0.9',
          ...(apiKey === undefined ? {} : { authorization: `Bearer ${apiKey}` }),
          ...(body === undefined
            ? {}
            : { 'content-type': typeof body === 'string' ? 'text/plain' : 'application/json' }),
          ...(options.idempotencyKey === undefined ? {} : { 'idempotency-key': options.idempotencyKey }),
          ...(options.ifVersion === undefined ? {} : { 'if-match': `"${options.ifVersion}"` }),
        },
        ...(body === undefined ? {} : { body: typeof body === 'string' ? body : JSON.stringify(body) }),
        ...(options.signal === undefined ? {} : { signal: options.signal }),
      });
      const text = await response.text();
      if (response.ok || response.status === 304) {
        // The page of the documentation is no JSON, everything else is.
        if (text === '' || name === 'getDocs') return text || undefined;
        return readAnswer(text, response);
      }
      throw new MiyabiApiError(problemFrom(text, response), response.headers.get('retry-after'));
    };
  return Object.fromEntries(
    (Object.keys(OPERATIONS) as Name[]).map((name) => [name, call(name)]),
  ) as unknown as MiyabiClient;
};

/** A URL takes `.` and `..` out of its path, however they are written, and would then be that of something else. */
const segmentOf = (param: string, id: string | undefined): string => {
  if (id === undefined || /^\.{0,2}$/.test(id))
    throw new TypeError(`${param} must be an id, not "${id ?? ''}"`);
  return encodeURIComponent(id);
};

const readAnswer = (text: string, response: Response): unknown => {
  try {
    return JSON.parse(text);
  } catch {
    throw new MiyabiApiError(problemFrom('', response), null);
  }
};

const isProblem = (value: unknown): value is Problem =>
  typeof value === 'object' &&
  value !== null &&
  ['type', 'title', 'code', 'error', 'detail'].every(
    (name) => typeof Reflect.get(value, name) === 'string',
  ) &&
  typeof Reflect.get(value, 'status') === 'number';

/** What answers in the server's place, a proxy for instance, sends no problem document. */
const problemFrom = (text: string, { status, statusText }: Response): Problem => {
  try {
    const problem: unknown = JSON.parse(text);
    if (isProblem(problem)) return problem;
  } catch {
    // Told below.
  }
  const error = `The answer, with status ${status}, is not of a Miyabi server`;
  return { type: 'about:blank', title: statusText, status, code: 'unknown', error, detail: error };
};
