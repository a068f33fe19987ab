import { once } from 'node:events';
import { rm, stat } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import * as assert from 'uvu/assert';
import { ADMIN_ENTRY, copyBundles } from '../support/artifact.ts';
import { run } from '../support/cli.ts';
import { shared, suite } from '../support/suite.ts';

const copied = shared('the bundles', copyBundles, ({ folder }) => rm(folder, { recursive: true }));

/** Starts the function and returns the scripts and Node modules that were loaded. */
const PROGRAM = `
const before = new Set(process.moduleLoadList);
const { scripts } = await import(process.argv[1] + '/index.mjs');
const ofNode = process.moduleLoadList.filter((name) => !before.has(name));
console.log(JSON.stringify({ ofBundle: scripts, ofNode }));
process.exit(0);
`;

/** What a start with this setting loads, of the bundle and of Node, and how often it asks DynamoDB. */
const start = async (env: Readonly<Record<string, string>>) => {
  const { bundles } = await copied();
  let requested = 0;
  const dynamodb = createServer((request, response) => {
    requested += 1;
    request.resume().on('end', () => response.end('{}'));
  }).listen(0, '127.0.0.1');
  await once(dynamodb, 'listening');
  try {
    const { stdout, stderr } = await run(
      [process.execPath, '--input-type=module', '-e', PROGRAM, bundles.api.folder],
      {
        env: {
          PATH: process.env['PATH'] ?? '',
          MIYABI_SECRET: 'a-secret-of-32-characters-or-more',
          API_KEYS: ADMIN_ENTRY,
          DYNAMODB_ENDPOINT: `http://127.0.0.1:${(dynamodb.address() as AddressInfo).port}`,
          ...env,
        },
      },
    );
    if (stdout === '') throw new Error(stderr);
    const { ofBundle, ofNode } = JSON.parse(stdout) as Record<string, readonly string[]>;
    return {
      requested,
      loaded: (ofBundle ?? []).map((name) => name.replace(/-[A-Z0-9]+\.js$/, '')),
      ofNode: (ofNode ?? []).map((name) => name.replace(/^NativeModule /, '')),
    };
  } finally {
    dynamodb.closeAllConnections();
    dynamodb.close();
  }
};

const test = suite('Priming of a bundle');

test.slow('loads the store and calls it once, unless configured otherwise', async () => {
  let { requested, loaded } = await start({});
  // A start gives priming up after a while, which a busy machine may exceed.
  for (let more = 0; requested === 0 && more < 3; more += 1) ({ requested, loaded } = await start({}));
  assert.is(requested, 1);
  assert.ok(loaded.includes('dynamodb'), loaded.join());
});

for (const setting of ['cache', 'none']) {
  test.slow(`MIYABI_PRIME=${setting} starts without the AWS SDK`, async () => {
    const { requested, loaded } = await start({ MIYABI_PRIME: setting });
    assert.is(requested, 0);
    assert.not.ok(loaded.includes('dynamodb'), loaded.join());
  });
}

test.slow('reads for a cached task one file of at most 510 kB, with these packages', async () => {
  const { loaded } = await start({ MIYABI_PRIME: 'cache', REDIS_ENDPOINT: '127.0.0.1', REDIS_PORT: '1' });
  assert.equal(loaded, ['main.js']);
  const { api } = (await copied()).bundles;
  const { size } = await stat(join(api.folder, 'main.js'));
  assert.ok(size <= 510_000, `${size} bytes`);
  assert.equal(api.startPackages, [
    '@aws-lambda-powertools/commons',
    '@aws-lambda-powertools/logger',
    '@aws/lambda-invoke-store',
    '@inversifyjs/common',
    '@inversifyjs/container',
    '@inversifyjs/core',
    '@inversifyjs/plugin',
    '@inversifyjs/reflect-metadata-utils',
    '@ioredis/commands',
    'cluster-key-slot',
    'debug',
    'denque',
    'exponential-backoff',
    'has-flag',
    'inversify',
    'ioredis',
    'lru-cache',
    'ms',
    'redis-errors',
    'redis-parser',
    'reflect-metadata',
    'standard-as-callback',
    'supports-color',
    'uuid',
    'valibot',
  ]);
});

test.slow('loads what sends traces only where it is asked for', async () => {
  const without = await start({ MIYABI_PRIME: 'none' });
  assert.not.ok(without.loaded.includes('tracing'), without.loaded.join());
  assert.not.ok(without.ofNode.includes('dgram'), without.ofNode.join());
  const address = { AWS_XRAY_DAEMON_ADDRESS: '127.0.0.1:2000' };
  const { loaded, ofNode } = await start({ MIYABI_PRIME: 'none', TRACING: 'true', ...address });
  assert.ok(loaded.includes('tracing') && ofNode.includes('dgram'), [...loaded, ...ofNode].join());
});

test.slow('leaves what no first request needs where it is', async () => {
  const { loaded } = await start({});
  for (const name of ['cloudwatch', 'openapi', 'docs-page', 'webhook-client', 'progress', 'registry']) {
    assert.not.ok(loaded.includes(name), `${name} is loaded at once`);
  }
});

test.slow('loads of Node what is called, and nothing that is only mentioned', async () => {
  // There is no server. The Redis client is created, and tries.
  const { ofNode, loaded } = await start({
    REDIS_ENDPOINT: '127.0.0.1',
    REDIS_PORT: '1',
    LOG_LEVEL: 'silent',
  });
  assert.ok(loaded.includes('dynamodb'), loaded.join());
  assert.ok(ofNode.includes('net') && ofNode.includes('crypto'), ofNode.join());
  for (const name of [
    'fs/promises',
    'perf_hooks',
    'zlib',
    'tty',
    'dns',
    'internal/webstreams/readablestream',
  ]) {
    assert.not.ok(ofNode.includes(name), `${name} is loaded at once`);
  }
});

test.run();
