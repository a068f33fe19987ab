import * as assert from 'uvu/assert';
import { identified } from '../../../src/domain/logs/posted-events.ts';
import { suite } from '../../support/suite.ts';

const test = suite('identity of posted events');

test('the same post gives the same ids; equal lines of one post stay apart', () => {
  const posted = [
    { timestamp: 1, message: 'a' },
    { timestamp: 1, message: 'a' },
    { timestamp: 2, message: 'a' },
  ];
  const ids = identified(posted).map(({ id }) => id);
  assert.is(new Set(ids).size, 3);
  assert.equal(
    identified(posted).map(({ id }) => id),
    ids,
  );
});

test('equal lines are counted even if their times are not in order', () => {
  const counts = (...times: readonly number[]) =>
    identified(times.map((timestamp) => ({ timestamp, message: 'a' }))).map(({ id }) => id.split('.')[1]);
  assert.equal(counts(1, 2, 3), ['1x', '1x', '1x']);
  assert.equal(counts(1, 2, 2, 2, 3), ['1x', '1x', '2x', '3x', '1x']);
  assert.equal(counts(1, 2, 1), ['1x', '1x', '2x']);
  assert.equal(counts(3, 2, 1, 3), ['1x', '1x', '1x', '2x']);
});

test('an id of the client is kept', () => {
  assert.equal(identified([{ id: 'x', timestamp: 1, message: 'a' }]), [
    { id: 'x', timestamp: 1, message: 'a' },
  ]);
});

test.run();
