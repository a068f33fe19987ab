import * as assert from 'uvu/assert';
import { terminalPace } from '../../../src/cli/run/pace.ts';
import { suite } from '../../support/suite.ts';

const test = suite('the pace of reading a terminal');

const restsFor = (reads: readonly number[]): readonly number[] => reads.map(terminalPace());

test('lines that come one by one are left to gather, for a moment that no one sees', () => {
  const rests = restsFor(Array.from({ length: 50 }, () => 90));
  assert.equal(rests.slice(0, 5), [1, 2, 3, 4, 4]);
  assert.is(rests.at(-1), 4);
});

test('a read that leaves something in the terminal is followed by the next at once', () => {
  assert.equal(
    restsFor(Array.from({ length: 50 }, () => 4_095)).filter((rest) => rest > 0),
    [],
  );
});

test('a terminal that fills up during the rest is read more often, down to no rest at all', () => {
  const pace = terminalPace();
  for (let read = 0; read < 10; read += 1) pace(90);
  const round = () => {
    assert.is(pace(4_095), 0);
    return pace(3_000);
  };
  assert.equal([round(), round(), round(), round(), round()], [3, 2, 1, 0, 0]);
});

test('a rest in which a few lines gather stays as it is', () => {
  const pace = terminalPace();
  assert.equal([pace(90), pace(90), pace(2_000), pace(3_000)], [1, 2, 2, 2]);
});

test.run();
