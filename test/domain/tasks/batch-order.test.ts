import * as assert from 'uvu/assert';
import { itemsBefore } from '../../../src/domain/tasks/batch-order.ts';
import { suite } from '../../support/suite.ts';

const test = suite('order of a batch');

test('a part waits for its parent, and of two items with one id the second waits for the first', () => {
  const items = [
    { task_id: 'a' },
    { task_id: 'b', parent_id: 'a' },
    { task_id: 'a', parent_id: 'b' },
    { parent_id: 'a' },
    {},
  ];
  assert.equal(itemsBefore(items), [[], [0], [0, 1], [2], []]);
});

test('nothing waits for a later item or for itself', () => {
  assert.equal(itemsBefore([{ task_id: 'part', parent_id: 'whole' }, { task_id: 'whole' }]), [[], []]);
  assert.equal(itemsBefore([{ task_id: 'a', parent_id: 'a' }]), [[]]);
});

test.run();
