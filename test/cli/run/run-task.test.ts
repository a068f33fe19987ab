import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import * as assert from 'uvu/assert';
import { memoryLogger } from '../../../src/adapters/memory/logger.ts';
import type { HttpApp, HttpRequest } from '../../../src/api/message.ts';
import { problemOf } from '../../../src/api/problem.ts';
import { invalidField, unavailable } from '../../../src/domain/errors.ts';
import type { Task } from '../../../src/domain/tasks/task.ts';
import { serve } from '../../../src/entrypoints/local/serve.ts';
import { openApi } from '../../support/api.ts';
import { MIYABI, type Ran, run, scratch, start, until } from '../../support/cli.ts';
import { freePort } from '../../support/free-port.ts';
import { isFullRun, needs, suite } from '../../support/suite.ts';
import { hasPython, inTerminal } from '../../support/terminal.ts';

const test = suite('The task of a run');
const inPty = needs(test, hasPython(), 'python3 makes the terminal, on Linux');

type Refusal = (request: HttpRequest) => Error | undefined;

/** A server in this process, on a port of its own; `refuse` may keep it from answering. */
const open = async (refuse: Refusal = () => undefined) => {
  const api = await openApi();
  const port = await freePort();
  const logger = memoryLogger();
  const gated: HttpApp = async (request) => {
    const error = refuse(request);
    return error === undefined ? api.app(request) : problemOf(error, logger);
  };
  const folder = scratch();
  let listening: Awaited<ReturnType<typeof serve>> | undefined;
  return {
    env: { MIYABI_URL: `http://127.0.0.1:${port}`, MIYABI_SPOOL_DIR: folder.path },
    spool: folder.path,
    async up() {
      listening = await serve(gated, { host: '127.0.0.1', port, logger });
    },
    tasks: async (): Promise<readonly Task[]> => {
      const { items } = await api.tasks.list({ limit: 100 });
      return items.toSorted((a, b) => (a.task_name < b.task_name ? -1 : 1));
    },
    api,
    async close() {
      await listening?.close(0);
      await api.close();
      folder.remove();
    },
  };
};

type Way = 'in pipes' | 'in a terminal';

type Row = Readonly<{
  name: string;
  script: string;
  ends: Readonly<{
    status: string;
    exit_code?: number;
    signal?: string;
    error?: RegExp | Readonly<Record<Way, RegExp>>;
  }>;
}>;

const EXITS: readonly Row[] = [
  { name: 'zero', script: 'exit 0', ends: { status: 'completed', exit_code: 0 } },
  {
    name: 'one',
    script: 'echo "Error: it broke" >&2; echo later >&2; exit 1',
    ends: { status: 'failed', exit_code: 1, error: /^Error: it broke$/ },
  },
  {
    name: 'three',
    script: 'echo plainly >&2; echo bye; exit 3',
    // A terminal does not distinguish the two streams.
    ends: {
      status: 'failed',
      exit_code: 3,
      error: { 'in pipes': /^plainly$/, 'in a terminal': /plainly\nbye$/ },
    },
  },
  {
    name: 'absent',
    script: 'no-such-command-here',
    ends: { status: 'failed', exit_code: 127, error: /not found/ },
  },
  {
    name: 'killed',
    script: 'kill -KILL $$',
    ends: { status: 'failed', signal: 'SIGKILL', error: /SIGKILL/ },
  },
  { name: 'interrupted', script: 'kill -INT $$', ends: { status: 'cancelled', signal: 'SIGINT' } },
];

const PROGRESS = [
  ['silent', '', null],
  ['counting', 'echo "Step 2/5"; ', 40],
] as const;

const argvOf = ({ name, script }: Row, [kind, before]: (typeof PROGRESS)[number]) => [
  ...MIYABI,
  'run',
  '--name',
  `${name}-${kind}`,
  '--',
  'sh',
  '-c',
  `${before}${script}`,
];

const CASES = EXITS.flatMap((row) =>
  PROGRESS.slice(isFullRun() ? 0 : 1).map((progress) => ({ row, progress })),
);

