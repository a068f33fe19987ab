import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import * as assert from 'uvu/assert';
import { ciFacts } from '../../../src/cli/run/ci.ts';
import { runFacts } from '../../../src/cli/run/facts.ts';
import { pullRequestOfJob } from '../../../src/cli/run/github-event.ts';
import { suite } from '../../support/suite.ts';

const test = suite('what is known of a run');

const COMMIT = 'a1'.repeat(20);

/** The variables of one job of each service, as its documentation gives them, and what they say. */
const JOBS: Readonly<Record<string, Readonly<{ env: Record<string, string>; url: string; branch: string }>>> =
  {
    'GitHub Actions': {
      env: {
        GITHUB_SERVER_URL: 'https://github.com',
        GITHUB_REPOSITORY: 'acme/shop',
        GITHUB_RUN_ID: '71',
        GITHUB_REF_NAME: 'main',
      },
      url: 'https://github.com/acme/shop/actions/runs/71',
      branch: 'main',
    },
    'GitHub Actions for a pull request': {
      env: {
        GITHUB_SERVER_URL: 'https://github.acme.example',
        GITHUB_REPOSITORY: 'acme/shop',
        GITHUB_RUN_ID: '72',
        GITHUB_HEAD_REF: 'cart',
        GITHUB_REF_NAME: '12/merge',
      },
      url: 'https://github.acme.example/acme/shop/actions/runs/72',
      branch: 'cart',
    },
    GitLab: {
      env: { CI_JOB_URL: 'https://gitlab.com/acme/shop/-/jobs/9', CI_COMMIT_BRANCH: 'main' },
      url: 'https://gitlab.com/acme/shop/-/jobs/9',
      branch: 'main',
    },
    Buildkite: {
      env: {
        BUILDKITE_BUILD_URL: 'https://buildkite.com/acme/shop/builds/5',
        BUILDKITE_JOB_ID: '0190-46',
        BUILDKITE_BRANCH: 'cart',
      },
      url: 'https://buildkite.com/acme/shop/builds/5#0190-46',
      branch: 'cart',
    },
    CodeBuild: {
      env: {
        CODEBUILD_PUBLIC_BUILD_URL: '',
        CODEBUILD_BUILD_URL:
          'https://eu-west-1.console.aws.amazon.com/codebuild/home?region=eu-west-1#/builds/shop',
        CODEBUILD_WEBHOOK_HEAD_REF: 'refs/heads/feature/cart',
      },
      url: 'https://eu-west-1.console.aws.amazon.com/codebuild/home?region=eu-west-1#/builds/shop',
      branch: 'feature/cart',
    },
    CircleCI: {
      env: { CIRCLE_BUILD_URL: 'https://circleci.com/gh/acme/shop/8', CIRCLE_BRANCH: 'main' },
      url: 'https://circleci.com/gh/acme/shop/8',
      branch: 'main',
    },
    'Azure Pipelines': {
      env: {
        SYSTEM_COLLECTIONURI: 'https://dev.azure.com/acme/',
        SYSTEM_TEAMPROJECT: 'shop',
        BUILD_BUILDID: '44',
        BUILD_SOURCEBRANCH: 'refs/heads/main',
      },
      url: 'https://dev.azure.com/acme/shop/_build/results?buildId=44',
      branch: 'main',
    },
    Jenkins: {
      env: { BUILD_URL: 'https://ci.acme.example/job/shop/3/', BRANCH_NAME: 'main' },
      url: 'https://ci.acme.example/job/shop/3/',
      branch: 'main',
    },
  };

for (const [service, { env, url, branch }] of Object.entries(JOBS)) {
  test(`names the job and the branch of ${service}`, () => {
    assert.equal(ciFacts(env), { url, branch });
  });
}

test('names no job from a part of the variables, or from what is no web address', () => {
  for (const env of [
    {},
    { GITHUB_SERVER_URL: 'https://github.com', GITHUB_REPOSITORY: 'acme/shop' },
    { BUILD_URL: 'not an address' },
    { CI_JOB_URL: 'javascript:alert(1)' },
    { GITHUB_REF_NAME: 'main', BRANCH_NAME: 'main' },
  ])
    assert.equal(ciFacts(env), {});
});

test('takes the branch from the CI service if the checkout has none', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'miyabi-facts-'));
  const facts = async (head: string) => {
    mkdirSync(join(folder, '.git', 'refs', 'heads'), { recursive: true });
    writeFileSync(join(folder, '.git', 'HEAD'), `${head}\n`);
    writeFileSync(join(folder, '.git', 'refs', 'heads', 'local'), `${COMMIT}\n`);
    const known = await runFacts(['true'], {
      env: JOBS['GitLab']?.env ?? {},
      cwd: folder,
      mask: (text) => text,
    });
    return known.git;
  };
  try {
    assert.equal(await facts(COMMIT), { branch: 'main', commit: COMMIT });
    assert.equal(await facts('ref: refs/heads/local'), { branch: 'local', commit: COMMIT });
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
});

const PULL = 'https://github.com/acme/shop/pull/12';

for (const [what, event, links] of [
  ['a pull request', { number: 12, pull_request: { number: 12, html_url: PULL } }, true],
  ['a comment on a pull request', { issue: { number: 12, pull_request: { html_url: PULL } } }, true],
  ['a comment on an issue', { issue: { number: 12, html_url: PULL } }, false],
  ['a push', { ref: 'refs/heads/main' }, false],
  [
    'a pull request with an address that no server accepts',
    { pull_request: { number: 12, html_url: 'x' } },
    false,
  ],
  ['a list', [], false],
  ['no JSON', undefined, false],
] as const) {
  test(`names the pull request of a job of GitHub Actions: ${what}`, async () => {
    const folder = mkdtempSync(join(tmpdir(), 'miyabi-event-'));
    const file = join(folder, 'event.json');
    writeFileSync(file, event === undefined ? '{' : JSON.stringify(event));
    try {
      const env = { GITHUB_ACTIONS: 'true', GITHUB_EVENT_PATH: file };
      assert.equal(await pullRequestOfJob(env), links ? { pr_number: 12, pr_url: PULL } : undefined);
      assert.is(await pullRequestOfJob({ GITHUB_EVENT_PATH: file }), undefined, 'elsewhere');
    } finally {
      rmSync(folder, { recursive: true });
    }
  });
}

test('names no pull request if the event cannot be read', async () => {
  assert.is(
    await pullRequestOfJob({ GITHUB_ACTIONS: 'true', GITHUB_EVENT_PATH: '/nowhere/event.json' }),
    undefined,
  );
});

test.run();
