import { randomUUID } from 'node:crypto';
import { setMaxListeners } from 'node:events';
import {
  createServer,
  type IncomingHttpHeaders,
  type IncomingMessage,
  type Server,
  type ServerResponse,
} from 'node:http';
import { answerMalformed, answerRefused } from '../../api/malformed.ts';
import {
  type HttpApp,
  type HttpRequest,
  type HttpResponse,
  MAX_BODY_BYTES,
  SERVER_STOPS,
} from '../../api/message.ts';
import { problemOf } from '../../api/problem.ts';
import { MiyabiError } from '../../domain/errors.ts';
import type { Logger } from '../../ports/logger.ts';
import type { StaticFiles } from './static.ts';

/** The largest head of a request: a long cursor must fit. */
const MAX_HEADER_BYTES = 65_536;

/** A missing Host is answered here, because Node's own answer has no body. */
const SERVER_OPTIONS = { maxHeaderSize: MAX_HEADER_BYTES, requireHostHeader: false };

/**
 * A listening server. `close` stops accepting, ends streams with a `reset`, lets other requests end within the grace
 * period and then cuts their connections. It resolves when no request is being processed any more.
 */
export type Listening = Readonly<{ url: string; close(graceMs: number): Promise<void> }>;

/** Handles a request within something that follows it until its answer is sent, e.g. a trace. */
export type FollowRequest = (incoming: IncomingMessage, outgoing: ServerResponse, handle: () => void) => void;

/**
 * Serves the application on a socket, with the dashboard's files if there are any.
 *
 * @throws MiyabiError `configuration` if the port or the host is not available.
 */
export const serve = async (
  app: HttpApp,
  {
    host,
    port,
    logger,
    files,
    follow,
  }: Readonly<{
    host: string;
    port: number;
    logger: Logger;
    files?: StaticFiles | undefined;
    follow?: FollowRequest | undefined;
  }>,
): Promise<Listening> => {
  const stopping = new AbortController();
  // Each open stream listens to it.
  setMaxListeners(0, stopping.signal);
  let working = 0;
  let onIdle = () => {};
  const handle = (incoming: IncomingMessage, outgoing: ServerResponse): void => {
    if (incoming.headers.host === undefined && incoming.httpVersion === '1.1') {
      answerRefused(outgoing, 400, 'The Host header is missing; send the name of the server in it');
      return;
    }
    if (files?.(incoming, outgoing)) return;
    working += 1;
    answer(app, incoming, outgoing, logger, stopping.signal)
      .catch((error: unknown) => {
        logger.error('A connection broke', { error });
        outgoing.destroy();
      })
      .finally(() => {
        working -= 1;
        if (working === 0) onIdle();
      });
  };
  const server = createServer(
    SERVER_OPTIONS,
    follow === undefined
      ? handle
      : (incoming, outgoing) => follow(incoming, outgoing, () => handle(incoming, outgoing)),
  );
  server.on('checkExpectation', (_incoming, outgoing: ServerResponse) => {
    answerRefused(outgoing, 417, 'No Expect but 100-continue is met; leave the header out');
  });
  server.on('clientError', (error, socket) => answerMalformed(error, socket, MAX_HEADER_BYTES));
  await listen(server, host, port);
  const address = server.address();
  const actualPort = typeof address === 'object' && address !== null ? address.port : port;
  return {
    url: `http://${host.includes(':') ? `[${host}]` : host}:${actualPort}`,
    async close(graceMs) {
      const cut = setTimeout(() => server.closeAllConnections(), graceMs);
      const closed = new Promise<void>((resolve) => server.close(() => resolve()));
      // Streams do not end by themselves.
      stopping.abort();
      server.closeIdleConnections();
      await closed;
      clearTimeout(cut);
      // Requests continue after their connection was cut, and need the store until they have ended.
      if (working > 0) {
        await new Promise<void>((resolve) => {
          onIdle = resolve;
        });
      }
    },
  };
};

const listen = (server: Server, host: string, port: number): Promise<void> =>
  new Promise((resolve, reject) => {
    server.once('error', (error: NodeJS.ErrnoException) => {
      reject(new MiyabiError('configuration', reasonOf(error, host, port), { cause: error }));
    });
    server.listen(port, host, resolve);
  });

const reasonOf = (error: NodeJS.ErrnoException, host: string, port: number): string => {
  switch (error.code) {
    case 'EADDRINUSE':
      return `port ${port} is in use; stop what listens there, or choose another with PORT=8788`;
    case 'EACCES':
      return `port ${port} may not be used by this user; choose one above 1023 with PORT`;
    case 'EADDRNOTAVAIL':
    case 'ENOTFOUND':
      return `HOST ${host} is no address of this machine; use 127.0.0.1`;
    default:
      return `cannot listen on ${host}:${port}: ${error.message}`;
  }
};

const answer = async (
  app: HttpApp,
  incoming: IncomingMessage,
  outgoing: ServerResponse,
  logger: Logger,
  stopping: AbortSignal,
): Promise<void> => {
  let request: SocketRequest | undefined;
  let response: HttpResponse;
  try {
    const bytes = hasBody(incoming) ? await readBody(incoming) : undefined;
    request = new SocketRequest(incoming, bytes, outgoing);
    response = await app(request);
  } catch (error) {
    if (!(error instanceof MiyabiError)) {
      // The client disconnected in the middle of its body: there is no one to answer.
      logger.debug('A request broke off', { error });
      outgoing.destroy();
      return;
    }
    // The rest of the body is not read, so the connection cannot serve another request.
    response = problemOf(error, logger, { connection: 'close' });
  }
  const { status, headers, body } = response;
  // A client that keeps its connection busy would otherwise never release it.
  if (stopping.aborted) outgoing.shouldKeepAlive = false;
  if (typeof body !== 'string') {
    const stop = () => request?.abort(SERVER_STOPS);
    stopping.addEventListener('abort', stop);
    if (stopping.aborted) stop();
    try {
      await stream(response, body, outgoing);
    } finally {
      stopping.removeEventListener('abort', stop);
    }
    return;
  }
  // The answer to HEAD has the length of a body that was never made.
  if (status === 204 || status === 304 || incoming.method === 'HEAD') {
    outgoing.writeHead(status, headers).end();
    return;
  }
  outgoing.writeHead(status, { ...headers, 'content-length': Buffer.byteLength(body) });
  // As a text it is sent with the head in one write.
  outgoing.end(body);
};

