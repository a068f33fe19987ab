import * as assert from 'uvu/assert';
import {
  type ConnectOptions,
  connect,
  MiyabiApiError,
  type RunningTask,
  TaskEndedError,
} from '../../src/client/index.ts';
import { sharedServer } from '../support/server.ts';
import { rejects, suite } from '../support/suite.ts';

const test = suite('tasks of the client');

const server = sharedServer();

type Sent = Readonly<{ method: string; path: string; key: string | null; body: string }>;

/** A client of the running server, and what it sends. `answer` stands in for the server where it gives something. */
const connected = async (
  options: ConnectOptions = {},
  answer: (sent: Sent, nth: number) => Response | 'lost' | undefined = () => undefined,
) => {
  const { url } = await server();
  const sent: Sent[] = [];
  const problems: string[] = [];
  const miyabi = connect({
    baseUrl: url,
    reportEveryMs: 5,
    onError: ({ message }) => void problems.push(message),
    fetch: async (target, init = {}) => {
      const request = {
        method: init.method ?? 'GET',
        path: new URL(String(target)).pathname,
        key: new Headers(init.headers).get('idempotency-key'),
        body: String(init.body ?? ''),
      };
      sent.push(request);
      const given = answer(request, sent.filter(({ path }) => path === request.path).length);
      if (given instanceof Response) return given;
      const real = await fetch(target, init);
      // The server has done it, but its answer does not arrive.
      if (given === 'lost') throw new TypeError('fetch failed');
      return real;
    },
    ...options,
  });
  const read = (task_id: string) => miyabi.request('GET /api/tasks/{task_id}', { path: { task_id } });
  return { miyabi, sent, problems, read };
};

const unavailable = () =>
  new Response('{"code":"unavailable","error":"no store"}', { status: 503, headers: { 'retry-after': '0' } });

test('a task runs while its function does, ends with it, and gives its result', async () => {
  const { miyabi, read } = await connected();
  const seen: unknown[] = [];
  let id = '';
  const result = await miyabi.task('Brew', { project_id: 'tea', labels: { leaf: 'sencha' } }, async (t) => {
    id = t.task_id;
    t.progress(3, 10);
    t.report({ phase: 'steeping', message: 'Hot water is in' });
    await t.flush();
    const { status, progress, details } = await read(t.task_id);
    seen.push(status, progress.current, progress.total, details.phase);
    return 'a cup';
  });
  assert.is(result, 'a cup');
  assert.equal(seen, ['running', 3, 10, 'steeping']);
  const { status, task_name, project_id, labels, progress } = await read(id);
  assert.equal(
    [status, task_name, project_id, labels, progress.current],
    ['completed', 'Brew', 'tea', { leaf: 'sencha' }, 3],
  );
});

test('a function that throws fails its task with the message, and the caller gets the same error', async () => {
  const { miyabi, read } = await connected();
  const error = new Error('the kettle is empty');
  let id = '';
  const thrown = await rejects(
    miyabi.task('Brew', (t) => {
      id = t.task_id;
      t.progress(1, 4);
      throw error;
    }),
  );
  assert.is(thrown, error);
  const { status, details, progress } = await read(id);
  assert.equal([status, details.error_message], ['failed', 'the kettle is empty']);
  assert.equal([progress.current, progress.total], [1, 4], 'the last report is not lost');
});

test('a full counter does not end the task: its function does', async () => {
  const { miyabi, read } = await connected();
  await miyabi.task('Brew', async (t) => {
    t.progress(4, 4);
    await t.flush();
    assert.is((await read(t.task_id)).status, 'running');
  });
});

test('a loop counts its items: of a list, of an async source, and not the one that it left', async () => {
  const { miyabi, read } = await connected();
  const seen: unknown[] = [];
  const counts = (run: (task: RunningTask) => Promise<void>) =>
    miyabi.task('Pour', async (t) => {
      await run(t);
      await t.flush();
      const { progress } = await read(t.task_id);
      seen.push([progress.current, progress.total]);
    });
  async function* source() {
    yield* ['a', 'b'];
  }
  const poured: string[] = [];
  await counts(async (t) => {
    for await (const cup of t.each(['one', 'two', 'three'])) poured.push(cup);
  });
  await counts(async (t) => {
    for await (const cup of t.each(source(), { total: 5 })) poured.push(cup);
  });
  await counts(async (t) => {
    for await (const cup of t.each(new Set(['x', 'y', 'z']))) if (cup === 'y') break;
  });
  assert.equal(poured, ['one', 'two', 'three', 'a', 'b']);
  assert.equal(seen, [
    [3, 3],
    [2, 5],
    [1, 3],
  ]);
});

