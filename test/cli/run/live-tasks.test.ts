import * as assert from 'uvu/assert';
import { liveTasks } from '../../../src/cli/run/live-tasks.ts';
import { builtInFormats } from '../../../src/domain/logs/formats/registry.ts';
import { suite } from '../../support/suite.ts';

const NOON = Date.UTC(2026, 10, 23, 12);
const test = suite('live tasks');

test('the remaining time counts from the first counter, in any number of reads', () => {
  const live = liveTasks(builtInFormats, 'run');
  const etaAfter = (seconds: number, ...lines: readonly string[]) => {
    const timestamp = NOON + seconds * 1000;
    live.add(lines.map((message, index) => ({ id: `${seconds * 100 + index}`, timestamp, message })));
    return live.bars(timestamp)[0]?.eta;
  };
  assert.is(etaAfter(0, 'Processing 130/1351'), undefined);
  assert.is(etaAfter(24, 'Processing 131/1351'), undefined);
  assert.is(etaAfter(240, 'Processing 139/1351', 'Processing 140/1351'), 24 * 1211);
});

test.run();
