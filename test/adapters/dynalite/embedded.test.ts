import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import * as assert from 'uvu/assert';
import { openEmbeddedDynamodb } from '../../../src/adapters/dynalite/embedded.ts';
import { dynamodbClient } from '../../../src/adapters/dynamodb/client.ts';
import { createTables } from '../../../src/adapters/dynamodb/tables.ts';
import { dynamodbTaskHistory } from '../../../src/adapters/dynamodb/task-history.ts';
import { dynamodbTaskStore } from '../../../src/adapters/dynamodb/task-store.ts';
import { memoryClock } from '../../../src/adapters/memory/clock.ts';
import { rejects, suite } from '../../support/suite.ts';
import { allPages, aTask, NOON } from '../../support/tasks.ts';

const test = suite('Embedded DynamoDB');

const inFolder = (run: (folder: string) => Promise<void>) => async () => {
  const folder = await mkdtemp(join(tmpdir(), 'miyabi-'));
  try {
    await run(folder);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
};

/** The stores in a folder, for as long as `run` takes. */
const withStores = async (
  path: string,
  run: (stores: ReturnType<typeof storesOf>) => Promise<void>,
): Promise<void> => {
  const { endpoint, close } = await openEmbeddedDynamodb({ path });
  const client = dynamodbClient({ endpoint });
  try {
    await createTables(client, { tasks: 'tasks', projects: 'projects', webhooks: 'webhooks' });
    await run(storesOf(client));
  } finally {
    client.destroy();
    await close();
  }
};

const storesOf = (client: ReturnType<typeof dynamodbClient>) => {
  const options = { client, tableName: 'tasks', clock: memoryClock(NOON) };
  return { tasks: dynamodbTaskStore(options), history: dynamodbTaskHistory(options) };
};

/** A process that writes into the folder until it is killed, and the numbers of the writes it was told are kept. */
const writerInto = (path: string) => {
  const script = fileURLToPath(new URL('../../support/keeps-writing.ts', import.meta.url));
  const child = spawn(process.execPath, ['--import', 'tsx', script, path], {
    stdio: ['ignore', 'pipe', 'ignore'],
  });
  const acknowledged: number[] = [];
  const lines = createInterface({ input: child.stdout });
  lines.on('line', (line) => acknowledged.push(Number(line)));
  const ended = once(child, 'close');
  return {
    acknowledged,
    untilWritten: async (count: number) => {
      while (acknowledged.length < count)
        await Promise.race([
          once(lines, 'line'),
          ended.then(() => assert.unreachable('the writer has ended')),
        ]);
    },
    kill: async () => {
      child.kill('SIGKILL');
      await ended;
    },
  };
};

test(
  'keeps its data in its folder, which may not exist yet',
  inFolder(async (folder) => {
    const path = join(folder, 'not', 'yet', 'there');
    await withStores(path, ({ tasks }) => tasks.save(aTask('kept')));
    await withStores(path, async ({ tasks }) => assert.equal(await tasks.find('kept'), aTask('kept')));
  }),
);

test('without a folder, is in memory and alone', async () => {
  const [one, two] = await Promise.all([openEmbeddedDynamodb(), openEmbeddedDynamodb()]);
  assert.match(one.endpoint, /^http:\/\/127\.0\.0\.1:\d+$/);
  assert.is.not(one.endpoint, two.endpoint);
  await Promise.all([one.close(), two.close()]);
});

test(
  'refuses a folder that is open already, here or in another process, and takes it once that has ended',
  inFolder(async (folder) => {
    const opened = await openEmbeddedDynamodb({ path: folder });
    const here = await rejects(openEmbeddedDynamodb({ path: folder }), 'configuration');
    assert.match(here.message, 'is open in another process');
    assert.match(here.message, folder);
    assert.match(here.message, 'MIYABI_DATA_DIR');
    await opened.close();
    const writer = writerInto(folder);
    try {
      await writer.untilWritten(1);
      const there = await rejects(openEmbeddedDynamodb({ path: folder }), 'configuration');
      assert.match(there.message, 'is open in another process');
      await writer.untilWritten(writer.acknowledged.length + 1);
    } finally {
      await writer.kill();
    }
    await withStores(folder, async () => {});
  }),
);

test(
  'refuses a folder that cannot be written',
  inFolder(async (folder) => {
    const file = join(folder, 'file');
    await writeFile(file, '');
    const places = [file, join(file, 'data'), ...(process.platform === 'linux' ? ['/proc/miyabi/data'] : [])];
    for (const path of places) {
      const error = await rejects(openEmbeddedDynamodb({ path }), 'configuration');
      assert.match(error.message, 'cannot be written');
      assert.match(error.message, path);
      assert.not.match(error.message, '\n');
    }
  }),
);

test(
  'refuses data that cannot be read, by name, and leaves the folder free',
  inFolder(async (folder) => {
    for (const [damage, message] of [
      ['MANIFEST-999999\n', /cannot be opened/],
      ['not a line', /damaged/],
    ] as const) {
      const path = await mkdtemp(join(folder, 'data-'));
      await withStores(path, ({ tasks }) => tasks.save(aTask('kept')));
      const current = join(path, 'data', 'CURRENT');
      const whole = await readFile(current);
      await writeFile(current, damage);
      const error = await rejects(openEmbeddedDynamodb({ path }), 'configuration');
      assert.match(error.message, path);
      assert.match(error.message, message);
      await writeFile(current, whole);
      await withStores(path, async ({ tasks }) => assert.ok(await tasks.find('kept')));
    }
  }),
);

test(
  'killed in the middle of writing, has kept everything it had acknowledged, and goes on',
  inFolder(async (folder) => {
    const writer = writerInto(folder);
    await writer.untilWritten(150);
    await writer.kill();
    await withStores(folder, async ({ tasks, history }) => {
      const listed = new Map((await allPages(tasks, { limit: 100 })).map((task) => [task.task_id, task]));
      for (const number of writer.acknowledged) {
        const id = `t${number}`;
        assert.is((await tasks.find(id))?.version, 2, id);
        assert.is(listed.get(id)?.status, 'completed', id);
        assert.is((await history.read(id, { limit: 10 })).items.length, 1, id);
      }
      await tasks.save(aTask('afterwards'));
    });
  }),
);

test('survives a client that goes away in the middle of a request', async () => {
  const { endpoint, close } = await openEmbeddedDynamodb();
  const socket = connect(Number(new URL(endpoint).port), '127.0.0.1');
  await once(socket, 'connect');
  socket.write(
    'POST / HTTP/1.1\r\nHost: x\r\nContent-Type: application/x-amz-json-1.0\r\nContent-Length: 1000\r\n\r\n{"half',
  );
  await new Promise((resolve) => setImmediate(resolve));
  socket.resetAndDestroy();
  await once(socket, 'close');
  const client = dynamodbClient({ endpoint });
  await createTables(client, { tasks: 'tasks', projects: 'projects', webhooks: 'webhooks' });
  client.destroy();
  await close();
});

test.run();
