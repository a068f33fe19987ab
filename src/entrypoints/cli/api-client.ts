import {
  Agent as HttpAgent,
  request as httpRequest,
  type IncomingHttpHeaders,
  type IncomingMessage,
} from 'node:http';
import { Agent as HttpsAgent, request as httpsRequest } from 'node:https';
import { type ErrorCode, MiyabiError } from '../../domain/errors.ts';
import { isJsonObject, type Json } from '../../domain/json.ts';
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
   * The JSON of an answer that went well.
   *
   * @throws MiyabiError with the server's own code and words; `unavailable` where no answer comes.
   * @throws CommandFailure where the key is refused.
   */
  json(request: ApiRequest): Promise<Json>;
  /** The answer as it comes in, for event streams; otherwise as `json`. */
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
      if (answer.status >= 200 && answer.status < 300) return parsed(answer.text, url);
      throw refusal(answer, url);
    },
    async stream(request) {
      const incoming = await open(request);
      const status = incoming.statusCode ?? 0;
      if (status >= 200 && status < 300) return incoming;
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
    default:
      return first instanceof Error ? first.message : String(first);
  }
};

const parsed = (text: string, url: string): Json => {
  try {
    return JSON.parse(text) as Json;
  } catch (error) {
    throw new MiyabiError(
      'unavailable',
      `what answers at ${url} is no Miyabi server: it does not speak JSON`,
      { cause: error },
    );
  }
};

/** What a server says no with: a problem document, or whatever stands in front of it. */
export const refusal = (
  { status, text }: Pick<ApiAnswer, 'status' | 'text'> & Partial<ApiAnswer>,
  url: string,
): Error => {
  const problem = problemOf(text);
  if (status === 401 || status === 403) {
    return new CommandFailure(
      EXIT.refused,
      `the server at ${url} refuses the key (${status}${problem.error === undefined ? '' : `: ${problem.error}`}); set MIYABI_API_KEY to one that may do this`,
    );
  }
  const words = problem.error ?? `the server at ${url} answers ${status}`;
  return new MiyabiError(
    problem.code ?? (status >= 500 || status === 429 ? 'unavailable' : 'invalid_input'),
    words,
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
  'unavailable',
]);
