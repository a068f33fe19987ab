import * as assert from 'uvu/assert';
import { AttemptsFailed } from '../../src/domain/retry.ts';
import type { Backoff, BackoffPolicy } from '../../src/ports/backoff.ts';
import { rejects, suite } from '../support/suite.ts';

const policy: BackoffPolicy = {
  attempts: 5,
  first_delay_ms: 2,
  max_delay_ms: 4,
  isWorthRetrying: (error) => error instanceof RangeError,
};

/** Fails so many times, then answers. */
const failing = (times: number, error: () => Error = () => new RangeError('slow down')) => {
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

export const backoffContract = (adapter: string, open: () => Backoff): void => {
  const test = suite(`Backoff: ${adapter}`);

  test('a success at once takes one attempt and no wait', async () => {
    const backoff = open();
    assert.equal(await backoff(failing(0).run, policy), { value: 'answer', attempts: 1, waited_ms: 0 });
  });

  test('it retries what is worth it, and counts the attempts', async () => {
    const { value, attempts } = await open()(failing(4).run, policy);
    assert.equal([value, attempts], ['answer', 5]);
  });

  test('it gives up after the last attempt, and throws what that one threw as the cause', async () => {
    const backend = failing(9);
    const error = await rejects(open()(backend.run, policy));
    assert.instance(error, AttemptsFailed);
    assert.is((error as AttemptsFailed).attempts, 5);
    assert.instance(error.cause, RangeError);
    assert.is(backend.calls(), 5);
  });

  test('it does not repeat what is not worth it', async () => {
    const backend = failing(9, () => new TypeError('no'));
    const error = await rejects(open()(backend.run, policy));
    assert.is(backend.calls(), 1);
    assert.instance(error.cause, TypeError);
  });

  test('a function that throws instead of rejecting is treated the same', async () => {
    const error = await rejects(
      open()(() => {
        throw new TypeError('broken');
      }, policy),
    );
    assert.instance(error.cause, TypeError);
  });

  test.run();
};
