// The action of this repository, run as GitHub's runner would, against a server of ours and a fake of GitHub's API.
import { spawnSync } from 'node:child_process';
import { chmodSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import * as assert from 'uvu/assert';
import type { Task } from '../../src/client/index.ts';
import { CDK, cleanEnv, MIYABI, scratch } from '../support/cli.ts';
import { type ActionRun, runAction } from '../support/composite-action.ts';
import { fakeGitHub } from '../support/fake-github.ts';
import { npmEnv, packed, ROOT } from '../support/packed.ts';
import { startServer } from '../support/server.ts';
import { suite } from '../support/suite.ts';

const test = suite('The GitHub Action');

const { version: VERSION } = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8')) as {
  version: string;
};

type Inputs = Readonly<Record<string, string>>;
type Job = Readonly<{
  url: string;
  github: Awaited<ReturnType<typeof fakeGitHub>>;
  /** What npm was asked for. */
  installed(): string;
  /** Each use of the action is a job of its own, for pull request 12. */
  use(inputs: Inputs, env?: Readonly<Record<string, string>>): Promise<ActionRun>;
  tasks(): Promise<readonly Task[]>;
}>;

/** `npm` is a stand-in that installs these sources, or does what `script` says. */
const inJob = async (
  act: (job: Job) => Promise<void>,
  { script = INSTALL }: Readonly<{ script?: string }> = {},
): Promise<void> => {
  const server = await startServer({ MIYABI_BACKEND: 'memory' });
  const github = await fakeGitHub('job-token');
  const folder = scratch();
  try {
    const bin = join(folder.path, 'bin');
    mkdirSync(bin);
    writeFileSync(join(bin, 'npm'), `#!/bin/bash\necho "$*" >> '${folder.path}/npm.log'\n${script}`);
    chmodSync(join(bin, 'npm'), 0o755);
    const event = join(folder.path, 'event.json');
    writeFileSync(
      event,
      JSON.stringify({ pull_request: { number: 12, html_url: 'https://github.com/acme/shop/pull/12' } }),
    );
    let uses = 0;
    await act({
      url: server.url,
      github,
      installed: () => readFileSync(join(folder.path, 'npm.log'), 'utf8'),
      use: (inputs, env = {}) => {
        uses += 1;
        const job = join(folder.path, `job-${uses}`);
        mkdirSync(job);
        return runAction({
          path: ROOT,
          folder: job,
          inputs,
          token: 'job-token',
          env: {
            PATH: `${bin}:${cleanEnv().PATH}`,
            HOME: folder.path,
            MIYABI_SPOOL_DIR: join(folder.path, 'spool'),
            GITHUB_SERVER_URL: 'https://github.com',
            GITHUB_REPOSITORY: 'acme/shop',
            GITHUB_RUN_ID: '71',
            GITHUB_EVENT_PATH: event,
            GITHUB_API_URL: github.url,
            ...env,
          },
        });
      },
      tasks: async () => {
        const answer = (await (await fetch(`${server.url}/api/tasks`)).json()) as { tasks: Task[] };
        return answer.tasks;
      },
    });
  } finally {
    folder.remove();
    await github.close();
    server.process.kill();
    await server.ended;
  }
};

/** `npm install --prefix FOLDER …` */
const INSTALL = `
bin=$3/node_modules/.bin
mkdir -p "$bin"
printf '#!/bin/sh\\nexec ${MIYABI.map((word) => `"${word}"`).join(' ')} "$@"\\n' > "$bin/miyabi"
chmod +x "$bin/miyabi"
`;

const DEPLOY = [...CDK, '--stacks', '2', '--fail'].map((word) => `'${word}'`).join(' ');

