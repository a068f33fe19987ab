import fc from 'fast-check';
import * as assert from 'uvu/assert';
import { isSameJson } from '../../src/domain/json.ts';
import { suite } from '../support/suite.ts';

const test = suite('JSON values');

test('values are the same in any order of their members, and with members that are undefined', () => {
  assert.ok(isSameJson({ a: 1, b: { c: [1, null] } }, { b: { c: [1, null], d: undefined }, a: 1 }));
  for (const [a, b] of [
    [{ a: 1 }, { a: 2 }],
    [{ a: 1 }, { a: 1, b: null }],
    [{ a: undefined, b: 1 }, { c: 1 }],
    [
      [1, 2],
      [2, 1],
    ],
    [[1], { 0: 1 }],
    [{}, null],
    [{ toString: 1 }, {}],
  ]) {
    assert.not.ok(isSameJson(a, b), JSON.stringify([a, b]));
    assert.not.ok(isSameJson(b, a), JSON.stringify([b, a]));
  }
});

test('a value is the same as its copy, and as another one exactly if their texts are', () => {
  const reordered = (value: unknown): unknown =>
    Array.isArray(value)
      ? value.map(reordered)
      : typeof value === 'object' && value !== null
        ? Object.fromEntries(
            Object.entries(value)
              .reverse()
              .map(([key, inner]) => [key, reordered(inner)]),
          )
        : value;
  fc.assert(
    fc.property(fc.jsonValue({ maxDepth: 3 }), fc.jsonValue({ maxDepth: 3 }), (one, other) => {
      // A JSON text has no negative zero.
      const [a, b] = [one, other].map((value): unknown => JSON.parse(JSON.stringify(value)));
      assert.ok(isSameJson(a, reordered(a)));
      if (JSON.stringify(a) === JSON.stringify(b)) assert.ok(isSameJson(a, b));
      else if (JSON.stringify(a).length !== JSON.stringify(b).length) assert.not.ok(isSameJson(a, b));
    }),
  );
});

test.run();
