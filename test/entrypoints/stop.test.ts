import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import * as assert from 'uvu/assert';
import { eventually, type Program, runProgram, startServer, temporaryFolder } from '../support/server.ts';
import { repeats, suite } from '../support/suite.ts';

const test = suite('Stopping the local server');

const post = (url: string, body: unknown): Promise<Response> =>
  fetch(url, { method: 'POST', headers: { 'content-type': 'application/json' }, body: JSON.stringify(body) });

/** Writes without a pause until the server is gone, and remembers what was acknowledged. */
const writeOn = (url: string) => {
  const acknowledged: string[] = [];
  const write = async (worker: number): Promise<void> => {
    for (let count = 0; ; count += 1) {
      const id = `load-${worker}-${count}`;
      try {
        const { status } = await post(`${url}/api/tasks`, { task_id: id, progress: { total: 10 } });
        if (status !== 201) return;
        acknowledged.push(id);
        await post(`${url}/api/tasks/${id}/progress`, { current: 5 });
      } catch {
        return;
      }
    }
  };
  return { acknowledged, ended: Promise.all([0, 1, 2, 3, 4, 5, 6, 7].map(write)) };
};

test(
  'under continuous writes it ends with 0, says nothing and keeps what it acknowledged',
  async () => {
    const dataDir = await temporaryFolder();
    for (let round = 0; round < repeats({ few: 1, all: 4 }); round += 1) {
      const server = await startServer({ MIYABI_DATA_DIR: dataDir, COLLECT_INTERVAL_MS: '100' });
      const { acknowledged, ended } = writeOn(server.url);
      await eventually(async () => (acknowledged.length >= 20 ? true : undefined));
      server.process.kill('SIGTERM');
      assert.is(await server.ended, 0, `round ${round}: ${server.errors()}`);
      assert.is(server.errors(), '', `round ${round}`);
      await ended;
      const again = await startServer({ MIYABI_DATA_DIR: dataDir });
      for (const id of acknowledged) {
        assert.is((await fetch(`${again.url}/api/tasks/${id}`)).status, 200, `round ${round}: ${id}`);
      }
      for (const id of acknowledged) await fetch(`${again.url}/api/tasks/${id}`, { method: 'DELETE' });
      again.process.kill('SIGTERM');
      await again.ended;
    }
  },
  { timeoutMs: 300_000 },
);

test.slow('a signal right after the greeting closes the store too', async () => {
  const dataDir = await temporaryFolder();
  for (let round = 0; round < repeats({ few: 1, all: 8 }); round += 1) {
    const server = await startServer({ MIYABI_DATA_DIR: dataDir, LOG_LEVEL: 'info' });
    server.process.kill('SIGTERM');
    assert.is(await server.ended, 0, `round ${round}`);
    assert.not.match(server.errors(), 'was not closed', `round ${round}`);
  }
});

/** Sends itself a signal as soon as it has greeted, before anything that comes after the greeting. */
const SIGNALLED = `
  const write = process.stdout.write.bind(process.stdout);
  process.stdout.write = (text, ...rest) => {
    const isTaken = write(text, ...rest);
    if (String(text).includes('answers at')) process.kill(process.pid, 'SIGTERM');
    return isTaken;
  };`;

test.slow('a signal finds its handler as soon as the server has greeted', async () => {
  const program = runProgram('server.ts', {
    env: {
      ...{ PORT: '0', LOG_LEVEL: 'info', MIYABI_DATA_DIR: await temporaryFolder() },
      NODE_OPTIONS: `--import=data:text/javascript,${encodeURIComponent(SIGNALLED)}`,
    },
  });
  assert.is(await program.ended, 0, program.errors());
  assert.match(program.output(), 'answers at');
  assert.not.match(program.errors(), 'was not closed');
});

test.slow('it ends event streams with a reset', async () => {
  const server = await startServer({ MIYABI_BACKEND: 'memory' });
  const stream = await fetch(`${server.url}/api/events`);
  const text = stream.text();
  await post(`${server.url}/api/tasks`, { task_id: 't' });
  server.process.kill('SIGTERM');
  assert.match(await text, /event: task\n(?:.*\n)*event: reset\nid: \S+\ndata: .*\n\n$/);
  assert.is(await server.ended, 0);
});

/** A receiver of webhooks that takes requests and never answers, and so keeps the server from coming to an end. */
const silentReceiver = async () => {
  let calls = 0;
  const server = createServer(() => {
    calls += 1;
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    port: (server.address() as AddressInfo).port,
    called: () => eventually(async () => (calls > 0 ? true : undefined)),
    close: () => server.closeAllConnections(),
    server,
  };
};

const WEBHOOK_ENV = { MIYABI_BACKEND: 'memory', WEBHOOK_ALLOW: '127.0.0.0/8', LOG_LEVEL: 'warn' };

const beginDelivery = async (url: string, port: number): Promise<void> => {
  await post(`${url}/api/projects`, { project_id: 'p', project_name: 'p' });
  await post(`${url}/api/projects/p/webhooks`, { url: `http://127.0.0.1:${port}/` });
  await post(`${url}/api/tasks`, { task_id: 't', project_id: 'p', status: 'completed' });
};

test.slow('work that does not end in time is abandoned, with a warning, and it ends with 0', async () => {
  const receiver = await silentReceiver();
  const server = await startServer({ ...WEBHOOK_ENV, STOP_TIMEOUT_MS: '500' });
  await beginDelivery(server.url, receiver.port);
  await receiver.called();
  server.process.kill('SIGTERM');
  assert.is(await server.ended, 0, server.errors());
  assert.match(server.output() + server.errors(), /Stopped before everything had ended/);
  receiver.close();
  receiver.server.close();
});

test.slow('a second signal ends it at once, with the exit code of that signal', async () => {
  const receiver = await silentReceiver();
  for (const [signal, code] of [
    ['SIGINT', 130],
    ['SIGTERM', 143],
  ] as const) {
    const server = await startServer({ ...WEBHOOK_ENV, STOP_TIMEOUT_MS: '600000' });
    await beginDelivery(server.url, receiver.port);
    await receiver.called();
    server.process.kill('SIGTERM');
    // It is stopping when it takes no connection any more.
    await eventually(
      async () =>
        await fetch(`${server.url}/health`).then(
          () => undefined,
          () => true,
        ),
    );
    server.process.kill(signal);
    assert.is(await server.ended, code);
  }
  receiver.close();
  receiver.server.close();
});

test.slow('miyabi serve stops in the same way', async () => {
  const program: Program = runProgram('cli.ts', {
    args: ['serve'],
    env: { MIYABI_BACKEND: 'memory', PORT: '0', LOG_LEVEL: 'error' },
  });
  const url = await eventually(async () => /http:\/\/127\.0\.0\.1:\d+/.exec(program.output())?.[0]);
  const { acknowledged, ended } = writeOn(url);
  await eventually(async () => (acknowledged.length >= 20 ? true : undefined));
  program.process.kill('SIGINT');
  assert.is(await program.ended, 0, program.errors());
  assert.is(program.errors(), '');
  await ended;
});

test.run();
