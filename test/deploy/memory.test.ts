import { rm } from 'node:fs/promises';
import * as assert from 'uvu/assert';
import { ADMIN_ENTRY, copyBundles } from '../support/artifact.ts';
import { run } from '../support/cli.ts';
import { shared, suite } from '../support/suite.ts';
import { youngGenerationProgram } from '../support/young-generation.ts';

const copied = shared('the bundles', copyBundles, ({ folder }) => rm(folder, { recursive: true }));

const PROGRAM = youngGenerationProgram(`
const [bundle] = process.argv.slice(1);
if (bundle !== undefined) await import(bundle);
`);

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

test.slow(
  'keeps its young generation below 20 MB under a load that makes it grow further by itself',
  async () => {
    assert.ok((await youngMb()) > 24, 'the load is large enough');
    const bounded = await youngMb(`${(await copied()).bundles.api.folder}/index.mjs`);
    assert.ok(bounded < 20, `${bounded} MB`);
  },
);

test.run();
