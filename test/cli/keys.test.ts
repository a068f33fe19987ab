import { createHash } from 'node:crypto';
import { rmSync } from 'node:fs';
import * as assert from 'uvu/assert';
import { createKey, expiryOf } from '../../src/cli/commands/keys-actions.ts';
import { MIYABI, run } from '../support/cli.ts';
import { startServer } from '../support/server.ts';
import { suite } from '../support/suite.ts';

const test = suite('miyabi keys');

const ROOT = 'root-of-the-environment';
const API_KEYS = `${createHash('sha256').update(ROOT).digest('hex')}:admin`;

/** A server that asks for keys, in its own folder, and `miyabi keys` with a key. */
const withKeys = async (
  act: (
    world: Readonly<{
      url: string;
      keys(args: readonly string[], apiKey?: string): ReturnType<typeof run>;
    }>,
  ) => Promise<void>,
  env: Readonly<Record<string, string>> = { API_KEYS },
): Promise<void> => {
  const server = await startServer(env);
  try {
    await act({
      url: server.url,
      keys: (args, apiKey = ROOT) =>
        run([...MIYABI, 'keys', ...args], { env: { MIYABI_URL: server.url, MIYABI_API_KEY: apiKey } }),
    });
  } finally {
    server.process.kill();
    await server.ended;
    rmSync(server.dataDir, { recursive: true, force: true });
  }
};

test('creates and revokes a key of a running server, whose store is on the disk', () =>
  withKeys(async ({ url, keys }) => {
    const status = async (key: string) =>
      (await fetch(`${url}/api/tasks`, { headers: { authorization: `Bearer ${key}` } })).status;

    const created = await keys(['create', 'CI', '--scope', 'read', '--project', 'shop', '--expires', '90d']);
    assert.is(created.code, 0, created.stderr);
    const [, secret = ''] = /shown only now: {2}(miyabi_\S{43})\n/.exec(created.stdout) ?? [];
    const [, id = ''] = /to revoke it: ([0-9a-f]{16})\n/.exec(created.stdout) ?? [];
    assert.is(await status(secret), 200);

    assert.is((await keys(['revoke', id])).code, 0);
    assert.is(await status(secret), 401);
  }));

test.slow('lists keys with their scope, project and expiry, and says what is refused', () =>
  withKeys(async ({ url, keys }) => {
    const status = async (key: string) =>
      (await fetch(`${url}/api/tasks`, { headers: { authorization: `Bearer ${key}` } })).status;
    const created = await keys(['create', 'CI', '--scope', 'read', '--project', 'shop', '--expires', '90d']);
    const [, secret = ''] = /shown only now: {2}(miyabi_\S{43})\n/.exec(created.stdout) ?? [];
    const [, id = ''] = /to revoke it: ([0-9a-f]{16})\n/.exec(created.stdout) ?? [];
    assert.is(await status(secret), 200);
    const list = await keys(['list']);
    assert.match(list.stdout, new RegExp(`^CI +read +shop .* ${id}\n`, 'm'));
    assert.not.match(list.stdout, secret);
    const { keys: found, enforced } = JSON.parse((await keys(['list', '--json'])).stdout);
    const days = (Date.parse(found[0].expires_at) - Date.parse(found[0].created_at)) / 86_400_000;
    assert.equal([found.length, Math.round(days), enforced], [1, 90, true]);
    assert.match(found[0].last_used_at, /^20/);

    assert.is((await keys(['list'], secret)).code, 5, 'its scope is read');
    assert.is((await keys(['revoke', id])).code, 0);
    const again = await keys(['revoke', id]);
    assert.equal([again.code, again.stdout], [3, '']);
    assert.match((await keys(['list'])).stdout, 'stores no keys');
  }),
);

test.slow('says that a server without API_KEYS asks for none', () =>
  withKeys(async ({ keys }) => {
    for (const args of [['create', 'CI'], ['list']])
      assert.match((await keys(args)).stdout, 'has no API_KEYS, so it asks for no key');
  }, {}),
);

test('without a name it makes an entry for API_KEYS and asks no server', async () => {
  const { code, stdout } = await run([...MIYABI, 'keys', 'create', '--scope', 'read'], {
    env: { MIYABI_URL: 'http://127.0.0.1:1' },
  });
  assert.is(code, 0);
  assert.match(stdout, /^Key, shown only now: {6}miyabi_\S{43}\nFor API_KEYS .*: [0-9a-f]{64}:read\n$/);
  assert.throws(() => createKey({ expires: '90d' }), /give the key a name/);
});

test('reads when a key expires as a duration or as a time', () => {
  assert.is(expiryOf('90d', 1_000), 90 * 86_400_000 + 1_000);
  assert.is(expiryOf('12h', 0), 12 * 3_600_000);
  assert.is(expiryOf('5m', 0), 300_000);
  assert.is(expiryOf('2027-01-31', 0), '2027-01-31');
  for (const wrong of ['soon', '90', '9x', '-1d', '1.5d', ''])
    assert.throws(() => expiryOf(wrong, 0), /--expires .*must be a time/, wrong);
});

test.run();
