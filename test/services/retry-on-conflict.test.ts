import * as assert from 'uvu/assert';
import { memoryBackoff } from '../../src/adapters/memory/backoff.ts';
import { memoryClock } from '../../src/adapters/memory/clock.ts';
import { memorySleep } from '../../src/adapters/memory/sleep.ts';
import { MiyabiError, unavailable, versionConflict } from '../../src/domain/errors.ts';
import { retryOnConflict } from '../../src/services/retry-on-conflict.ts';
import { rejects, suite } from '../support/suite.ts';

const test = suite('Retry on conflict');

const setUp = () => {
  const sleep = memorySleep(memoryClock());
  return { sleep, retry: retryOnConflict({ backoff: memoryBackoff({ sleep, random: () => 0.999_999 }) }) };
};

/** A write that loses so many races. */
const losing = (races: number, error = () => versionConflict('Task', 't')) => {
  let writes = 0;
  return {
    writes: () => writes,
    write: async () => {
      writes += 1;
      if (writes <= races) throw error();
    },
  };
};

test('reads and decides again for each write that loses the race', async () => {
  const { retry, sleep } = setUp();
  const { write } = losing(3);
  let reads = 0;
  const result = await retry(async () => {
    reads += 1;
    return { result: reads, write };
  });
  assert.equal([result, reads], [4, 4]);
  assert.equal(sleep.waits, [2, 4, 8]);
});

test('takes an entity that another writer created first for a lost race', async () => {
  const { retry } = setUp();
  const { write } = losing(1, () => new MiyabiError('already_exists', 'Task t exists already'));
  assert.is(await retry(async () => ({ result: 'done', write })), 'done');
});

test('throws the conflict itself after 16 races, between which it waits 64 ms at most', async () => {
  const { retry, sleep } = setUp();
  const { write, writes } = losing(99);
  await rejects(
    retry(async () => ({ result: undefined, write })),
    'version_conflict',
  );
  assert.is(writes(), 16);
  assert.equal(sleep.waits, [2, 4, 8, 16, 32, ...Array.from({ length: 10 }, () => 64)]);
});

test('does not start over for a conflict of anything but its own write', async () => {
  const { retry } = setUp();
  let reads = 0;
  await rejects(
    retry(async () => {
      reads += 1;
      throw versionConflict('Task', 'of another loop');
    }),
    'version_conflict',
  );
  assert.is(reads, 1);
});

test('starts over for a conflict of a write that the attempt calls contested', async () => {
  const { retry } = setUp();
  const { write, writes } = losing(2);
  const result = await retry(async (contested) => {
    await contested(write);
    return { result: writes() };
  });
  assert.is(result, 3);
});

test('does not repeat a write that failed otherwise: it may have been done', async () => {
  const { retry } = setUp();
  const { write, writes } = losing(1, () => unavailable('The store', new Error('x')));
  await rejects(
    retry(async () => ({ result: undefined, write })),
    'unavailable',
  );
  assert.is(writes(), 1);
});

test('writes nothing where there is nothing to write', async () => {
  const { retry } = setUp();
  assert.is(await retry(async () => ({ result: 'as it is' })), 'as it is');
});

test('needs no retry for a write that succeeds, or fails otherwise than by losing a race', async () => {
  const backoff = () => {
    throw new Error('nothing is to be repeated');
  };
  const retry = retryOnConflict({ backoff });
  assert.is(await retry(async () => ({ result: 'done', write: losing(0).write })), 'done');
  const { write } = losing(1, () => unavailable('The store', new Error('x')));
  await rejects(
    retry(async () => ({ result: undefined, write })),
    'unavailable',
  );
});

test('throws what the retries themselves fail with', async () => {
  const stopped = new Error('stopped', { cause: 'a signal' });
  const retry = retryOnConflict({ backoff: () => Promise.reject(stopped) });
  const failure = await retry(async () => ({ result: undefined, write: losing(1).write })).catch((e) => e);
  assert.is(failure, stopped);
});

test('throws what failed after a lost race, not its cause', async () => {
  const { retry } = setUp();
  let writes = 0;
  const write = async (): Promise<void> => {
    writes += 1;
    throw writes === 1 ? versionConflict('Task', 't') : unavailable('The store', new Error('x'));
  };
  await rejects(
    retry(async () => ({ result: undefined, write })),
    'unavailable',
  );
  assert.is(writes, 2);
});

test.run();
