import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Redis } from 'ioredis';
import * as assert from 'uvu/assert';
import { memoryLogger } from '../../../src/adapters/memory/logger.ts';
import { redisPasswords } from '../../../src/adapters/redis/passwords.ts';
import { steadyClock, systemClock } from '../../../src/adapters/system/clock.ts';
import { type Config, readConfig } from '../../../src/config.ts';
import { cache } from '../../../src/container/backends/redis.ts';
import { hasRedisServer, startRedis, startRedisCluster, until } from '../../support/redis.ts';
import { needs, suite } from '../../support/suite.ts';

const test = suite('Passwords of Redis');
const onRedis = needs(test, hasRedisServer, 'redis-server is not on the PATH');

const inFolder = async (run: (folder: string) => Promise<void>): Promise<void> => {
  const folder = await mkdtemp(join(tmpdir(), 'miyabi-passwords-'));
  try {
    await run(folder);
  } finally {
    await rm(folder, { recursive: true });
  }
};

/** The cache as production opens it, with what its probe says. */
const opened = async (port: number, env: Readonly<Record<string, string>>) => {
  const config: Config = readConfig({
    MIYABI_BACKEND: 'aws',
    REDIS_ENDPOINT: '127.0.0.1',
    REDIS_PORT: String(port),
    ...env,
  });
  const logger = memoryLogger();
  const { probes = [], close } = await cache(config, {
    clock: systemClock(),
    steadyClock: steadyClock(),
    logger,
  });
  const isUp = async (): Promise<boolean> => {
    try {
      for (const { check } of probes) await check();
      return true;
    } catch {
      return false;
    }
  };
  return { logger, isUp, close: async () => close?.() };
};

/** A server, and a connection of its operator that no password cuts off. */
const withServer = async (run: (port: number, operator: Redis) => Promise<void>): Promise<void> => {
  const { address, stop } = await startRedis();
  const operator = new Redis({ port: address.port, lazyConnect: true });
  await operator.connect();
  try {
    await run(address.port, operator);
  } finally {
    operator.disconnect();
    await stop();
  }
};

/** Ends all connections but the operator's, as a failover does. */
const cutOff = (operator: Redis) => operator.call('CLIENT', 'KILL', 'TYPE', 'normal', 'SKIPME', 'yes');

const refusals = ({ entries }: ReturnType<typeof memoryLogger>) =>
  entries.filter(({ message }) => message === 'Redis refuses a password');

onRedis(
  'a password can be replaced on a running server, with both configured',
  () =>
    withServer(async (port, operator) => {
      await operator.call('CONFIG', 'SET', 'requirepass', 'old');
      const { isUp, logger, close } = await opened(port, {
        REDIS_PASSWORD: 'new',
        REDIS_PREVIOUS_PASSWORD: 'old',
      });
      try {
        await until('it is up with the old password', isUp);
        assert.match(String(refusals(logger)[0]?.fields['reason']), 'WRONGPASS');
        assert.is(refusals(logger)[0]?.fields['number'], 1);
        await operator.call('CONFIG', 'SET', 'requirepass', 'new');
        assert.ok(await isUp(), 'open connections stay');
        await cutOff(operator);
        await until('it is up with the new password', isUp);
        assert.not.match(JSON.stringify(logger.entries), /"(new|old)"/);
      } finally {
        await close();
      }
    }),
  { slow: true },
);

onRedis('a user of an access list gets a new password without a restart, from the file', () =>
  inFolder((folder) =>
    withServer(async (port, operator) => {
      const file = join(folder, 'password');
      await writeFile(file, 'old\n');
      await operator.call('ACL', 'SETUSER', 'app', 'on', '>old', '~*', '&*', '+@all');
      await operator.call('ACL', 'SETUSER', 'default', 'off');
      const { isUp, logger, close } = await opened(port, {
        REDIS_USERNAME: 'app',
        REDIS_PASSWORD_FILE: file,
      });
      try {
        await until('it is up with the old password', isUp);
        assert.equal(refusals(logger), []);
        await operator.call('ACL', 'SETUSER', 'app', '>new', '<old');
        await cutOff(operator);
        await until('the old one is refused', async () => !(await isUp()));
        await until('that is logged', async () => refusals(logger).length === 1);
        await writeFile(file, 'new\nold\n');
        await until('it is up with the new password', isUp);
      } finally {
        await close();
      }
    }),
  ),
);

onRedis(
  'a cluster that refuses a password says so, and takes the other',
  async () => {
    const { address, stop } = await startRedisCluster();
    const nodes: Redis[] = [];
    try {
      const first = new Redis({ port: address.port });
      const ranges = (await first.call('CLUSTER', 'SLOTS')) as readonly (readonly [
        number,
        number,
        readonly [string, number],
      ])[];
      for (const [, , [, port]] of ranges) nodes.push(new Redis({ port }));
      for (const node of nodes) await node.call('CONFIG', 'SET', 'requirepass', 'right');
      first.disconnect();
      const { isUp, logger, close } = await opened(address.port, {
        REDIS_CLUSTER: 'true',
        REDIS_PASSWORD: 'wrong',
        REDIS_PREVIOUS_PASSWORD: 'right',
      });
      try {
        await until('it is up', isUp);
        assert.match(String(refusals(logger)[0]?.fields['reason']), 'WRONGPASS');
      } finally {
        await close();
      }
    } finally {
      for (const node of nodes) node.disconnect();
      await stop();
    }
  },
  { slow: true, timeoutMs: 60_000 },
);

test('goes through the passwords in a circle, and hears a client only about the one it used', async () => {
  const logger = memoryLogger();
  const passwords = redisPasswords({ password: 'a', previousPassword: 'b', logger });
  const first = passwords.next();
  assert.is(first.password, 'a');
  first.refused('WRONGPASS');
  first.refused('WRONGPASS');
  const second = passwords.next();
  assert.is(second.password, 'b');
  first.refused('WRONGPASS');
  assert.is(passwords.next().password, 'b');
  second.refused('WRONGPASS');
  assert.is(passwords.next().password, 'a');
  assert.is(logger.entries.length, 2);
  assert.is(redisPasswords({ logger }).next().password, undefined);
});

test('reads the file again with each connection, and keeps what it had where that fails', () =>
  inFolder(async (folder) => {
    const file = join(folder, 'password');
    const logger = memoryLogger();
    const missing = () => redisPasswords({ passwordFile: file, logger });
    assert.throws(missing, /REDIS_PASSWORD_FILE cannot be read: ENOENT/);
    await writeFile(file, 'one\r\n\ntwo\n');
    const passwords = redisPasswords({ password: 'unused', passwordFile: file, logger });
    passwords.next().refused('WRONGPASS');
    assert.is(passwords.next().password, 'two');
    await writeFile(file, '');
    assert.is(passwords.next().password, 'two');
    await rm(file);
    assert.is(passwords.next().password, 'two');
    assert.is(logger.entries.at(-1)?.level, 'warn');
    await writeFile(file, 'three\ntwo\n');
    assert.is(passwords.next().password, 'three');
  }));

test.run();
