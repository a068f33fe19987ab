import type { Problem } from '../api/schemas/problem.ts';
import { isRecord } from './decode.ts';

/**
 * Why a request failed: the server's problem document, or one made here if there was none.
 *
 * `status` is 0 and `code` is `unreachable` if there was no answer; `code` is `unknown` if something other than a
 * Miyabi server answered, e.g. a proxy. All other codes are the server's.
 */
export class MiyabiApiError extends Error {
  readonly status: number;
  readonly code: string;
  readonly problem: Problem;
  /** Seconds after which the server asks to try again. */
  readonly retryAfterSeconds: number | undefined;

  constructor(
    problem: Problem,
    { retryAfter, cause }: Readonly<{ retryAfter?: string | null; cause?: unknown }> = {},
  ) {
    super(problem.error, { cause });
    this.name = 'MiyabiApiError';
    this.status = problem.status;
    this.code = problem.code;
    this.problem = problem;
    this.retryAfterSeconds = retryAfter == null ? undefined : Number(retryAfter);
  }

  /** Whether the same request may succeed later. */
  get isPassing(): boolean {
    const isRefusal = this.status === 401 || this.status === 403;
    if (this.code === 'unreachable' || (this.code === 'unknown' && !isRefusal)) return true;
    return this.status >= 500 || this.status === 429;
  }
}

/** An id that would change the path it is inserted into. */
export class InvalidIdError extends TypeError {}

const failure = (status: number, code: string, error: string, cause?: unknown): MiyabiApiError =>
  new MiyabiApiError({ type: 'about:blank', title: '', status, code, error, detail: error }, { cause });

/** The answer is not from a Miyabi server: a proxy, a sign-in page, another program on that port. */
export const stranger = (url: string, status: number, sign: string, cause?: unknown): MiyabiApiError =>
  failure(status, 'unknown', `what answers at ${url} is no Miyabi server: ${sign}`, cause);

export const unreachable = (url: string, error: unknown): MiyabiApiError =>
  failure(0, 'unreachable', `the server at ${url} cannot be reached: ${reasonOf(error)}`, error);

/** The error of a refused request: its problem document, or the answer of something in between. */
export const refusal = (
  url: string,
  status: number,
  text: string,
  retryAfter: string | null,
): MiyabiApiError => {
  const problem = problemIn(text);
  if (problem !== undefined) return new MiyabiApiError({ ...problem, status }, { retryAfter });
  const words = recordIn(text)?.['error'];
  if (typeof words !== 'string' && status < 500 && status !== 429)
    return stranger(url, status, `it answers ${status}`);
  const error = typeof words === 'string' ? words : `the server at ${url} answers ${status}`;
  return new MiyabiApiError(
    { type: 'about:blank', title: '', status, code: 'unknown', error, detail: error },
    { retryAfter },
  );
};

/** The problem document in a text, if there is one. */
export const problemIn = (text: string): Problem | undefined => {
  // Its two required fields are checked; the others are optional.
  const problem = recordIn(text);
  return typeof problem?.['code'] === 'string' && typeof problem['error'] === 'string'
    ? (problem as Problem)
    : undefined;
};

const recordIn = (text: string): Record<string, unknown> | undefined => {
  try {
    const value: unknown = JSON.parse(text);
    return isRecord(value) ? value : undefined;
  } catch {
    return undefined;
  }
};

/** How the message of a refused connection ends. */
export const NOTHING_LISTENS = 'nothing listens there';

const WORDS: Readonly<Record<string, string>> = {
  ECONNREFUSED: NOTHING_LISTENS,
  ENOTFOUND: 'its name is not known',
  EAI_AGAIN: 'its name is not known',
  ECONNRESET: 'the connection broke off',
  UND_ERR_SOCKET: 'the connection broke off',
  EPROTO: 'it does not speak TLS; is its address http, not https?',
};

/** `fetch` itself says little; the reason is its cause, or the first of several. */
const reasonOf = (error: unknown): string => {
  if (!(error instanceof Error)) return String(error);
  const inner: unknown =
    error.cause instanceof AggregateError && error.cause.errors.length > 0
      ? error.cause.errors[0]
      : error.cause;
  // System errors carry a code, which the type Error does not have.
  const { code, message } = (inner instanceof Error ? inner : error) as Error & { code?: unknown };
  const known = typeof code !== 'string' ? undefined : code.startsWith('ERR_SSL') ? 'EPROTO' : code;
  return (known === undefined ? undefined : WORDS[known]) ?? message;
};
