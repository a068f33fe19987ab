// What our cache adds to Redis, on one connection. Run by `benchmark.ts` on each Node.
import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { memoryLogger } from '../../src/adapters/memory/logger.ts';
import { redisClient } from '../../src/adapters/redis/connection.ts';
import { redisLink } from '../../src/adapters/redis/link.ts';
import { redisTaskCache } from '../../src/adapters/redis/task-cache.ts';
import { systemClock } from '../../src/adapters/system/clock.ts';
import { publicTask } from '../../src/domain/tasks/stored.ts';
import { createTask } from '../../src/domain/tasks/task.ts';
import { answer, input } from '../lib/in-worker.ts';
import { interleave } from '../lib/interleave.ts';
import { type Calls, callsOf } from './sampling.ts';

export type OnRedis = Readonly<Record<string, readonly Calls[]>>;

const { port, rounds, batch } = input<{ port: number; rounds: number; batch: number }>();
const LIST = { limit: 100 };

const main = async (): Promise<void> => {
  const clock = systemClock();
  const client = redisClient({ host: '127.0.0.1', port });
  const logger = memoryLogger();
  const link = redisLink({ connect: () => client, clock, logger });
  const cache = redisTaskCache({ redis: link, clock, namespace: randomUUID(), storeDelayMs: 0 });
  const began = clock.now() - LIST.limit;
  const tasks = Array.from({ length: LIST.limit }, (_, index) => {
    const input = {
      task_name: `Deploy of shop ${index}`,
      task_type: 'cdk_deploy',
      project_id: 'shop',
      status: 'completed',
      progress: { current: 42, total: 42 },
      labels: { stage: 'production', region: 'us-east-1' },
    } as const;
    return publicTask(createTask(input, { id: `deploy-of-shop-${1_000 + index}`, now: began + index }).task);
  });
  const texts = tasks.map((task) => JSON.stringify(task));
  const raw = tasks.map(({ task_id }) => `{raw}:${task_id}`);
  await client.mset(Object.fromEntries(raw.map((key, index) => [key, texts[index] ?? ''])));
  await cache.save(tasks);

  const [first = ''] = raw;
  const firstId = tasks[0]?.task_id ?? '';
  const page = async () => (await cache.page(LIST)).page?.items.map(({ json }) => json);
  /** A list is believed for a minute; then the store is read. */
  const fill = async () => {
    const { ticket } = await cache.page(LIST);
    if (ticket !== undefined) await cache.fill(ticket, { items: tasks.toReversed() });
    assert.deepEqual(await page(), texts.toReversed());
  };
  const found = await cache.find(firstId);
  assert.equal(typeof found === 'object' && found.json, texts[0]);

  const sampled: Record<string, Calls[]> = {};
  const measure =
    (name: string, call: () => Promise<unknown>, before?: () => Promise<unknown>) => async () => {
      await fill();
      const calls = await callsOf(call, { times: batch, ...(before === undefined ? {} : { before }) });
      sampled[name] = [...(sampled[name] ?? []), calls];
      return calls.p50;
    };
  const changed = () => cache.save(tasks.slice(0, 1));
  const warmups = 3;
  await interleave(
    {
      get: measure('get', () => client.get(first)),
      find: measure('find', () => cache.find(firstId)),
      mget: measure('mget', () => client.mget(raw)),
      page: measure('page', page),
      'page, changed': measure('page, changed', page, changed),
    },
    { rounds, warmups },
  );
  assert.deepEqual(logger.entries, []);
  answer(
    Object.fromEntries(
      Object.entries(sampled).map(([name, calls]) => [name, calls.slice(warmups)]),
    ) satisfies OnRedis,
  );
  await link.close();
};

await main();
