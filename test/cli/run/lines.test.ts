import * as fc from 'fast-check';
import * as assert from 'uvu/assert';
import { lineSplitter, MAX_LINE } from '../../../src/cli/run/lines.ts';
import { repeats, suite } from '../../support/suite.ts';

const test = suite('lines of a stream');

const linesOf = (chunks: readonly Buffer[]): readonly string[] => {
  const splitter = lineSplitter();
  const texts = [...chunks.map((chunk) => splitter.push(chunk)), splitter.end()];
  return texts.filter((text) => text !== '').flatMap((text) => text.split('\n'));
};

test('however the bytes are cut, the lines are the same', () => {
  const text = fc.array(fc.constantFrom('a', 'é', '日', '🍵', '\n', '\r', '\r\n', '|', '12/34'), {
    maxLength: 60,
  });
  fc.assert(
    fc.property(text, fc.array(fc.nat(200), { maxLength: 6 }), (parts, places) => {
      const bytes = Buffer.from(parts.join(''));
      const cuts = [
        0,
        ...places.map((place) => place % (bytes.length + 1)).sort((a, b) => a - b),
        bytes.length,
      ];
      const chunks = cuts.slice(1).map((end, index) => bytes.subarray(cuts[index], end));
      const whole = parts
        .join('')
        .split(/[\r\n]+/)
        .filter((line) => line !== '');
      assert.equal(linesOf(chunks), whole);
    }),
    { numRuns: repeats({ few: 100, all: 500 }) },
  );
});

test('a line without end keeps its beginning, and the next line is whole again', () => {
  const chunk = Buffer.from('x'.repeat(50_000));
  const lines = linesOf([chunk, chunk, chunk, Buffer.from('\nnext\n')]);
  assert.equal(
    lines.map((line) => line.length),
    [MAX_LINE + 1, 4],
  );
});

test('a line is cut between its words, so that no half of a secret is left of one', () => {
  const secret = `ghp_${'a'.repeat(36)}`;
  for (const beforeIt of [MAX_LINE - 20, MAX_LINE - 1, MAX_LINE - secret.length + 1]) {
    const [line = ''] = linesOf([Buffer.from(`${'x'.repeat(beforeIt - 1)} ${secret} and more\n`)]);
    assert.is(line, `${'x'.repeat(beforeIt - 1)}…`);
  }
});

test('long and short lines in one piece, and one that goes on in the next', () => {
  const line = (length: number) => 'x'.repeat(length);
  const text = [line(3), line(MAX_LINE + 5), '', line(MAX_LINE), line(7), line(MAX_LINE + 1)].join('\n');
  const lines = linesOf([Buffer.from(text), Buffer.from('still the same\nlast')]);
  assert.equal(
    lines.map((whole) => whole.length),
    [3, MAX_LINE + 1, MAX_LINE, 7, MAX_LINE + 1, 4],
  );
});

test.run();
