import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import * as assert from 'uvu/assert';
import type { Task } from '../../../src/domain/tasks/task.ts';
import { CDK, MIYABI, run, scratch, serveMiyabi, start, until } from '../../support/cli.ts';
import { freePort } from '../../support/free-port.ts';
import { suite } from '../../support/suite.ts';

const test = suite('miyabi run and a server');

/** What a task is apart from when and under which name of a run. */
const essence = ({ task_name, task_type, status, progress, details, project_id }: Task) => {
  const { log_stream: _stream, ...rest } = details;
  return { task_name, task_type, status, progress, details: rest, project_id };
};

const tasksOf = async (url: string, project: string): Promise<readonly Task[]> => {
  const { tasks } = (await (await fetch(`${url}/api/tasks?project_id=${project}`)).json()) as {
    tasks: Task[];
  };
  return tasks.toSorted((a, b) => (a.task_name < b.task_name ? -1 : 1));
};

test('a server that is stopped in the middle and started again ends with the same tasks as one that stayed up', async () => {
  const folder = scratch();
  const port = await freePort();
  const data = { MIYABI_DATA_DIR: join(folder.path, 'data') };
  const env = { MIYABI_URL: `http://127.0.0.1:${port}`, MIYABI_SPOOL_DIR: join(folder.path, 'spool') };
  const argv = [...CDK, '--fail', '--noise', '20'];
  let server = await serveMiyabi(port, data);
  try {
    await run([...MIYABI, 'run', '--project', 'stayed', '--', ...argv], { env });

    const gate = join(folder.path, 'go');
    const running = start([...MIYABI, 'run', '--project', 'broken', '--', ...argv, '--wait-for', gate], {
      env,
    });
    await until(
      'the server has heard of the task',
      async () => (await tasksOf(server.url, 'broken')).length > 0,
    );
    await server.stop();
    writeFileSync(gate, '');
    // The command does not wait for the server, nor does its end.
    const ended = await running.done;
    assert.is(ended.code, 1);
    server = await serveMiyabi(port, data);
    assert.is((await tasksOf(server.url, 'broken'))[0]?.status, 'running');
    const flushed = await run([...MIYABI, 'flush', '--json'], {
      env: { ...env, MIYABI_FLUSH_SECONDS: '60' },
    });
    assert.equal(JSON.parse(flushed.stdout), { runs: 1, sent: 1, refused_lines: 0 });

    const stayed = await tasksOf(server.url, 'stayed');
    const broken = await tasksOf(server.url, 'broken');
    assert.is(stayed[0]?.status, 'failed');
    assert.equal(
      broken.map((task) => ({ ...essence(task), project_id: 'stayed' })),
      stayed.map(essence),
    );
  } finally {
    await server.stop();
    folder.remove();
  }
});