const check = (tasks: readonly Task[], way: Way): void => {
  for (const { row, progress } of CASES) {
    const [kind, , percentage] = progress;
    const name = `${row.name}-${kind}`;
    const found = tasks.filter((task) => task.task_name === name);
    assert.is(found.length, 1, `${name}: one task`);
    const [task] = found;
    const { status, exit_code, signal, error } = row.ends;
    assert.equal(
      [task?.status, task?.details.exit_code, task?.details.signal],
      [status, exit_code, signal],
      name,
    );
    assert.is(
      task?.progress.percentage,
      status === 'completed' && percentage !== null ? 100 : percentage,
      name,
    );
    assert.is(task?.task_type, 'run');
    if (error === undefined) assert.is(task?.details.error_message, undefined, name);
    else assert.match(task?.details.error_message ?? '', error instanceof RegExp ? error : error[way], name);
    assert.ok(task?.started_at !== undefined && task.completed_at !== undefined, name);
  }
  assert.is(tasks.length, CASES.length, 'no other task was made');
};

/** Runs all cases, some in parallel. Each must end like its command, with or without a server. */
const runAll = async (
  one: (argv: readonly string[]) => Promise<Pick<Ran, 'code'> & { signal: string | null }>,
) => {
  const queue = [...CASES];
  await Promise.all(
    [1, 2, 3, 4].map(async () => {
      for (let next = queue.shift(); next !== undefined; next = queue.shift()) {
        const { code, signal } = await one(argvOf(next.row, next.progress));
        const { exit_code = null, signal: deadly = null } = next.row.ends;
        assert.equal([code, signal], [exit_code, deadly], `${next.row.name}-${next.progress[0]}`);
      }
    }),
  );
};

/** A dozen processes each; the machine may be busy. */
const LONG = { timeoutMs: 300_000 };

const WAYS = {
  'in pipes': { test, one: (env: Record<string, string>) => (argv: readonly string[]) => run(argv, { env }) },
  'in a terminal': {
    test: inPty,
    one: (env: Record<string, string>) => (argv: readonly string[]) =>
      inTerminal(argv, { env, limitSeconds: 60 }),
  },
} as const;

for (const way of ['in pipes', 'in a terminal'] as const) {
  const { test: it, one } = WAYS[way];
  it(
    `ends as its command does, ${way}, with the server up`,
    async () => {
      const server = await open();
      try {
        await server.up();
        await runAll(one(server.env));
        check(await server.tasks(), way);
        assert.equal(readdirSync(server.spool), []);
      } finally {
        await server.close();
      }
    },
    { ...LONG, slow: true },
  );

  it(
    `ends the same, ${way}, where the server was down until a flush`,
    async () => {
      const server = await open();
      try {
        await runAll(one(server.env));
        await server.up();
        const env = { ...server.env, MIYABI_FLUSH_SECONDS: '60' };
        const flushed = await run([...MIYABI, 'flush', '--json'], { env });
        assert.equal(JSON.parse(flushed.stdout), {
          runs: CASES.length,
          sent: CASES.length,
          refused_lines: 0,
        });
        check(await server.tasks(), way);
      } finally {
        await server.close();
      }
    },
    { ...LONG, slow: way !== 'in pipes' },
  );

  it(
    `ends the same, ${way}, where the server comes back in the middle`,
    async () => {
      let refusals = 0;
      const server = await open(() => {
        refusals += 1;
        return refusals % 3 === 0 ? undefined : unavailable('The store', new Error('away'));
      });
      try {
        await server.up();
        await runAll(one({ ...server.env, MIYABI_FLUSH_SECONDS: '60' }));
        await run([...MIYABI, 'flush'], { env: { ...server.env, MIYABI_FLUSH_SECONDS: '60' } });
        check(await server.tasks(), way);
      } finally {
        await server.close();
      }
    },
    { ...LONG, slow: true },
  );
}

