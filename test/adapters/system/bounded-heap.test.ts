import { execFileSync } from 'node:child_process';
import * as assert from 'uvu/assert';
import { suite } from '../../support/suite.ts';
import { youngGenerationProgram } from '../../support/young-generation.ts';

const test = suite('bounded heap');

const MODULE = new URL('../../../src/adapters/system/bounded-heap.ts', import.meta.url).href;

/** The size of the young generation in MB after a program has kept much garbage alive for a short time, again and again. */
const sizeAfterLoad = (isBounded: boolean): number =>
  Number(
    execFileSync(
      process.execPath,
      [
        '--import',
        'tsx',
        '--input-type=module',
        '-e',
        youngGenerationProgram(
          `import { boundHeap } from '${MODULE}';\nif (${isBounded}) boundHeap(12_000_000);`,
        ),
      ],
      { encoding: 'utf8' },
    ),
  );

test.slow('keeps its young generation below 20 MB under a load that makes it grow further by itself', () => {
  assert.ok(sizeAfterLoad(false) > 24, 'the load is large enough');
  assert.ok(sizeAfterLoad(true) < 20);
});

test.run();
