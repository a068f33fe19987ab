import * as fc from 'fast-check';
import * as assert from 'uvu/assert';
import { addAll, type IndexSet, indexSet, nextIn } from '../../../src/domain/logs/index-set.ts';
import { suite } from '../../support/suite.ts';

const membersOf = (set: IndexSet): readonly number[] => {
  const members: number[] = [];
  for (let index = nextIn(set, 0); index !== -1; index = nextIn(set, index + 1)) members.push(index);
  return members;
};

const test = suite('index sets');

test('a union has the members of both sets in ascending order', () => {
  const anyMembers = fc.uniqueArray(fc.integer({ min: 0, max: 99 }));
  fc.assert(
    fc.property(anyMembers, anyMembers, (some, others) => {
      const set = indexSet(100, some);
      addAll(set, indexSet(100, others));
      assert.equal(
        membersOf(set),
        [...new Set([...some, ...others])].sort((a, b) => a - b),
      );
    }),
  );
});

test.run();
