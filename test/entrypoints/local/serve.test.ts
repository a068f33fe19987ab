import { connect, type Socket } from 'node:net';
import * as assert from 'uvu/assert';
import { memoryLogger } from '../../../src/adapters/memory/logger.ts';
import { serve } from '../../../src/entrypoints/local/serve.ts';
import { type Api, openApi } from '../../support/api.ts';
import { rejects, repeats, suite } from '../../support/suite.ts';

const test = suite('HTTP over a socket');

const serving = (run: (url: string, api: Api) => Promise<void>) => async () => {
  const api = await openApi();
  const listening = await serve(api.app, { host: '127.0.0.1', port: 0, logger: memoryLogger() });
  try {
    await run(listening.url, api);
  } finally {
    await listening.close(100);
    await api.close();
  }
};

/** Reads server-sent events until `count` with data have come. */
const readEvents = async (response: Response, count: number) => {
  const events: { event: string; id: string; data: { version: number; action: string } }[] = [];
  let text = '';
  const reader = (response.body as ReadableStream<Uint8Array>)
    .pipeThrough(new TextDecoderStream())
    .getReader();
  while (events.length < count) {
    const { value, done } = await reader.read();
    if (done) break;
    text += value;
    const blocks = text.split('\n\n');
    text = blocks.pop() ?? '';
    for (const block of blocks) {
      const lines = new Map(
        block
          .split('\n')
          .map((line) => [line.slice(0, line.indexOf(':')), line.slice(line.indexOf(':') + 2)]),
      );
      const data = lines.get('data');
      if (data !== undefined)
        events.push({ event: lines.get('event') ?? '', id: lines.get('id') ?? '', data: JSON.parse(data) });
    }
  }
  await reader.cancel();
  return events;
};

test(
  'answers over a socket what the application answers',
  serving(async (url) => {
    const created = await fetch(`${url}/api/tasks`, {
      method: 'POST',
      body: '{"task_name":"日本"}',
      headers: { 'content-type': 'application/json' },
    });
    assert.is(created.status, 201);
    const { task } = (await created.json()) as { task: { task_id: string; task_name: string } };
    const read = await fetch(`${url}/api/tasks/${task.task_id}`);
    assert.equal(await read.json(), task);
    const head = await fetch(`${url}/api/tasks/${task.task_id}`, { method: 'HEAD' });
    assert.is(head.status, 200);
    assert.is(await head.text(), '');
    assert.is(head.headers.get('content-length'), null, 'the length of a body that was never made');
  }),
);

test(
  'refuses a large body while it is still coming, and goes on',
  serving(async (url) => {
    const answer = await fetch(`${url}/api/tasks`, {
      method: 'POST',
      body: 'x'.repeat(300 * 1024),
      headers: { 'content-type': 'application/json' },
    });
    assert.is(answer.status, 413);
    assert.is((await fetch(`${url}/health`)).status, 200);
  }),
);

test(
  'streams changes, and resumes after the last one seen',
  serving(async (url, { call }) => {
    const stream = await fetch(`${url}/api/events?project_id=p`);
    assert.match(stream.headers.get('content-type') ?? '', /^text\/event-stream/);
    for (const name of ['a', 'b', 'c']) await call('POST', '/api/tasks', { task_id: name, project_id: 'p' });
    await call('POST', '/api/tasks', { task_id: 'other', project_id: 'q' });
    const seen = await readEvents(stream, 3);
    assert.ok(seen.every(({ data }) => data.action === 'saved'));
    for (const version of [2, 3]) await call('POST', '/api/tasks/a/progress', { current: version, total: 9 });
    const resumed = await fetch(`${url}/api/events?project_id=p&task_id=a`, {
      headers: { 'last-event-id': seen.at(-1)?.id ?? '' },
    });
    const more = (await readEvents(resumed, 2)).filter(({ event }) => event === 'task');
    assert.equal(
      more.map(({ data }) => data.version),
      [2, 3],
    );
  }),
);

/** Opens a stream over a bare socket, and calls back with the text as it comes. */
const openStream = (url: string, onText: (text: string) => void): Promise<Socket> =>
  new Promise((resolve, reject) => {
    const { port, host } = new URL(url);
    const socket = connect(Number(port), '127.0.0.1', () => {
      socket.write(`GET /api/events HTTP/1.1\r\nhost: ${host}\r\n\r\n`);
    });
    let text = '';
    socket.setEncoding('utf8');
    socket.on('data', (part: string) => {
      text += part;
      const end = text.lastIndexOf('\n\n') + 2;
      if (text.includes('retry:')) resolve(socket);
      onText(text.slice(0, end));
      text = text.slice(end);
    });
    socket.on('error', reject);
  });

/** As many as a busy team has tabs. */
const STREAMS = repeats({ few: 20, all: 2_000 });

