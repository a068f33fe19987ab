import { spawnSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import * as assert from 'uvu/assert';
import { nextVersion, released, sectionOf } from '../../scripts/changelog.ts';
import { programOf } from '../support/built.ts';
import { cleanEnv, scratch } from '../support/cli.ts';
import { suite } from '../support/suite.ts';

const CHANGELOG = `# Changelog

## Unreleased

### Added

- Tea.

## 0.1.0 - 2026-01-01

- Water.
`;

const test = suite('npm run release');

test('the next version is a step or a version above the current one', () => {
  assert.is(nextVersion('0.1.9', 'patch'), '0.1.10');
  assert.is(nextVersion('0.1.9', 'minor'), '0.2.0');
  assert.is(nextVersion('0.1.9', 'major'), '1.0.0');
  assert.is(nextVersion('0.1.9', '0.3.4'), '0.3.4');
  for (const step of ['0.1.9', '0.1.8', '0.0.10'])
    assert.throws(() => nextVersion('0.1.9', step), 'not above');
  for (const step of ['', 'Minor', '1.2', 'v1.2.3'])
    assert.throws(() => nextVersion('0.1.9', step), 'is no step');
});

test('what is unreleased gets the version and the date, and stays apart from older versions', () => {
  const text = released(CHANGELOG, '0.2.0', '2026-02-03');
  assert.is(sectionOf(text, '## Unreleased'), '');
  assert.is(sectionOf(text, '## 0.2.0'), '### Added\n\n- Tea.');
  assert.match(text, '\n## 0.2.0 - 2026-02-03\n');
  assert.is(sectionOf(text, '## 0.1.0'), '- Water.');
  assert.is(sectionOf(text, '## 0.1'), undefined);
  assert.throws(() => released(text, '0.3.0', '2026-02-04'), 'no entry under');
  assert.throws(() => released(CHANGELOG, '0.1.0', '2026-02-04'), 'already has a section');
});

/** A repository of a package, and the command in it. `check` is what `npm run check` runs. */
const repository = (check = 'true') => {
  const folder = scratch();
  const env = {
    ...cleanEnv(),
    ...{ GIT_AUTHOR_NAME: 'a', GIT_AUTHOR_EMAIL: 'a@example.org' },
    ...{ GIT_COMMITTER_NAME: 'a', GIT_COMMITTER_EMAIL: 'a@example.org' },
  };
  const run = (command: string, ...words: readonly string[]) =>
    spawnSync(command, words, { cwd: folder.path, encoding: 'utf8', env });
  const write = (file: string, text: string) => writeFileSync(join(folder.path, file), text);
  write('package.json', JSON.stringify({ name: 'tea', version: '0.1.0', scripts: { check } }, null, 2));
  write('CHANGELOG.md', CHANGELOG);
  run('git', 'init', '--quiet');
  run('git', 'add', '--all');
  run('git', 'commit', '--quiet', '--message', 'Begin');
  const [node = '', ...words] = programOf('scripts/release.ts');
  return {
    ...folder,
    write,
    git: (...args: readonly string[]) => run('git', ...args).stdout.trim(),
    release: (...args: readonly string[]) => run(node, ...words, ...args),
  };
};

test.slow('a release is checked, committed and tagged, and nothing is pushed', () => {
  const { path, git, release, remove } = repository('node -e "console.log(1)"');
  try {
    const { status, stdout, stderr } = release('minor');
    assert.is(status, 0, stderr);
    assert.match(stdout, 'git push origin HEAD v0.2.0');
    assert.is(git('log', '-1', '--format=%s'), 'Release 0.2.0');
    assert.is(git('describe', '--tags'), 'v0.2.0');
    assert.is(git('status', '--porcelain'), '');
    assert.match(readFileSync(join(path, 'package.json'), 'utf8'), '"version": "0.2.0"');
    assert.is(release('--notes', '0.2.0').stdout, '### Added\n\n- Tea.\n');
  } finally {
    remove();
  }
});

test.slow('a failed check, uncommitted changes, a taken tag or a wrong step change nothing', () => {
  const refuses = (
    what: RegExp,
    prepare: (repo: ReturnType<typeof repository>) => void,
    step = 'minor',
    check?: string,
  ) => {
    const repo = repository(check);
    try {
      prepare(repo);
      const before = [repo.git('rev-parse', 'HEAD'), repo.git('status', '--porcelain'), repo.git('tag')];
      const { status, stderr } = repo.release(step);
      assert.is(status, 1);
      assert.match(stderr, what);
      assert.equal(
        [repo.git('rev-parse', 'HEAD'), repo.git('status', '--porcelain'), repo.git('tag')],
        before,
      );
    } finally {
      repo.remove();
    }
  };
  refuses(/npm run --silent check ended with 7/, () => undefined, 'minor', 'exit 7');
  refuses(/not committed; commit them first:\n\?\? new/, ({ write }) => write('new', ''));
  refuses(/The tag v0\.2\.0 exists already/, ({ git }) => git('tag', 'v0.2.0'));
  refuses(/"next" is no step/, () => undefined, 'next');
});

test.run();
