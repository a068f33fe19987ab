// An adapter from outside, as someone else writes one: it knows nothing of this project but the installed package.
import { cpSync } from 'node:fs';
import { join } from 'node:path';
import * as assert from 'uvu/assert';
import { until } from '../support/cli.ts';
import { type Consumer, consumer, packed, ROOT, succeeds } from '../support/packed.ts';
import { hasPostgres, startPostgres } from '../support/postgres.ts';
import { needs, shared, suite } from '../support/suite.ts';

const test = suite('The example of an adapter from outside');
const onPostgres = needs(test, hasPostgres, 'PostgreSQL is not installed');
const OPTIONS = { timeoutMs: 600_000, slow: true };

const postgres = shared('PostgreSQL', startPostgres, ({ stop }) => stop());

/** The example built and tested in a folder of its own, and installed beside the package in another. */
const example = shared(
  'the example',
  async () => {
    const { tarball } = await packed();
    const own = await consumer();
    cpSync(join(ROOT, 'examples/miyabi-postgres'), own.path, { recursive: true });
    // Packing builds it, as installing would, too.
    succeeds(await own.npm(`install --no-save --ignore-scripts '${tarball}'`), 'npm install');
    succeeds(await own.npm('pack --silent'), 'npm pack');
    return own;
  },
  (folder: Consumer) => folder.remove(),
);

onPostgres(
  'passes every contract of a store on node:test',
  async () => {
    const { url } = await postgres();
    const { shell } = await example();
    const { stdout } = succeeds(await shell('npm test', { MIYABI_POSTGRES_URL: url }), 'npm test');
    const count = (what: string) =>
      Number(new RegExp(`^(?:#|ℹ) ${what} (\\d+)$`, 'm').exec(stdout)?.[1] ?? -1);
    assert.is(count('fail'), 0, stdout);
    assert.ok(count('pass') > 80, stdout);
    for (const port of [
      'TaskStore',
      'TaskTally',
      'TaskHistory',
      'ProjectStore',
      'Checkpoints',
      'WebhookStore',
      'Outbox',
      'LineStore',
      'KeyStore',
    ])
      assert.match(stdout, `${port}: postgres`);
  },
  OPTIONS,
);

onPostgres(
  'keeps the tasks of an installed server, across restarts',
  async () => {
    const { url } = await postgres();
    const { path } = await example();
    const user = await consumer((await packed()).tarball, join(path, 'miyabi-postgres-0.1.0.tgz'));
    const env = {
      ...{ TASK_STORE: 'npm:miyabi-postgres', MIYABI_POSTGRES_URL: url, MIYABI_POSTGRES_SCHEMA: 'installed' },
      ...{ PORT: '0', MIYABI_DATA_DIR: 'data' },
    };
    try {
      const serving = async (run: (server: string) => Promise<void>) => {
        const server = user.started(`'${process.execPath}' node_modules/.bin/miyabi serve`, env);
        const address = () => /http:\/\/127\.0\.0\.1:\d+/.exec(server.stdout())?.[0];
        try {
          await until('the server answers', () => address() !== undefined, 60_000);
          await run(address() ?? '');
        } finally {
          process.kill(-server.pid, 'SIGTERM');
        }
        assert.is((await server.done).code, 0);
      };
      const { stdout } = succeeds(await user.shell('npx miyabi setup', env), 'setup');
      assert.match(stdout, /table installed\.tasks.*created/);
      await serving(async (server) => {
        const wrapped = "npx miyabi run --project tea --name steep -- sh -c 'echo Step 2/4; exit 1'";
        assert.is((await user.shell(wrapped, { MIYABI_URL: server })).code, 1);
        const ready = await (await fetch(`${server}/health/ready`)).text();
        assert.match(ready, '"store":{"status":"up"');
      });
      await serving(async (server) => {
        const listed = succeeds(
          await user.shell('npx miyabi tasks list --json', { MIYABI_URL: server }),
          'tasks',
        );
        assert.match(listed.stdout, '"task_name":"steep"');
      });
      const doctor = await user.shell('npx miyabi doctor', env);
      assert.match(doctor.stdout, 'store npm:miyabi-postgres');
    } finally {
      user.remove();
    }
  },
  OPTIONS,
);

test.run();
