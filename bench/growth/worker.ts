// Stores tasks, in three installations of different sizes side by side, and asks each of them the same.
import { type AttributeValue, ScanCommand } from '@aws-sdk/client-dynamodb';
import { Redis } from 'ioredis';
import { dynamodbClient } from '../../src/adapters/dynamodb/client.ts';
import { tableOf } from '../../src/adapters/dynamodb/table.ts';
import { createTables } from '../../src/adapters/dynamodb/tables.ts';
import { taskFromItem, taskToItem } from '../../src/adapters/dynamodb/task-item.ts';
import { dynamodbTaskStore } from '../../src/adapters/dynamodb/task-store.ts';
import { toStoredJson } from '../../src/adapters/redis/entry.ts';
import { systemClock } from '../../src/adapters/system/clock.ts';
import { httpApp } from '../../src/api/app.ts';
import { signedCursors } from '../../src/api/cursor.ts';
import { readConfig } from '../../src/config.ts';
import { containerFor } from '../../src/container/compose.ts';
import { TOKENS } from '../../src/container/tokens.ts';
import { byNewest } from '../../src/domain/tasks/list.ts';
import { publicTask } from '../../src/domain/tasks/stored.ts';
import type { StoredTask, Task } from '../../src/domain/tasks/task.ts';
import { CACHE_TTL } from '../../src/ports/task-cache.ts';
import { openTestDynamodb, TEST_DYNAMODB_TIMEOUTS } from '../../test/support/dynalite.ts';
import { answer, input } from '../lib/in-worker.ts';
import { interleave, type Measure, type Samples } from '../lib/interleave.ts';
import { randomOf } from '../lib/statistics.ts';
import { type Input, type Output, type Request, variantOf } from './request.ts';
import { projectIdOf, projectsOf, taskIdOf, taskOf } from './tasks.ts';

const PAGE = 100;
/** Tasks that the lists of the cache may hold; it is filled as far as that. */
const IN_LISTS = 20_000;
const CHUNK = 2_000;
const SAVED_AT_ONCE = 100;
const PAUSE_MS = 6_000;

const openInstallation = async ({ size, port }: Input['installations'][number]) => {
  const config = readConfig({
    MIYABI_BACKEND: 'memory',
    CACHE: 'redis',
    REDIS_ENDPOINT: '127.0.0.1',
    REDIS_PORT: String(port),
    LOG_LEVEL: 'warn',
  });
  const { container, close } = await containerFor(config);
  const now = Date.now();
  const store = container.get(TOKENS.taskStore);
  const cache = container.get(TOKENS.taskCache);
  const projects = container.get(TOKENS.projectStore);
  const redis = new Redis({ port });

  // Every task is in the cache, even those that run, which the cache would have let go after a minute.
  const until = now + CACHE_TTL.terminal;
  const entryOf = (task: StoredTask) => [
    `{miyabi}:task:${task.task_id}`,
    `t|${until}|${task.version}|${toStoredJson(publicTask(task))}`,
  ];
  for (let from = 0; from < size; from += CHUNK) {
    const tasks = Array.from({ length: Math.min(CHUNK, size - from) }, (_, at) =>
      taskOf(from + at, size, now),
    );
    for (const task of tasks) await store.save(task);
    const pipeline = redis.pipeline();
    for (const task of tasks) pipeline.set(...(entryOf(task) as [string, string]), 'PX', CACHE_TTL.terminal);
    await pipeline.exec();
  }
  // What is written past the adapter is what the adapter would write.
  const last = taskOf(size - 1, size, now);
  const [key = '', text = ''] = entryOf(last);
  await redis.del(key);
  // Few at a time: the adapter gives up on a Redis that does not answer within a quarter of a second.
  for (let from = Math.max(0, size - IN_LISTS); from < size; from += SAVED_AT_ONCE) {
    const tasks = Array.from({ length: Math.min(SAVED_AT_ONCE, size - from) }, (_, at) =>
      taskOf(from + at, size, now),
    );
    await cache.save(tasks.map(publicTask));
  }
  const withoutTime = (entry: string | null) => entry?.replace(/^t\|\d+\|/, '');
  if (withoutTime(await redis.get(key)) !== withoutTime(text))
    throw new Error('the adapter writes its entries in another form');
  for (const project of projectsOf(size, now)) await projects.save(project);

  const app = httpApp(
    {
      tasks: container.get(TOKENS.taskService),
      projects: container.get(TOKENS.projectService),
      webhooks: container.get(TOKENS.webhookService),
      postedLogs: container.get(TOKENS.postedLogs),
      pings: container.get(TOKENS.pingService),
      taskLogs: container.get(TOKENS.taskLogService),
      logText: container.get(TOKENS.logTextService),
      collector: container.get(TOKENS.collectorService),
      events: container.get(TOKENS.eventService),
      listTasks: container.get(TOKENS.taskLister),
      health: container.get(TOKENS.healthService),
      idempotency: container.get(TOKENS.idempotencyService),
      keys: container.get(TOKENS.keyService),
      metrics: container.get(TOKENS.metricsService),
      linkSecret: container.get(TOKENS.linkSecret),
      cursors: signedCursors('a secret of the benchmarks'),
    },
    container.get(TOKENS.logger),
  );
  const get = async (path: string, search = ''): Promise<string> => {
    const { status, body } = await app({ method: 'GET', path, search, headers: {} });
    if (status !== 200 || typeof body !== 'string') throw new Error(`${path}?${search} answered ${status}`);
    return body;
  };
  /** The cursors of the pages up to one, got as a client gets them: page by page. Fewer where the list ends before. */
  const cursorsTo = async (page: number): Promise<readonly string[]> => {
    const cursors = [''];
    for (let at = 1; at < page; at += 1) {
      const body = await get('/api/tasks', searchOf(cursors.at(-1)));
      const next = /"next_cursor":"([^"]+)"\}$/.exec(body)?.[1];
      if (next === undefined) break;
      cursors.push(next);
    }
    return cursors;
  };
  return {
    size,
    redis,
    get,
    cursorsTo,
    close: async () => {
      redis.disconnect();
      await close();
    },
  };
};

