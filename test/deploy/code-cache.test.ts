import { readdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import * as assert from 'uvu/assert';
import { bundleFunction } from '../../deploy/build/bundle.ts';
import { lambdaFlags } from '../../deploy/build/code-cache.ts';
import { ADMIN_ENTRY, apiEvent } from '../support/artifact.ts';
import { run } from '../support/cli.ts';
import { temporaryFolder } from '../support/server.ts';
import { rejects, suite } from '../support/suite.ts';

const folder = await temporaryFolder();
const api = await bundleFunction('api', { outdir: folder, codeCacheFor: process.execPath });

/** Starts the function, requests its health, and returns the scripts whose code cache V8 rejected. */
const PROGRAM = `
const [folder, event] = process.argv.slice(1);
const { handler, scripts } = await import(folder + '/index.mjs');
const { statusCode } = await handler(JSON.parse(event));
const rejected = [...scripts].map(([name, { cachedDataRejected }]) => [name, cachedDataRejected]);
console.log(JSON.stringify({ statusCode, rejected }));
process.exit(0);
`;

const start = async (flags: readonly string[]) => {
  const { stdout, stderr } = await run(
    [
      ...[process.execPath, ...flags, '--input-type=module', '-e', PROGRAM],
      ...[api.folder, JSON.stringify(apiEvent('GET', '/health'))],
    ],
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
  const { statusCode, rejected } = JSON.parse(stdout) as {
    statusCode: number;
    rejected: readonly (readonly [string, boolean?])[];
  };
  return { statusCode, rejected: new Map(rejected) };
};

const test = suite('Code cache of a bundle');

test('is taken by the Node that it was made for, with the flags of Lambda', async () => {
  const { statusCode, rejected } = await start(lambdaFlags());
  assert.is(statusCode, 200);
  assert.is(rejected.get('main.js'), false);
});

test('is rejected with other flags, up to Node 22, and the function answers all the same', async () => {
  const { statusCode, rejected } = await start(lambdaFlags(512));
  assert.is(statusCode, 200);
  // The V8 of Node 24 no longer minds the size of the heap.
  assert.is(rejected.get('main.js'), Number.parseInt(process.versions.node, 10) < 24);
});

test('leaves the archive under 1 MB', () => {
  assert.ok(api.zipped <= 1_000_000, `${api.zipped} bytes`);
});

test('is refused for what is no Node', async () => {
  const outdir = join(folder, 'refused');
  const error = await rejects(
    bundleFunction('api', { outdir, codeCacheFor: join(folder, 'nothing') }),
    'configuration',
  );
  assert.match(error.message, '--code-cache');
});

test('that is damaged is rejected, and the function answers all the same', async () => {
  const caches = (await readdir(api.folder)).filter((file) => file.endsWith('.cache'));
  assert.ok(caches.length > 1, caches.join());
  for (const file of caches) await writeFile(join(api.folder, file), 'damaged');
  const { statusCode, rejected } = await start(lambdaFlags());
  assert.is(statusCode, 200);
  assert.is(rejected.get('main.js'), true);
});

test.run();
