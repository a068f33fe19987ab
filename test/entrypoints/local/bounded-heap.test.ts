import { execFileSync } from 'node:child_process';
import * as assert from 'uvu/assert';
import { suite } from '../../support/suite.ts';

const test = suite('Heap of the local server');

const MODULE = new URL('../../../src/entrypoints/local/bounded-heap.ts', import.meta.url).href;

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
        `
        import { getHeapSpaceStatistics } from 'node:v8';
        import { setTimeout as pause } from 'node:timers/promises';
        import { boundHeap } from '${MODULE}';
        if (${isBounded}) boundHeap();
        let kept = [];
        for (let round = 0; round < 50; round += 1) {
          kept = [...kept.slice(-40_000), ...Array.from({ length: 20_000 }, (_, index) => ({ index, text: 'x' + index }))];
          // Longer than between two looks, so that a slow machine does not grow in between.
          await pause(60);
        }
        const young = getHeapSpaceStatistics().find(({ space_name }) => space_name === 'new_space');
        console.log(young.space_size / 1e6);
        `,
      ],
      { encoding: 'utf8' },
    ),
  );

test.slow('keeps its young generation below 20 MB under a load that makes it grow further by itself', () => {
  assert.ok(sizeAfterLoad(false) > 24, 'the load is large enough');
  assert.ok(sizeAfterLoad(true) < 20);
});

test.run();