test.slow('ends with the exit code of its command and shows why it failed', () =>
  inJob(async ({ use, url, tasks, installed, github }) => {
    const used = await use({
      command: `echo 'Step 1/2 : FROM node'\n${DEPLOY} || exit 3`,
      name: 'deploy',
      url,
      project: 'shop',
    });
    assert.is(used.code, 3, used.log);
    assert.equal(used.ran, ['Install', 'Run', 'Summary']);
    assert.match(installed(), ` miyabi-progress@${VERSION}\n`);
    const whole = (await tasks()).find(({ task_name }) => task_name === 'deploy');
    const id = whole?.task_id ?? '';
    assert.equal(used.outputs, { 'task-id': id });
    assert.equal([whole?.status, whole?.project_id], ['failed', 'shop']);
    assert.is(whole?.run?.ci_url, 'https://github.com/acme/shop/actions/runs/71');
    assert.equal(whole?.github, { pr_number: 12, pr_url: 'https://github.com/acme/shop/pull/12' });
    assert.match(used.summary, `### ✖ [\`deploy\`](${url}/tasks/${id}) failed\n\nexit code 3 · `);
    const parts = (await tasks()).filter(({ parent_id }) => parent_id === id);
    assert.ok(parts.length > 1);
    for (const { task_name } of parts) assert.match(used.summary, ` ${task_name} `);
    assert.match(used.summary, /\*\*Cause\*\*\n\n```text\n.*no such role/);
    assert.match(used.summary, /\*\*Log\*\*[\s\S]*\n> [^\n]*no such role/, 'the marked line is the cause');
    assert.equal(github.comments(12), [], 'no comment unless it is asked for');
  }),
);

test(
  'runs its command as a step of bash does, and takes the server from the environment of the job',
  () =>
    inJob(async ({ use, url, tasks }) => {
      const command = 'echo "input: $INPUT_COMMAND."\nfalse | true\necho unreached';
      const used = await use({ command }, { MIYABI_URL: url, MIYABI_PROJECT: 'from-env' });
      assert.is(used.code, 1, used.log);
      assert.match(used.log, 'input: .\n');
      assert.not.match(used.log, 'unreached');
      const [task] = await tasks();
      assert.equal([task?.task_name, task?.project_id], ['echo "input: $INPUT_COMMAND."', 'from-env']);
    }),
  { slow: true },
);

test.slow('keeps one comment of the pull request up to date for each task', () =>
  inJob(async ({ use, url, github }) => {
    const first = await use({
      command: 'echo "Error: no room" >&2; exit 7',
      name: 'deploy',
      url,
      comment: 'true',
    });
    assert.is(first.code, 7, first.log);
    const [failed = ''] = github.comments(12);
    assert.match(failed, /^<!-- miyabi-progress \w+ -->\n### ✖ /);
    assert.match(failed, 'Error: no room');
    await use({ command: 'true', name: 'other', url, comment: 'true' });
    assert.is((await use({ command: 'true', name: 'deploy', url, comment: 'true' })).code, 0);
    const comments = github.comments(12);
    assert.equal(github.writes, ['POST 12', 'POST 12', 'PATCH 1']);
    assert.match(comments[0] ?? '', /### ✔ \[`deploy`\]/);
    assert.not.match(comments[0] ?? '', 'no room');
    assert.match(comments[1] ?? '', /### ✔ \[`other`\]/);
  }),
);

/** Asks the real npm, with the packed tarball in place of the package that the registry will have. */
const installsPacked = (tarball: string): string => {
  const npm = spawnSync('sh', ['-c', 'command -v npm'], { encoding: 'utf8' }).stdout.trim();
  const env = Object.entries(npmEnv).map(([name, value]) => `${name}='${value}'`);
  return `exec env ${env.join(' ')} '${npm}' "\${@/#miyabi-progress@*/${tarball}}"\n`;
};

test(
  'works with the package that npm installs',
  async () => {
    const { tarball } = await packed();
    await inJob(
      async ({ use, url, tasks, installed, github }) => {
        const command = 'echo "Error: no room" >&2; exit 7';
        const used = await use({ command, name: 'deploy', url, project: 'shop', comment: 'true' });
        assert.is(used.code, 7, used.log);
        assert.match(installed(), ` miyabi-progress@${VERSION}\n`);
        const [task] = await tasks();
        assert.equal([task?.status, task?.project_id], ['failed', 'shop']);
        assert.match(used.summary, '### ✖ [`deploy`]');
        assert.match(used.summary, 'Error: no room');
        assert.is(github.comments(12).length, 1);
      },
      { script: installsPacked(tarball) },
    );
  },
  { slow: true, timeoutMs: 600_000 },
);

test(
  'warns and ends as its command does if GitHub refuses the comment, or the job is for no pull request',
  () =>
    inJob(async ({ use, url, github }) => {
      const away = await use({ command: 'true', url, comment: 'true' }, { GITHUB_EVENT_PATH: '/nowhere' });
      assert.is(away.code, 0);
      assert.match(away.log, 'no comment: the task belongs to no pull request');
      assert.not.match(away.log, '::warning');
      github.refuse(403);
      const refused = await use({ command: 'exit 4', url, comment: 'true' });
      assert.is(refused.code, 4);
      assert.match(refused.log, /::warning title=Miyabi Progress::.*pull-requests: write/);
      assert.match(refused.summary, '### ✖ ');
    }),
  { slow: true },
);

test.slow('runs its command also if Miyabi cannot be installed', () =>
  inJob(
    async ({ use, url, tasks }) => {
      const used = await use({ command: 'echo it ran; exit 5', url });
      assert.is(used.code, 5);
      assert.match(used.log, /::warning title=Miyabi Progress::.* could not be installed/);
      assert.match(used.log, 'it ran\n');
      assert.equal(await tasks(), []);
      assert.equal([used.summary, used.outputs], ['', { 'task-id': '' }]);
    },
    { script: 'exit 1\n' },
  ),
);

test(
  'runs its command also if there is no server, and says so',
  () =>
    inJob(async ({ use }) => {
      const used = await use({ command: 'exit 6' });
      assert.is(used.code, 6);
      assert.match(used.log, /--task-file was not written/);
      assert.match(used.log, '::warning title=Miyabi Progress::the command has no task');
      const away = await use({ command: 'exit 6', url: 'http://127.0.0.1:9' });
      assert.is(away.code, 6);
      assert.match(away.log, /::warning title=Miyabi Progress::.*cannot be reached/);
      const empty = await use({ command: '' });
      assert.is(empty.code, 1);
      assert.match(empty.log, '::error title=Miyabi Progress::the input command is empty');
    }),
  { slow: true },
);

test.run();
