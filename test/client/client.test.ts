import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import * as assert from 'uvu/assert';
import { MiyabiApiError, miyabiClient, readPages } from '../../src/client/index.ts';
import { suite } from '../support/suite.ts';

const test = suite('the typed client');

const answering = (status: number, text: string) => {
  const requested: string[] = [];
  const client = (baseUrl: string) =>
    miyabiClient({
      baseUrl,
      apiKey: 'k',
      fetch: (url) => {
        requested.push(String(url));
        return Promise.resolve(new Response(text, { status }));
      },
    });
  return { requested, client };
};

test('a server below a path is called below that path, with a trailing slash or without', async () => {
  const { requested, client } = answering(200, '{"tasks":[],"next_cursor":null}');
  for (const baseUrl of [
    'https://a.example',
    'https://a.example/',
    'https://a.example/miyabi',
    'https://a.example/miyabi/',
  ])
    await client(baseUrl).request('GET /api/tasks', { query: { limit: 1 } });
  assert.equal(requested, [
    'https://a.example/api/tasks?limit=1',
    'https://a.example/api/tasks?limit=1',
    'https://a.example/miyabi/api/tasks?limit=1',
    'https://a.example/miyabi/api/tasks?limit=1',
  ]);
});

test('a refusal in JSON without a code keeps its own words', async () => {
  const error = await answering(403, '{"error":"the gateway does not know this key"}')
    .client('https://a.example')
    .request('GET /health')
    .catch((thrown: unknown) => thrown);
  assert.instance(error, MiyabiApiError);
  const { status, code, message } = error as MiyabiApiError;
  assert.equal([status, code, message], [403, 'unknown', 'the gateway does not know this key']);
});

test('a page instead of an answer is an error, with any status', async () => {
  for (const status of [200, 404, 502]) {
    const error = await answering(status, '<html>sign in</html>')
      .client('https://a.example')
      .request('GET /api/tasks')
      .catch((thrown: unknown) => thrown);
    assert.instance(error, MiyabiApiError);
    assert.is((error as MiyabiApiError).status, status);
    assert.is((error as MiyabiApiError).problem.code, 'unknown');
    assert.is((error as MiyabiApiError).isPassing, true);
  }
});

test('without an answer the reason is in words, and the request may be retried', async () => {
  const client = miyabiClient({ baseUrl: 'http://127.0.0.1:9' });
  const error = await client.request('GET /health').catch((thrown: unknown) => thrown);
  assert.instance(error, MiyabiApiError);
  const { status, code, isPassing, message } = error as MiyabiApiError;
  assert.equal([status, code, isPassing], [0, 'unreachable', true]);
  assert.match(message, /^the server at http:\/\/127\.0\.0\.1:9 cannot be reached: /);
});

test('a server that is silent is given up', async () => {
  const client = miyabiClient({
    baseUrl: 'https://a.example',
    timeoutMs: 1,
    fetch: (_url, init) =>
      new Promise((_resolve, reject) => {
        init?.signal?.addEventListener('abort', () => reject(init.signal?.reason));
      }),
  });
  const error = await client.request('GET /health').catch((thrown: unknown) => thrown);
  assert.match((error as Error).message, 'no answer within 0.001 s');
});

test('a refusal carries the code, the words and the wait that the server gives', async () => {
  const problem = { type: 'x', title: 'x', status: 429, code: 'rate_limited', error: 'slow', detail: 'slow' };
  const client = miyabiClient({
    baseUrl: 'https://a.example',
    fetch: () =>
      Promise.resolve(
        new Response(JSON.stringify(problem), { status: 429, headers: { 'retry-after': '7' } }),
      ),
  });
  const error = await client.request('GET /api/tasks').catch((thrown: unknown) => thrown);
  const { status, code, message, retryAfterSeconds, isPassing } = error as MiyabiApiError;
  assert.equal([status, code, message, retryAfterSeconds, isPassing], [429, 'rate_limited', 'slow', 7, true]);
});

test('pages are read until there are no more or enough, and the cursor leads on', async () => {
  const requested: unknown[] = [];
  const read = (page: Readonly<{ limit: number; cursor?: string }>) => {
    requested.push(page);
    const first = Number(page.cursor ?? 0);
    const items = Array.from({ length: Math.min(page.limit, 250 - first) }, (_item, index) => first + index);
    const next = first + items.length;
    return Promise.resolve({ items, next: next < 250 ? String(next) : null });
  };
  const some = await readPages(read, 120);
  assert.equal([some.items.length, some.items.at(-1), some.next], [120, 119, '120']);
  assert.equal(requested, [{ limit: 100 }, { limit: 20, cursor: '100' }]);
  const all = await readPages(read, 1_000);
  assert.equal([all.items.length, all.next], [250, null]);
});

test('a stream that is read later is still open, even after a garbage collection', async () => {
  const server = createServer((_request, response) => {
    response.writeHead(200, { 'content-type': 'text/event-stream' });
    response.write('event: task\nid: p1\ndata: {}\n\n');
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const leaving = new AbortController();
  try {
    const { port } = server.address() as AddressInfo;
    const stream = await miyabiClient({ baseUrl: `http://127.0.0.1:${port}` }).events({
      signal: leaving.signal,
    });
    setFlagsFromString('--expose-gc');
    const collectGarbage: () => void = runInNewContext('gc');
    for (let round = 0; round < 5; round += 1) {
      collectGarbage();
      await sleep(5);
    }
    assert.is((await stream.next()).value?.id, 'p1');
  } finally {
    leaving.abort();
    server.closeAllConnections();
    server.close();
  }
});

test.run();
