import * as assert from 'uvu/assert';
import { memoryLogger } from '../../../src/adapters/memory/logger.ts';
import { memoryTaskStore } from '../../../src/adapters/memory/task-store.ts';
import { redisChangeFeed } from '../../../src/adapters/redis/change-feed.ts';
import { redisClient } from '../../../src/adapters/redis/connection.ts';
import { redisLink } from '../../../src/adapters/redis/link.ts';
import { redisTaskCache } from '../../../src/adapters/redis/task-cache.ts';
import { systemClock } from '../../../src/adapters/system/clock.ts';
import { systemSleep } from '../../../src/adapters/system/sleep.ts';
import { publicTask } from '../../../src/domain/tasks/stored.ts';
import type { Task } from '../../../src/domain/tasks/task.ts';
import type { Change } from '../../../src/ports/change-feed.ts';
import { eventService } from '../../../src/services/events.ts';
import {
  hasRedisServer,
  type RedisServer,
  startRedis,
  startRedisCluster,
  startTlsRedis,
  until,
} from '../../support/redis.ts';
import { freshNamespace } from '../../support/redis-mock.ts';
import { rejects, suite } from '../../support/suite.ts';
import { aTask, nextOf } from '../../support/tasks.ts';
import { type ProxyMode, type TcpProxy, tcpProxy } from '../../support/tcp-proxy.ts';

const test = suite('Redis in trouble');

/** How often a probe looks whether Redis is back. */
const RETRY_MS = 500;

/** Four times that of production: a busy machine keeps an answer of a healthy Redis for longer than that. */
const TIMEOUT_MS = 1_000;

/** A cache and a feed over a proxy, and a store with that cache, as the services use them. */
const withProxy = (run: (world: World) => Promise<void>) => async (): Promise<void> => {
  const server = await startRedis();
  const proxy = await tcpProxy(server.address.port);
  const logger = memoryLogger();
  const clock = systemClock();
  let connects = 0;
  const redis = redisLink({
    connect: () => {
      connects += 1;
      return redisClient({ host: '127.0.0.1', port: proxy.port });
    },
    clock,
    logger,
    retryMs: RETRY_MS,
    timeoutMs: TIMEOUT_MS,
  });
  const namespace = freshNamespace();
  const cache = redisTaskCache({ redis, clock, namespace, storeDelayMs: 0 });
  const feed = redisChangeFeed({ redis, namespace, pollMs: 10 });
  const store = memoryTaskStore();
  let fromStore = 0;
  const read = async (id: string): Promise<number | undefined> => {
    const cached = await cache.find(id);
    if (typeof cached === 'object') return cached.version;
    const asOf = clock.now();
    const task = await store.find(id);
    fromStore += 1;
    if (task !== undefined) await cache.save([publicTask(task)], asOf);
    return task?.version;
  };
  try {
    await run({
      server,
      proxy,
      logger,
      redis,
      cache,
      feed,
      store,
      read,
      namespace,
      fromStore: () => fromStore,
      connects: () => connects,
      async write(task) {
        const asOf = clock.now();
        await store.save(task);
        await cache.save([publicTask(task)], asOf);
      },
    });
  } finally {
    await redis.close();
    await proxy.close();
    await server.stop();
  }
};

type World = Readonly<{
  server: RedisServer;
  proxy: TcpProxy;
  logger: ReturnType<typeof memoryLogger>;
  redis: ReturnType<typeof redisLink>;
  cache: ReturnType<typeof redisTaskCache>;
  feed: ReturnType<typeof redisChangeFeed>;
  store: ReturnType<typeof memoryTaskStore>;
  read(id: string): Promise<number | undefined>;
  fromStore(): number;
  connects(): number;
  namespace: string;
  write(task: Task): Promise<void>;
}>;

/**
 * Fails if more clients were made than probes were due: a call that waits for Redis gives its client up. So no call has
 * waited, however busy this machine is.
 */
const withoutWaiting = async (connects: () => number, run: () => Promise<void>): Promise<void> => {
  const [before, began] = [connects(), performance.now()];
  await run();
  const due = 2 + (performance.now() - began) / RETRY_MS;
  assert.ok(connects() - before <= due, `${connects() - before} clients, ${due.toFixed(1)} probes were due`);
};

const deleted = (id: string): Change => ({
  kind: 'task',
  action: 'deleted',
  id,
  project_id: 'default',
  version: 1,
});

/** Reads until an answer comes out of the cache. */
const resumed = ({ read, fromStore }: World, id: string): Promise<void> =>
  until('the cache answers again', async () => {
    const before = fromStore();
    await read(id);
    return fromStore() === before;
  });

