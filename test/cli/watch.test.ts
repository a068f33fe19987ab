import { createServer, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import * as assert from 'uvu/assert';
import { MIYABI, start, until } from '../support/cli.ts';
import { suite } from '../support/suite.ts';

const test = suite('miyabi watch');

const taskOf = (id: string, version = 1) => ({
  task_id: id,
  task_name: `task ${id}`,
  task_type: 'agent_execution',
  project_id: 'default',
  status: 'running',
  version,
  details: {},
  labels: {},
  created_at: '2026-01-01T00:00:00.000Z',
  updated_at: '2026-01-01T00:00:00.000Z',
  progress: { current: version, total: 4, percentage: version * 25 },
});

/** A server with a number of tasks, in pages of a hundred, and an event stream that the test writes and breaks. */
const feedServer = async (count: number, { ends = false } = {}) => {
  const streams: ServerResponse[] = [];
  /** What waits for the next request, where each answer ends. */
  let waiting = '';
  const resumed: unknown[] = [];
  let away = false;
  const completed = new Set<string>();
  const ids = Array.from({ length: count }, (_, index) => `t${index}`);
  const server = createServer((request, response) => {
    const url = new URL(request.url ?? '', 'http://localhost');
    if (away) {
      request.socket.destroy();
      return;
    }
    if (url.pathname === '/api/events') {
      response.writeHead(200, { 'content-type': 'text/event-stream' });
      response.write('retry: 100\nid: p1\n\n');
      streams.push(response);
      resumed.push(request.headers['last-event-id']);
      if (ends) response.end(waiting);
      return;
    }
    response.writeHead(200, { 'content-type': 'application/json' });
    if (url.pathname !== '/api/tasks') {
      const id = url.pathname.split('/').at(-1) ?? '';
      const task = taskOf(id);
      response.end(JSON.stringify(completed.has(id) ? { ...task, version: 2, status: 'completed' } : task));
      return;
    }
    const from = Number(url.searchParams.get('cursor') ?? 0);
    const to = from + Math.min(100, Number(url.searchParams.get('limit')));
    response.end(
      JSON.stringify({
        tasks: ids.slice(from, to).map((id) => taskOf(id)),
        next_cursor: to < count ? String(to) : null,
      }),
    );
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    /** The places that requests of the stream resumed from. */
    resumed,
    reportTask: (event: string, data: object) => {
      const text = `event: ${event}\ndata: ${JSON.stringify(data)}\n\n`;
      if (ends) waiting += text;
      else streams.at(-1)?.write(text);
    },
    /** A task ends without an event on the stream. */
    complete: (id: string) => void completed.add(id),
    goAway: () => {
      away = true;
      for (const stream of streams) stream.destroy();
    },
    comeBack: () => {
      away = false;
    },
    close: () =>
      new Promise<void>((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
};

for (const [title, ...args] of [['as text'], ['as JSON', '--json']] as const) {
  const often = title === 'as text' ? test : test.slow;
  often(
    `${title}: every task there is, more than one page of them, and a lost connection is told apart from them`,
    async () => {
      const server = await feedServer(230);
      const watching = start([...MIYABI, 'watch', ...args], { env: { MIYABI_URL: server.url } });
      let said = '';
      watching.process.stderr?.on('data', (chunk: Buffer) => {
        said += chunk.toString();
      });
      try {
        const lines = () => watching.stdout().trimEnd().split('\n');
        await until('all tasks are shown', () => lines().length === 230);
        server.goAway();
        await until('the loss is said', () => said.includes('connection lost'));
        server.comeBack();
        await until('it is back', () => said.includes('connected again'));
        server.reportTask('task', { action: 'updated', task: taskOf('t7', 2) });
        await until('the change is shown', () => lines().length === 231);
        assert.match(lines().at(-1) ?? '', 'task t7');
        watching.process.kill('SIGINT');
        const { signal, stdout, stderr } = await watching.done;
        assert.is(signal, 'SIGINT');
        assert.not.match(stdout, 'connect');
        assert.match(stderr, /^miyabi: connection lost, trying again: [^\n]+\nmiyabi: connected again\n$/);
        if (args.length > 0) for (const line of lines()) assert.type(JSON.parse(line).task_id, 'string');
      } finally {
        watching.process.kill('SIGKILL');
        await server.close();
      }
    },
  );
}

test('where an answer with events ends, the next is requested after it, and nothing is lost', async () => {
  const server = await feedServer(1, { ends: true });
  const watching = start([...MIYABI, 'watch'], { env: { MIYABI_URL: server.url } });
  try {
    await until('it has asked again', () => server.resumed.length > 2);
    server.reportTask('task', { action: 'updated', task: taskOf('t0', 2) });
    await until('the change is shown', () => watching.stdout().includes('50%'));
    watching.process.kill('SIGINT');
    const { stderr } = await watching.done;
    assert.is(stderr, '');
    assert.equal(server.resumed.slice(0, 3), [undefined, 'p1', 'p1']);
  } finally {
    watching.process.kill('SIGKILL');
    await server.close();
  }
});

test.slow('a watched task that is deleted ends the watch with code 3', async () => {
  const server = await feedServer(1);
  const watching = start([...MIYABI, 'watch', 't0'], { env: { MIYABI_URL: server.url } });
  try {
    await until('it is shown', () => watching.stdout().includes('task t0'));
    server.reportTask('task', { action: 'deleted', task_id: 't0' });
    const { code, stderr } = await watching.done;
    assert.is(code, 3);
    assert.is(stderr, 'miyabi: the task was deleted\n');
  } finally {
    watching.process.kill('SIGKILL');
    await server.close();
  }
});

test('one task: an end that the stream never mentions is found all the same', async () => {
  const server = await feedServer(1);
  const watching = start([...MIYABI, 'watch', 't0'], { env: { MIYABI_URL: server.url } });
  try {
    await until('it watches', () => watching.stdout().includes('running'));
    server.complete('t0');
    const { code } = await watching.done;
    assert.is(code, 0);
    assert.match(watching.stdout(), /completed/);
  } finally {
    watching.process.kill('SIGKILL');
    await server.close();
  }
});

test.run();
