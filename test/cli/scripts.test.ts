import * as assert from 'uvu/assert';
import { memoryLogger } from '../../src/adapters/memory/logger.ts';
import { serve } from '../../src/entrypoints/local/serve.ts';
import { openApi } from '../support/api.ts';
import { MIYABI, run } from '../support/cli.ts';
import { suite } from '../support/suite.ts';

const test = suite('Tasks of scripts');

const withServer = (act: (world: Awaited<ReturnType<typeof open>>) => Promise<void>) => async () => {
  const world = await open();
  try {
    await act(world);
  } finally {
    await world.close();
  }
};

const open = async () => {
  const api = await openApi();
  const listening = await serve(api.app, { host: '127.0.0.1', port: 0, logger: memoryLogger() });
  const env = { MIYABI_URL: listening.url };
  return {
    env,
    miyabi: (...args: readonly string[]) => run([...MIYABI, ...args], { env }),
    read: async (id: string) => JSON.parse((await api.tasks.read(id)).json),
    async close() {
      await listening.close(0);
      await api.close();
    },
  };
};

test(
  'start prints the id alone; progress, done and fail print nothing and exit with 0',
  withServer(async ({ miyabi, read }) => {
    const { stdout, code } = await miyabi('start', 'Import orders', '--total', '12', '--project', 'shop');
    assert.is(code, 0);
    assert.match(stdout, /^[\w-]+\n$/);
    const id = stdout.trim();
    assert.equal([(await read(id)).status, (await read(id)).project_id], ['running', 'shop']);
    const quiet = { code: 0, signal: null, stdout: '', stderr: '' };
    assert.equal(await miyabi('progress', id, '3/12', 'loading'), quiet);
    assert.equal([(await read(id)).progress.percentage, (await read(id)).details.phase], [25, 'loading']);
    assert.equal(await miyabi('progress', id, '12'), quiet);
    assert.is((await read(id)).status, 'running');
    assert.equal(await miyabi('done', id, 'all of them'), quiet);
    assert.equal([(await read(id)).status, (await read(id)).details.exit_code], ['completed', 0]);
    const other = (await miyabi('start', 'Other')).stdout.trim();
    assert.equal(await miyabi('progress', other, '40%'), quiet);
    assert.is((await read(other)).progress.percentage, 40);
    for (const count of ['101%', '3/', 'half'])
      assert.match((await miyabi('progress', other, count)).stderr, `${count} must be a count`);
    assert.equal(await miyabi('fail', other, 'the disk is full'), quiet);
    assert.equal(
      [(await read(other)).status, (await read(other)).details.error_message],
      ['failed', 'the disk is full'],
    );
  }),
);

test.slow(
  'a job with an id of its own is one task, whose every start is its next attempt',
  withServer(async ({ miyabi, read }) => {
    for (const attempt of [1, 2]) {
      const begun = await miyabi(
        'start',
        'Nightly backup',
        '--id',
        'backup',
        '--every',
        '24h',
        '--grace',
        '1h',
      );
      assert.equal([begun.code, begun.stdout], [0, 'backup\n']);
      const task = await read('backup');
      assert.equal([task.status, task.attempt, task.task_name], ['running', attempt, 'Nightly backup']);
      assert.equal(task.expect, { every_seconds: 86_400, grace_seconds: 3_600 });
      await miyabi('done', 'backup', '--exit-code', attempt === 1 ? '0' : '3');
      assert.is((await read('backup')).status, attempt === 1 ? 'completed' : 'failed');
    }
    assert.equal((await read('backup')).details, { exit_code: 3, error_message: 'Exit code 3' });
  }),
);

test.slow(
  'exit codes tell what went wrong: usage 2, no such task 3, no server 4',
  withServer(async ({ miyabi, env }) => {
    for (const [code, ...args] of [
      [2, 'start', 'x', '--every', '24h'],
      [2, 'start', 'x', '--id', 'x', '--grace', '1h'],
      [2, 'start', 'x', '--id', 'x', '--every', 'daily'],
      [2, 'progress', 'x', 'half'],
      [2, 'done', 'x', '--exit-code', '999'],
      [3, 'done', 'absent'],
      [3, 'fail', 'absent'],
      [3, 'progress', 'absent', '1'],
    ] as const) {
      const ended = await miyabi(...args);
      assert.is(ended.code, code, args.join(' '));
      assert.match(ended.stderr, /^miyabi: .+\n$/);
      assert.is(ended.stdout, '');
    }
    const away = await run([...MIYABI, 'start', 'x'], { env: { ...env, MIYABI_URL: 'http://127.0.0.1:9' } });
    assert.is(away.code, 4);
  }),
);

test.run();
