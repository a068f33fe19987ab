import { rm } from 'node:fs/promises';
import * as assert from 'uvu/assert';
import { ADMIN_ENTRY, copyBundles } from '../support/artifact.ts';
import { run } from '../support/cli.ts';
import { shared, suite } from '../support/suite.ts';

const copied = shared('the bundles', copyBundles, ({ folder }) => rm(folder, { recursive: true }));

/** The size of the young generation in MB after much garbage has stayed alive for a short time, again and again. */
const PROGRAM = `
import { getHeapSpaceStatistics } from 'node:v8';
import { setTimeout as pause } from 'node:timers/promises';
const [bundle] = process.argv.slice(1);
if (bundle !== undefined) await import(bundle);
let kept = [];
for (let round = 0; round < 50; round += 1) {
  kept = [...kept.slice(-40_000), ...Array.from({ length: 20_000 }, (_, index) => ({ index, text: 'x' + index }))];
  // Longer than between two looks, so that a slow machine does not grow in between.
  await pause(60);
}
const young = getHeapSpaceStatistics().find(({ space_name }) => space_name === 'new_space');
console.log(young.space_size / 1e6);
process.exit(0);
`;

const youngMb = async (...bundle: readonly string[]): Promise<number> => {
  const { stdout, stderr } = await run(
    [process.execPath, '--max-semi-space-size=12', '--input-type=module', '-e', PROGRAM, ...bundle],
    {
      env: {
        PATH: process.env['PATH'] ?? '',
        MIYABI_BACKEND: 'memory',
        MIYABI_SECRET: 'a-secret-of-32-characters-or-more',
        API_KEYS: ADMIN_ENTRY,
      },
    },
  );
  if (stdout === '') throw new Error(stderr);
  return Number(stdout);
};

const test = suite('Memory of the API Lambda');

test('keeps its young generation below 20 MB under a load that makes it grow further by itself', async () => {
  assert.ok((await youngMb()) > 24, 'the load is large enough');
  const bounded = await youngMb(`${(await copied()).bundles.api.folder}/index.mjs`);
  assert.ok(bounded < 20, `${bounded} MB`);
});

test.run();
