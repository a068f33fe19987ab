import {
  Agent as HttpAgent,
  request as httpRequest,
  type IncomingHttpHeaders,
  type IncomingMessage,
} from 'node:http';
import { Agent as HttpsAgent, request as httpsRequest } from 'node:https';
import { type ErrorCode, MiyabiError } from '../domain/errors.ts';
import { isJsonObject, type Json, type JsonObject } from '../domain/json.ts';
import { CommandFailure, EXIT } from './failure.ts';

export type ApiAnswer = Readonly<{ status: number; headers: IncomingHttpHeaders; text: string }>;

export type ApiRequest = Readonly<{
  method: 'GET' | 'POST' | 'PATCH' | 'DELETE';
  /** Path and query, e.g. `/api/tasks?limit=10`. */
  path: string;
  body?: Buffer | string;
  headers?: Readonly<Record<string, string>>;
  /** The longest silence of the server, in milliseconds. */
  timeoutMs?: number;
  signal?: AbortSignal;
}>;

/** A server of Miyabi. */
export type ApiClient = Readonly<{
  url: string;
  /**
   * Whatever the server answers, also where it refuses.
   *
   * @throws MiyabiError `unavailable` where no answer comes.
   */
  send(request: ApiRequest): Promise<ApiAnswer>;
  /**
   * The JSON of an answer that went well: an object, as every answer of the API is.
   *
   * @throws MiyabiError with the server's own code and words; `unavailable` where no answer comes.
   * @throws CommandFailure where the key is refused.
   */
  json(request: ApiRequest): Promise<JsonObject>;
  /** An event stream as it comes in; otherwise as `json`. */
  stream(request: ApiRequest): Promise<IncomingMessage>;
  close(): void;
}>;

const TIMEOUT_MS = 10_000;
/** The largest answer that is kept, in bytes. */
const MAX_ANSWER = 64 * 1024 * 1024;

export const apiClient = ({
  url,
  apiKey,
}: Readonly<{ url: string; apiKey?: string | undefined }>): ApiClient => {
  const secure = url.startsWith('https:');
  const agent = secure ? new HttpsAgent({ keepAlive: true }) : new HttpAgent({ keepAlive: true });

  const open = ({
    method,
    path,
    body,
    headers,
    timeoutMs = TIMEOUT_MS,
    signal,
  }: ApiRequest): Promise<IncomingMessage> =>
    new Promise((resolve, reject) => {
      // A URL takes these out, and would then be that of something else.
      if (/\/\.{1,2}(?=[/?]|$)/.test(path)) {
        throw new CommandFailure(EXIT.usage, 'an id is more than dots');
      }
      const outgoing = (secure ? httpsRequest : httpRequest)(
        `${url}${path}`,
        {
          method,
          agent,
          timeout: timeoutMs,
          ...(signal === undefined ? {} : { signal }),
          headers: {
            accept: 'application/json',
            'user-agent': 'miyabi-cli',
            ...(apiKey === undefined ? {} : { authorization: `Bearer ${apiKey}` }),
            ...(body === undefined
              ? {}
              : { 'content-type': 'application/json', 'content-length': String(Buffer.byteLength(body)) }),
            ...headers,
          },
        },
        resolve,
      );
      outgoing.on('timeout', () => outgoing.destroy(new Error(`no answer within ${timeoutMs / 1000} s`)));
      outgoing.on('error', (error) => reject(unreachable(url, error)));
      outgoing.end(body);
    });

  const send = async (request: ApiRequest): Promise<ApiAnswer> => {
    const incoming = await open(request);
    return { status: incoming.statusCode ?? 0, headers: incoming.headers, text: await bodyOf(incoming, url) };
  };

  return {
    url,
    send,
    async json(request) {
      const answer = await send(request);
      if (isSuccess(answer.status)) return parsed(answer.text, url);
      throw refusal(answer, url);
    },
    async stream(request) {
      const incoming = await open(request);
      const status = incoming.statusCode ?? 0;
      if (isSuccess(status)) {
        if (incoming.headers['content-type']?.startsWith('text/event-stream')) return incoming;
        incoming.destroy();
        throw stranger(url, 'it has no event stream');
      }
      throw refusal({ status, headers: incoming.headers, text: await bodyOf(incoming, url) }, url);
    },
    close() {
      agent.destroy();
    },
  };
};

