// Runs the examples of docs/ci.md as each CI service would, with its variables, against a server of ours.
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import * as assert from 'uvu/assert';
import { parse } from 'yaml';
import type { Task } from '../../src/client/index.ts';
import { MIYABI, type Ran, run } from '../support/cli.ts';
import { installed } from '../support/packed.ts';
import { startServer } from '../support/server.ts';
import { suite } from '../support/suite.ts';
import { fencesOf, ROOT } from './fences.ts';
import { readersFolder } from './readers-folder.ts';

const test = suite('The examples for CI services');

const EXAMPLES = fencesOf('docs/ci.md').filter(({ language }) => language === 'yaml');

/** What an example of a service has its shell do: the variables and the scripts, each in a shell of its own. */
type Plan = Readonly<{ env: Record<string, string>; scripts: readonly string[] }>;

type GitLab = Readonly<{
  deploy: Readonly<{ variables: Record<string, string>; script: string[]; after_script: string[] }>;
}>;
type Buildkite = Readonly<{ steps: readonly Readonly<{ env: Record<string, string>; command: string }>[] }>;
type CodeBuild = Readonly<{
  env: Readonly<{ variables: Record<string, string> }>;
  phases: Readonly<{ build: Readonly<{ commands: string[]; finally: string[] }> }>;
}>;

const SERVICES: Readonly<
  Record<
    string,
    Readonly<{ sign: RegExp; env: Record<string, string>; job: string; plan(text: string): Plan }>
  >
> = {
  GitLab: {
    sign: /after_script:/,
    env: { CI_JOB_URL: 'https://gitlab.com/acme/shop/-/jobs/9', CI_JOB_NAME: 'deploy' },
    job: 'https://gitlab.com/acme/shop/-/jobs/9',
    plan(text) {
      const { deploy } = parse(text) as GitLab;
      return {
        env: deploy.variables,
        scripts: [deploy.script.join('\n'), deploy.after_script.join('\n')],
      };
    },
  },
  Buildkite: {
    sign: /^steps:/m,
    env: { BUILDKITE_BUILD_URL: 'https://buildkite.com/acme/shop/builds/5', BUILDKITE_JOB_ID: '0190' },
    job: 'https://buildkite.com/acme/shop/builds/5#0190',
    plan(text) {
      const [step] = (parse(text) as Buildkite).steps;
      // A pipeline is read with `$$` for `$`, and without it, a variable is replaced.
      assert.not.match((step?.command ?? '').replaceAll('$$', ''), /\$/);
      return { env: step?.env ?? {}, scripts: [(step?.command ?? '').replaceAll('$$', '$')] };
    },
  },
  CodeBuild: {
    sign: /^phases:/m,
    env: { CODEBUILD_BUILD_URL: 'https://eu-west-1.console.aws.amazon.com/codebuild/home#/builds/shop' },
    job: 'https://eu-west-1.console.aws.amazon.com/codebuild/home#/builds/shop',
    plan(text) {
      const { env, phases } = parse(text) as CodeBuild;
      return {
        env: env.variables,
        scripts: [phases.build.commands.join('\n'), phases.build.finally.join('\n')],
      };
    },
  },
};

const textOf = (service: string, sign: RegExp): string => {
  const found = EXAMPLES.filter(({ text }) => sign.test(text));
  if (found.length !== 1 || found[0] === undefined)
    throw new Error(`docs/ci.md has no example for ${service}`);
  return found[0].text;
};

const serviceNamed = (name: string) => {
  const found = SERVICES[name];
  if (found === undefined) throw new Error(`there is no service named ${name}`);
  return found;
};

/** The quickest one runs from the sources too, so that `npm test` has one. */
const WAYS = [
  ['GitLab, from the sources', 'GitLab', false],
  ...Object.keys(SERVICES).map((service) => [service, service, true] as const),
] as const;

for (const [title, service, isInstalled] of WAYS) {
  const { sign, env, job, plan } = serviceNamed(service);
  test(
    `${title}: the job ends as its command does, its task links it, and the summary says why it failed`,
    async () => {
      const command = isInstalled ? [join((await installed()).path, 'node_modules/.bin/miyabi')] : MIYABI;
      const server = await startServer({ MIYABI_BACKEND: 'memory' });
      const folder = await readersFolder(command);
      try {
        folder.program('buildkite-agent', `echo "agent: $*"; cat`);
        const { env: own, scripts } = plan(
          textOf(service, sign).replaceAll('https://miyabi.example', server.url),
        );
        const ran: Ran[] = [];
        for (const script of scripts) {
          const file = join(folder.path, 'script.sh');
          writeFileSync(file, `set -e -o pipefail\ncd '${folder.path}'\n${script}`);
          ran.push(
            await run(['bash', file], {
              env: {
                PATH: `${folder.bin}:${process.env['PATH']}`,
                HOME: folder.path,
                CDK_OPTIONS: '--fail --exit 3',
                ...env,
                ...own,
              },
            }),
          );
        }
        const printed = ran.map(({ stdout, stderr }) => `${stdout}${stderr}`).join('\n');
        assert.is(ran[0]?.code, 3, printed);
        assert.ok(
          ran.slice(1).every(({ code }) => code === 0),
          printed,
        );
        const { tasks } = (await (await fetch(`${server.url}/api/tasks?task_type=run`)).json()) as {
          tasks: Task[];
        };
        assert.equal(
          tasks.map(({ status, run: facts }) => [status, facts?.ci_url]),
          [['failed', job]],
          printed,
        );
        const artifact = join(folder.path, 'miyabi.md');
        const summary = existsSync(artifact) ? readFileSync(artifact, 'utf8') : printed;
        assert.match(summary, `](${server.url}/tasks/${tasks[0]?.task_id}) failed`);
        assert.match(summary, /\*\*Cause\*\*\n\n```text\n.*no such role/);
        if (service === 'Buildkite') assert.match(printed, 'agent: annotate --context miyabi\n### ');
      } finally {
        folder.remove();
        server.process.kill();
        await server.ended;
      }
    },
    { slow: isInstalled, timeoutMs: 600_000 },
  );
}

test('GitHub Actions: the example gives the action inputs that it has', () => {
  const { jobs } = parse(textOf('GitHub Actions', /^jobs:/m)) as {
    jobs: { deploy: { steps: { uses: string; with?: Record<string, unknown> }[] } };
  };
  const { inputs } = parse(readFileSync(join(ROOT, 'action.yml'), 'utf8')) as {
    inputs: Record<string, { required: boolean }>;
  };
  const step = jobs.deploy.steps.find(({ uses }) => uses.includes('miyabi-progress'));
  const { version } = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8')) as { version: string };
  assert.is(step?.uses, `OWNER/miyabi-progress@v${version.split('.')[0]}`);
  const given = Object.keys(step?.with ?? {});
  assert.equal(
    given.filter((name) => !(name in inputs)),
    [],
  );
  const required = Object.keys(inputs).filter((name) => inputs[name]?.required);
  assert.equal(
    required.filter((name) => !given.includes(name)),
    [],
  );
  const rows = [...readFileSync(join(ROOT, 'docs/ci.md'), 'utf8').matchAll(/^\| `([a-z-]+)` \|/gm)];
  assert.equal(
    rows.map(([, name]) => name),
    Object.keys(inputs),
  );
});

test.run();
