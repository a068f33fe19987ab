import * as assert from 'uvu/assert';
import { under } from '../../../src/adapters/embedded/keys.ts';
import { embeddedLineStore } from '../../../src/adapters/embedded/line-store.ts';
import { sweepExpired } from '../../../src/adapters/embedded/sweep.ts';
import { keptLinesContract } from '../../contracts/kept-lines.ts';
import { lineStoreContract } from '../../contracts/ports.ts';
import { inFolder, onEmbedded, openStoreIn } from '../../support/embedded.ts';
import { suite } from '../../support/suite.ts';

lineStoreContract('embedded', onEmbedded(embeddedLineStore));
keptLinesContract('embedded', onEmbedded(embeddedLineStore));

const DAY = 24 * 60 * 60 * 1000;
const STREAM = { log_group: 'g', log_stream: 's' };
const test = suite('LineStore: embedded, its own ways');

test(
  'the sweep removes a stream with its chunks once its time is over, and not before',
  inFolder(async (folder) => {
    const { database, clock, close } = await openStoreIn(`${folder}/store`);
    const store = embeddedLineStore({ database });
    const keys = () => database.view((view) => view.keys({ ...under('b'), limit: 100 }));
    const write = (key: string, version: number) =>
      store.write(
        STREAM,
        { index: {}, put: [{ key, value: [] }], remove: [], expires_at: clock.now() + 7 * DAY },
        version,
      );
    await write('a', 0);
    clock.advance(5 * DAY);
    await write('b', 1);
    clock.advance(5 * DAY);
    await sweepExpired({ database, clock }, new AbortController().signal);
    assert.is((await keys()).length, 2);
    clock.advance(4 * DAY);
    await sweepExpired({ database, clock }, new AbortController().signal);
    assert.is((await keys()).length, 0);
    assert.is(await store.find(STREAM), undefined);
    assert.is(await sweepExpired({ database, clock }, new AbortController().signal), 0);
    await close();
  }),
);

test(
  'what is damaged on the disk is removed by the check, and other streams are read as before',
  inFolder(async (folder) => {
    const path = `${folder}/store`;
    const first = await openStoreIn(path);
    const other = { ...STREAM, log_stream: 'other' };
    const write = {
      index: { version: 1 },
      put: [{ key: 'a', value: ['x'] }],
      remove: [],
      expires_at: first.clock.now() + DAY,
    };
    await embeddedLineStore(first).write(STREAM, write, 0);
    await embeddedLineStore(first).write(other, write, 0);
    const [key = ''] = await first.database.view((view) => view.keys({ ...under('b', 'g', 's'), limit: 1 }));
    await first.database.write((change) => change.put(key, 'no longer what it was'));
    await embeddedLineStore(first)
      .chunks(STREAM, ['a'])
      .catch(() => undefined);
    await first.close();
    const second = await openStoreIn(path);
    assert.equal(await embeddedLineStore(second).chunks(STREAM, ['a']), []);
    assert.equal(await embeddedLineStore(second).chunks(other, ['a']), [{ key: 'a', value: ['x'] }]);
    await second.close();
  }),
);

test.run();
