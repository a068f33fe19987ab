import RedisMock from 'ioredis-mock';
import * as assert from 'uvu/assert';
import { memoryClock } from '../../../src/adapters/memory/clock.ts';
import { memoryLogger } from '../../../src/adapters/memory/logger.ts';
import { redisLink } from '../../../src/adapters/redis/link.ts';
import { rejects, suite } from '../../support/suite.ts';

const test = suite('redisLink');

/** What redis-parser throws for an answer that is an error. */
class ReplyError extends Error {
  override readonly name = 'ReplyError';
  readonly command = { name: 'auth', args: ['hunter2'] };
}

const open = () => {
  const clock = memoryClock();
  const logger = memoryLogger();
  let clients = 0;
  const link = redisLink({
    connect: () => {
      clients += 1;
      return new RedisMock();
    },
    clock,
    logger,
  });
  const failWith = (error: Error) => rejects(link.run(() => Promise.reject(error)));
  /** Has a probe sent and waits for its end. */
  const probe = async () => {
    clock.advance(500);
    await rejects(link.ping(), 'unavailable');
    while (link.state() === 'half_open') await new Promise((resolve) => setImmediate(resolve));
  };
  return { link, clock, logger, failWith, probe, clients: () => clients };
};

test('connects with the first command, and only then', async () => {
  const { link, clients } = open();
  assert.is(clients(), 0);
  assert.ok((await link.ping()) >= 0);
  assert.is(clients(), 1);
  await link.close();
  await rejects(link.ping(), 'unavailable');
  assert.is(clients(), 1);
});

test('takes a new client after a failure, and logs it once', async () => {
  const { link, logger, failWith, probe, clients } = open();
  await link.ping();
  await failWith(new Error('Connection is closed.'));
  await rejects(link.ping(), 'unavailable');
  assert.is(link.state(), 'open');
  await probe();
  assert.is(link.state(), 'closed');
  assert.is(clients(), 2);
  assert.equal(
    logger.entries.map(({ level }) => level),
    ['warn', 'info'],
  );
  await link.close();
});

test('continues with a Redis that refuses a command, and logs each kind once', async () => {
  const { link, logger, failWith, clients } = open();
  for (const kind of ['WRONGTYPE', 'WRONGTYPE', 'OOM']) await failWith(new ReplyError(`${kind} no`));
  assert.is(link.state(), 'closed');
  assert.is(clients(), 1);
  assert.is(logger.entries.length, 2);
  await link.close();
});

test('treats a Redis that is loading, or refuses logins, as down', async () => {
  for (const kind of ['LOADING', 'CLUSTERDOWN', 'NOAUTH', 'WRONGPASS', 'READONLY']) {
    const { link, failWith } = open();
    await failWith(new ReplyError(`${kind} no`));
    assert.is(link.state(), 'open', kind);
    await link.close();
  }
});

test('takes a new client where slots have moved and the client does not follow', async () => {
  const { link, failWith, probe, clients } = open();
  await failWith(new ReplyError('ERR MOVED 7572 host:6379'));
  assert.is(link.state(), 'closed');
  await link.ping();
  await failWith(new ReplyError('ERR MOVED 7572 host:6379'));
  assert.is(link.state(), 'closed');
  await failWith(new Error('Too many Cluster redirections. Last error: ReplyError: MOVED 7572 host:6379'));
  assert.is(link.state(), 'open');
  await probe();
  assert.is(clients(), 2);
  await link.close();
});

test('runs its repairs before it lets any call through', async () => {
  const { link, failWith, probe } = open();
  let repairs = 0;
  link.onReturn(async () => {
    repairs += 1;
    if (repairs === 1) throw new Error('not yet');
  });
  await failWith(new Error('connect ECONNREFUSED'));
  await probe();
  assert.is(link.state(), 'open');
  await probe();
  assert.is(link.state(), 'closed');
  assert.is(repairs, 2);
  await link.close();
});

test('says nothing of the commands that an error of ioredis carries', async () => {
  const { link, logger, failWith } = open();
  const error = await failWith(new ReplyError('NOAUTH no'));
  const everything = JSON.stringify([
    logger.entries,
    Object.entries(error),
    Object.entries(Object(error.cause)),
  ]);
  assert.not.match(everything, 'hunter2');
  await link.close();
});

test('gives up every call that is not answered, also one that began while it waited for another', async () => {
  const link = redisLink({
    connect: () => new RedisMock(),
    clock: memoryClock(),
    logger: memoryLogger(),
    timeoutMs: 20,
  });
  const silence = () => link.run(() => new Promise(() => undefined));
  const first = silence();
  await link.ping();
  const second = silence();
  await rejects(first, 'unavailable');
  await rejects(second, 'unavailable');
  assert.is(link.state(), 'open');
  await link.close();
});

test('does not take a mistake of this program for an outage', async () => {
  const { link, failWith } = open();
  assert.instance(await failWith(new TypeError('x is not a function')), TypeError);
  assert.is(link.state(), 'closed');
  await link.close();
});

test.run();
