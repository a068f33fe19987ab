import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { request } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import * as assert from 'uvu/assert';
import { memoryLogger } from '../../src/adapters/memory/logger.ts';
import { json } from '../../src/api/message.ts';
import { serve } from '../../src/entrypoints/local/serve.ts';
import { staticFiles } from '../../src/entrypoints/local/static.ts';
import { suite } from '../support/suite.ts';

type Answer = Readonly<{ status: number; headers: Record<string, unknown>; bytes: Buffer; text: string }>;
type Ask = (path: string, headers?: Record<string, string>, method?: string) => Promise<Answer>;

const PAGE = '<!doctype html><title>the page</title>';

/**
 * A server with a small dashboard, and a secret beside it. An API answers everything that is not a file, and says so.
 */
const withFiles =
  (run: (ask: Ask) => Promise<void>, { built = true } = {}) =>
  async () => {
    const root = mkdtempSync(join(tmpdir(), 'miyabi-static-'));
    writeFileSync(join(root, 'secret.html'), 'secret');
    if (built) {
      mkdirSync(join(root, 'web', 'assets'), { recursive: true });
      writeFileSync(join(root, 'web', 'index.html'), PAGE);
      writeFileSync(join(root, 'web', 'assets', 'app-1a2b.js'), 'console.log("tea");'.repeat(50));
      writeFileSync(join(root, 'web', 'assets', 'font-3c4d.woff2'), Buffer.from([0, 1, 255]));
      writeFileSync(join(root, 'web', 'notes.txt'), 'not for the public');
    }
    const listening = await serve(async ({ path }) => json(404, { error: 'api', path }), {
      host: '127.0.0.1',
      port: 0,
      logger: memoryLogger(),
      files: await staticFiles(join(root, 'web')),
    });
    const { port } = new URL(listening.url);
    // Not fetch: it would tidy a path before it asks for it.
    const ask: Ask = (path, headers = {}, method = 'GET') =>
      new Promise((resolve, reject) => {
        const sent = request({ host: '127.0.0.1', port, path, method, headers }, (answer) => {
          const chunks: Buffer[] = [];
          answer.on('data', (chunk: Buffer) => chunks.push(chunk));
          answer.on('end', () => {
            const bytes = Buffer.concat(chunks);
            resolve({
              status: answer.statusCode ?? 0,
              headers: answer.headers,
              bytes,
              text: bytes.toString(),
            });
          });
        });
        sent.on('error', reject);
        sent.end();
      });
    try {
      await run(ask);
    } finally {
      await listening.close(0);
      rmSync(root, { recursive: true });
    }
  };

const test = suite('dashboard: its files');

test(
  'serves the page at / and at the addresses that it makes pages of',
  withFiles(async (ask) => {
    for (const path of [
      '/',
      '/?q=tea',
      '/index.html',
      '/tasks/brew',
      '/tasks/a%2Fb?x=1',
      '/projects/kiln/',
    ]) {
      const { status, text, headers } = await ask(path);
      assert.is(status, 200, path);
      assert.is(text, PAGE, path);
      assert.is(headers['content-type'], 'text/html; charset=utf-8');
      assert.is(headers['cache-control'], 'no-cache');
    }
  }),
);

test(
  'leaves everything else to the API',
  withFiles(async (ask) => {
    for (const path of [
      '/api/tasks',
      '/api/tasks/brew',
      '/health',
      '/openapi.json',
      '/docs',
      '/tasks',
      '/tasks/a/b',
      '/nowhere',
    ]) {
      assert.match((await ask(path)).text, /"error":"api"/, path);
    }
    assert.match((await ask('/', {}, 'POST')).text, /"error":"api"/);
  }),
);

test(
  'gives nothing that does not belong to it',
  withFiles(async (ask) => {
    for (const path of [
      '/../secret.html',
      '/..%2fsecret.html',
      '/%2e%2e/secret.html',
      '/assets/../../secret.html',
      '/assets/..\\..\\secret.html',
      '//secret.html',
      '/assets',
      '/assets/',
      '/notes.txt',
      '/index.html%00.js',
    ]) {
      const { status, text } = await ask(path);
      assert.is(status, 404, path);
      assert.not.match(text, /^secret|not for the public/, path);
    }
  }),
);

test(
  'lets files with a hash in their name be kept for good, packed where the browser unpacks',
  withFiles(async (ask) => {
    const plain = await ask('/assets/app-1a2b.js');
    assert.is(plain.headers['content-type'], 'text/javascript; charset=utf-8');
    assert.is(plain.headers['cache-control'], 'public, max-age=31536000, immutable');
    assert.is(plain.headers['content-encoding'], undefined);
    const packed = await ask('/assets/app-1a2b.js', { 'accept-encoding': 'br, gzip;q=0.8' });
    assert.is(packed.headers['content-encoding'], 'gzip');
    assert.is(packed.headers['vary'], 'accept-encoding');
    assert.equal(gunzipSync(packed.bytes), plain.bytes);
    assert.is.not(packed.headers['etag'], plain.headers['etag']);
    const unwanted = await ask('/assets/app-1a2b.js', { 'accept-encoding': 'gzip;q=0' });
    assert.is(unwanted.headers['content-encoding'], undefined);
    const font = await ask('/assets/font-3c4d.woff2', { 'accept-encoding': 'gzip' });
    assert.is(font.headers['content-type'], 'font/woff2');
    assert.equal(font.bytes, Buffer.from([0, 1, 255]));
  }),
);

test(
  'answers 304 to a browser that has it, and HEAD without a body',
  withFiles(async (ask) => {
    const first = await ask('/');
    const again = await ask('/', { 'if-none-match': `"other", W/${String(first.headers['etag'])}` });
    assert.is(again.status, 304);
    assert.is(again.text, '');
    assert.is((await ask('/', { 'if-none-match': '"other"' })).status, 200);
    const head = await ask('/', {}, 'HEAD');
    assert.is(head.status, 200);
    assert.is(head.text, '');
    assert.is(head.headers['content-length'], String(PAGE.length));
  }),
);

test(
  'forbids the page everything that it does not need',
  withFiles(async (ask) => {
    const { headers } = await ask('/');
    const policy = String(headers['content-security-policy']);
    assert.match(policy, /default-src 'none'/);
    assert.match(policy, /frame-ancestors 'none'/);
    assert.not.match(policy, /unsafe|\*|http:/);
    assert.is(headers['x-content-type-options'], 'nosniff');
    assert.is(headers['referrer-policy'], 'no-referrer');
  }),
);

test(
  'says how to build the dashboard where it is not built',
  withFiles(
    async (ask) => {
      const { status, text } = await ask('/');
      assert.is(status, 200);
      assert.match(text, /npm run build/);
      assert.match((await ask('/health')).text, /"error":"api"/);
    },
    { built: false },
  ),
);

test.run();