/**
 * A request that came over a socket. A class, so that its signal can be created on first use, which is rare: a getter
 * in an object literal would give every object its own hidden class.
 */
class SocketRequest implements HttpRequest {
  readonly id: string;
  readonly method: string;
  readonly path: string;
  readonly search: string;
  readonly headers: HttpRequest['headers'];
  readonly body: string | undefined;
  readonly bytes: Buffer | undefined;
  readonly #outgoing: ServerResponse;
  #abort: AbortController | undefined;

  constructor(
    { method = 'GET', url = '/', headers }: IncomingMessage,
    bytes: Buffer | undefined,
    outgoing: ServerResponse,
  ) {
    const mark = url.indexOf('?');
    this.id = requestIdOf(headers['x-request-id']);
    this.method = method;
    this.path = mark === -1 ? url : url.slice(0, mark);
    this.search = mark === -1 ? '' : url.slice(mark + 1);
    this.headers = textsOf(headers);
    this.body = bytes?.toString('utf8');
    this.bytes = bytes;
    this.#outgoing = outgoing;
  }

  get signal(): AbortSignal {
    return this.#departure().signal;
  }

  /** Ends what the request is waiting for, as if its client had disconnected. */
  abort(reason?: typeof SERVER_STOPS): void {
    this.#departure().abort(reason);
  }

  #departure(): AbortController {
    if (this.#abort === undefined) {
      this.#abort = new AbortController();
      if (this.#outgoing.destroyed) this.#abort.abort();
      else this.#outgoing.once('close', () => this.abort());
    }
    return this.#abort;
  }
}

/** Unique per process start, then a count: cheaper than a random id for each request. */
const START = randomUUID().slice(0, 8);
const requests = { made: 0 };

/** What a proxy has named the request already is kept, so that its log and ours agree. */
const requestIdOf = (given: string | readonly string[] | undefined): string => {
  if (typeof given === 'string' && /^[\w.:=-]{1,128}$/.test(given)) return given;
  requests.made += 1;
  return `${START}-${requests.made.toString(36)}`;
};

const textsOf = (headers: IncomingHttpHeaders): HttpRequest['headers'] => {
  // `set-cookie` is the only header that Node gives as a list.
  if (headers['set-cookie'] === undefined) return headers as HttpRequest['headers'];
  // Node joins every repeated header but this one, which has no meaning in a request.
  const { 'set-cookie': _cookies, ...others } = headers;
  return others as HttpRequest['headers'];
};

/** How long a reader may accept no data, in milliseconds, before its connection is cut. */
const STALL_MS = 30_000;

/** Writes a stream as fast as its reader accepts it. The connection is not used again. */
const stream = async (
  response: HttpResponse,
  body: AsyncIterable<string>,
  outgoing: ServerResponse,
): Promise<void> => {
  // Without chunks every text is one write to the socket; the end of the body is the end of the connection.
  outgoing.useChunkedEncodingByDefault = false;
  outgoing.shouldKeepAlive = false;
  outgoing.writeHead(response.status, response.headers);
  outgoing.flushHeaders();
  for await (const text of body) {
    if (outgoing.destroyed) return;
    if (!outgoing.write(text)) await drained(outgoing);
  }
  outgoing.end();
};

const drained = (outgoing: ServerResponse): Promise<void> =>
  new Promise((resolve) => {
    if (outgoing.destroyed) {
      resolve();
      return;
    }
    const done = () => {
      clearTimeout(timer);
      outgoing.off('drain', done);
      outgoing.off('close', done);
      resolve();
    };
    const timer = setTimeout(() => outgoing.destroy(), STALL_MS);
    outgoing.on('drain', done);
    outgoing.on('close', done);
  });

/** How long a client that sends too much may continue while it gets the error. */
const DRAIN_MS = 2_000;

const hasBody = ({ headers }: IncomingMessage): boolean =>
  headers['content-length'] !== undefined || headers['transfer-encoding'] !== undefined;

const readBody = (incoming: IncomingMessage): Promise<Buffer | undefined> =>
  new Promise((resolve, reject) => {
    const chunks: Buffer[] = [];
    let size = 0;
    const refuse = () => {
      incoming.off('data', take);
      // Closing at once would reset the connection and lose the answer, so the rest is read and discarded.
      incoming.resume();
      setTimeout(() => incoming.destroy(), DRAIN_MS).unref();
      reject(
        new MiyabiError(
          'payload_too_large',
          `The body must not exceed ${MAX_BODY_BYTES} bytes; send it in parts`,
        ),
      );
    };
    const take = (chunk: Buffer) => {
      size += chunk.length;
      if (size > MAX_BODY_BYTES) refuse();
      else chunks.push(chunk);
    };
    if (Number(incoming.headers['content-length'] ?? 0) > MAX_BODY_BYTES) {
      refuse();
      return;
    }
    incoming.on('data', take);
    incoming.once('end', () => resolve(size === 0 ? undefined : Buffer.concat(chunks)));
    incoming.once('error', reject);
  });
