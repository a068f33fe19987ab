import { chmodSync, mkdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import * as assert from 'uvu/assert';
import { ROOT } from './runner/files.ts';
import { run, scratch } from './support/cli.ts';
import { needs, suite } from './support/suite.ts';

const REQUIRED = [
  'redis-server',
  'chromium',
  'tmux',
  'initdb',
  'openssl',
  'curl',
  'python3',
  'moto_server',
  'schemathesis',
  'cfn-lint',
  'checkov',
  'actionlint',
  'hadolint',
  'systemd-analyze',
];

const test = suite('What the gate requires');
const inBash = needs(test, process.platform !== 'win32', 'bash is not here');

/** Checks with a path on which there is nothing but these programs and bash. */
const check = async (programs: readonly string[]) => {
  const { path, remove } = scratch();
  try {
    const bin = join(path, 'bin');
    mkdirSync(bin);
    symlinkSync('/bin/bash', join(bin, 'bash'));
    for (const program of programs) {
      writeFileSync(join(bin, program), '#!/bin/sh\n');
      chmodSync(join(bin, program), 0o755);
    }
    return await run([join(ROOT, '.ci/require'), join(path, 'venv'), '--check'], { env: { PATH: bin } });
  } finally {
    remove();
  }
};

inBash('is satisfied where everything is there', async () => {
  const { code, stdout } = await check(REQUIRED);
  assert.equal([code, stdout], [0, '']);
});

for (const program of REQUIRED)
  inBash(`fails without ${program}, and names it`, async () => {
    const { code, stdout } = await check(REQUIRED.filter((name) => name !== program));
    const name = { moto_server: 'moto', initdb: 'postgresql' }[program] ?? program;
    assert.equal([code, stdout], [1, `required, and neither here nor installable: ${name}\n`]);
  });

inBash('ends the gate before anything else runs', async () => {
  const { path, remove } = scratch();
  try {
    // All that .ci/run calls before and in the first step; npm is not among them.
    for (const program of ['bash', 'mktemp', 'dirname', 'rm', 'seq', 'id', 'grep'])
      symlinkSync(`/usr/bin/${program}`, join(path, program));
    // Go is found where its installer puts it, and would compile a linter.
    const env = { PATH: path, GOPROXY: 'off', GOMODCACHE: join(path, 'modules') };
    const { code, stdout, stderr } = await run([join(ROOT, '.ci/run')], { env });
    assert.is(code, 1, stderr);
    for (const name of ['redis-server', 'chromium', 'tmux', 'postgresql', 'moto', 'schemathesis'])
      assert.match(stdout, `required, and neither here nor installable: ${name}\n`);
    assert.not.match(stdout, 'npm ci');
  } finally {
    remove();
  }
});

test('pipes nothing into `grep -q`, which may end before the writer has: pipefail takes that for a failure', () => {
  for (const script of ['.ci/run', '.ci/require', 'test/api/schemathesis.sh'])
    assert.not.match(readFileSync(join(ROOT, script), 'utf8'), /^[^#\n]*[^|]\|\s*grep -\w*q/m, script);
});

test.run();
