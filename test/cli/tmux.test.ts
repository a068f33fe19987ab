import { spawnSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import * as assert from 'uvu/assert';
import { widthOf } from '../../src/cli/terminal/terminal.ts';
import { CDK, cleanEnv, has, MIYABI, scratch, serveMiyabi, until } from '../support/cli.ts';
import { freePort } from '../support/free-port.ts';
import { needs, suite } from '../support/suite.ts';

const here = process.platform === 'linux' && has('tmux');
const test = suite('live views in tmux');
const it = needs(test, here, 'tmux is not installed');

const quoted = (words: readonly string[]): string => words.map((word) => `'${word}'`).join(' ');

/** A window of tmux that runs a command; everything that it showed can be read back, wrapped lines joined. */
const inTmux = async (
  argv: readonly string[],
  {
    columns,
    rows,
    env = {},
  }: Readonly<{ columns: number; rows: number; env?: Readonly<Record<string, string>> }>,
  act: (
    window: Readonly<{
      resize(columns: number, rows: number): void;
      screen(): string;
      all(): string;
      keys(...keys: string[]): void;
    }>,
  ) => Promise<void>,
): Promise<void> => {
  const folder = scratch();
  const tmux = (...args: readonly string[]): string =>
    spawnSync('tmux', ['-S', `${folder.path}/socket`, '-f', '/dev/null', ...args], {
      encoding: 'utf8',
      env: cleanEnv(env),
    }).stdout;
  tmux(
    'new-session',
    '-d',
    '-x',
    String(columns),
    '-y',
    String(rows),
    `trap : INT; ${quoted(argv)}; echo "ended with $?"; exec cat`,
  );
  const screen = () => tmux('capture-pane', '-p');
  try {
    await act({
      resize: (toColumns, toRows) =>
        void tmux('resize-window', '-x', String(toColumns), '-y', String(toRows)),
      screen,
      all: () => tmux('capture-pane', '-p', '-J', '-S', '-1000'),
      keys: (...keys) => void tmux('send-keys', ...keys),
    });
  } catch (error) {
    throw new Error(`${(error as Error).message}; the screen:\n${screen()}`, { cause: error });
  } finally {
    tmux('kill-server');
    folder.remove();
  }
};

it('run: bars at every width, and after two resizes nothing of them is left in what scrolled', async () => {
  const folder = scratch();
  const go = join(folder.path, 'go');
  const argv = [...MIYABI, 'run', '--', ...CDK, '--pace', '60', '--resources', '12', '--wait-for', go];
  await inTmux(argv, { columns: 80, rows: 16 }, async ({ resize, screen, all }) => {
    const bar = /^▸ Shop-Stack1 .*%/m;
    await until('there is a bar', () => bar.test(screen()));
    resize(40, 12);
    await until('it fits 40 columns', () => bar.test(screen()) && !/[█░]{9}/.test(screen()));
    resize(110, 24);
    await until('it uses 110 columns', () => /[█░▏▎▍▌▋▊▉]{20}/.test(screen()));
    writeFileSync(go, '');
    await until('the command has ended', () => all().includes('ended with 0'));
    // But how it ended.
    assert.not.match(all().replace(/^✔ node .*$/m, ''), /[█░▸✔]/);
    const rows = all()
      .split('\n')
      .filter((line) => /^Shop-Stack\d \| /.test(line));
    assert.is(rows.length, 2 * (12 * 2 + 2));
    assert.is(new Set(rows).size, rows.length);
  }).finally(folder.remove);
});

it(
  'watch: a table that follows a task to its end',
  async () => {
    const server = await serveMiyabi(await freePort(), { MIYABI_BACKEND: 'memory' });
    const post = async (path: string, body: object) => {
      const { ok, status } = await fetch(`${server.url}${path}`, {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify(body),
      });
      assert.ok(ok, `${path}: ${status}`);
    };
    try {
      await inTmux(
        [...MIYABI, 'watch'],
        { columns: 80, rows: 12, env: { MIYABI_URL: server.url } },
        async ({ screen, resize, keys, all }) => {
          await until('it says that there are none', () => screen().includes('No tasks yet'));
          await post('/api/tasks', { task_id: 'one', task_name: '夜間バッチ', progress: { total: 4 } });
          await post('/api/tasks/one/progress', { current: 1 });
          await until('the task moves', () => /▸ 夜間バッチ .* 25% /.test(screen()));
          resize(40, 10);
          await post('/api/tasks/one/progress', { current: 3 });
          await until('it moves in 40 columns', () => /▸ 夜間バッチ .* 75%/.test(screen()));
          await post('/api/tasks/one/progress', { current: 4 });
          await until('it ends', () => /✔ 夜間バッチ .*100%/.test(screen()));
          await Promise.all(
            Array.from({ length: 20 }, (_, index) =>
              post('/api/tasks', { task_id: `t${index}`, status: 'running' }),
            ),
          );
          await until(
            'what has no room is counted',
            () => /^connected {2}20 running/m.test(screen()) && / more$/m.test(screen()),
          );
          assert.ok(
            screen()
              .split('\n')
              .every((line) => widthOf(line) <= 40),
            screen(),
          );
          await server.stop();
          await until('the lost connection is shown', () => /^connection lost/m.test(screen()));
          keys('C-c');
          await until('the watch has ended', () => all().includes('ended with 130'));
          assert.is(all().match(/^connect/gm)?.length, 1);
        },
      );
    } finally {
      await server.stop();
    }
  },
  { slow: true },
);

test.run();
