import type { RateLimiter } from '../ports/rate-limiter.ts';
import * as assert from './assert.ts';
import { type Open, type Runner, using } from './contract.ts';

/** `open` returns an unused limiter of 3 requests a minute. */
export const rateLimiterContract = (runner: Runner, adapter: string, open: Open<RateLimiter>): void =>
  runner.describe(`RateLimiter: ${adapter}`, () => {
    const { test } = runner;

    test(
      'allows as many requests as the limit, and returns how many are left',
      using(open, async (limiter) => {
        const answers = [];
        for (let count = 0; count < 5; count += 1) answers.push(await limiter.take('a'));
        assert.equal(
          answers.map(({ allowed, remaining }) => [allowed, remaining]),
          [
            [true, 2],
            [true, 1],
            [true, 0],
            [false, 0],
            [false, 0],
          ],
        );
        for (const { limit, resetSeconds } of answers) {
          assert.is(limit, 3);
          assert.ok(resetSeconds >= 1 && resetSeconds <= 60, String(resetSeconds));
        }
      }),
    );

    test(
      'counts each caller separately, also concurrent requests',
      using(open, async (limiter) => {
        const answers = await Promise.all(Array.from({ length: 10 }, () => limiter.take('many')));
        assert.is(answers.filter(({ allowed }) => allowed).length, 3);
        assert.is((await limiter.take('other')).remaining, 2);
      }),
    );
  });
