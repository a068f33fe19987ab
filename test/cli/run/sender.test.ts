import { createServer, type RequestListener } from 'node:http';
import type { AddressInfo } from 'node:net';
import * as assert from 'uvu/assert';
import { leanSender } from '../../../src/cli/run/sender.ts';
import { serverAt } from '../../../src/cli/server.ts';
import { freePort } from '../../support/free-port.ts';
import { suite } from '../../support/suite.ts';

const test = suite('what sends the output of a run');

const LINES = { method: 'POST', path: '/api/logs', body: '{"events":[]}' };

const withServer = async (
  listener: RequestListener,
  act: (sender: Awaited<ReturnType<typeof leanSender>>) => Promise<void>,
): Promise<void> => {
  const server = createServer(listener);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/below`;
  try {
    await act(await leanSender(serverAt(url, 'a-key'), 'a-key'));
  } finally {
    server.close();
    server.closeAllConnections();
  }
};

/** The words of the error that a request ends with. */
const refusedWith = (answer: Promise<unknown>): Promise<string> =>
  answer.then(
    () => 'no error',
    (error: unknown) => (error instanceof Error ? error.message : String(error)),
  );

test('sends the key and the body, and returns any answer', async () => {
  await withServer(
    async (request, response) => {
      const chunks: Buffer[] = [];
      for await (const chunk of request) chunks.push(chunk);
      const { method, url, headers } = request;
      response.writeHead(418, { 'retry-after': '7' });
      response.end(
        JSON.stringify([
          method,
          url,
          headers.authorization,
          headers['content-length'],
          String(Buffer.concat(chunks)),
        ]),
      );
    },
    async (sender) => {
      const { status, headers, text } = await sender.send({ ...LINES, body: Buffer.from('お茶') });
      assert.equal([status, headers.get('Retry-After'), headers.get('etag')], [418, '7', null]);
      assert.equal(JSON.parse(text), ['POST', '/below/api/logs', 'Bearer a-key', '6', 'お茶']);
    },
  );
});

test('follows a redirect with the same body', async () => {
  await withServer(
    async (request, response) => {
      const chunks: Buffer[] = [];
      for await (const chunk of request) chunks.push(chunk);
      if (request.url === '/moved') response.end(`${request.method} ${Buffer.concat(chunks)}`);
      else response.writeHead(308, { location: '/moved' }).end();
    },
    async (sender) => {
      assert.is((await sender.send(LINES)).text, 'POST {"events":[]}');
    },
  );
});

test('says in words why there is no answer', async () => {
  const nowhere = `http://127.0.0.1:${await freePort()}`;
  const sender = await leanSender(serverAt(nowhere), undefined);
  assert.is(
    await refusedWith(sender.send(LINES)),
    `the server at ${nowhere} cannot be reached: nothing listens there`,
  );
});

test('gives up on an answer that does not come, or breaks off', async () => {
  await withServer(
    (request, response) => {
      request.resume();
      if (request.url?.endsWith('/half') !== true) return;
      response.writeHead(200, { 'content-length': '100' });
      response.write('half', () => response.destroy());
    },
    async (sender) => {
      assert.match(await refusedWith(sender.send({ ...LINES, timeoutMs: 20 })), 'no answer within 0.02 s');
      assert.match(await refusedWith(sender.send({ ...LINES, path: '/half' })), 'the connection broke off');
      const stopped = AbortSignal.abort();
      assert.match(await refusedWith(sender.send({ ...LINES, signal: stopped })), 'aborted');
    },
  );
});

test.run();