test(
  'says what runs, where, for whom and since when, without secrets',
  async () => {
    const server = await open();
    const folder = scratch();
    try {
      await server.up();
      mkdirSync(join(folder.path, '.git', 'refs', 'heads', 'topic'), { recursive: true });
      writeFileSync(join(folder.path, '.git', 'HEAD'), 'ref: refs/heads/topic/x\n');
      writeFileSync(join(folder.path, '.git', 'refs', 'heads', 'topic', 'x'), `${'a1'.repeat(20)}\n`);
      const script = `cd ${folder.path} && exec "$@"`;
      await run(
        ['sh', '-c', script, 'sh', ...MIYABI, 'run', '--', 'echo', 'deploy', '--token', 'hunter2hunter2'],
        {
          env: {
            ...server.env,
            MIYABI_PROJECT: 'shop',
            GITHUB_SERVER_URL: 'https://github.com',
            GITHUB_REPOSITORY: 'o/r',
            GITHUB_RUN_ID: '7',
          },
        },
      );
      const [task] = await server.tasks();
      assert.equal([task?.task_name, task?.project_id, task?.status], ['echo deploy', 'shop', 'completed']);
      assert.is(task?.run?.command, 'echo deploy --token [masked]');
      assert.match(task?.run?.directory ?? '', folder.path);
      assert.ok((task?.run?.host ?? '') !== '');
      assert.equal(task?.run?.git, { branch: 'topic/x', commit: 'a1'.repeat(20) });
      assert.is(task?.run?.ci_url, 'https://github.com/o/r/actions/runs/7');
      assert.is(task?.details.log_group, '/miyabi/run');
      assert.equal(task?.heartbeat, { every_seconds: 30, grace_seconds: 60 });
    } finally {
      folder.remove();
      await server.close();
    }
  },
  { slow: true },
);

test.slow('writes its id to --task-file while the command runs', async () => {
  const server = await open();
  const folder = scratch();
  try {
    await server.up();
    const [file, gate] = [join(folder.path, 'task.id'), join(folder.path, 'go')];
    const script = `until [ -e '${gate}' ]; do sleep 0.05; done`;
    const running = start([...MIYABI, 'run', '--task-file', file, '--', 'sh', '-c', script], {
      env: server.env,
    });
    await until('the file is there', () => existsSync(file) && readFileSync(file, 'utf8') !== '');
    writeFileSync(gate, '');
    assert.is((await running.done).code, 0);
    assert.is(readFileSync(file, 'utf8'), `${(await server.tasks())[0]?.task_id}\n`);
  } finally {
    folder.remove();
    await server.close();
  }
});

test.slow(
  'ends as its command does, and says why, if --task-file cannot be written or there is no server',
  async () => {
    const server = await open();
    try {
      await server.up();
      const argv = [
        ...MIYABI,
        'run',
        '--task-file',
        '/nowhere/task.id',
        '--',
        'sh',
        '-c',
        'echo "Error: it broke" >&2; exit 3',
      ];
      const unwritten = await run(argv, { env: server.env });
      assert.is(unwritten.code, 3);
      assert.match(unwritten.stderr, /--task-file could not be written: .*\/nowhere\/task\.id/);
      assert.equal(
        (await server.tasks()).map(({ status, details }) => [status, details.error_message]),
        [['failed', 'Error: it broke']],
      );
      const alone = await run(argv);
      assert.is(alone.code, 3);
      assert.match(alone.stderr, /--task-file was not written: .* MIYABI_URL/);
    } finally {
      await server.close();
    }
  },
);

/** A server that is up, and the command line that reports to it. */
const withServer =
  (
    check: (
      miyabi: (...args: readonly string[]) => Promise<Ran>,
      tasks: Awaited<ReturnType<typeof open>>['tasks'],
    ) => Promise<void>,
  ) =>
  async (): Promise<void> => {
    const server = await open();
    try {
      await server.up();
      await check((...args) => run([...MIYABI, ...args], { env: server.env }), server.tasks);
    } finally {
      await server.close();
    }
  };

test(
  'masks a secret in the name of a run, and in the id that is made from it',
  withServer(async (miyabi, tasks) => {
    await miyabi('run', '--name', 'push token=hunter2hunter2', '--', 'true');
    const [task] = await tasks();
    assert.is(task?.task_name, 'push token=[masked]');
    assert.match(task?.task_id ?? '', /^push-token--masked--\d/);
  }),
);