/** Redis fails and comes back; no answer is wrong or slow, and nothing has to be restarted. */
const survives = (begin: (world: World) => Promise<void>, end: (world: World) => Promise<void>) =>
  withProxy(async (world) => {
    const { read, write, redis, logger, cache, feed } = world;
    const first = aTask('a');
    await write(first);
    assert.is(await read('a'), 1);
    assert.is(world.fromStore(), 0);
    const place = await feed.position();

    await begin(world);
    assert.is(await read('a'), 1);
    const second = nextOf(first, 1);
    await withoutWaiting(world.connects, async () => {
      for (let index = 0; index < 50; index += 1) {
        if (index === 10) await write(second);
        await cache.page({ limit: 10 });
        assert.is(await read('a'), index < 10 ? 1 : 2);
      }
      // A change that cannot be published is lost, and delays no one.
      await feed.publish([deleted('lost')]);
    });
    await rejects(redis.ping(), 'unavailable');
    assert.is.not(redis.state(), 'closed');
    assert.is(logger.entries.length, 1, JSON.stringify(logger.entries));
    assert.is(logger.entries[0]?.level, 'warn');

    await end(world);
    await resumed(world, 'a');
    // Writes during the outage are visible, although they did not reach the cache.
    assert.is(await read('a'), 2);
    assert.is(redis.state(), 'closed');
    await redis.ping();
    assert.is(logger.entries.length, 2, JSON.stringify(logger.entries));
    assert.is(logger.entries[1]?.level, 'info');
    // What was lost cannot be read, so a reader from before is not led past it.
    await feed.publish([deleted('a')]);
    await rejects(feed.read(place, 10), 'not_found');
    assert.is(feed.hasLost(), false);
    const after = await feed.position();
    await feed.publish([deleted('b')]);
    assert.equal(
      (await feed.read(after, 10)).map((entry) => entry.change.id),
      ['b'],
    );
  });

/** What a subscriber hears: versions of one task, and `reset` where it is sent to read them again. */
const listenTo = async (feed: World['feed']) => {
  const events = eventService({
    changeFeed: feed,
    steadyClock: systemClock(),
    logger: memoryLogger(),
    sleep: systemSleep(),
  });
  const stopping = new AbortController();
  const stream = await events.subscribe({ signal: stopping.signal });
  const heard: (number | 'reset')[] = [];
  const listening = (async () => {
    for await (const signal of stream) {
      if (signal.type === 'entries') heard.push(...signal.entries.map(({ change }) => change.version));
      if (signal.type === 'reset') heard.push('reset');
    }
  })();
  return {
    heard,
    async stop() {
      stopping.abort();
      await listening;
    },
  };
};

/** Versions that a subscriber neither hears nor learns about from a later reset. */
const silentlyLost = (heard: readonly (number | 'reset')[], published: number): readonly number[] => {
  const lastReset = heard.lastIndexOf('reset');
  const versions = Array.from({ length: published }, (_, index) => index + 1);
  return versions.filter((version) => !heard.includes(version) && lastReset === -1);
};

/** Publishes while something is wrong, then once more when it is over, and waits for that. */
const losesNothingSilently = (begin: (world: World) => Promise<void>, end: (world: World) => Promise<void>) =>
  withProxy(async (world) => {
    const { feed, redis } = world;
    const { heard, stop } = await listenTo(feed);
    const publish = (version: number) => feed.publish([{ ...deleted('t'), version }]);
    for (let version = 1; version <= 5; version += 1) await publish(version);
    await begin(world);
    for (let version = 6; version <= 30; version += 1) await publish(version);
    await end(world);
    await until('Redis is back', async () =>
      redis.ping().then(
        () => true,
        () => false,
      ),
    );
    // Nothing more is published: the latest loss must be reported all the same.
    await until('the loss is reported', async () => silentlyLost(heard, 30).length === 0);
    const resets = heard.filter((one) => one === 'reset').length;
    await until('Redis shows the loss', async () => !feed.hasLost());
    // The first of them may still be before the reset.
    let version = 30;
    await until('it goes on', async () => {
      version += 1;
      await publish(version);
      return heard.some((one) => one !== 'reset' && one > 30);
    });
    assert.ok(resets >= 1);
    await stop();
  });

const setMemory = async ({ server }: World, size: string): Promise<void> => {
  const client = redisClient(server.address);
  await client.config('SET', 'maxmemory', size);
  client.disconnect();
};

const through = (mode: ProxyMode) =>
  survives(
    ({ proxy }) => proxy.set(mode),
    ({ proxy }) => proxy.set('pass'),
  );

