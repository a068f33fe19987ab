import { readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import * as assert from 'uvu/assert';
import { MIYABI, run, scratch, serveMiyabi } from '../support/cli.ts';
import { freePort } from '../support/free-port.ts';
import { openCollector } from '../support/otlp-collector.ts';
import { startServer } from '../support/server.ts';
import { suite } from '../support/suite.ts';
import { withoutPackages } from '../support/uninstalled.ts';

const test = suite('miyabi doctor');

type Reported = Readonly<{
  ok: boolean;
  checks: readonly Readonly<{ name: string; state: string; text: string; fix?: string }>[];
}>;

const doctor = async (env: Readonly<Record<string, string>>) => {
  const ran = await run([...MIYABI, 'doctor', '--json'], { env });
  assert.is(ran.stderr, '');
  const reported = JSON.parse(ran.stdout) as Reported;
  assert.is(ran.code, reported.ok ? 0 : 1);
  return (name: string) => reported.checks.filter((check) => check.name.startsWith(name));
};

test('each thing that is wrong is named, with what to fix', async () => {
  const folder = scratch();
  const formats = join(folder.path, 'formats.json');
  writeFileSync(formats, '{"no":"list"}');
  try {
    const checkOf = await doctor({
      MIYABI_URL: 'http://127.0.0.1:2',
      MIYABI_SPOOL_DIR: join(formats, 'spool'),
      MIYABI_LOG_FORMATS: formats,
      MIYABI_BACKEND: 'memory',
      CACHE: 'redis',
      REDIS_ENDPOINT: '127.0.0.1',
      REDIS_PORT: '1',
    });
    for (const [name, text, fix] of [
      ['server', 'nothing listens there', 'miyabi serve'],
      ['spool', 'not a directory', 'MIYABI_SPOOL_DIR'],
      ['log formats', 'must be a list', formats],
    ] as const) {
      const [check] = checkOf(name);
      assert.is(check?.state, 'broken', name);
      assert.ok(check?.text.includes(text), check?.text);
      assert.ok(check?.fix?.includes(fix), check?.fix);
    }
    const [cache] = checkOf('cache');
    assert.is(cache?.state, 'warning');
    assert.match(cache?.fix ?? '', 'REDIS_ENDPOINT');
    const [config] = checkOf('configuration');
    assert.is(config?.state, 'ok');
  } finally {
    folder.remove();
  }
  const wrong = await doctor({ MIYABI_URL: 'garbage', CACHE: 'foo', PORT: 'x' });
  assert.match(wrong('command line')[0]?.text ?? '', 'MIYABI_URL');
  assert.equal(
    wrong('configuration').map(({ fix }) => fix),
    ['set CACHE right, or unset it', 'set PORT right, or unset it'],
  );
});

test('leaves no folder behind where nothing is stored yet', async () => {
  const folder = scratch();
  const data = join(folder.path, 'new', 'data');
  try {
    const env = { MIYABI_DATA_DIR: data, PORT: String(await freePort()), MIYABI_SPOOL_DIR: folder.path };
    const fresh = (await doctor(env))('store');
    assert.equal(fresh, [
      {
        name: 'store',
        state: 'ok',
        text: `nothing is stored in ${data} yet; the server creates it when it first starts`,
      },
    ]);
    assert.equal(readdirSync(folder.path), []);
    // A file stands where a folder should be created.
    writeFileSync(join(folder.path, 'new'), '');
    const checkOf = await doctor(env);
    for (const [name, fix] of [
      ['store', data],
      ['logs', 'MIYABI_LOG_DIR'],
    ] as const) {
      const [blocked] = checkOf(name);
      assert.is(blocked?.state, 'broken', name);
      assert.match(blocked?.text ?? '', 'ENOTDIR');
      assert.match(blocked?.fix ?? '', fix);
    }
  } finally {
    folder.remove();
  }
});

test.slow(
  'a server that has the embedded store open vouches for it, not for the cache beside it',
  async () => {
    const folder = scratch();
    const port = await freePort();
    const data = { MIYABI_DATA_DIR: folder.path };
    const server = await serveMiyabi(port, data);
    try {
      const checkOf = await doctor({
        ...data,
        PORT: String(port),
        MIYABI_URL: server.url,
        MIYABI_SPOOL_DIR: join(folder.path, 'spool'),
        CACHE: 'redis',
        REDIS_ENDPOINT: '127.0.0.1',
        REDIS_PORT: '1',
      });
      assert.match(checkOf('configuration')[0]?.text ?? '', `store embedded in ${folder.path}`);
      assert.equal(
        checkOf('store').map(({ text }) => text),
        [`in use by the server at ${server.url}`],
      );
      assert.is(checkOf('cache')[0]?.state, 'warning');
      assert.is(checkOf('spool')[0]?.state, 'ok');
    } finally {
      await server.stop();
      folder.remove();
    }
  },
);

test.slow(
  'says whom a server without keys answers, and what to do about a name that it refuses',
  async () => {
    const server = await startServer({ MIYABI_BACKEND: 'memory' });
    try {
      const { port } = new URL(server.url);
      const checkOf = await doctor({ MIYABI_URL: `http://0.0.0.0:${port}`, MIYABI_BACKEND: 'memory' });
      const [refused] = checkOf('server');
      assert.is(refused?.state, 'broken');
      assert.match(refused?.text ?? '', /refuses this address.*0\.0\.0\.0/);
      assert.match(refused?.fix ?? '', 'MIYABI_ALLOWED_HOSTS=0.0.0.0');
      assert.is(checkOf('web pages')[0]?.state, 'ok');
      const open = await doctor({ MIYABI_URL: server.url, MIYABI_BACKEND: 'memory', CORS_ORIGINS: '*' });
      assert.is(open('web pages')[0]?.state, 'warning');
    } finally {
      server.process.kill('SIGTERM');
      await server.ended;
    }
  },
);

test.slow('says whether the collector accepts traces, and otherwise why it gets none', async () => {
  const collector = await openCollector();
  const tracesWith = async (env: Readonly<Record<string, string>>) => {
    const checkOf = await doctor({
      MIYABI_BACKEND: 'memory',
      OTEL_EXPORTER_OTLP_ENDPOINT: collector.url,
      OTEL_EXPORTER_OTLP_HEADERS: 'x-tenant=tea',
      ...env,
    });
    return checkOf('traces');
  };
  try {
    assert.equal(await tracesWith({}), [
      { name: 'traces', state: 'ok', text: `the collector at ${collector.url} accepts them` },
    ]);
    assert.is(collector.requests[0]?.['x-tenant'], 'tea');
    collector.answerWith(403);
    const [refused] = await tracesWith({});
    assert.equal([refused?.state, refused?.text.split(': ')[1]], ['warning', '403 Forbidden']);
    assert.match(refused?.fix ?? '', 'OTEL_EXPORTER_OTLP_HEADERS');
    const [unsupported] = await tracesWith({ OTEL_EXPORTER_OTLP_PROTOCOL: 'grpc' });
    assert.is(unsupported?.state, 'broken');
    assert.match(unsupported?.text ?? '', 'OTEL_EXPORTER_OTLP_PROTOCOL must be http/protobuf, not grpc');
    const [uninstalled] = await tracesWith(withoutPackages('@opentelemetry/'));
    assert.is(uninstalled?.state, 'broken');
    assert.match(uninstalled?.text ?? '', 'npm install @opentelemetry/api');
    assert.equal(await tracesWith({ OTEL_SDK_DISABLED: 'true' }), []);
  } finally {
    await collector.close();
  }
});

test.run();
