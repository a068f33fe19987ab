// Makes a release of this folder: checks, the version, the date in the changelog, a commit and a tag. Nothing leaves the
// machine; pushing the tag publishes (.github/workflows/release.yml). See CONTRIBUTING.md.
import { spawnSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { nextVersion, released, sectionOf } from './changelog.ts';

const USAGE = `Usage: npm run release -- major|minor|patch|VERSION
       npm run --silent release -- --notes VERSION   print what the changelog says of a version
`;

const run = (command: string, ...words: readonly string[]): string => {
  const { status, stdout, stderr } = spawnSync(command, words, { encoding: 'utf8' });
  if (status !== 0)
    throw new Error(`${[command, ...words].join(' ')} ended with ${status}\n${stdout}${stderr}`.trimEnd());
  return stdout.trim();
};

const versionNow = (): string => {
  const json: unknown = JSON.parse(readFileSync('package.json', 'utf8'));
  return typeof json === 'object' && json !== null ? String(Reflect.get(json, 'version')) : '';
};

const release = (step: string): void => {
  const version = nextVersion(versionNow(), step);
  const changelog = released(
    readFileSync('CHANGELOG.md', 'utf8'),
    version,
    new Date().toISOString().slice(0, 10),
  );
  const changed = run('git', 'status', '--porcelain');
  if (changed !== '')
    throw new Error(`There are changes that are not committed; commit them first:\n${changed}`);
  if (run('git', 'tag', '--list', `v${version}`) !== '')
    throw new Error(`The tag v${version} exists already`);
  process.stdout.write('Checking …\n');
  run('npm', 'run', '--silent', 'check');
  run('npm', 'version', version, '--no-git-tag-version', '--ignore-scripts');
  writeFileSync('CHANGELOG.md', changelog);
  run('git', 'commit', '--quiet', '--all', '--message', `Release ${version}`);
  run('git', 'tag', '--annotate', `v${version}`, '--message', `Release ${version}`);
  process.stdout.write(
    `Version ${version} is committed and tagged. To publish it:\n  git push origin HEAD v${version}\n`,
  );
};

const notes = (version: string): void => {
  const section = sectionOf(readFileSync('CHANGELOG.md', 'utf8'), `## ${version}`);
  if (section === undefined) throw new Error(`CHANGELOG.md has no section "## ${version}"`);
  process.stdout.write(`${section}\n`);
};

try {
  const { positionals, values } = parseArgs({
    allowPositionals: true,
    options: { notes: { type: 'string' } },
  });
  const [step] = positionals;
  if (values.notes !== undefined) notes(values.notes);
  else if (step !== undefined && positionals.length === 1) release(step);
  else throw new Error(USAGE.trimEnd());
} catch (error) {
  process.stderr.write(`${error instanceof Error ? error.message : error}\n`);
  process.exitCode = 1;
}
