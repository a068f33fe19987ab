import * as assert from 'uvu/assert';
import { memoryClock } from '../../src/adapters/memory/clock.ts';
import { memorySleep } from '../../src/adapters/memory/sleep.ts';
import { AttemptsFailed } from '../../src/domain/retry.ts';
import { retrying } from '../../src/services/retrying.ts';
import { rejects, suite } from '../support/suite.ts';

const test = suite('retrying');

const throttled = (): Error => Object.assign(new Error('slow down'), { name: 'ThrottlingException' });

/** Fails so many times, then answers. */
const failing = (times: number, error: () => Error = throttled) => {
  let calls = 0;
  return {
    calls: () => calls,
    run: async () => {
      calls += 1;
      if (calls <= times) throw error();
      return 'answer';
    },
  };
};

const setUp = (random = 0.5) => {
  const sleep = memorySleep(memoryClock());
  return { sleep, retry: retrying(sleep, () => random) };
};

test('a success at once takes one attempt and no wait', async () => {
  const { sleep, retry } = setUp();
  assert.equal(await retry(failing(0).run), { value: 'answer', attempts: 1, waited_ms: 0 });
  assert.equal(sleep.waits, []);
});

test('it waits longer before each attempt and tells what it cost', async () => {
  const { sleep, retry } = setUp();
  assert.equal(await retry(failing(4).run), { value: 'answer', attempts: 5, waited_ms: 7500 });
  assert.equal(sleep.waits, [500, 1000, 2000, 4000]);
});

test('it gives up after five attempts, without a wait behind the last', async () => {
  const { sleep, retry } = setUp();
  const backend = failing(9);
  const error = await rejects(retry(backend.run));
  assert.instance(error, AttemptsFailed);
  assert.is(backend.calls(), 5);
  assert.equal({ ...(error as AttemptsFailed) }, { attempts: 5, waited_ms: 7500, name: 'AttemptsFailed' });
  assert.is((error.cause as Error).name, 'ThrottlingException');
  assert.is(sleep.waits.length, 4);
});

test('it does not repeat what is not worth it', async () => {
  const { sleep, retry } = setUp();
  const backend = failing(9, () => Object.assign(new Error('no'), { name: 'AccessDeniedException' }));
  const error = await rejects(retry(backend.run));
  assert.is(backend.calls(), 1);
  assert.is((error.cause as Error).name, 'AccessDeniedException');
  assert.equal(sleep.waits, []);
});

test('a function that throws rather than rejects is treated alike', async () => {
  const { retry } = setUp();
  const error = await rejects(
    retry(() => {
      throw new TypeError('broken');
    }),
  );
  assert.instance(error.cause, TypeError);
});

test('jitter of nothing retries at once', async () => {
  const { sleep, retry } = setUp(0);
  assert.is((await retry(failing(4).run)).waited_ms, 0);
  assert.equal(sleep.waits, [0, 0, 0, 0]);
});

test.run();
