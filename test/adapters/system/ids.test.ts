import * as assert from 'uvu/assert';
import { uuidIds } from '../../../src/adapters/system/ids.ts';
import { suite } from '../../support/suite.ts';

const test = suite('Ids');

test('are UUIDs of version 7, all different, and sort by age within a millisecond too', () => {
  const ids = uuidIds();
  const made = Array.from({ length: 5_000 }, () => ids.next());
  for (const id of made)
    assert.match(id, /^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/);
  assert.is(new Set(made).size, made.length);
  assert.equal(made, made.toSorted());
  const other = uuidIds().next();
  assert.is.not(other.slice(-12), made.at(-1)?.slice(-12), 'two processes draw different random bits');
});

test.run();
