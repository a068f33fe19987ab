import { mkdir, readdir, readFile, readlink, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { join } from 'node:path';
import * as assert from 'uvu/assert';
import { eventually, runProgram, startServer, temporaryFolder } from '../support/server.ts';
import { needs, suite } from '../support/suite.ts';

type Json = Record<string, unknown>;
type Listed = Readonly<{
  task_id: string;
  task_name: string;
  status: string;
  progress: Json;
  details: Readonly<{ outcome?: string; stack_state?: string }>;
}>;

const post = async (url: string, body: unknown): Promise<Response> =>
  fetch(url, { method: 'POST', headers: { 'content-type': 'application/json' }, body: JSON.stringify(body) });
const tasksOf = async (url: string, query = ''): Promise<readonly Listed[]> =>
  ((await (await fetch(`${url}/api/tasks?limit=100${query}`)).json()) as { tasks: Listed[] }).tasks;

/** The TCP ports on which a process listens, according to the kernel (Linux). */
const listeningPorts = async (pid: number): Promise<readonly number[]> => {
  const links = await Promise.all(
    (await readdir(`/proc/${pid}/fd`)).map((fd) => readlink(`/proc/${pid}/fd/${fd}`).catch(() => '')),
  );
  const sockets = new Set(links.map((link) => /^socket:\[(\d+)\]$/.exec(link)?.[1]));
  const tables = await Promise.all(
    ['tcp', 'tcp6'].map((name) => readFile(`/proc/${pid}/net/${name}`, 'utf8').catch(() => '')),
  );
  // Columns: number, local address as HEX:PORT, remote address, state (0A is LISTEN), …, the inode as the tenth.
  return tables
    .flatMap((table) => table.split('\n').slice(1))
    .map((line) => line.trim().split(/\s+/))
    .filter((columns) => columns[3] === '0A' && sockets.has(columns[9]))
    .map((columns) => Number.parseInt(columns[1]?.split(':')[1] ?? '', 16));
};

const test = suite('Local server');
const onLinux = needs(test, process.platform === 'linux', 'only Linux lists sockets in /proc');

test('it says where it answers, where it keeps its data and what to try, and ends cleanly on SIGTERM', async () => {
  const server = await startServer();
  assert.equal(await (await fetch(`${server.url}/health`)).json(), { status: 'healthy' });
  assert.match(server.output(), server.dataDir);
  assert.match(server.output(), 'npm start -- --demo');
  server.process.kill('SIGTERM');
  assert.is(await server.ended, 0);
  assert.is(server.errors(), '');
});

onLinux(
  'it listens on its own port and no other, its data folder in use',
  async () => {
    const server = await startServer();
    try {
      assert.is((await post(`${server.url}/api/tasks`, { task_name: 'brew' })).status, 201);
      assert.equal(await listeningPorts(server.process.pid ?? 0), [Number(new URL(server.url).port)]);
    } finally {
      server.process.kill('SIGTERM');
      await server.ended;
    }
  },
  { slow: true },
);

test.slow(
  'killed in the middle of a write load, it has every acknowledged task and point when it is back',
  async () => {
    const server = await startServer();
    const acknowledged: string[] = [];
    let stopped = false;
    const write = async (worker: number) => {
      for (let count = 0; !stopped; count += 1) {
        const id = `load-${worker}-${count}`;
        try {
          const created = await post(`${server.url}/api/tasks`, { task_id: id, progress: { total: 10 } });
          const reported = await post(`${server.url}/api/tasks/${id}/progress`, { current: 5 });
          if (created.status === 201 && reported.status === 200) acknowledged.push(id);
        } catch {
          return;
        }
      }
    };
    const writers = [0, 1, 2, 3].map(write);
    await eventually(async () => (acknowledged.length >= 40 ? true : undefined));
    server.process.kill('SIGKILL');
    await server.ended;
    stopped = true;
    await Promise.all(writers);

    const again = await startServer({ MIYABI_DATA_DIR: server.dataDir });
    for (const id of acknowledged) {
      const task = (await (await fetch(`${again.url}/api/tasks/${id}`)).json()) as Listed;
      assert.is(task.progress['percentage'], 50, id);
      const { history } = (await (await fetch(`${again.url}/api/tasks/${id}/history`)).json()) as {
        history: Json[];
      };
      assert.ok(
        history.some((point) => point['current'] === 5),
        `${id} has its point`,
      );
    }
    again.process.kill('SIGINT');
    assert.is(await again.ended, 0);
  },
);

test(
  'a log posted, dropped into the folder and piped to miyabi parse ends in the same tasks',
  async () => {
    const server = await startServer({ COLLECT_INTERVAL_MS: '100' });
    const stated = ({ task_name, status, progress, details }: Listed) => ({
      task_name,
      status,
      progress,
      details: { ...details },
    });
    const withoutPlace = (task: ReturnType<typeof stated>) => {
      const { log_group: _group, log_stream: _stream, ...details } = task.details as Json;
      return { ...task, details };
    };
    const byName = (tasks: readonly ReturnType<typeof stated>[]) =>
      tasks.map(withoutPlace).toSorted((a, b) => (JSON.stringify(a) < JSON.stringify(b) ? -1 : 1));

    for (const name of [
      'concurrent-without-columns-end',
      'v1-rollback-cut-twice',
      'hotswap-with-fallback',
      'destroy',
    ]) {
      const log = await readFile(new URL(`../fixtures/cdk/${name}.log`, import.meta.url), 'utf8');
      const lines = log.split('\n');
      const events = lines.map((message, index) => ({
        id: `${name}-${index}`,
        timestamp: 1_795_000_000_000 + index,
        message,
      }));
      await post(`${server.url}/api/logs`, {
        log_group: 'posted',
        log_stream: name,
        project_id: `p-${name}`,
        events,
      });
      await mkdir(join(server.dataDir, 'logs', 'dropped'), { recursive: true });
      await writeFile(join(server.dataDir, 'logs', 'dropped', `${name}.log`), log);

      const parsed = runProgram('cli.ts', { args: ['parse'], input: log });
      assert.is(await parsed.ended, 0, parsed.errors());
      const expected = byName(
        parsed
          .output()
          .split('\n')
          .filter((line) => line !== '')
          .map((line) => stated(JSON.parse(line) as Listed)),
      );
      assert.ok(expected.length > 0);
      assert.equal(
        byName((await tasksOf(server.url, `&project_id=p-${name}`)).map(stated)),
        expected,
        `${name} posted`,
      );
      await eventually(async () => {
        const dropped = (await tasksOf(server.url)).filter(
          (task) =>
            (task.details as Json)['log_group'] === 'dropped' &&
            (task.details as Json)['log_stream'] === name,
        );
        const seen = byName(dropped.map(stated));
        return JSON.stringify(seen) === JSON.stringify(expected) ? true : undefined;
      });
    }
    server.process.kill('SIGTERM');
    await server.ended;
  },
  { slow: true },
);

test(
  'the demo rises',
  async () => {
    const server = await startServer({ MIYABI_BACKEND: 'memory' }, ['--demo']);
    const percentage = async () => {
      const [task] = await tasksOf(server.url, '&project_id=demo');
      const reached = task?.progress['percentage'];
      return typeof reached === 'number' ? reached : undefined;
    };
    const first = await eventually(percentage);
    await eventually(async () => (((await percentage()) ?? 0) > first ? true : undefined));
    server.process.kill('SIGTERM');
    assert.is(await server.ended, 0);
  },
  { slow: true },
);

const refusals: readonly (readonly [string, () => Promise<Record<string, string>>, RegExp])[] = [
  [
    'an unknown backend',
    async () => ({ MIYABI_BACKEND: 'nonsense' }),
    /MIYABI_BACKEND must be one of memory, local, aws/,
  ],
  [
    'a data folder that is a file',
    async () => ({ MIYABI_DATA_DIR: await aFile() }),
    /cannot be written.*MIYABI_DATA_DIR/,
  ],
  [
    'a data folder in a file system that takes none',
    async () => ({ MIYABI_DATA_DIR: '/proc/nowhere' }),
    /cannot be written.*MIYABI_DATA_DIR/,
  ],
  [
    'a log folder that cannot be made',
    async () => ({ MIYABI_BACKEND: 'memory', LOG_SOURCE: 'file', MIYABI_LOG_DIR: await aFile() }),
    /log folder/,
  ],
];

const aFile = async (): Promise<string> => {
  const file = join(await temporaryFolder(), 'file');
  await writeFile(file, '');
  return join(file, 'folder');
};

for (const [index, [what, environment, reason]] of refusals.entries()) {
  const often = index === 0 ? test : test.slow;
  often(`${what} is refused in one line, with exit code 1`, async () => {
    const program = runProgram('server.ts', { env: { PORT: '0', ...(await environment()) } });
    assert.is(await program.ended, 1);
    assert.match(program.errors(), reason);
    assert.is(program.errors().trim().split('\n').length, 1, program.errors());
    assert.is(program.output(), '');
  });
}

test.slow(
  'a port in use, and a data folder that another server has open, are refused in one line each',
  async () => {
    const taken = createServer();
    await new Promise<void>((resolve) => taken.listen(0, '127.0.0.1', resolve));
    const address = taken.address();
    const port = typeof address === 'object' && address !== null ? String(address.port) : '';
    const onPort = runProgram('server.ts', { env: { MIYABI_BACKEND: 'memory', PORT: port } });
    assert.is(await onPort.ended, 1);
    assert.match(onPort.errors(), new RegExp(`port ${port} is in use.*PORT=`));
    taken.close();

    const server = await startServer();
    const second = runProgram('server.ts', { env: { PORT: '0', MIYABI_DATA_DIR: server.dataDir } });
    assert.is(await second.ended, 1);
    assert.match(second.errors(), /is open in another process.*MIYABI_DATA_DIR/);
    assert.is(second.errors().trim().split('\n').length, 1);
    server.process.kill('SIGTERM');
    assert.is(await server.ended, 0);
  },
);

test.slow('an option that is not there is refused by name', async () => {
  const program = runProgram('server.ts', { args: ['--dmeo'], env: { MIYABI_BACKEND: 'memory', PORT: '0' } });
  assert.is(await program.ended, 1);
  assert.match(program.errors(), '--dmeo');
});

test.run();
