// `miyabi mcp` as agents use it: through the client of the protocol's own SDK, against a local server.
import { once } from 'node:events';
import { Client, StreamableHTTPClientTransport } from '@modelcontextprotocol/client';
import { StdioClientTransport } from '@modelcontextprotocol/client/stdio';
import * as assert from 'uvu/assert';
import { miyabiClient } from '../../src/client/index.ts';
import { cleanEnv, MIYABI, run, start } from '../support/cli.ts';
import { sharedServer, startServer } from '../support/server.ts';
import { suite } from '../support/suite.ts';
import { withoutPackages } from '../support/uninstalled.ts';

const test = suite('miyabi mcp');

const server = sharedServer();

const [command = '', ...words] = MIYABI;

const overStdio = async (act: (client: Client) => Promise<void>, env: Record<string, string> = {}) => {
  const client = new Client({ name: 'tests', version: '1.0.0' });
  await client.connect(
    new StdioClientTransport({
      command,
      args: [...words, 'mcp'],
      env: { ...(cleanEnv() as Record<string, string>), MIYABI_URL: (await server()).url, ...env }, // no value is undefined
    }),
  );
  try {
    await act(client);
  } finally {
    await client.close();
  }
};

/** Starts `miyabi mcp --http` on any port; the address is in its first line. */
const overHttp = async (
  act: (address: URL) => Promise<void>,
  env: Record<string, string> = {},
): Promise<void> => {
  const running = start([...MIYABI, 'mcp', '--http', '0'], {
    env: { MIYABI_URL: (await server()).url, ...env },
  });
  try {
    while (!running.stdout().includes('\n')) await once(running.process.stdout ?? running.process, 'data');
    const [address = ''] = /http:\S+\/mcp/.exec(running.stdout()) ?? [];
    await act(new URL(address));
  } finally {
    running.process.kill();
    await running.done;
  }
};

const connectTo = async (address: URL, headers: Record<string, string> = {}) => {
  const client = new Client({ name: 'tests', version: '1.0.0' });
  await client.connect(new StreamableHTTPClientTransport(address, { requestInit: { headers } }));
  return client;
};

type Content = Readonly<{ structuredContent?: unknown; isError?: boolean; content?: unknown }>;

// biome-ignore lint/suspicious/noExplicitAny: a test says what it expects of an answer
const call = async (client: Client, name: string, input: Record<string, unknown>): Promise<any> => {
  const result = (await client.callTool({ name, arguments: input })) as Content; // of any tool
  assert.is(result.isError ?? false, false, JSON.stringify(result.content));
  return result.structuredContent;
};

const refusalOf = async (client: Client, name: string, input: Record<string, unknown>): Promise<string> => {
  const result = (await client.callTool({ name, arguments: input })) as Content; // of any tool
  assert.is(result.isError, true);
  return JSON.stringify(result.content);
};

/** An agent's whole work: both transports must carry it. */
const works = async (client: Client): Promise<void> => {
  const { tools } = await client.listTools();
  assert.equal(tools.map(({ name }) => name).sort(), [
    'finish_task',
    'get_task',
    'list_failures',
    'list_running',
    'list_tasks',
    'read_log',
    'report_progress',
    'start_task',
  ]);
  assert.ok(tools.every(({ description = '' }) => description.length > 20));

  const { task } = await call(client, 'start_task', { name: 'Refactor', total: 3, labels: { by: 'agent' } });
  const { task_id } = task;
  assert.equal([task.status, task.current, task.total, task.project_id], ['running', 0, 3, 'tea']);
  await call(client, 'report_progress', { task_id, current: 3, phase: 'tests' });
  const { tasks } = await call(client, 'list_running', { project_id: 'tea' });
  const running = tasks.find((one: { task_id: string }) => one.task_id === task_id);
  assert.equal([running.current, running.phase, running.status], [3, 'tests', 'running']);

  const uri = `miyabi://tasks/${task_id}`;
  const { resources } = await client.listResources();
  assert.is(resources.find((one) => one.uri === uri)?.name, 'Refactor');
  const { contents } = await client.readResource({ uri });
  const [content] = contents;
  assert.ok(content !== undefined && 'text' in content);
  assert.equal(JSON.parse(content.text).labels, { by: 'agent' });

  await call(client, 'finish_task', { task_id, status: 'failed', message: 'two tests fail' });
  const read = await call(client, 'get_task', { task_id });
  assert.equal([read.task.status, read.task.error], ['failed', 'two tests fail']);
  const listed = await call(client, 'list_tasks', { status: ['failed'], search: 'refac', limit: 100 });
  assert.ok(listed.tasks.some((one: { task_id: string }) => one.task_id === task_id));
};