test('many reports become few requests, of which the last says what was reported last', async () => {
  const { miyabi, sent, read } = await connected({ reportEveryMs: 60_000 });
  let ids: string[] = [];
  await Promise.all(
    ['Green', 'Black'].map((name) =>
      miyabi.task(name, async (t) => {
        ids = [...ids, t.task_id];
        for (let count = 1; count <= 500; count += 1) t.progress(count, 1_000);
        t.report({ phase: 'first' });
        t.report({ phase: 'second' });
        await new Promise((resolve) => setTimeout(resolve, 20));
        t.progress(501);
      }),
    ),
  );
  const batches = sent.filter(({ path }) => path === '/api/tasks:progress');
  assert.is(batches.length, 1, 'the first at once, no other within a minute');
  for (const id of ids) {
    const { progress, details } = await read(id);
    assert.equal([progress.current, progress.total, details.phase], [501, 1_000, 'second']);
  }
});

test('a lost answer is asked for again under the same key, and nothing happens twice', async () => {
  const { miyabi, sent, problems, read } = await connected({}, ({ method }, nth) =>
    method === 'POST' && nth === 1 ? 'lost' : undefined,
  );
  const { task_id } = await miyabi.request('POST /api/tasks', { body: { task_name: 'Once' } });
  const created = sent.filter(({ path }) => path === '/api/tasks');
  assert.is(created.length, 2);
  assert.ok(created[0]?.key);
  assert.is(created[0]?.key, created[1]?.key);
  const { tasks } = await miyabi.request('GET /api/tasks', { query: { q: 'Once' } });
  assert.equal(
    tasks.map((task) => task.task_id),
    [task_id],
  );
  assert.is((await read(task_id)).version, 1);
  assert.equal(problems, []);
});

test('the work goes on while the server does not answer, and the task is there once it does', async () => {
  let isDown = true;
  const { miyabi, problems, read } = await connected({}, ({ method }) =>
    isDown && method === 'POST' ? unavailable() : undefined,
  );
  let id = '';
  const result = await miyabi.task('Brew', async (t) => {
    id = t.task_id;
    t.progress(7, 9);
    isDown = false;
    return 42;
  });
  assert.is(result, 42);
  const { status, progress } = await read(id);
  assert.equal([status, progress.total], ['completed', 9]);
  assert.equal(problems, ['no store']);
});

test('a server that never answers neither stops the work nor changes its result', async () => {
  const problems: string[] = [];
  const miyabi = connect({
    baseUrl: 'http://127.0.0.1:9',
    retries: 0,
    onError: ({ message }) => void problems.push(message),
  });
  assert.is(await miyabi.task('Brew', () => 'tea'), 'tea');
  assert.ok(problems.length > 0);
  for (const problem of problems) assert.match(problem, /cannot be reached/);
});

test('a task that the server refuses does not begin', async () => {
  const { miyabi } = await connected();
  let began = false;
  const error = await rejects(
    miyabi.task('Brew', { project_id: 'no spaces allowed' }, () => {
      began = true;
    }),
  );
  assert.instance(error, MiyabiApiError);
  assert.is(began, false);
});

test('a task that someone cancels aborts its signal and its loops', async () => {
  const { miyabi, read, problems } = await connected();
  let id = '';
  const error = await rejects(
    miyabi.task('Brew', async (t) => {
      id = t.task_id;
      await miyabi.request('POST /api/tasks/{task_id}/cancel', {
        path: { task_id: id },
        body: { message: 'no thirst' },
      });
      t.progress(1, 2);
      await t.flush();
      assert.is(t.signal.aborted, true);
      for await (const _cup of t.each([1, 2])) assert.unreachable('the loop goes on');
    }),
  );
  assert.instance(error, TaskEndedError);
  assert.is((await read(id)).status, 'cancelled');
  assert.equal(problems, [], 'what someone else decided is no problem');
});

test("the caller's signal cancels the task", async () => {
  const { miyabi, read } = await connected();
  const stop = new AbortController();
  let id = '';
  await rejects(
    miyabi.task('Brew', { signal: stop.signal }, async (t) => {
      id = t.task_id;
      stop.abort(new Error('the shop closes'));
      t.signal.throwIfAborted();
    }),
  );
  const { status } = await read(id);
  assert.is(status, 'cancelled');
});

