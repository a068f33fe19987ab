import * as assert from 'uvu/assert';
import { MIYABI, run, start, until } from '../support/cli.ts';
import { startServer } from '../support/server.ts';
import { suite } from '../support/suite.ts';

const test = suite('miyabi logs');

const COLOURED = '\u001b[31mError: disk is full\u001b[0m';

/** A server, and a task on it with a log of its own. */
const withTask = async (
  act: (world: {
    miyabi(...args: readonly string[]): ReturnType<typeof run>;
    follow(...args: readonly string[]): ReturnType<typeof start>;
    post(lines: readonly string[]): Promise<void>;
    report(status: string): Promise<void>;
  }) => Promise<void>,
): Promise<void> => {
  const server = await startServer();
  const send = async (path: string, body: unknown) => {
    const answer = await fetch(`${server.url}${path}`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(body),
    });
    assert.ok(answer.ok, await answer.text());
  };
  const place = { log_group: 'builds', log_stream: 'build-1' };
  try {
    await send('/api/tasks', { task_id: 't', task_name: 'Build', status: 'running', details: place });
    const env = { MIYABI_URL: server.url };
    await act({
      miyabi: (...args) => run([...MIYABI, ...args], { env }),
      follow: (...args) => start([...MIYABI, ...args], { env }),
      post: (lines) =>
        send('/api/logs', { ...place, events: lines.map((message) => ({ timestamp: Date.now(), message })) }),
      report: (status) => send('/api/tasks/t/progress', { status }),
    });
  } finally {
    server.process.kill('SIGTERM');
    await server.ended;
  }
};

test('prints the newest lines, plain in a pipe', async () => {
  await withTask(async ({ miyabi, post }) => {
    await post(['one', 'two', COLOURED]);
    const tail = await miyabi('logs', '--tail', '2', 't');
    assert.equal([tail.code, tail.stdout], [0, 'two\nError: disk is full\n']);
  });
});

test.slow(
  'searches lines, prints colours as JSON, shows them with their task, and says why there are none',
  async () => {
    await withTask(async ({ miyabi, post, report }) => {
      const none = await miyabi('logs', 't');
      assert.equal([none.code, none.stdout], [0, '']);
      assert.match(none.stderr, 'no log lines of task t are kept');
      const lines = Array.from({ length: 1_500 }, (_, n) => `line ${n}`);
      await post([...lines, COLOURED]);
      const tail = await miyabi('logs', '--tail', '2', 't');
      assert.equal([tail.code, tail.stdout], [0, 'line 1499\nError: disk is full\n']);
      const all = await miyabi('logs', '--tail', '5000', 't');
      assert.equal(all.stdout, `${lines.join('\n')}\nError: disk is full\n`);
      const found = await miyabi('logs', '--search', 'DISK', '--json', 't');
      assert.is(JSON.parse(found.stdout).text, COLOURED);
      await report('failed');
      const shown = await miyabi('tasks', 'show', 't');
      assert.match(
        shown.stdout,
        /\n {4}line 1495\n {4}line 1496\n {4}line 1497\n {4}line 1498\n {4}line 1499\n {2}> Error: disk is full\n$/,
      );
      assert.is((await miyabi('logs', 'nobody')).code, 3);
      assert.is((await miyabi('logs', '--tail', '0', 't')).code, 2);
    });
  },
);

for (const [status, code] of [
  ['completed', 0],
  ['failed', 6],
] as const) {
  const often = code === 0 ? test : test.slow;
  often(`follows until the task has ${status}, and ends with ${code}`, async () => {
    await withTask(async ({ follow, post, report }) => {
      await post(['one']);
      const following = follow('logs', '-f', 't');
      await until('the first line is there', () => following.stdout() === 'one\n');
      await post(['two']);
      await until('the second line is there', () => following.stdout() === 'one\ntwo\n');
      await post(['three']);
      await report(status);
      const ended = await following.done;
      assert.equal([ended.code, ended.stdout], [code, 'one\ntwo\nthree\n']);
    });
  });
}

test.run();