const bodyOf = async (incoming: IncomingMessage, url: string): Promise<string> => {
  const chunks: Buffer[] = [];
  let size = 0;
  try {
    for await (const chunk of incoming as AsyncIterable<Buffer>) {
      size += chunk.length;
      if (size > MAX_ANSWER) throw new Error('the answer is too large');
      chunks.push(chunk);
    }
  } catch (error) {
    throw unreachable(url, error);
  }
  return Buffer.concat(chunks).toString('utf8');
};

const unreachable = (url: string, error: unknown): MiyabiError =>
  new MiyabiError('unavailable', `the server at ${url} cannot be reached: ${reasonOf(error)}`, {
    cause: error,
  });

const reasonOf = (error: unknown): string => {
  // Where a name has several addresses, the reason is in the first of the errors.
  const first = error instanceof AggregateError && error.errors[0] instanceof Error ? error.errors[0] : error;
  switch ((first as NodeJS.ErrnoException).code) {
    case 'ECONNREFUSED':
      return 'nothing listens there';
    case 'ENOTFOUND':
    case 'EAI_AGAIN':
      return 'its name is not known';
    case 'ECONNRESET':
      return 'the connection broke off';
    case 'EPROTO':
      return 'it does not speak TLS; is its address http, not https?';
    default:
      return first instanceof Error ? first.message : String(first);
  }
};

const isSuccess = (status: number): boolean => status >= 200 && status < 300;

/** Something answers that is no server of Miyabi: a proxy, a page to sign in at, another program on that port. */
const stranger = (url: string, sign: string, cause?: unknown): MiyabiError =>
  new MiyabiError('unavailable', `what answers at ${url} is no Miyabi server: ${sign}`, { cause });

const parsed = (text: string, url: string): JsonObject => {
  let body: Json;
  try {
    body = JSON.parse(text);
  } catch (error) {
    throw stranger(url, 'it does not speak JSON', error);
  }
  if (!isJsonObject(body)) throw stranger(url, 'it answers something else');
  return body;
};

/** Whether an answer says that lines were taken. A page with status 200 does not: whoever sent it has not read them. */
export const tookLines = ({ status, text }: ApiAnswer): boolean =>
  isSuccess(status) && text.startsWith('{') && text.includes('"tasks":');

/** Whether a server of Miyabi says no, and not something in front of it. */
export const isProblem = ({ text }: ApiAnswer): boolean => problemOf(text).code !== undefined;

/** What a server says no with: a problem document, or whatever stands in front of it. */
export const refusal = (
  { status, text }: Pick<ApiAnswer, 'status' | 'text'> & Partial<ApiAnswer>,
  url: string,
): Error => {
  const problem = problemOf(text);
  if (problem.code === 'host_not_allowed' || problem.code === 'origin_not_allowed') {
    return new CommandFailure(EXIT.refused, `the server at ${url} refuses this address: ${problem.error}`);
  }
  if (status === 401 || status === 403) {
    return new CommandFailure(
      EXIT.refused,
      `the server at ${url} refuses the key (${status}${problem.error === undefined ? '' : `: ${problem.error}`}); set MIYABI_API_KEY to one that may do this`,
    );
  }
  if (problem.error === undefined && status < 500 && status !== 429)
    return stranger(url, `it answers ${status}`);
  return new MiyabiError(
    problem.code ?? (status >= 500 || status === 429 ? 'unavailable' : 'invalid_input'),
    problem.error ?? `the server at ${url} answers ${status}`,
  );
};

const problemOf = (text: string): { code?: ErrorCode; error?: string } => {
  let body: unknown;
  try {
    body = JSON.parse(text);
  } catch {
    // Not of our making, e.g. a proxy's page.
    return {};
  }
  if (!isJsonObject(body)) return {};
  const { code, error } = body;
  return {
    ...(typeof code === 'string' && CODES.has(code) ? { code: code as ErrorCode } : {}),
    ...(typeof error === 'string' ? { error: error.slice(0, 2_000) } : {}),
  };
};

const CODES: ReadonlySet<string> = new Set<ErrorCode>([
  'invalid_input',
  'not_found',
  'task_not_found',
  'project_not_found',
  'webhook_not_found',
  'limit_reached',
  'webhook_inactive',
  'already_exists',
  'version_conflict',
  'invalid_transition',
  'method_not_allowed',
  'unsupported_media_type',
  'payload_too_large',
  'host_not_allowed',
  'origin_not_allowed',
  'unavailable',
]);