test(
  'shows no count of a run that has counted nothing',
  withServer(async (miyabi) => {
    await miyabi('run', '--name', 'nightly', '--', 'false');
    const { stdout } = await miyabi('tasks', 'list');
    assert.match(stdout, /^nightly {2}✖ failed {2,}\d+s {2}/m);
  }),
);

test(
  'masks secrets in the cause of a failure',
  withServer(async (miyabi, tasks) => {
    await miyabi('run', '--', 'sh', '-c', 'echo "Error: password=hunter2hunter2 refused" >&2; exit 1');
    assert.is((await tasks())[0]?.details.error_message, 'Error: password=[masked] refused');
  }),
);

test.slow(
  'of a command that cannot be started has failed with the exit code that miyabi ends with',
  async () => {
    const server = await open();
    try {
      await server.up();
      const { code } = await run([...MIYABI, 'run', '--', 'no-such-command-here'], { env: server.env });
      const [task] = await server.tasks();
      assert.equal([code, task?.status, task?.details.exit_code], [127, 'failed', 127]);
      assert.is(task?.details.error_message, 'no-such-command-here: there is no such command');
    } finally {
      await server.close();
    }
  },
);

test('is cancelled by Ctrl-C, also where the command turns that into an exit code', async () => {
  const server = await open();
  try {
    await server.up();
    const script = 'trap "exit 7" INT; echo ready; while :; do sleep 0.05; done';
    const running = start([...MIYABI, 'run', '--', 'sh', '-c', script], { env: server.env, detached: true });
    await until('the command runs', () => running.stdout().includes('ready'));
    process.kill(-running.pid, 'SIGINT');
    assert.is((await running.done).code, 7);
    const [task] = await server.tasks();
    assert.equal([task?.status, task?.details.exit_code], ['cancelled', 7]);
  } finally {
    await server.close();
  }
});

inPty(
  'is cancelled by Ctrl-C in a terminal, also where the command turns that into an exit code',
  async () => {
    const server = await open();
    try {
      await server.up();
      const script = 'trap "exit 7" INT; echo ready; while :; do sleep 0.05; done';
      const { code } = await inTerminal([...MIYABI, 'run', '--', 'sh', '-c', script], {
        env: server.env,
        steps: ['ready=>\\x03'],
        limitSeconds: 60,
      });
      const [task] = await server.tasks();
      assert.equal([code, task?.status, task?.details.exit_code], [7, 'cancelled', 7]);
    } finally {
      await server.close();
    }
  },
  { slow: true },
);

test.slow(
  'two stacks in one deployment, one of which failed: the run failed, the stacks are as they ended',
  async () => {
    const server = await open();
    try {
      await server.up();
      const lines = [
        'Alpha | 1/2 | 12:00:01 | CREATE_IN_PROGRESS | AWS::CloudFormation::Stack | Alpha User Initiated',
        'Alpha | 2/2 | 12:00:03 | CREATE_COMPLETE | AWS::CloudFormation::Stack | Alpha',
        ' ✅  Alpha',
        'Beta | 1/4 | 12:00:04 | CREATE_IN_PROGRESS | AWS::CloudFormation::Stack | Beta User Initiated',
        'Beta | 2/4 | 12:00:05 | CREATE_COMPLETE | AWS::SQS::Queue | Queue',
        'Beta | 2/4 | 12:00:06 | CREATE_FAILED | AWS::S3::Bucket | Bucket (Bucket) the name is taken',
        ' ❌  Beta failed: the name is taken',
      ];
      const folder = scratch();
      const log = join(folder.path, 'log');
      writeFileSync(log, `${lines.join('\n')}\n`);
      await run([...MIYABI, 'run', '--name', 'cdk deploy', '--', 'sh', '-c', `cat ${log}; exit 1`], {
        env: server.env,
      });
      folder.remove();
      const tasks = await server.tasks();
      const whole = tasks.find(({ task_name }) => task_name === 'cdk deploy');
      const parts = tasks.filter(({ parent_id }) => parent_id === whole?.task_id);
      assert.equal(
        parts.map(({ task_name, status }) => [task_name, status]),
        [
          ['Alpha', 'completed'],
          ['Beta', 'failed'],
        ],
      );
      assert.is(tasks.length, 3);
      assert.equal([whole?.status, whole?.details.exit_code], ['failed', 1]);
      assert.match(whole?.details.error_message ?? '', /^Beta: .*the name is taken/);
      const [alpha, beta] = parts;
      const half = ((alpha?.progress.percentage ?? 0) + (beta?.progress.percentage ?? 0)) / 2;
      assert.is(whole?.progress.percentage, Math.floor(half));
    } finally {
      await server.close();
    }
  },
);

