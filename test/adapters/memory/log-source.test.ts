import * as assert from 'uvu/assert';
import { memoryLogSource } from '../../../src/adapters/memory/log-source.ts';
import { unavailable } from '../../../src/domain/errors.ts';
import { logSourceContract, readAll } from '../../contracts/ports.ts';
import { rejects, suite } from '../../support/suite.ts';

for (const pageSize of [100, 1000]) {
  logSourceContract(`memory, ${pageSize} a page`, () => {
    const source = memoryLogSource({ pageSize });
    let now = 1_700_000_000_000;
    let count = 0;
    return {
      port: {
        source,
        now: () => now,
        write: async (group, stream, lines) => {
          for (const message of lines) {
            now += 1;
            count += 1;
            source.add(group, stream, { id: `e${count}`, timestamp: now, message });
          }
        },
      },
    };
  });
}

const test = suite('LogSource: memory, its own ways');

test('fails as configured, for one group alone, and recovers', async () => {
  const source = memoryLogSource();
  source.add('g', 's', { id: 'e1', timestamp: 1, message: 'a' });
  source.add('other', 's', { id: 'e1', timestamp: 1, message: 'b' });
  source.fail('g', unavailable('the log', new Error('down')));
  await rejects(readAll(source, { log_group: 'g' }), 'unavailable');
  assert.is((await readAll(source, { log_group: 'other' })).pages.length, 1);
  source.fail('g', undefined);
  assert.is((await readAll(source, { log_group: 'g' })).pages.length, 1);
});

test.run();
