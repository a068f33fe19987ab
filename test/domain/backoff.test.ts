import * as assert from 'uvu/assert';
import { backoffMs } from '../../src/domain/backoff.ts';
import { suite } from '../support/suite.ts';

const test = suite('backoff');

test('doubles from the first wait to the last, however many failures there are', () => {
  const bounds = { firstMs: 250, lastMs: 30_000 };
  assert.equal(
    [1, 2, 3, 7, 8, 9, 5_000].map((failures) => backoffMs(failures, bounds)),
    [250, 500, 1_000, 16_000, 30_000, 30_000, 30_000],
  );
});

test.run();
