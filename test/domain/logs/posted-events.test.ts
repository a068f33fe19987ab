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

test('an id of the client is kept', () => {
  assert.equal(identified([{ id: 'x', timestamp: 1, message: 'a' }]), [
    { id: 'x', timestamp: 1, message: 'a' },
  ]);
});

test.run();