type Installation = Awaited<ReturnType<typeof openInstallation>>;

const searchOf = (cursor = ''): string => `limit=${PAGE}${cursor === '' ? '' : `&cursor=${cursor}`}`;

/** Microseconds of each of several requests in a row. */
const timed =
  (times: number, run: () => Promise<unknown>): Measure =>
  async () => {
    const began = performance.now();
    for (let at = 0; at < times; at += 1) await run();
    return ((performance.now() - began) * 1_000) / times;
  };

const requireFull = (body: string): string => {
  const { tasks } = JSON.parse(body) as { tasks: readonly unknown[] };
  if (tasks.length !== PAGE) throw new Error(`a page holds ${tasks.length} tasks, not ${PAGE}`);
  return body;
};

const variantsOf = async ({ size, get, cursorsTo }: Installation): Promise<Record<string, Measure>> => {
  const random = randomOf(size);
  const any = () => Math.floor(random() * size);
  const variants: Record<string, Measure> = {
    [variantOf('get', size)]: timed(40, () => get(`/api/tasks/${taskIdOf(any())}`)),
    [variantOf('project metrics', size)]: timed(40, () => get(`/api/projects/${projectIdOf(any())}`)),
  };
  const list = async (request: Request, search: string) => {
    requireFull(await get('/api/tasks', search));
    variants[variantOf(request, size)] = timed(8, () => get('/api/tasks', search));
  };
  await list('list', searchOf());
  await list('list by status', `limit=${PAGE}&status=running`);
  await list('list by project', `limit=${PAGE}&project_id=${projectIdOf(3)}`);
  const cursors = await cursorsTo(500);
  const fifth = searchOf(cursors[4]);
  await list('page 5', fifth);
  const again = timed(8, () => get('/api/tasks', fifth));
  variants[variantOf('page 5', size)] = async () => {
    // Come to it as a client does: the cache forgets its lists once a minute.
    for (const cursor of cursors.slice(0, 5)) await get('/api/tasks', searchOf(cursor));
    return again();
  };
  if (cursors[499] !== undefined) await list('page 500', searchOf(cursors[499]));
  return variants;
};

/** A list as the first design made it: every key there is, every task, and the newest of them. */
const listByKeys = async (redis: Redis): Promise<string> => {
  const keys = await redis.keys('{miyabi}:task:*');
  const texts = await redis.mget(keys);
  const tasks = texts
    .flatMap((text) => (text === null ? [] : [JSON.parse(text.slice(text.indexOf('{'))) as Task]))
    .sort(byNewest)
    .slice(0, PAGE);
  return JSON.stringify({ tasks });
};

