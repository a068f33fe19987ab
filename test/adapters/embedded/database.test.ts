import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import * as assert from 'uvu/assert';
import { databaseOn } from '../../../src/adapters/embedded/database.ts';
import { openLevel } from '../../../src/adapters/embedded/level.ts';
import { memoryLogger } from '../../../src/adapters/memory/logger.ts';
import { inFolder } from '../../support/embedded.ts';
import { eventually } from '../../support/server.ts';
import { rejects, suite } from '../../support/suite.ts';

const test = suite('The database of the embedded store');

test(
  'tries once at a time to write again, and does not reopen its files when it is closed meanwhile',
  inFolder(async (folder) => {
    const data = join(folder, 'data');
    const level = await openLevel(data, { create: true });
    let answer: (hasRoom: boolean) => void = () => undefined;
    let attempts = 0;
    const hasRoom = () => {
      attempts += 1;
      return new Promise<boolean>((resolve) => {
        answer = resolve;
      });
    };
    const database = databaseOn(level, { path: folder, data, logger: memoryLogger(), hasRoom, retryMs: 1 });
    // Its sync comes later, and fails as well.
    await database.write((change) => change.put('a', '1'));
    let failed = 0;
    level.batch = () => {
      failed += 1;
      throw Object.assign(new Error('IO error: No space left on device'), { code: 'LEVEL_IO_ERROR' });
    };
    await rejects(
      database.write((change) => change.put('b', '1')),
      'unavailable',
    );
    await eventually(async () => (failed > 1 && attempts > 0 ? true : undefined));
    await sleep(20);
    assert.is(attempts, 1);
    const closed = database.close();
    answer(true);
    await closed;
    await sleep(20);
    const again = await openLevel(data, { create: false });
    assert.is(again.getSync('a'), '1');
    await again.close();
  }),
);

test.run();