test('parts are steps of their task, which ends after its function and not with its last part', async () => {
  const { miyabi, read } = await connected();
  let id = '';
  await miyabi.task('Menu', { project_id: 'tea' }, async (t) => {
    id = t.task_id;
    const part = await t.task('Sencha', ({ task_id }) => task_id);
    await t.flush();
    const [parent, child] = [await read(id), await read(part)];
    assert.equal([parent.status, parent.progress.current, parent.progress.total], ['running', 1, 1]);
    assert.equal([child.status, child.parent_id, child.project_id], ['completed', id, 'tea']);
    await rejects(
      t.task('Gyokuro', () => {
        throw new Error('sold out');
      }),
    );
  });
  const { status, progress } = await read(id);
  assert.equal([status, progress.total], ['completed', 2]);
});

test('a loop over parts does not end with its first part, even if its report waits for its turn', async () => {
  const { miyabi, read } = await connected({ reportEveryMs: 500 });
  await miyabi.task('Reports first', async (t) => {
    t.progress(1, 2);
    await t.flush();
  });
  let id = '';
  const sum = await miyabi.task('Work', { heartbeatSeconds: false }, async (t) => {
    id = t.task_id;
    let total = 0;
    for await (const n of t.each([1, 2, 3])) total += await t.task('Part', () => n);
    assert.not.ok(t.signal.aborted);
    return total;
  });
  assert.is(sum, 6);
  const { status, progress } = await read(id);
  assert.equal([status, progress.current, progress.total], ['completed', 3, 3]);
});

test('a task shows that it is alive as often as it says', async () => {
  const { miyabi, sent, read } = await connected();
  await miyabi.task('Brew', { heartbeatSeconds: 0.02 }, async (t) => {
    while (!sent.some(({ path }) => path.endsWith('/heartbeat')))
      await new Promise((resolve) => setTimeout(resolve, 10));
    assert.is((await read(t.task_id)).heartbeat?.every_seconds, 1);
  });
});

test('a watch gives the present state, every later one and the end', async () => {
  const { miyabi } = await connected();
  const { task_id } = await miyabi.request('POST /api/tasks', { body: { task_name: 'Brew' } });
  const seen: unknown[] = [];
  for await (const task of miyabi.watch(task_id)) {
    seen.push(task.status);
    const status =
      task.status === 'pending' ? 'running' : task.status === 'running' ? 'completed' : undefined;
    if (status !== undefined)
      await miyabi.request('POST /api/tasks/{task_id}/progress', { path: { task_id }, body: { status } });
  }
  assert.equal(seen, ['pending', 'running', 'completed']);
});

test('after a stream that ended before its first position, a reset reports the gap', async () => {
  const { miyabi } = await connected({}, ({ path }, nth) =>
    path === '/api/events' && nth === 1
      ? new Response('', { headers: { 'content-type': 'text/event-stream' } })
      : undefined,
  );
  const kinds: string[] = [];
  for await (const { kind } of miyabi.changes()) {
    kinds.push(kind);
    if (kinds.length === 2) break;
  }
  assert.equal(kinds, ['reset', 'reset']);
});

test.slow('changes go on after a connection breaks, without a gap', async () => {
  const { url } = await server();
  const writer = await connected();
  const project_id = `p${Date.now()}`;
  const lastIds: (string | null)[] = [];
  let cut: (() => void) | undefined;
  const miyabi = connect({
    baseUrl: url,
    fetch: async (target, init) => {
      const isStream = String(target).includes('/api/events');
      if (isStream) lastIds.push(new Headers(init?.headers).get('last-event-id'));
      const response = await fetch(target, init);
      if (!isStream || response.body === null) return response;
      const reader = response.body.getReader();
      const body = new ReadableStream<Uint8Array>({
        start(controller) {
          cut = () => controller.error(new Error('cut'));
        },
        async pull(controller) {
          const { done, value } = await reader.read();
          if (done) controller.close();
          else controller.enqueue(value);
        },
        cancel: () => reader.cancel(),
      });
      return new Response(body, { status: response.status, headers: response.headers });
    },
  });
  const create = (task_name: string) =>
    writer.miyabi.request('POST /api/tasks', { body: { task_name, project_id } });
  const seen: string[] = [];
  for await (const change of miyabi.changes({ project_id })) {
    if (change.kind === 'reset') await create('first');
    if (change.kind !== 'task' || change.action !== 'saved') continue;
    seen.push(change.task.task_name);
    if (change.task.task_name === 'third') break;
    cut?.();
    await create(seen.length === 1 ? 'second' : 'third');
  }
  assert.equal(seen, ['first', 'second', 'third']);
  assert.is(lastIds[0], null);
  assert.ok(
    lastIds.slice(1).every((id) => id !== null),
    'it resumes after the last change',
  );
});

test.run();