const measureLists = async (
  installations: readonly Installation[],
  rounds: Input['firstDesignRounds'],
): Promise<Output['lists']> => {
  const lists: Record<number, Samples<'ours' | 'first'>> = {};
  for (const { size, get, redis } of installations) {
    if (rounds[size] === undefined) continue;
    lists[size] = await interleave(
      {
        ours: timed(8, async () => requireFull(await get('/api/tasks', searchOf()))),
        first: timed(1, async () => requireFull(await listByKeys(redis))),
      },
      { rounds: rounds[size], warmups: rounds[size] > 10 ? 1 : 0 },
    );
  }
  return lists;
};

/** The store itself on the embedded DynamoDB, with the same tasks, and the first design's Scan. */
const measureDynamodb = async (sizes: readonly number[], rounds: number): Promise<Samples<string>> => {
  const variants: Record<string, Measure> = {};
  const closers: (() => Promise<void>)[] = [];
  for (const size of sizes) {
    const dynamodb = await openTestDynamodb();
    const client = dynamodbClient({ endpoint: dynamodb.endpoint, ...TEST_DYNAMODB_TIMEOUTS });
    closers.push(async () => {
      client.destroy();
      await dynamodb.close();
    });
    const names = { tasks: 'tasks', projects: 'projects', webhooks: 'webhooks' };
    await createTables(client, names);
    const table = tableOf({ client, tableName: names.tasks });
    const now = Date.now();
    await table.writeMany(
      Array.from({ length: size }, (_, index) => ({
        PutRequest: { Item: taskToItem(taskOf(index, size, now), String(index)) },
      })),
    );
    const store = dynamodbTaskStore({ client, tableName: names.tasks, clock: systemClock() });
    const random = randomOf(size);
    const list = (filter: Parameters<typeof store.list>[0]) => async () => {
      const { items } = await store.list(filter);
      if (items.length !== PAGE) throw new Error(`a page holds ${items.length} tasks, not ${PAGE}`);
    };
    const scan = async () => {
      const tasks: Task[] = [];
      let from: Record<string, AttributeValue> | undefined;
      do {
        const page = await client.send(
          new ScanCommand({
            TableName: names.tasks,
            ...(from === undefined ? {} : { ExclusiveStartKey: from }),
          }),
        );
        tasks.push(...(page.Items ?? []).map((item) => publicTask(taskFromItem(item))));
        from = page.LastEvaluatedKey;
      } while (from !== undefined);
      if (tasks.length !== size) throw new Error(`a scan found ${tasks.length} tasks, not ${size}`);
      return tasks.sort(byNewest).slice(0, PAGE);
    };
    variants[variantOf('get', size)] = timed(4, async () => {
      if ((await store.find(taskIdOf(Math.floor(random() * size)))) === undefined)
        throw new Error('a task is not there');
    });
    variants[variantOf('list', size)] = timed(1, list({ limit: PAGE }));
    variants[variantOf('list by project', size)] = timed(
      1,
      list({ limit: PAGE, project_id: projectIdOf(3) }),
    );
    variants[variantOf('scan', size)] = timed(1, scan);
  }
  const samples = await interleave(variants, { rounds, warmups: 1 });
  for (const close of closers) await close();
  return samples;
};

const { installations, rounds, firstDesignRounds, dynamodbSizes, dynamodbRounds } = input<Input>();
const opened: Installation[] = [];
for (const installation of installations) opened.push(await openInstallation(installation));
const loaded = performance.now();
const dynamodb = await measureDynamodb(dynamodbSizes, dynamodbRounds);
globalThis.gc?.();
// A list that begins sooner would take in all that was saved a moment ago, which an index of DynamoDB may not list yet.
await new Promise((resolve) => setTimeout(resolve, Math.max(0, loaded + PAUSE_MS - performance.now())));
const variants: Record<string, Measure> = Object.assign({}, ...(await Promise.all(opened.map(variantsOf))));
const api = await interleave(variants, { rounds, warmups: 3 });
const lists = await measureLists(opened, firstDesignRounds);
for (const installation of opened) await installation.close();
answer({ api, lists, dynamodb } satisfies Output);
