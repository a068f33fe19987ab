import { execFileSync } from 'node:child_process';
import * as assert from 'uvu/assert';
import { suite } from '../../support/suite.ts';
import { youngGenerationProgram } from '../../support/young-generation.ts';

const test = suite('bounded heap');

const MODULE = new URL('../../../src/adapters/system/bounded-heap.ts', import.meta.url).href;

/** The size of the young generation in MB after a program has kept much garbage alive for a short time, again and again. */
const sizesAfterLoad = (isBounded: boolean, flags: readonly string[] = []): readonly number[] =>
  execFileSync(
    process.execPath,
    [
      ...flags,
      ...['--import', 'tsx', '--input-type=module', '-e'],
      youngGenerationProgram(
        `import { boundHeap } from '${MODULE}';\nif (${isBounded}) boundHeap({ young: 12_000_000, growth: 40 });`,
      ),
    ],
    { encoding: 'utf8' },
  )
    .trim()
    .split('\n')
    .map(Number);

test.slow('keeps its young generation below 20 MB under a load that makes it grow further by itself', () => {
  const [free = 0] = sizesAfterLoad(false);
  assert.ok(free > 24, 'the load is large enough');
  const [bound = 0] = sizesAfterLoad(true);
  assert.ok(bound < 20);
});

test.slow('lets it grow again after a rest, in which V8 has made it small', () => {
  const [atRest = 0, atWork = 0] = sizesAfterLoad(true, ['--expose-gc']);
  assert.ok(atRest < (Number(process.versions.node.split('.')[0]) < 22 ? 20 : 4), `${atRest} MB at rest`);
  assert.ok(atWork >= 12 && atWork < 20, `${atWork} MB at work`);
});

test.run();
