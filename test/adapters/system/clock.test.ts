import * as assert from 'uvu/assert';
import { memoryLogger } from '../../../src/adapters/memory/logger.ts';
import { steadyClock, systemClock } from '../../../src/adapters/system/clock.ts';
import { suite } from '../../support/suite.ts';

const test = suite('System clock');

test('follows the machine when its clock is set, in both directions, and logs that once each', () => {
  let wall = 1_000_000;
  let steady = 500;
  const logger = memoryLogger();
  const clock = systemClock(logger, { wall: () => wall, steady: () => steady });
  const pass = (ms: number) => {
    wall += ms;
    steady += ms;
    return clock.now();
  };
  assert.is(clock.now(), 1_000_000);
  assert.is(pass(60_000), 1_060_000);
  // A clock that is slewed by NTP drifts.
  wall += 300;
  pass(1_000);
  assert.equal(logger.entries, []);
  wall -= 3_600_000;
  assert.is(pass(10), wall);
  pass(10);
  assert.is(logger.entries.length, 1);
  assert.match(JSON.stringify(logger.entries[0]), /jumped.*-3600000/);
  wall += 7_200_000;
  assert.is(pass(10), wall);
  assert.is(logger.entries.length, 2);
});

test('steady time goes on while the clock of the machine is set back', () => {
  const { now: original } = Date;
  const clock = steadyClock();
  const before = clock.now();
  Date.now = () => original() - 3_600_000;
  try {
    const after = clock.now();
    assert.ok(after >= before && after - before < 60_000);
  } finally {
    Date.now = original;
  }
});

test.run();
