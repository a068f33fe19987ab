import { type ServerResponse, STATUS_CODES } from 'node:http';
import type { Duplex } from 'node:stream';
import { MiyabiError } from '../domain/errors.ts';
import { problemBody } from './problem.ts';

type Malformed = Readonly<{ status: number; error: MiyabiError }>;

const malformed = (code: string | undefined, maxHeaderBytes: number): Malformed => {
  switch (code) {
    case 'HPE_HEADER_OVERFLOW':
      return {
        status: 431,
        error: new MiyabiError(
          'payload_too_large',
          `The head of a request must not exceed ${maxHeaderBytes} bytes`,
        ),
      };
    case 'ERR_HTTP_REQUEST_TIMEOUT':
      return { status: 408, error: new MiyabiError('invalid_input', 'The request took too long to arrive') };
    case 'HPE_INVALID_URL':
      return {
        status: 400,
        error: new MiyabiError(
          'invalid_input',
          'The URL of the request is malformed; percent-encode what is not ASCII',
        ),
      };
    default:
      return { status: 400, error: new MiyabiError('invalid_input', 'This is not a valid HTTP request') };
  }
};

/** Answers a request that Node could not parse, and ends the connection: the next request could not be found in it. */
export const answerMalformed = (
  error: NodeJS.ErrnoException,
  socket: Duplex,
  maxHeaderBytes: number,
): void => {
  // An answer in progress must not be interrupted. Node has no public name for this.
  const answering: unknown = Reflect.get(socket, '_httpMessage');
  const isBusy = typeof answering === 'object' && answering !== null && Reflect.get(answering, 'headersSent');
  if (!socket.writable || error.code === 'ECONNRESET' || isBusy === true) {
    socket.destroy();
    return;
  }
  const { status, error: answer } = malformed(error.code, maxHeaderBytes);
  const title = STATUS_CODES[status] ?? 'Error';
  const body = JSON.stringify({ ...problemBody(answer), status, title });
  const head = [
    `HTTP/1.1 ${status} ${title}`,
    'content-type: application/problem+json; charset=utf-8',
    'cache-control: no-store',
    `content-length: ${Buffer.byteLength(body)}`,
    'connection: close',
  ];
  socket.end(`${head.join('\r\n')}\r\n\r\n${body}`);
};

/** What Node refuses with an empty answer of its own: a request without Host, or with an Expect that cannot be met. */
export const answerRefused = (outgoing: ServerResponse, status: 400 | 417, reason: string): void => {
  const title = STATUS_CODES[status] ?? 'Error';
  const problem = { ...problemBody(new MiyabiError('invalid_input', reason)), status, title };
  const body = JSON.stringify(problem);
  outgoing.writeHead(status, {
    'content-type': 'application/problem+json; charset=utf-8',
    'cache-control': 'no-store',
    'content-length': Buffer.byteLength(body),
    connection: 'close',
  });
  outgoing.end(body);
};
