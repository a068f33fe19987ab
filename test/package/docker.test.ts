// The image without an engine: each instruction runs in a folder that stands for its file system.
import { spawn, spawnSync } from 'node:child_process';
import { chmodSync, cpSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { userInfo } from 'node:os';
import { join } from 'node:path';
import * as assert from 'uvu/assert';
import { parse } from 'yaml';
import { readConfig } from '../../src/config.ts';
import { cleanCheckout } from '../support/checkout.ts';
import { cleanEnv, MIYABI, run, scratch, until } from '../support/cli.ts';
import { buildImage, stagesOf } from '../support/dockerfile.ts';
import { freePort } from '../support/free-port.ts';
import { npmEnv, ROOT, UNCOUNTED } from '../support/packed.ts';
import { needs, suite } from '../support/suite.ts';

const read = (path: string): string => readFileSync(join(ROOT, path), 'utf8');
const has = (program: string): boolean => spawnSync('sh', ['-c', `command -v ${program}`]).status === 0;

const UNIT = 'examples/systemd/miyabi-progress.service';

const test = suite('Docker and systemd');
const byHadolint = needs(test, has('hadolint'), 'hadolint is not on the PATH');
const bySystemd = needs(test, has('systemd-analyze'), 'systemd-analyze is not on the PATH');

byHadolint('hadolint finds nothing in the Dockerfile', async () => {
  const { code, stdout } = await run(['hadolint', join(ROOT, 'Dockerfile')]);
  assert.equal([code, stdout], [0, '']);
});

test('the build context has everything that is copied, and no more', () => {
  const copied = stagesOf(read('Dockerfile'))
    .flatMap(({ instructions }) => instructions)
    .filter(({ name, value }) => name === 'COPY' && !value.startsWith('--from='))
    .flatMap(({ value }) => value.split(' ').slice(0, -1));
  const [first, ...rest] = read('.dockerignore')
    .split('\n')
    .filter((line) => line !== '' && !line.startsWith('#'));
  assert.is(first, '*');
  assert.equal([...new Set(copied)].sort(), rest.map((line) => line.replace(/^!/, '')).sort());
});

test(
  'the image builds, and its server answers as a user who may write to the data folder alone',
  async () => {
    const checkout = cleanCheckout();
    const { path: root, remove } = scratch();
    try {
      const context = join(root, 'context');
      mkdirSync(context);
      const kept = read('.dockerignore').matchAll(/^!(.+)$/gm);
      for (const [, file = ''] of kept)
        cpSync(join(checkout.path, file), join(context, file), { recursive: true });
      const image = buildImage(stagesOf(read('Dockerfile')), {
        ...{ root, context, project: ROOT },
        env: cleanEnv(npmEnv),
      });
      assert.match(image.user, /^[1-9]\d*:[1-9]\d*$/);
      chmodSync(root, 0o755);

      const created = await run([...MIYABI, 'keys', 'create', '--json']);
      const { api_keys_entry, key } = JSON.parse(created.stdout) as Record<string, string>;
      const port = String(await freePort());
      const env = {
        ...cleanEnv(UNCOUNTED),
        ...image.env,
        HOST: '127.0.0.1',
        PORT: port,
        API_KEYS: api_keys_entry ?? '',
      };
      const [uid = 0, gid = 0] = image.user.split(':').map(Number);
      const user = userInfo().uid === 0 ? { uid, gid } : {};
      const [program = '', ...args] = image.command;
      const before = listing(image.folder);
      const server = spawn(program, args, { cwd: image.folder, env, stdio: 'ignore', ...user });
      const ended = new Promise<number | null>((resolve) => server.once('close', resolve));
      const check = () =>
        spawnSync(image.healthcheck[0] ?? '', image.healthcheck.slice(1), { env, ...user }).status;
      try {
        await until('the container is healthy', () => check() === 0, 60_000);
        const url = `http://127.0.0.1:${port}`;
        const task = await fetch(`${url}/api/tasks`, {
          method: 'POST',
          headers: { authorization: `Bearer ${key}`, 'content-type': 'application/json' },
          body: JSON.stringify({ task_name: 'tea' }),
        });
        assert.is(task.status, 201, await task.text());
        assert.is((await fetch(`${url}/api/tasks`)).status, 401);
        assert.match(await (await fetch(url, { headers: { accept: 'text/html' } })).text(), '<title>');
      } finally {
        server.kill('SIGTERM');
      }
      assert.is(await ended, 0);
      assert.is(check(), 1, 'a stopped server is unhealthy');
      assert.equal(listing(image.folder), before);
    } finally {
      remove();
      checkout.remove();
    }
  },
  { timeoutMs: 900_000, slow: true },
);

/** Every file below a folder, with its size. */
const listing = (folder: string): string =>
  spawnSync('find', [folder, '-printf', '%p %s %u\n'], { encoding: 'utf8', maxBuffer: 1e8 }).stdout;

test('compose.yaml configures what the server understands, and gives it a file system that it cannot write', () => {
  const { services, volumes } = parse(read('compose.yaml')) as {
    services: Record<string, Record<string, unknown> & { environment?: Record<string, string> }>;
    volumes: object;
  };
  const { miyabi, redis } = services;
  const config = readConfig({ ...miyabi?.environment, API_KEYS: '' });
  assert.equal([config.cache, config.feed, config.redis?.host], ['redis', 'redis', 'redis']);
  assert.ok('redis' in services && 'data' in volumes);
  for (const service of [miyabi, redis]) {
    assert.is(service?.['read_only'], true);
    assert.equal(service?.['cap_drop'], ['ALL']);
  }
  assert.match(String(miyabi?.environment?.['API_KEYS']), /^\$\{API_KEYS:\?/);
  assert.equal(miyabi?.['volumes'], ['data:/data']);
});

bySystemd('systemd accepts the unit, and rates its exposure as low', async () => {
  const { path, remove } = scratch();
  try {
    const file = join(path, 'miyabi-progress.service');
    writeFileSync(file, read(UNIT).replace('/usr/bin/miyabi serve', '/bin/true'));
    const verified = await run(['systemd-analyze', 'verify', file]);
    assert.equal([verified.code, verified.stderr], [0, '']);
    const { stdout } = await run(['systemd-analyze', 'security', '--offline=true', '--threshold=25', file]);
    assert.match(stdout, /Overall exposure level for miyabi-progress\.service: [12]\.\d OK/);
  } finally {
    remove();
  }
});

test('the unit starts a command that there is, with settings that there are', () => {
  const unit = read(UNIT);
  const [, command = ''] = /^ExecStart=\S*\/miyabi (\S+)$/m.exec(unit) ?? [];
  assert.is(command, 'serve');
  const env = Object.fromEntries(
    [...unit.matchAll(/^Environment=(\w+)=(.*)$/gm)].map(([, name, value]) => [name, value]),
  );
  assert.is(readConfig(env).dataDir, '/var/lib/miyabi-progress');
});

test.run();