test('an agent starts, reports, reads and finishes a task over stdio', () =>
  overStdio(works, { MIYABI_PROJECT: 'tea' }));

test.slow('an agent starts, reports, reads and finishes a task over HTTP', () =>
  overHttp(
    async (address) => {
      const client = await connectTo(address);
      try {
        await works(client);
      } finally {
        await client.close();
      }
    },
    { MIYABI_PROJECT: 'tea' },
  ),
);

test.slow('what failed comes with its cause and the log lines around it', () =>
  overStdio(async (client) => {
    const { url } = await server();
    const api = miyabiClient({ baseUrl: url });
    await api.request('POST /api/logs', {
      body: {
        project_id: 'kiln',
        log_group: 'agents',
        log_stream: 'run-1',
        events: ['Step 1/4', 'Step 2/4', '\u001b[31mERROR: disk is full\u001b[0m'].map((message, index) => ({
          timestamp: new Date(Date.UTC(2026, 10, 1, 0, 0, index)).toISOString(),
          message,
        })),
      },
    });
    const {
      tasks: [found],
    } = await api.request('GET /api/tasks', { query: { project_id: 'kiln' } });
    const { task_id = '' } = found ?? {};
    await call(client, 'finish_task', { task_id, status: 'failed', message: 'disk is full' });
    const { tasks } = await call(client, 'list_failures', { project_id: 'kiln' });
    assert.is(tasks.length, 1);
    assert.match(tasks[0].error, 'disk is full');
    assert.ok(tasks[0].log.includes('ERROR: disk is full'), JSON.stringify(tasks[0]));
    const { lines } = await call(client, 'read_log', { task_id, search: 'step' });
    assert.equal(lines, ['Step 1/4', 'Step 2/4']);
  }),
);

test('a refusal says what is wrong instead of breaking the connection', () =>
  overStdio(async (client) => {
    assert.match(await refusalOf(client, 'get_task', { task_id: 'nothing-like-it' }), 'Task not found');
    assert.match(await refusalOf(client, 'get_task', { task_id: '..' }), 'must be an id');
    const { task } = await call(client, 'start_task', { name: 'Cancelled' });
    await call(client, 'finish_task', { task_id: task.task_id, status: 'cancelled' });
    assert.match(
      await refusalOf(client, 'report_progress', { task_id: task.task_id, current: 1 }),
      'cancelled',
    );
    assert.match(
      await refusalOf(client, 'start_task', { name: 'Brew', colour: 'green' }),
      /additional propert/i,
    );
  }));

test.slow('a server that cannot be reached is named', () =>
  overStdio(
    async (client) => {
      assert.match(await refusalOf(client, 'list_running', {}), /127\.0\.0\.1:9 cannot be reached/);
    },
    { MIYABI_URL: 'http://127.0.0.1:9' },
  ),
);

test.slow('over HTTP each caller uses its own key, and never the key of the process', async () => {
  const key = 'a-key-of-the-test-0123456789';
  const { createHash } = await import('node:crypto');
  const hash = createHash('sha256').update(key).digest('hex');
  const locked = await startServer({ MIYABI_BACKEND: 'memory', API_KEYS: `${hash}:write` });
  try {
    await overHttp(
      async (address) => {
        const anonymous = await connectTo(address);
        assert.match(await refusalOf(anonymous, 'list_running', {}), 'refuses the key');
        await anonymous.close();
        const known = await connectTo(address, { authorization: `Bearer ${key}` });
        assert.equal((await call(known, 'list_running', {})).tasks, []);
        await known.close();
      },
      { MIYABI_URL: locked.url, MIYABI_API_KEY: key },
    );
  } finally {
    locked.process.kill();
    await locked.ended;
  }
});

test('a page of another site does not reach it', () =>
  overHttp(async (address) => {
    const statusWith = async (headers: Record<string, string>) => {
      const { request } = await import('node:http');
      const sent = request(address, { method: 'POST', headers }).end('{}');
      const [response] = await once(sent, 'response');
      response.resume();
      return response.statusCode;
    };
    assert.is(await statusWith({ origin: 'https://evil.example' }), 403);
    assert.is(await statusWith({ host: 'evil.example' }), 403);
    assert.is.not(await statusWith({}), 403);
  }));

test.slow('without the SDK it says which package is missing, and how to get it', async () => {
  const ran = await run([...MIYABI, 'mcp'], { env: withoutPackages('@modelcontextprotocol/') });
  assert.is(ran.code, 2, ran.stderr);
  assert.match(
    ran.stderr,
    /^miyabi: miyabi mcp needs the package .*npm install @modelcontextprotocol\/server\n$/,
  );
});

test.run();
