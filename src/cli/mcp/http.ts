import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import type { McpHttpHandler } from '@modelcontextprotocol/server';
import { CommandFailure, EXIT } from '../failure.ts';

const HOST = '127.0.0.1';
const PATH = '/mcp';

type Guards = Readonly<{
  validHost(host: string | undefined): boolean;
  validOrigin(origin: string | undefined): boolean;
}>;

/** Serves a handler on loopback, to programs of this machine only; returns its address. */
export const listen = async (
  handler: Pick<McpHttpHandler, 'fetch'>,
  port: number,
  { validHost, validOrigin }: Guards,
): Promise<string> => {
  const answer = async (incoming: IncomingMessage, outgoing: ServerResponse): Promise<void> => {
    const { host, origin } = incoming.headers;
    // A page of another site must not reach the tasks through its visitor's browser.
    if (!validHost(host) || !validOrigin(origin)) return refuse(outgoing, 403, 'this address is not allowed');
    const { pathname } = new URL(incoming.url ?? '/', `http://${HOST}`);
    if (pathname !== PATH) return refuse(outgoing, 404, `the protocol is served at ${PATH}`);
    const left = new AbortController();
    outgoing.once('close', () => left.abort());
    const response = await handler.fetch(requestOf(incoming, left.signal));
    outgoing.writeHead(response.status, Object.fromEntries(response.headers));
    if (response.body === null) outgoing.end();
    // The stream of the web and that of Node are typed apart.
    else await pipeline(Readable.fromWeb(response.body as Parameters<typeof Readable.fromWeb>[0]), outgoing);
  };
  const server = createServer((incoming, outgoing) => {
    answer(incoming, outgoing).catch(() => {
      if (outgoing.headersSent) outgoing.destroy();
      else refuse(outgoing, 500, 'the request failed');
    });
  });
  await new Promise<void>((resolve, reject) => {
    server.once('error', (error: NodeJS.ErrnoException) => {
      const reason = error.code === 'EADDRINUSE' ? 'another program uses it' : error.message;
      reject(
        new CommandFailure(
          EXIT.usage,
          `cannot listen on port ${port}: ${reason}; choose another with --http`,
        ),
      );
    });
    server.listen(port, HOST, resolve);
  });
  return `http://${HOST}:${(server.address() as AddressInfo).port}${PATH}`;
};

const refuse = (outgoing: ServerResponse, status: number, error: string): void => {
  outgoing.writeHead(status, { 'content-type': 'application/json' });
  outgoing.end(JSON.stringify({ error }));
};

const requestOf = (incoming: IncomingMessage, signal: AbortSignal): Request => {
  const { method = 'GET', headers, url = '/' } = incoming;
  const pairs = Object.entries(headers).flatMap(([name, value]) =>
    [value ?? []].flat().map((one): [string, string] => [name, one]),
  );
  const hasBody = method !== 'GET' && method !== 'HEAD';
  const init: RequestInit & { duplex?: 'half' } = {
    method,
    headers: pairs,
    signal,
    // As above; `duplex` is required for a stream, and missing in the types.
    ...(hasBody
      ? { body: Readable.toWeb(incoming) as NonNullable<RequestInit['body']>, duplex: 'half' }
      : {}),
  };
  return new Request(new URL(url, `http://${headers.host ?? HOST}`), init);
};
