// Every contract of the ports that this package implements, on node:test. MIYABI_POSTGRES_URL names a server for tests.
import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { describe, test } from 'node:test';
import {
  aTask,
  checkpointsContract,
  keyStoreContract,
  lineStoreContract,
  NOON,
  type Open,
  outboxContract,
  projectStoreContract,
  taskHistoryContract,
  taskStoreContract,
  taskTallyContract,
  webhookStoreContract,
} from 'miyabi-progress/contracts';
import type { ModuleStores } from 'miyabi-progress/ports';
import { memoryClock } from 'miyabi-progress/testing';
import { database } from '../src/database.ts';
import { storesOn } from '../src/index.ts';
import { createTables, prune } from '../src/schema.ts';

const url = process.env['MIYABI_POSTGRES_URL'] ?? 'postgres://127.0.0.1/postgres';
const runner = { describe, test };

/** Opens the stores in a schema of their own, which closing removes. */
const fresh = async () => {
  const schema = `test_${randomUUID().replaceAll('-', '')}`;
  const on = database(url, schema);
  await createTables(on, schema);
  const clock = memoryClock(NOON);
  const { ports } = storesOn(on, { clock });
  const close = async () => {
    await on.query(`DROP SCHEMA "${schema}" CASCADE`);
    await on.close();
  };
  return { on, schema, ports, clock, close };
};

const opening =
  <Port>(pick: (ports: ModuleStores, clock: ReturnType<typeof memoryClock>) => Port): Open<Port> =>
  async () => {
    const { ports, clock, close } = await fresh();
    return { port: pick(ports, clock), close };
  };

taskStoreContract(
  runner,
  'postgres',
  opening(({ taskStore }) => taskStore),
);
taskTallyContract(
  runner,
  'postgres',
  opening(({ taskStore: store, taskTally: tally }) => ({ store, tally })),
);
taskHistoryContract(
  runner,
  'postgres',
  opening(({ taskHistory }) => taskHistory),
);
projectStoreContract(
  runner,
  'postgres',
  opening(({ projectStore }) => projectStore),
);
checkpointsContract(
  runner,
  'postgres',
  opening(({ checkpoints }) => checkpoints),
);
webhookStoreContract(
  runner,
  'postgres',
  opening(({ webhookStore }) => webhookStore),
);
outboxContract(
  runner,
  'postgres',
  opening(({ outbox, outboxQueues }, clock) => ({ outbox: { ...outboxQueues, ...outbox }, clock })),
);
keyStoreContract(
  runner,
  'postgres',
  opening(({ keyStore }) => keyStore),
);
lineStoreContract(
  runner,
  'postgres',
  opening(({ lineStore }) => lineStore),
);

describe('The tables', () => {
  test('setting up twice changes nothing', async () => {
    const { on, schema, ports, close } = await fresh();
    try {
      await ports.taskStore.save(aTask('kept'));
      const steps = await createTables(on, schema);
      assert.deepEqual([...new Set(steps.map(({ outcome }) => outcome))], ['found']);
      assert.equal((await ports.taskStore.find('kept'))?.task_id, 'kept');
    } finally {
      await close();
    }
  });

  test('what is older than 90 days is removed, and nothing else', async () => {
    const { on, ports, clock, close } = await fresh();
    try {
      await ports.taskStore.save(aTask('old'));
      await ports.taskStore.save(aTask('new', {}, 1000));
      clock.advance(90 * 24 * 60 * 60 * 1000 + 500);
      await prune(on, clock.now());
      assert.equal(await ports.taskStore.find('old'), undefined);
      assert.equal((await ports.taskStore.find('new'))?.task_id, 'new');
    } finally {
      await close();
    }
  });

  test('a server that does not answer is unavailable, not empty', async () => {
    const on = database('postgres://127.0.0.1:1/none', 'miyabi');
    try {
      await assert.rejects(storesOn(on, { clock: memoryClock(NOON) }).ports.taskStore.find('a'), {
        code: 'unavailable',
      });
    } finally {
      await on.close();
    }
  });
});