test(
  `tells ${STREAMS} streams every change once, in order`,
  serving(async (url, { call }) => {
    // What 50 changes a second come to in five seconds.
    const changes = 250;
    const seen: number[][] = Array.from({ length: STREAMS }, () => []);
    let left = seen.length;
    let done = () => {};
    const all = new Promise<void>((resolve) => {
      done = resolve;
    });
    const sockets = await Promise.all(
      seen.map((versions) =>
        openStream(url, (text) => {
          const before = versions.length;
          for (const [, version] of text.matchAll(
            /^data: \{"action":"saved","task_id":"t","project_id":"default","version":(\d+)/gm,
          )) {
            versions.push(Number(version));
          }
          if (before < changes && versions.length >= changes) left -= 1;
          if (left === 0) done();
        }),
      ),
    );
    await call('POST', '/api/tasks', { task_id: 't' });
    for (let current = 1; current < changes; current += 1)
      await call('POST', '/api/tasks/t/progress', { current, total: changes });
    await all;
    const expected = Array.from({ length: changes }, (_, index) => index + 1);
    for (const versions of seen) assert.equal(versions, expected);
    for (const socket of sockets) socket.destroy();
  }),
);

test(
  'disconnects a reader that accepts nothing, and delays no one for it',
  serving(async (url, { call }) => {
    const slow = await openStream(url, () => {});
    slow.pause();
    const closed = new Promise<void>((resolve) => slow.once('close', () => resolve()));
    let quick = 0;
    const other = await openStream(url, (text) => {
      quick += text.match(/^event: task$/gm)?.length ?? 0;
    });
    const metadata = { text: 'x'.repeat(60_000) };
    for (let index = 0; index < 150; index += 1) {
      const answer = await call('POST', '/api/tasks', { task_id: `t${index}`, metadata });
      assert.is(answer.status, 201);
      await new Promise((resolve) => setImmediate(resolve));
    }
    // The data that was in the sockets arrives, and then the end.
    slow.resume();
    await closed;
    while (quick < 150) await new Promise((resolve) => setImmediate(resolve));
    other.destroy();
  }),
);

test('ends streams at once when it closes', async () => {
  const api = await openApi();
  const listening = await serve(api.app, { host: '127.0.0.1', port: 0, logger: memoryLogger() });
  const stream = await fetch(`${listening.url}/api/events`);
  const ended = stream.text();
  await listening.close(60_000);
  assert.match(await ended, /^retry: \d+\nid: /);
  await api.close();
});

test('says what to do about a port that is in use', async () => {
  const api = await openApi();
  const options = { host: '127.0.0.1', logger: memoryLogger() };
  const listening = await serve(api.app, { ...options, port: 0 });
  const error = await rejects(
    serve(api.app, { ...options, port: Number(new URL(listening.url).port) }),
    'configuration',
  );
  assert.match(error.message, /in use.*PORT=/);
  await listening.close(0);
  await api.close();
});

test(
  'says what is wrong with what is no HTTP request, as a problem document like any other',
  serving(async (url) => {
    const { port } = new URL(url);
    const answerTo = (text: string) =>
      new Promise<string>((resolve) => {
        let answer = '';
        const socket = connect(Number(port), '127.0.0.1', () => socket.write(text));
        socket.setEncoding('utf8');
        socket.on('data', (chunk) => {
          answer += String(chunk);
        });
        socket.on('error', () => resolve(answer));
        socket.on('close', () => resolve(answer));
      });
    for (const [text, status, code, words] of [
      ['GET /api/tasks?q=caf\u00e9 HTTP/1.1\r\nhost: x\r\n\r\n', 400, 'invalid_input', /percent-encode/],
      ['nonsense\r\n\r\n', 400, 'invalid_input', /HTTP/],
      [`GET / HTTP/1.1\r\nx: ${'y'.repeat(70_000)}\r\n\r\n`, 431, 'payload_too_large', /65536 bytes/],
    ] as const) {
      const [head = '', body = ''] = (await answerTo(text)).split('\r\n\r\n');
      assert.match(head, new RegExp(`^HTTP/1.1 ${status} `));
      assert.match(head, /\r\ncontent-type: application\/problem\+json/);
      assert.match(head, new RegExp(`\r\ncontent-length: ${Buffer.byteLength(body)}\r\n`));
      const problem = JSON.parse(body);
      assert.equal([problem.status, problem.code], [status, code]);
      assert.match(problem.error, words);
    }
    assert.is((await fetch(`${url}/health`)).status, 200);
  }),
);

test(
  'survives what is no HTTP, and clients that go away',
  serving(async (url) => {
    const { port } = new URL(url);
    for (const text of [
      'nonsense\r\n\r\n',
      'GET / HTTP/9.9\r\n\r\n',
      'POST /api/tasks HTTP/1.1\r\nhost: x\r\ncontent-length: 100\r\n\r\n{',
    ]) {
      await new Promise<void>((resolve) => {
        const socket = connect(Number(port), '127.0.0.1', () => socket.end(text));
        socket.resume();
        socket.on('close', () => resolve());
        socket.on('error', () => resolve());
      });
    }
    assert.is((await fetch(`${url}/health`)).status, 200);
  }),
);

/** The answer to a request that no client library would send. */
const raw = (url: string, request: string): Promise<string> =>
  new Promise((resolve, reject) => {
    let answer = '';
    const socket = connect(Number(new URL(url).port), '127.0.0.1', () => socket.write(request));
    socket.setEncoding('utf8');
    socket.on('data', (text: string) => {
      answer += text;
    });
    socket.on('end', () => resolve(answer));
    socket.on('error', reject);
  });

test(
  'says what is wrong where Node would answer without a body',
  serving(async (url) => {
    for (const [request, status, reason] of [
      ['GET /health HTTP/1.1\r\n\r\n', 400, 'Host header is missing'],
      ['GET /health HTTP/1.1\r\nhost: a\r\nexpect: the-unexpected\r\n\r\n', 417, '100-continue'],
    ] as const) {
      const answer = await raw(url, request);
      assert.match(answer, new RegExp(`^HTTP/1\\.1 ${status} `));
      assert.match(answer, /content-type: application\/problem\+json/i);
      const problem = JSON.parse(answer.slice(answer.indexOf('\r\n\r\n'))) as {
        status: number;
        detail: string;
      };
      assert.is(problem.status, status);
      assert.match(problem.detail, reason);
    }
  }),
);

test.run();
