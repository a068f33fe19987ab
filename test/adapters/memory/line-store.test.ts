import * as assert from 'uvu/assert';
import { memoryClock } from '../../../src/adapters/memory/clock.ts';
import { memoryLineStore } from '../../../src/adapters/memory/line-store.ts';
import { keptLinesContract } from '../../contracts/kept-lines.ts';
import { lineStoreContract } from '../../contracts/ports.ts';
import { suite } from '../../support/suite.ts';
import { NOON } from '../../support/tasks.ts';

lineStoreContract('memory', () => ({ port: memoryLineStore({ clock: memoryClock(NOON) }) }));
keptLinesContract('memory', (clock) => ({ port: memoryLineStore({ clock }) }));

const test = suite('LineStore: memory, its own ways');

test('keeps no more streams than it may, and none that has expired', async () => {
  const clock = memoryClock(NOON);
  const store = memoryLineStore({ clock, maxStreams: 2 });
  const write = (log_stream: string) =>
    store.write(
      { log_group: 'g', log_stream },
      { index: {}, put: [], remove: [], expires_at: clock.now() + 1000 },
      0,
    );
  const isThere = async (log_stream: string) =>
    (await store.find({ log_group: 'g', log_stream })) !== undefined;
  await write('a');
  await write('b');
  await write('c');
  assert.equal([await isThere('a'), await isThere('b'), await isThere('c')], [false, true, true]);
  clock.advance(2000);
  await write('d');
  assert.equal([await isThere('b'), await isThere('c'), await isThere('d')], [false, false, true]);
});

test.run();