const faults: readonly (readonly [string, () => Promise<void>])[] = [
  ['goes on where Redis refuses connections, and comes back to it', through('refuse')],
  ['goes on where Redis is a dead peer, and comes back to it', through('stall')],
  ['goes on where answers are cut off in their middle, and comes back', through('cut')],
  [
    'goes on where the process of Redis is frozen, and comes back when it thaws',
    survives(
      async ({ server }) => {
        for (const pid of server.pids) process.kill(pid, 'SIGSTOP');
      },
      async ({ server }) => {
        for (const pid of server.pids) process.kill(pid, 'SIGCONT');
      },
    ),
  ],
  [
    'reports changes that were lost while Redis was frozen, though none follow',
    losesNothingSilently(
      async ({ server }) => {
        for (const pid of server.pids) process.kill(pid, 'SIGSTOP');
      },
      async ({ server }) => {
        for (const pid of server.pids) process.kill(pid, 'SIGCONT');
      },
    ),
  ],
  [
    'reports changes that were lost while Redis was full, also while it still is',
    withProxy(async (world) => {
      const { feed } = world;
      const { heard, stop } = await listenTo(feed);
      await feed.publish([{ ...deleted('t'), version: 1 }]);
      await setMemory(world, '1mb');
      await feed.publish([{ ...deleted('t'), version: 2 }]);
      await until('the loss is reported', async () => heard.includes('reset'));
      assert.ok(feed.hasLost());
      await setMemory(world, '0');
      await until('Redis shows the loss', async () => !feed.hasLost());
      await until('it is reported again', async () => heard.filter((one) => one === 'reset').length > 1);
      let version = 2;
      await until('it goes on', async () => {
        version += 1;
        await feed.publish([{ ...deleted('t'), version }]);
        return heard.some((one) => one !== 'reset' && one > 2);
      });
      await stop();
    }),
  ],
  [
    'is current where Redis is full, for this process and others, and says so once',
    withProxy(async (world) => {
      const { cache, store, read, write, logger, server } = world;
      const other = redisLink({
        connect: () => redisClient(server.address),
        clock: systemClock(),
        logger,
        timeoutMs: TIMEOUT_MS,
      });
      const others = redisTaskCache({
        redis: other,
        clock: systemClock(),
        namespace: world.namespace,
        storeDelayMs: 0,
      });
      let task = aTask('a');
      await write(task);
      await write(aTask('b'));
      const { ticket } = await cache.page({ limit: 10 });
      if (ticket !== undefined) {
        const stored = await store.list({ limit: 10 });
        await cache.fill(ticket, { ...stored, items: stored.items.map(publicTask) });
      }
      assert.is((await cache.page({ limit: 10 })).page?.items.length, 2);
      await setMemory(world, '1mb');
      for (let version = 2; version <= 20; version += 1) {
        task = nextOf(task, 1);
        await write(task);
        assert.is(await read('a'), version);
        const elsewhere = await others.find('a');
        assert.is(typeof elsewhere === 'object' ? elsewhere.version : undefined, undefined);
        const shown = (await cache.page({ limit: 10 })).page?.items.find(({ task_id: id }) => id === 'a');
        assert.ok(shown === undefined || shown.version === version, `a list shows ${shown?.version}`);
      }
      await store.remove('b');
      await cache.remove('b');
      assert.is(await cache.find('b'), undefined);
      const states = logger.entries.filter(({ message }) => /writes/.test(message));
      assert.is(states.length, 1, JSON.stringify(logger.entries));
      await setMemory(world, '0');
      await read('a');
      assert.is((await read('a')) ?? 0, 20);
      assert.equal(
        logger.entries.map(({ message }) => message).filter((message) => /writes/.test(message)).length,
        2,
      );
      const before = world.fromStore();
      assert.is(await read('a'), 20);
      assert.is(world.fromStore(), before, 'the cache is used again');
      await other.close();
    }),
  ],
  [
    'finds an idle connection dead with its next command, and answers from the cache all the same',
    withProxy(async ({ proxy, write, read, fromStore, logger }) => {
      await write(aTask('a'));
      // As after a freeze: the other side has long hung up.
      await proxy.set('refuse');
      await proxy.set('pass');
      assert.is(await read('a'), 1);
      assert.is(fromStore(), 0);
      assert.equal(logger.entries, []);
    }),
  ],
  [
    'does not blame Redis where this process was busy itself',
    async () => {
      const server = await startRedis();
      const logger = memoryLogger();
      const redis = redisLink({
        connect: () => redisClient(server.address),
        clock: systemClock(),
        logger,
        // Long enough for a Redis on a machine that is as busy.
        timeoutMs: 1_000,
      });
      await redis.ping();
      const asking = redis.run((client) => client.get('key'));
      await new Promise((resolve) => setImmediate(resolve));
      const busyUntil = performance.now() + 1_300;
      while (performance.now() < busyUntil);
      assert.is(await asking, null);
      assert.equal(logger.entries, []);
      await redis.close();
      await server.stop();
    },
  ],
  [
    'starts while Redis is away, and uses it when it is there',
    withProxy(async (world) => {
      await world.proxy.set('refuse');
      await world.write(aTask('a'));
      assert.is(await world.read('a'), 1);
      await world.proxy.set('pass');
      await resumed(world, 'a');
    }),
  ],
  [
    'is current for this process after an outage, in lists as well',
    withProxy(async (world) => {
      const { cache, store, write, proxy } = world;
      const running = { limit: 10, statuses: ['running'] } as const;
      await write(aTask('a'));
      await write(aTask('b'));
      const { ticket } = await cache.page(running);
      if (ticket !== undefined) {
        const stored = await store.list(running);
        await cache.fill(ticket, { ...stored, items: stored.items.map(publicTask) });
      }
      assert.is((await cache.page(running)).page?.items.length, 2);
      await proxy.set('refuse');
      await write(nextOf(aTask('a'), 1, { status: 'completed' }));
      await store.remove('b');
      await cache.remove('b');
      await proxy.set('pass');
      await resumed(world, 'a');
      assert.is((await cache.page(running)).page, undefined);
      assert.is(await cache.find('b'), undefined);
    }),
  ],
  [
    'wakes who waits for changes when Redis is back',
    withProxy(async ({ proxy, feed, redis }) => {
      const place = await feed.position();
      const waiting = feed.wait(place, { signal: new AbortController().signal, timeoutMs: 20_000 });
      await proxy.set('refuse');
      await until('the outage is noticed', async () => redis.state() !== 'closed');
      await rejects(feed.read(place, 1), 'unavailable');
      await feed.publish([deleted('lost')]);
      await proxy.set('pass');
      await until('Redis is back', async () => redis.state() === 'closed');
      await feed.publish([deleted('a')]);
      await waiting;
      await rejects(feed.read(place, 1), 'not_found');
    }),
  ],
  [
    'goes on where a cluster is frozen, and comes back when it thaws',
    async () => {
      const server = await startRedisCluster();
      const clock = systemClock();
      let connects = 0;
      const redis = redisLink({
        connect: () => {
          connects += 1;
          return redisClient(server.address);
        },
        clock,
        logger: memoryLogger(),
        retryMs: RETRY_MS,
        timeoutMs: TIMEOUT_MS,
      });
      const cache = redisTaskCache({ redis, clock, namespace: freshNamespace(), storeDelayMs: 0 });
      const isCached = async () => typeof (await cache.find('a')) === 'object';
      await until('the cluster is used', async () => {
        await cache.save([aTask('a')]);
        return isCached();
      });
      for (const pid of server.pids) process.kill(pid, 'SIGSTOP');
      assert.is(await isCached(), false);
      await withoutWaiting(
        () => connects,
        async () => {
          for (let index = 0; index < 20; index += 1) assert.is(await isCached(), false);
        },
      );
      for (const pid of server.pids) process.kill(pid, 'SIGCONT');
      await until('the cache answers again', isCached);
      await redis.close();
      await server.stop();
    },
  ],
  [
    'never prints the password in an error',
    async () => {
      const server = await startTlsRedis();
      const logger = memoryLogger();
      const secret = 'hunter2-hunter2';
      const redis = redisLink({
        connect: () => redisClient({ ...server.address, password: secret }),
        clock: systemClock(),
        logger,
      });
      const error = await rejects(redis.ping(), 'unavailable');
      assert.is(logger.entries.length, 1);
      const chain = [error, error.cause].map((one) =>
        one instanceof Error ? [one.message, one.stack, JSON.stringify(Object.entries(one))] : one,
      );
      assert.not.match(JSON.stringify([logger.entries, chain]), secret);
      await redis.close();
      await server.stop();
    },
  ],
];

/** Each starts a Redis of its own. */
const OFTEN = [
  'goes on where Redis is a dead peer, and comes back to it',
  'reports changes that were lost while Redis was full, also while it still is',
  'is current where Redis is full, for this process and others, and says so once',
  'starts while Redis is away, and uses it when it is there',
  'is current for this process after an outage, in lists as well',
  'never prints the password in an error',
];

for (const [title, run] of faults) {
  if (hasRedisServer) test(title, run, { slow: !OFTEN.includes(title) });
  else test.skip(title, 'redis-server is not on the PATH');
}

test.run();