test(
  'tasks, projects, watch and doctor against a server',
  async () => {
    const port = await freePort();
    const server = await serveMiyabi(port, { MIYABI_BACKEND: 'memory' });
    const folder = scratch();
    const env = { MIYABI_URL: server.url, MIYABI_SPOOL_DIR: folder.path, MIYABI_BACKEND: 'memory' };
    const miyabi = (...args: readonly string[]) => run([...MIYABI, ...args], { env });
    try {
      assert.match((await miyabi('tasks')).stdout, 'miyabi run --');
      const created = await miyabi(
        'tasks',
        'create',
        '夜間 import',
        '--total',
        '4',
        '--label',
        'team=a',
        '--project',
        'shop',
      );
      const id = created.stdout.trim();
      assert.is((await miyabi('tasks', 'report', id, '--current', '1', '--phase', 'loading')).code, 0);

      const shown = JSON.parse((await miyabi('tasks', 'show', id, '--json')).stdout) as Task;
      assert.is(shown.progress.percentage, 25);
      const listed = await miyabi('tasks', 'list', '--label', 'team=a', '--status', 'running', '--json');
      assert.is((JSON.parse(listed.stdout) as { tasks: Task[] }).tasks[0]?.task_id, id);
      const table = (await miyabi('tasks', 'list')).stdout;
      assert.match(table, /夜間 import {2}▸ running +25% /);
      // biome-ignore lint/suspicious/noControlCharactersInRegex: colours are what this looks for
      assert.not.match(table, /\u001b/);

      const counted = await miyabi('tasks', 'report', id, '--failed', '2', '--skipped', '1');
      assert.is(counted.code, 0);
      assert.match((await miyabi('tasks', 'show', id)).stdout, /done +25% \(1\/4, 2 failed, 1 skipped\)\n/);
      assert.is((await miyabi('tasks', 'report', id, '--failed', 'x')).code, 2);

      const watching = start([...MIYABI, 'watch', id], { env });
      await until('the watch shows the task', () => watching.stdout().includes('25%'));
      assert.is((await miyabi('tasks', 'cancel', id)).code, 0);
      const watched = await watching.done;
      assert.is(watched.code, 6);
      assert.match(watched.stdout, 'cancelled at 1/4');
      assert.match((await miyabi('tasks', 'show', id)).stdout, /stopped +at 1\/4, 2 failed, 1 skipped\n/);
      assert.match((await miyabi('tasks', 'list')).stdout, /■ cancelled +at 1\/4 /);
      assert.is((await miyabi('tasks', 'report', id, '--current', '2')).code, 1);
      assert.is((await miyabi('tasks', 'show', 'no-such-task')).code, 3);
      assert.is((await miyabi('watch', 'no-such-task')).code, 3);
      assert.is((await miyabi('tasks', 'report', id, '--current', 'x')).code, 2);

      assert.is((await miyabi('projects', 'create', 'Tea', '--id', 'tea')).stdout, 'tea\n');
      assert.is((await miyabi('projects', 'create', 'Tea', '--id', 'tea')).code, 1);
      assert.match((await miyabi('projects')).stdout, /Tea +active/);
      assert.match((await miyabi('projects', 'show', 'shop')).stdout, '1: 0 active');

      assert.is((await miyabi('webhooks')).code, 2);
      const tea = ['--project', 'tea'];
      assert.match((await miyabi('webhooks', ...tea)).stdout, 'miyabi webhooks add');
      const added = await miyabi(
        'webhooks',
        'add',
        'https://hook.invalid/a',
        ...tea,
        '--event',
        'task.failed',
      );
      const [, hook = ''] =
        /^Webhook: +(\S+)\nSecret, shown only now: +whsec_\S+\n$/.exec(added.stdout) ?? [];
      assert.match(
        (await miyabi('webhooks', 'list', ...tea)).stdout,
        /hook\.invalid\/a +generic +failed +yes /,
      );
      assert.is((await miyabi('webhooks', 'test', hook, ...tea)).code, 0);
      await until('the attempt is shown', async () =>
        /retrying: /.test((await miyabi('webhooks', ...tea)).stdout),
      );
      assert.is((await miyabi('webhooks', 'add', 'https://127.0.0.1/', ...tea)).code, 2);
      assert.is((await miyabi('webhooks', 'remove', hook, ...tea)).code, 0);
      assert.is((await miyabi('webhooks', 'remove', hook, ...tea)).code, 3);
      const noId = await miyabi('webhooks', 'remove', '..', ...tea);
      assert.is(noId.code, 2, noId.stderr);
      assert.match((await miyabi('projects')).stdout, /Tea +active/);

      const doctor = await miyabi('doctor', '--json');
      assert.is(doctor.code, 0);
      assert.is((JSON.parse(doctor.stdout) as { ok: boolean }).ok, true);
    } finally {
      await server.stop();
      folder.remove();
    }
    assert.is((await miyabi('tasks')).code, 4);
    const ill = await miyabi('doctor');
    assert.is(ill.code, 1);
    assert.match(ill.stdout, /✖ server .*nothing listens there\n {4}start one with: miyabi serve/);
  },
  { slow: true },
);

test.run();
