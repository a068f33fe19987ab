import * as assert from 'uvu/assert';
import { decodeEntry } from '../../../src/adapters/redis/entry.ts';
import { suite } from '../../support/suite.ts';

const test = suite('Entries of the cache');
const NOW = 1_000;

test('a task, an absent one, and one whose time is over', () => {
  assert.equal(decodeEntry('t|2000|7| {"a":1}', NOW), { version: 7, json: '{"a":1}' });
  assert.is(decodeEntry('a|2000', NOW), 'absent');
  assert.is(decodeEntry('t|1000|7| {"a":1}', NOW), undefined);
  assert.is(decodeEntry('g|2000|900', NOW), undefined);
});

for (const text of [
  '',
  't',
  't|2000|7|{"a":1}',
  't|2000|7|  {"a":1}',
  't|2000|7|',
  't|2000|7| {"a":1',
  't|2000|7| [1]',
  't|2000|7| null',
  't|2000|0| {"a":1}',
  't|2000|99999999999999999999| {"a":1}',
  't|x|7| {"a":1}',
  'z|2000|7| {"a":1}',
  '{"version":2}',
]) {
  test(`${JSON.stringify(text)} is damaged or of another version: as if there were none`, () => {
    assert.is(decodeEntry(text, NOW), undefined);
  });
}

test.run();
