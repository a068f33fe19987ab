import * as fc from 'fast-check';
import * as assert from 'uvu/assert';
import { NOTHING_SEEN, unseenOf } from '../../../src/domain/logs/seen-events.ts';
import { suite } from '../../support/suite.ts';

const test = suite('seen events');

const event = (id: string, timestamp = 1) => ({ id, timestamp, message: id });

test('knows events with counted ids one by one, in whatever order and posts they come', () => {
  fc.assert(
    fc.property(
      fc.array(fc.array(fc.integer({ min: 0, max: 60 }), { maxLength: 20 }), { maxLength: 10 }),
      (posts) => {
        let seen = NOTHING_SEEN;
        const taken = new Set<number>();
        for (const numbers of posts) {
          const result = unseenOf(
            seen,
            numbers.map((number) => event(`n${number}`)),
          );
          const fresh = result.fresh.map(({ id }) => Number(id.slice(1)));
          assert.equal(
            fresh,
            [...new Set(numbers)].filter((number) => !taken.has(number)),
          );
          for (const number of numbers) taken.add(number);
          seen = result.seen;
        }
      },
    ),
  );
});

test('knows a batch of events with other ids as a whole', () => {
  const batch = [event('a.1x'), event('b.1x')];
  const first = unseenOf(NOTHING_SEEN, batch);
  assert.equal(first.fresh, batch);
  assert.equal(unseenOf(first.seen, batch).fresh, []);
  assert.equal(unseenOf(first.seen, [event('a.1x', 2), event('b.1x')]).fresh.length, 2);
  const mixed = unseenOf(first.seen, [...batch, event('n1')]);
  assert.equal(mixed.fresh, [event('n1')]);
});

test('remembers a bounded past', () => {
  let { seen } = unseenOf(NOTHING_SEEN, []);
  for (let post = 0; post < 500; post += 1) {
    seen = unseenOf(seen, [
      event(`n${post * 2}`),
      event(`p${post}x${post}`),
      event(`${'ab'.charAt(post % 2)}-x`, post),
    ]).seen;
  }
  assert.ok(JSON.stringify(seen).length < 4_000, JSON.stringify(seen));
  assert.equal(unseenOf(seen, [event('n998')]).fresh, []);
});

test.run();
