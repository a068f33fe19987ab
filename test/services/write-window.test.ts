import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { memoryClock } from '../../src/adapters/memory/clock.ts';
import { toIso } from '../../src/domain/time.ts';
import { writeWindows } from '../../src/services/write-window.ts';

const test = suite('Write windows');

test('give what is written after a window opened a later millisecond, though the clock stands still', () => {
  const windows = writeWindows(memoryClock());
  const before = windows.now();
  const { at } = windows.open();
  assert.is(at, before);
  assert.ok(windows.now() > at);
  assert.is(windows.stamped(toIso(before)), toIso(windows.now()));
  assert.is(windows.stamped(toIso(at + 5)), toIso(at + 5));
});

test('know of each write that was under way at any moment of them, and of no other', async () => {
  const clock = memoryClock();
  const windows = writeWindows(clock);
  let end = () => {};
  const long = windows.writing('long', () => new Promise<void>((resolve) => (end = resolve)));
  const began = windows.now();
  clock.advance(10);
  await windows.writing('earlier', async () => undefined);
  const window = windows.open();
  assert.is(window.since, began);
  const during = windows.writing('during', async () => undefined);
  end();
  await Promise.all([long, during]);
  assert.equal([...window.close()].sort(), ['during', 'long']);
  await windows.writing('later', async () => undefined);
  const next = windows.open();
  assert.is(next.since, next.at);
});

test('let go of a write that fails', async () => {
  const windows = writeWindows(memoryClock());
  await windows.writing('a', async () => Promise.reject(new Error('lost'))).catch(() => undefined);
  assert.is(windows.open().close().size, 0);
});

test.run();
