import * as assert from 'uvu/assert';
import type { Json } from '../../../src/domain/json.ts';
import { NO_LINES, withEvents } from '../../../src/domain/logs/kept-lines.ts';
import {
  indexFromJson,
  indexToJson,
  linesFromJson,
  linesToJson,
} from '../../../src/domain/logs/stored-lines.ts';
import { suite } from '../../support/suite.ts';

const test = suite('stored lines');

/** As version 1 has stored them. It must be readable for as long as lines of that version are kept. */
const INDEX = {
  version: 1,
  next: 305,
  first_end: 100,
  chunks: [
    ['w1.0', 0, 100, 690, 1000, 1099, 5000],
    ['w2.2s', 100, 200, 1600, 1100, 1299, 5000],
  ],
  open: [
    [1300, 'line 300'],
    [1301, '\u001b[31mline 301\u001b[0m'],
  ],
  open_from: 303,
  open_at: 5000,
  inside_key: 2,
  counted: [['n', [1, 300], [302, 306]]],
  batches: ['0a1b2c3d4e5f6g'],
  tasks: ['deploy-1'],
} as const satisfies Json;
const CHUNK = {
  version: 1,
  lines: [
    [1000, 'line 0'],
    [1001, ''],
  ],
} as const satisfies Json;

test('of version 1 are read as they were written, and written as they were read', () => {
  const index = indexFromJson(INDEX);
  assert.equal(index?.chunks[1], {
    key: 'w2.2s',
    from: 100,
    count: 200,
    bytes: 1600,
    first_at: 1100,
    last_at: 1299,
    kept_at: 5000,
  });
  assert.equal(index?.seen, {
    counted: [
      {
        prefix: 'n',
        stretches: [
          [1, 300],
          [302, 306],
        ],
      },
    ],
    batches: ['0a1b2c3d4e5f6g'],
  });
  assert.ok(index !== undefined);
  assert.equal(indexToJson(index), INDEX);
  assert.equal(linesFromJson(CHUNK), [
    { at: 1000, text: 'line 0' },
    { at: 1001, text: '' },
  ]);
  assert.equal(linesToJson(linesFromJson(CHUNK) ?? []), CHUNK);
  assert.equal(indexFromJson(indexToJson(NO_LINES)), NO_LINES);
});

test('of another version, or with any field damaged, are not read', () => {
  for (const json of [null, [], 'text', {}, { ...INDEX, version: 2 }, { ...INDEX, version: '1' }])
    assert.is(indexFromJson(json), undefined, JSON.stringify(json));
  for (const name of Object.keys(INDEX)) {
    for (const value of [null, -1, 'x', [[1]], [['a', -1]], { a: 1 }] satisfies Json[]) {
      const damaged = { ...INDEX, [name]: value };
      // A text list may well be one of numbers' names, but of nothing else.
      assert.is(indexFromJson(damaged), undefined, `${name} ${JSON.stringify(value)}`);
    }
  }
  for (const json of [
    null,
    { ...CHUNK, version: 2 },
    { version: 1 },
    { version: 1, lines: [[1]] },
    { version: 1, lines: [['1', 'a']] },
  ])
    assert.is(linesFromJson(json), undefined, JSON.stringify(json));
});

test('stay small, whatever is posted', () => {
  let index = NO_LINES;
  const bounds = { first: 100, last: 2_000, bytes: 1_000_000, kept_ms: 1_000_000 };
  for (let post = 0; post < 300; post += 1) {
    const events = Array.from({ length: 37 }, (_, n) => ({
      id: `n${post * 50 + n}`,
      timestamp: post,
      message: `line ${n} ${'x'.repeat(n * 7)}`,
    }));
    index =
      withEvents(index, events, { bounds, now: post, keyOf: (from) => `w${post}.${from}`, tasks: [] })
        ?.index ?? index;
  }
  assert.ok(
    JSON.stringify(indexToJson(index)).length < 50_000,
    `${JSON.stringify(indexToJson(index)).length}`,
  );
  assert.ok(index.chunks.length < 40, `${index.chunks.length} chunks`);
});

test.run();