test.slow('stays alive by heartbeats, and is left as it is where miyabi is killed', async () => {
  let beats = 0;
  const server = await open((request) => {
    if (request.path.endsWith('/heartbeat')) beats += 1;
    return undefined;
  });
  try {
    await server.up();
    const running = start([...MIYABI, 'run', '--', 'sh', '-c', 'echo "Step 1/5"; exec sleep 60'], {
      env: { ...server.env, MIYABI_HEARTBEAT_SECONDS: '1' },
      detached: true,
    });
    await until('two heartbeats', () => beats >= 2);
    process.kill(-running.pid, 'SIGKILL');
    await running.done;
    const [task] = await server.tasks();
    assert.equal([task?.status, task?.progress.percentage], ['running', 20]);
    assert.equal(task?.heartbeat, { every_seconds: 1, grace_seconds: 60 });
    // What is left of it in the spool does not end it either: its end was not seen.
    await run([...MIYABI, 'flush'], { env: { ...server.env, MIYABI_FLUSH_SECONDS: '60' } });
    assert.is((await server.tasks())[0]?.status, 'running');
    assert.equal(readdirSync(server.spool), []);
  } finally {
    await server.close();
  }
});

test(
  'an earlier server, which knows no runs, gets the lines, and one message says so',
  async () => {
    const server = await open((request) => {
      if (request.path !== '/api/tasks' || request.method !== 'POST') return undefined;
      return (request.body ?? '').includes('"run"') ? invalidField('run', 'is not a known field') : undefined;
    });
    try {
      await server.up();
      const { code, stderr } = await run([...MIYABI, 'run', '--', 'sh', '-c', 'echo "Step 1/5"; exit 3'], {
        env: server.env,
      });
      assert.is(code, 3);
      assert.is(stderr.match(/update the server/g)?.length, 1);
      const tasks = await server.tasks();
      assert.equal(
        tasks.map(({ status, progress }) => [status, progress.percentage]),
        [['running', 20]],
      );
      assert.equal(readdirSync(server.spool), []);
    } finally {
      await server.close();
    }
  },
  { slow: true },
);

test(
  'a task that was cancelled or deleted during the run stays so, and nothing waits',
  async () => {
    const server = await open();
    const folder = scratch();
    try {
      await server.up();
      for (const act of ['cancel', 'remove'] as const) {
        const gate = join(folder.path, act);
        const script = `echo "Step 1/5"; until test -e ${gate}; do sleep 0.05; done; exit 1`;
        const running = start([...MIYABI, 'run', '--name', act, '--', 'sh', '-c', script], {
          env: server.env,
        });
        const mine = async () => (await server.tasks()).find(({ task_name }) => task_name === act);
        await until('it has started', async () => (await mine())?.progress.percentage === 20);
        const id = (await mine())?.task_id ?? '';
        if (act === 'cancel') await server.api.tasks.cancel(id, 'no');
        else await server.api.tasks.remove(id);
        writeFileSync(gate, '');
        await running.done;
        assert.is((await mine())?.status, act === 'cancel' ? 'cancelled' : undefined);
        assert.equal(readdirSync(server.spool), []);
      }
    } finally {
      folder.remove();
      await server.close();
    }
  },
  { slow: true },
);

test.run();
